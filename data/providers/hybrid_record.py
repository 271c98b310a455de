"""What is known of the sources: who is active, why another is not, since when, what came whence."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from data.atomic import disk_errors, replace_file, write_lock
from data.net.errors import (
    BadAnswerError,
    BadQueryError,
    MissingKeyError,
    NotAskedError,
    NotFoundError,
    NotInPlanError,
    ProviderError,
    RateLimitError,
    RejectedKeyError,
    ServerFaultError,
    TimedOutError,
    UnreachableError,
)

__all__ = [
    "REASONS",
    "ProviderState",
    "ProvidersRecord",
    "TickerSource",
    "read_record",
    "reason_of",
    "record_path",
    "update_record",
]

State = Literal["active", "standby", "unavailable"]

# Why a source is not used, by code.
REASONS: Final = {
    "no_key": "no key is set",
    "rejected_key": "the key was not accepted",
    "not_in_plan": "the key's plan does not include it",
    "rate_limited": "too many requests, it says",
    "silent": "it did not answer",
    "bad_answer": "its answers could not be believed",
    "unknown_name": "it does not know the name",
    "misconfigured": "a setting is wrong",
    "failed": "something else went wrong",
    "not_chosen": "another source was chosen",
}
_CODES: Final[tuple[tuple[type[ProviderError], str], ...]] = (
    (MissingKeyError, "no_key"),
    (RejectedKeyError, "rejected_key"),
    (NotInPlanError, "not_in_plan"),
    (RateLimitError, "rate_limited"),
    (UnreachableError, "silent"),
    (TimedOutError, "silent"),
    (ServerFaultError, "silent"),
    (BadAnswerError, "bad_answer"),
    (NotFoundError, "unknown_name"),
    (BadQueryError, "misconfigured"),
)
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class ProviderState:
    """State of one source.

    Attributes
    ----------
    provider : str
    state : {"active", "standby", "unavailable"}
        The first source that can answer is active, those after it stand by.
    reason : str
        Why it is not used: a code of REASONS; empty where it is, or only stands by.
    message : str
        The same in the words of the error with the way out; no key is in it.
    since : datetime or None
        First moment at which it was in this state for this reason, UTC; None = never asked.
    asked_at : datetime or None
        Last moment at which it was asked, UTC.
    """

    provider: str
    state: State
    reason: str = ""
    message: str = ""
    since: dt.datetime | None = None
    asked_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class TickerSource:
    """Where the bars of one ticker came from at its last fetch.

    Attributes
    ----------
    ticker, provider, base : str
        Provider and base are empty where nobody had it.
    rows : int
        Bars of that answer.
    fetched_at : datetime
        UTC.
    stored : bool
        Nobody answered: what is stored from an earlier fetch stands in.
    instead_of, reason : str
        A source that was preferred and its reason (code of REASONS); empty where there was none.
    """

    ticker: str
    provider: str
    base: str
    rows: int
    fetched_at: dt.datetime
    stored: bool = False
    instead_of: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProvidersRecord:
    """All that is known of the sources; as it stands in ``fetched/providers.json``.

    Attributes
    ----------
    updated_at : datetime or None
        Last fetch, UTC; None = there was none.
    states : tuple of ProviderState
        In order of preference.
    sources : mapping of str to TickerSource
        By ticker.
    """

    updated_at: dt.datetime | None = None
    states: tuple[ProviderState, ...] = ()
    sources: Mapping[str, TickerSource] = field(default_factory=dict)

    @property
    def active(self) -> str | None:
        """Name of the active source; None where no one can answer."""
        return next((one.provider for one in self.states if one.state == "active"), None)

    def served(self) -> dict[str, tuple[int, int]]:
        """Return tickers and bars by provider; "" = tickers that nobody had."""
        counts: dict[str, tuple[int, int]] = {}
        for one in self.sources.values():
            names, rows = counts.get(one.provider, (0, 0))
            counts[one.provider] = (names + 1, rows + one.rows)
        return counts

    def passed_over(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Return the tickers whose preferred source failed, by that source and code of reason."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for one in self.sources.values():
            if one.instead_of:
                key = (one.instead_of, one.reason)
                found[key] = (*found.get(key, ()), one.ticker)
        return found

    def joined(self, news: ProvidersRecord) -> ProvidersRecord:
        """Return `news` with what it does not know taken from this record.

        Tickers that `news` does not name keep their source, sources their state; a state that has
        not changed keeps its `since`.
        """
        before = {one.provider: one for one in self.states}
        states = tuple(_continued(before.get(one.provider), one) for one in news.states)
        moment = news.updated_at or self.updated_at
        sources = {**self.sources, **news.sources}
        return ProvidersRecord(moment, states, sources)


def reason_of(error: ProviderError) -> str:
    """Return the code of REASONS for an error; of the first cause, where one was not asked."""
    cause = error.__cause__
    if isinstance(error, NotAskedError) and isinstance(cause, ProviderError):
        return reason_of(cause)
    return next((code for kind, code in _CODES if isinstance(error, kind)), "failed")


def record_path(home: Path) -> Path:
    """Return where the record is kept."""
    return home / "fetched" / "providers.json"


def read_record(home: Path) -> ProvidersRecord:
    """Return the record below `home`; an empty one where there is none or it cannot be read.

    It only tells: nothing of the data rests on it, so a damaged one is as good as none.
    """
    try:
        content = json.loads(record_path(home).read_bytes())
        if content["version"] != _VERSION:
            return ProvidersRecord()
        states = tuple(ProviderState(**_timed(row)) for row in content["states"])
        sources = {row["ticker"]: TickerSource(**_timed(row)) for row in content["sources"]}
        return ProvidersRecord(_moment(content["updated_at"]), states, sources)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ProvidersRecord()


def update_record(
    home: Path, change: Callable[[ProvidersRecord], ProvidersRecord]
) -> ProvidersRecord:
    """Replace the record below `home` by what `change` makes of it, and return that.

    Several processes may do so at once.

    Raises
    ------
    StoreBusyError, StoreFullError, StoreWriteError
    """
    path = record_path(home)
    with write_lock(home / "fetched" / ".locks" / "providers.lock", "the record of providers"):
        record = change(read_record(home))
        content: dict[str, Any] = {
            "version": _VERSION,
            "updated_at": record.updated_at,
            "states": [asdict(one) for one in record.states],
            "sources": [asdict(record.sources[name]) for name in sorted(record.sources)],
        }
        with disk_errors("the record of providers", path.parent):
            replace_file(path, json.dumps(content, default=_text, indent=1).encode())
    return record


def _continued(former: ProviderState | None, one: ProviderState) -> ProviderState:
    if former is None:
        return one
    same = (former.state, former.reason) == (one.state, one.reason)
    since = former.since if same and former.since is not None else one.since
    asked = one.asked_at or former.asked_at
    return ProviderState(one.provider, one.state, one.reason, one.message, since, asked)


def _text(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    names = ("since", "asked_at", "fetched_at")
    return {name: _moment(value) if name in names else value for name, value in row.items()}


def _moment(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)
