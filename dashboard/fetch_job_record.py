"""What is known of the last fetch into a store: its order, how far it is, what came of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal

from dashboard.fetch_passed_over import passed_over_lines
from dashboard.problems import EXPECTED, Problem, explain
from data.acquire_types import AcquireProgress, AcquireReport, ProviderChoice, TickerOutcome
from data.atomic import disk_errors, replace_file
from data.errors import (
    BadNameError,
    BadTableError,
    MixedMarketError,
    ReferenceFileError,
    UnknownSourceError,
)
from data.net.errors import (
    MissingKeyError,
    NotInPlanError,
    ProviderError,
    RateLimitError,
    RejectedKeyError,
    ServerFaultError,
    TimedOutError,
    UnreachableError,
)

__all__ = [
    "MEANS_NOTHING",
    "Fetching",
    "Order",
    "Status",
    "Summary",
    "bug",
    "explained",
    "read_fetching",
    "record_path",
    "write_fetching",
]

Status = Literal["none", "running", "cancelling", "done", "cancelled", "failed", "interrupted"]
#: What an order that cannot be asked at all raises, before anything is.
MEANS_NOTHING: Final = (
    BadTableError,
    BadNameError,
    MixedMarketError,
    ReferenceFileError,
    UnknownSourceError,
)
_VERSION: Final = 1
_KEPT: Final = "Everything that came is kept."
_NOT_WELL: Final = ("failed", "refused", "empty", "cancelled")
_MOST: Final = 500  # symbols without bars that are remembered by name


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for.

    Attributes
    ----------
    kind : {"fetch", "refresh"}
    name : str
        Of the market.
    provider : {"auto", "polygon", "yahoo"} or None
        None, for a refresh: as it was fetched.
    universe : str or tuple of str
        As in FetchRequest; of no meaning for a refresh, and so are `start` and `end`.
    """

    kind: Literal["fetch", "refresh"]
    name: str
    provider: ProviderChoice | None = None
    universe: str | tuple[str, ...] = "us200"
    start: dt.date | None = None
    end: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a fetch.

    Attributes
    ----------
    counts : dict of str to int
        Symbols by what became of them: stored, fresh, empty, refused, failed, cancelled.
    served : dict of str to int
        Symbols by the provider whose bars are in use.
    rows : int
        Bars that came.
    market : str
        Name of the market that was made; empty where none could be, and `unmade` says why.
    notes : tuple of str
    seconds : float
    missing : tuple of TickerOutcome
        Symbols for which nothing came, at most the first 500.
    """

    counts: Mapping[str, int]
    served: Mapping[str, int]
    rows: int
    market: str
    unmade: str
    notes: tuple[str, ...]
    seconds: float
    missing: tuple[TickerOutcome, ...]

    @classmethod
    def of(cls, report: AcquireReport) -> Summary:
        """Return what a page has to know of `report`."""
        served: dict[str, int] = {}
        for one in report.outcomes:
            if one.provider and one.state in ("stored", "fresh"):
                served[one.provider] = served.get(one.provider, 0) + 1
        missing = [one for one in report.outcomes if one.state in _NOT_WELL]
        return cls(
            counts={str(state): number for state, number in report.counts().items()},
            served=served,
            rows=sum(one.rows for one in report.outcomes),
            market=report.snapshot.name if report.snapshot is not None else "",
            unmade=report.unmade,
            notes=(*passed_over_lines(report), *report.notes),
            seconds=report.seconds,
            missing=tuple(missing[:_MOST]),
        )


@dataclass(frozen=True, slots=True)
class Fetching:
    """What is known of the last fetch.

    Attributes
    ----------
    status : str
        none (there was no fetch), running, cancelling, done, cancelled, failed, or interrupted
        (its process ended before it did).
    began, ended : datetime or None
        UTC.
    who : str
        Who began it, in words: the Data page, or a command.
    process : int
        Number of the process that is or was at it; 0 = not known.
    elsewhere : bool
        Another process is at it: it can only be cancelled there.
    """

    status: Status = "none"
    order: Order | None = None
    progress: AcquireProgress | None = None
    began: dt.datetime | None = None
    ended: dt.datetime | None = None
    summary: Summary | None = None
    problem: Problem | None = None
    who: str = ""
    process: int = 0
    elsewhere: bool = field(default=False, compare=False)

    @property
    def is_under_way(self) -> bool:
        """Whether somebody is at it."""
        return self.status in ("running", "cancelling")

    def busy_words(self) -> str:
        """Say to whom wants to begin another one who is at it, and since when."""
        if not self.is_under_way or self.began is None:
            return "one fetch at a time: another process is fetching into this store."
        market = f" of the market {self.order.name}" if self.order is not None else ""
        return (
            f"one fetch at a time: {self.who or 'another process'} (process {self.process}) is at "
            f"a fetch{market} since {self.began:%Y-%m-%d %H:%M:%S} UTC. Wait for it, or stop it "
            "there."
        )

    def broken_off(self) -> Fetching:
        """Return it as one whose process is gone."""
        return replace(self, status="interrupted")


def record_path(home: Path) -> Path:
    """Return where the record is kept."""
    return home / "fetched" / "fetch-job.json"


def read_fetching(home: Path) -> Fetching:
    """Return what is written below `home`; "none" where nothing is, or it cannot be read.

    It only tells: no data rest on it.
    """
    try:
        values = json.loads(record_path(home).read_bytes())
        return _read(values) if values["version"] == _VERSION else Fetching()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Fetching()


def write_fetching(home: Path, known: Fetching) -> None:
    """Write `known`, whole or not at all; raises StoreFullError, StoreWriteError."""
    values = {"version": _VERSION} | asdict(known)
    del values["elsewhere"]
    path = record_path(home)
    with disk_errors("the state of the fetch", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(values, default=lambda day: day.isoformat()).encode())


_TITLES: Final[tuple[tuple[type[ProviderError], str], ...]] = (
    (MissingKeyError, "This provider needs a key"),
    (RejectedKeyError, "The key was not accepted"),
    (NotInPlanError, "The key's plan does not include this"),
    (RateLimitError, "The provider refuses more requests for now"),
    (UnreachableError, "The provider cannot be reached"),
    (TimedOutError, "The provider did not answer in time"),
    (ServerFaultError, "The provider has a fault"),
    (ProviderError, "The provider could not be asked"),
)


def explained(error: Exception) -> Problem:
    """Return what a reader needs to know of an expected failure of a fetch."""
    if isinstance(error, ProviderError):
        title = next(title for kind, title in _TITLES if isinstance(error, kind))
        happened = f"{error.provider}: {error.thing} must {error.expected}, {error.found}."
        return Problem(title, happened, _KEPT, error.way_out)
    if isinstance(error, MEANS_NOTHING):
        return Problem(
            "This cannot be fetched", str(error), "Nothing was asked.", "Correct it below."
        )
    assert isinstance(error, EXPECTED)
    found = explain(error)
    return replace(found, action="Fetch again: it goes on from where it stopped.", safe=_KEPT)


def bug(error: Exception) -> Problem:
    """Return what a reader needs to know of a failure that nobody foresaw; no text of it."""
    return Problem(
        "The fetch failed",
        f"an error of the program: {type(error).__name__}",
        _KEPT,
        "Fetch again: it goes on from where it stopped. The program's log has the details.",
    )


def _read(values: dict[str, Any]) -> Fetching:
    order, progress = values["order"], values["progress"]
    summary, problem = values["summary"], values["problem"]
    return Fetching(
        status=values["status"],
        order=None if order is None else _order(order),
        progress=None if progress is None else AcquireProgress(**progress),
        began=_moment(values["began"]),
        ended=_moment(values["ended"]),
        summary=None if summary is None else _summary(summary),
        problem=None if problem is None else Problem(**problem),
        who=values.get("who", ""),
        process=values.get("process", 0),
    )


def _order(values: dict[str, Any]) -> Order:
    days = {
        name: None if values[name] is None else dt.date.fromisoformat(values[name])
        for name in ("start", "end")
    }
    universe = values["universe"]
    return Order(**values | days | {"universe": _frozen(universe)})


def _summary(values: dict[str, Any]) -> Summary:
    missing = tuple(TickerOutcome(**row) for row in values["missing"])
    assert set(values) == {item.name for item in fields(Summary)}
    return Summary(**values | {"notes": tuple(values["notes"]), "missing": missing})


def _frozen(universe: str | list[str]) -> str | tuple[str, ...]:
    return universe if isinstance(universe, str) else tuple(universe)


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
