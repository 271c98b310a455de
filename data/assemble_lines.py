"""Which stored series make one security: its symbols over time, without those of namesakes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

__all__ = ["Company", "Line", "Segment", "company_of", "line_of"]

_ONE_DAY = dt.timedelta(days=1)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """The security traded as `symbol` from `first` to `last`, both included."""

    symbol: str
    first: dt.date = dt.date.min
    last: dt.date = dt.date.max

    def holds(self, day: dt.date) -> bool:
        """Whether `day` lies in it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Company:
    """Who is behind a ticker, as far as its provider says.

    Attributes
    ----------
    identity, cik : str or None
        Composite FIGI, else CIK with share type, else the symbol; and the filer's number.
    name, sic : str or None
    delisted : date or None
        Day on which the listing ended; None = it lives, or nobody says.
    """

    identity: str | None = None
    cik: str | None = None
    name: str | None = None
    sic: str | None = None
    delisted: dt.date | None = None

    def same(self, row: Row) -> bool:
        """Whether a listing is of this company."""
        by_identity = self.identity is not None and row["identity"] == self.identity
        return by_identity or (self.cik is not None and row["cik"] == self.cik)


@dataclass(frozen=True, slots=True)
class Line:
    """One security of a market.

    Attributes
    ----------
    ticker : str
        Its name in the market.
    provider : str
        Whose series it is made of; all segments are of one provider.
    segments : tuple of Segment
        In order of time, not overlapping.
    company : Company
    left_out : tuple of str
        What was found under its symbols and is another company's, in words.
    """

    ticker: str
    provider: str
    segments: tuple[Segment, ...]
    company: Company = Company()
    left_out: tuple[str, ...] = ()

    def owner(self, symbol: str, day: dt.date) -> bool:
        """Whether what is told of `symbol` on `day` is of this security."""
        return any(part.symbol == symbol and part.holds(day) for part in self.segments)


def company_of(details: Row | None, listings: Sequence[Row]) -> Company:
    """Return who is behind a ticker today; of a delisted one, the last that had it."""
    if details is not None:
        return Company(
            details["identity"],
            details["cik"],
            details["name"],
            details["sic_code"],
            details["delisted_date"],
        )
    dated = [row for row in listings if row["delisted_date"] is not None]
    if not dated:
        return Company()
    last = max(dated, key=lambda row: row["delisted_date"])
    return Company(last["identity"], last["cik"], last["name"], None, last["delisted_date"])


def line_of(
    ticker: str,
    provider: str,
    company: Company,
    changes: Mapping[dt.date, str],
    listings: Mapping[str, Sequence[Row]],
) -> Line:
    """Return the security behind `ticker`.

    Parameters
    ----------
    company : Company
        As of `company_of`.
    changes : mapping of date to str
        Its symbols by first day; {} where unknown: it has always had `ticker`.
    listings : mapping of str to rows
        Delisted listings by symbol (schema LISTINGS); other companies' end where it begins.
    """
    segments, left_out = [], []
    for segment in _symbols(ticker, changes):
        first = segment.first
        for row in _others(company, listings.get(segment.symbol, ()), segment):
            ended = row["delisted_date"]
            first = max(first, ended + _ONE_DAY)
            left_out.append(
                f"{segment.symbol} up to {ended} is {row['name'] or row['identity']}, another "
                "company: those bars are left out"
            )
        if first <= segment.last:
            segments.append(Segment(segment.symbol, first, segment.last))
    return Line(ticker, provider, tuple(segments), company, tuple(left_out))


def _symbols(ticker: str, changes: Mapping[dt.date, str]) -> list[Segment]:
    ordered = sorted(changes.items())
    while ordered and ordered[-1][1] != ticker:
        ordered.pop()  # what it was called later belongs to the later symbol
    if not ordered:
        return [Segment(ticker)]
    ends = [(day, following - _ONE_DAY) for (day, _), (following, _) in pairwise(ordered)]
    ends.append((ordered[-1][0], dt.date.max))
    spans = [
        Segment(symbol, first, last)
        for (_, symbol), (first, last) in zip(ordered, ends, strict=True)
        if first <= last
    ]
    earliest = spans[0]
    return [Segment(earliest.symbol, dt.date.min, earliest.last), *spans[1:]]


def _others(company: Company, rows: Iterable[Row], segment: Segment) -> list[Row]:
    return [
        row
        for row in rows
        if row["delisted_date"] is not None
        and not company.same(row)
        and row["delisted_date"] < segment.last
        and (company.delisted is None or row["delisted_date"] < company.delisted)
    ]
