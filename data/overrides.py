"""The overrides file: rows known to be wrong and facts of securities, each with a reason."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import OverridesError, did_you_mean
from data.health_kinds import KINDS
from data.override_actions import StatedAction, stated_actions
from data.override_entries import day_of, known_keys, text_of
from data.schema import SCHEMAS, SECTORS

__all__ = [
    "EXCLUDE_BY",
    "Acceptance",
    "Exclusion",
    "Overrides",
    "SecurityFact",
    "load_overrides",
]

# Column that `ticker` and the column that `from` and `to` speak of, by table.
EXCLUDE_BY = {
    "prices": ("ticker", "date"),
    "indices": ("ticker", "date"),
    "rates": ("series", "date"),
    "membership": ("ticker", "start_date"),
    "fundamentals": ("ticker", "period_end"),
}
_EXCLUDE_KEYS = ("table", "ticker", "dataset", "from", "to", "reason")
_ACCEPT_KEYS = ("kind", "ticker", "from", "to", "reason")
_SECURITY_KEYS = ("ticker", "last_session", "delisting_return", "data_ended", "sector", "reason")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows of one symbol to leave out, `start` and `end` both inclusive, None = open.

    `dataset` narrows it to one dataset of the fundamentals; None = all of them.
    """

    table: str
    ticker: str
    start: dt.date | None
    end: dt.date | None
    reason: str
    dataset: str | None = None

    def __str__(self) -> str:
        """Say what is left out and why."""
        span = f"{self.start or 'the first'} to {self.end or 'the last'}"
        table = self.table if self.dataset is None else f"{self.table} ({self.dataset})"
        return f"exclude {table} {self.ticker} {span}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding of data health that was looked at and is right; both days inclusive, None = open.

    It answers findings whose days all lie in the span: what comes later is found again.
    """

    kind: str
    ticker: str
    start: dt.date | None
    end: dt.date | None
    reason: str

    def __str__(self) -> str:
        """Say what is accepted and why."""
        span = f"{self.start or 'the first'} to {self.end or 'the last'}"
        return f"accept {self.kind} {self.ticker} {span}: {self.reason}"


@dataclass(frozen=True, slots=True)
class SecurityFact:
    """Facts that replace those of the securities file; None = leave as it is."""

    ticker: str
    last_session: dt.date | None
    delisting_return: float | None
    data_ended: bool | None
    sector: str | None
    reason: str

    def __str__(self) -> str:
        """Say what is set and why."""
        names = ("last_session", "delisting_return", "data_ended", "sector")
        given = [(name, getattr(self, name)) for name in names]
        facts = ", ".join(f"{name} {value}" for name, value in given if value is not None)
        return f"security {self.ticker} {facts}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Overrides:
    """Everything one overrides file says."""

    exclusions: tuple[Exclusion, ...] = ()
    securities: tuple[SecurityFact, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    actions: tuple[StatedAction, ...] = ()


def load_overrides(path: Path) -> Overrides:
    """Read an overrides file.

    Raises
    ------
    OverridesError
        The file is missing or no TOML, or an entry has an unknown key, a value of the wrong kind,
        or no reason.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OverridesError(
            f"the overrides file must be readable, {path} is not: {error.strerror}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OverridesError(f"the overrides file must be TOML, {path} is not: {error}.") from error
    known_keys(values, ("exclude", "security", "accept", "action"), path.name)
    exclusions = tuple(
        _exclusion(entry, f"{path.name}: [[exclude]] number {number}")
        for number, entry in enumerate(_entries(values, "exclude", path), 1)
    )
    securities = tuple(
        _security(entry, f"{path.name}: [[security]] number {number}")
        for number, entry in enumerate(_entries(values, "security", path), 1)
    )
    tickers = [fact.ticker for fact in securities]
    twice = sorted({ticker for ticker in tickers if tickers.count(ticker) > 1})
    if twice:
        raise OverridesError(
            f"{path.name}: [[security]] must name each ticker once, {twice[0]} "
            "is named twice. Put its facts into one entry."
        )
    acceptances = tuple(
        _acceptance(entry, f"{path.name}: [[accept]] number {number}")
        for number, entry in enumerate(_entries(values, "accept", path), 1)
    )
    actions = stated_actions(_entries(values, "action", path), path.name)
    return Overrides(exclusions, securities, acceptances, actions)


def _entries(values: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    entries = values.get(key, [])
    if not isinstance(entries, list):
        raise OverridesError(f"{path.name}: write [[{key}]] with two brackets, one for each entry.")
    return entries


def _exclusion(entry: Mapping[str, Any], where: str) -> Exclusion:
    known_keys(entry, _EXCLUDE_KEYS, where)
    table = text_of(entry, "table", where, default="prices")
    if table not in EXCLUDE_BY:
        hint = " Use [[security]] for it." if table in SCHEMAS else did_you_mean(table, EXCLUDE_BY)
        raise OverridesError(
            f"{where}: table must be one of {', '.join(EXCLUDE_BY)}, was {table!r}.{hint}"
        )
    start, end = _span(entry, where)
    dataset = text_of(entry, "dataset", where) if "dataset" in entry else None
    if dataset is not None and table != "fundamentals":
        raise OverridesError(f"{where}: only fundamentals have a dataset, {table} has none.")
    return Exclusion(
        table, text_of(entry, "ticker", where), start, end, text_of(entry, "reason", where), dataset
    )


def _acceptance(entry: Mapping[str, Any], where: str) -> Acceptance:
    known_keys(entry, _ACCEPT_KEYS, where)
    kind = text_of(entry, "kind", where)
    if kind not in KINDS:
        raise OverridesError(
            f"{where}: kind must be one of {', '.join(KINDS)}, was {kind!r}."
            f"{did_you_mean(kind, KINDS)}"
        )
    start, end = _span(entry, where)
    return Acceptance(
        kind, text_of(entry, "ticker", where), start, end, text_of(entry, "reason", where)
    )


def _span(entry: Mapping[str, Any], where: str) -> tuple[dt.date | None, dt.date | None]:
    start, end = day_of(entry, "from", where), day_of(entry, "to", where)
    if start is not None and end is not None and start > end:
        raise OverridesError(f"{where}: from must not lie after to, was {start} and {end}.")
    return start, end


def _security(entry: Mapping[str, Any], where: str) -> SecurityFact:
    known_keys(entry, _SECURITY_KEYS, where)
    back = entry.get("delisting_return")
    if back is not None and (isinstance(back, bool) or not isinstance(back, int | float)):
        raise OverridesError(f"{where}: delisting_return must be a fraction, was {back!r}.")
    if back is not None and not -1.0 <= back < float("inf"):
        hint = f" Did you mean {back / 100:g}?" if -100.0 <= back < -1.0 else ""
        raise OverridesError(
            f"{where}: delisting_return must be at least -1 (a fraction: -0.95 is a loss of 95 %), "
            f"was {back}.{hint}"
        )
    ended = entry.get("data_ended", None if back is None else False)
    if ended is not None and not isinstance(ended, bool):
        raise OverridesError(f"{where}: data_ended must be true or false, was {ended!r}.")
    sector = text_of(entry, "sector", where) if "sector" in entry else None
    if sector is not None and sector not in SECTORS:
        raise OverridesError(
            f"{where}: sector must be a GICS sector ({', '.join(SECTORS)}), was {sector!r}."
            f"{did_you_mean(sector, SECTORS)}"
        )
    fact = SecurityFact(
        ticker=text_of(entry, "ticker", where),
        last_session=day_of(entry, "last_session", where),
        delisting_return=None if back is None else float(back),
        data_ended=ended,
        sector=sector,
        reason=text_of(entry, "reason", where),
    )
    if (fact.last_session, back, ended, sector) == (None, None, None, None):
        raise OverridesError(
            f"{where} must set one of {', '.join(_SECURITY_KEYS[1:-1])}; it sets nothing."
        )
    return fact
