"""What is in the store, for people: one row a market, and one a book."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from data.books import BookInfo, book_names, read_book_info
from data.errors import DataError
from data.snapshot import current_snapshot, market_names

__all__ = ["BookRow", "StatusRow", "book_status", "status"]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """State of one market.

    Attributes
    ----------
    name : str
    fault : str
        Why the market cannot be read, in words; empty when it can. Every other field is then at
        its default.
    simulated : bool
    first_date, last_date : date or None
        Of the bars in prices.
    names, sessions : int
    coverage : float or None
        Share of member-days with a bar, a fraction; None without membership.
    coverage_by_year : dict of str to float
    return_basis, origin : str
    data_age_days : int
        Days from the last date to today.
    import_age_days : float
        Days since the snapshot was written.
    tables : dict of str to int
        Rows by table.
    quarantined, flagged, excluded : dict of str to int
    overrides, notes : tuple of str
    fingerprint : str
    """

    name: str
    fault: str = ""
    simulated: bool = False
    first_date: dt.date | None = None
    last_date: dt.date | None = None
    names: int = 0
    sessions: int = 0
    coverage: float | None = None
    coverage_by_year: dict[str, float] | None = None
    return_basis: str = ""
    origin: str = ""
    data_age_days: int = 0
    import_age_days: float = 0.0
    tables: dict[str, int] | None = None
    quarantined: dict[str, int] | None = None
    flagged: dict[str, int] | None = None
    excluded: dict[str, int] | None = None
    overrides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class BookRow:
    """State of one book; `info` is None and `fault` says why when it cannot be read."""

    name: str
    info: BookInfo | None
    fault: str = ""


def status(home: Path, now: dt.datetime | None = None) -> list[StatusRow]:
    """Return the state of every market, sorted by name; a damaged one is a row with its fault.

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME; it may be missing.
    now : datetime, optional
        Aware; the clock when not given.
    """
    moment = now or dt.datetime.now(dt.UTC)
    return [_market(home, name, moment) for name in market_names(home)]


def book_status(home: Path) -> list[BookRow]:
    """Return the state of every book, sorted by name."""
    return [_book(home, name) for name in book_names(home)]


def _market(home: Path, name: str, now: dt.datetime) -> StatusRow:
    try:
        snapshot = current_snapshot(home, name)
    except DataError as error:
        return StatusRow(name, fault=str(error))
    return StatusRow(
        name=name,
        simulated=snapshot.simulated,
        first_date=snapshot.first_date,
        last_date=snapshot.last_date,
        names=snapshot.names,
        sessions=snapshot.sessions,
        coverage=snapshot.coverage,
        coverage_by_year=snapshot.coverage_by_year,
        return_basis=snapshot.return_basis,
        origin=snapshot.origin,
        data_age_days=(now.date() - snapshot.last_date).days,
        import_age_days=(now - snapshot.created_at).total_seconds() / 86_400,
        tables=snapshot.tables,
        quarantined=snapshot.quarantined,
        flagged=snapshot.flagged,
        excluded=snapshot.excluded,
        overrides=snapshot.overrides,
        notes=snapshot.notes,
        fingerprint=snapshot.fingerprint,
    )


def _book(home: Path, name: str) -> BookRow:
    try:
        return BookRow(name, read_book_info(home, name))
    except DataError as error:
        return BookRow(name, None, str(error))
