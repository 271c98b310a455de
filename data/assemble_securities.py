"""The securities and membership of a fetched market, with where each fact comes from."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from data.assemble_lines import Line
from data.listings import BarSpans, Listings, resolve_listings
from data.overrides import SecurityFact
from data.reference_sectors import sector_of
from data.reference_universe import Member
from data.schema import SCHEMAS, arrow_type

__all__ = ["Securities", "membership_of", "securities_of"]

_SHOWN = 8
_SOURCES = {
    "universe": "by the universe's file",
    "override": "by an override of a misleading SIC code",
    "rule": "by the SIC code",
    "none": "unknown",
}


@dataclass(frozen=True, slots=True, eq=False)
class Securities:
    """The table securities as `resolve_listings` completes it, and what must be said of it."""

    listings: Listings
    notes: tuple[str, ...]


def securities_of(
    lines: Mapping[str, Line],
    members: Mapping[str, Member],
    spans: BarSpans,
    facts: Sequence[SecurityFact],
    returns: Mapping[str, float],
) -> Securities:
    """Return one row a security: sector of the universe's file, else of the SIC code.

    Where the provider says that a listing ended, that is its end, and `returns` (fractions) what
    holders got after the last close; where it has no price after it, 0 is assumed, and said. Where
    bars merely stop, ``data_ended`` says so.
    """
    day = spans.last_session.astype("datetime64[D]").item()
    rows, sources, ended = [], Counter[str](), []
    for ticker, line in lines.items():
        if ticker not in spans.last_bar:
            continue
        sector, source = _sector(members[ticker], line, day)
        sources[source] += 1
        last_bar = spans.last_bar[ticker].astype("datetime64[D]").item()
        row: dict[str, Any] = {
            "ticker": ticker,
            "name": members[ticker].name or line.company.name,
            "sector": sector,
        }
        if line.company.delisted is not None and min(last_bar, line.company.delisted) < day:
            row |= {
                "last_session": min(last_bar, line.company.delisted),
                "delisting_return": returns.get(ticker),
                "data_ended": False,
            }
            ended.append(ticker)
        rows.append(row)
    table = pa.Table.from_pylist(rows, schema=_schema())
    listings = resolve_listings(table, frozenset({"sector"}), spans, facts)
    return Securities(
        listings, (*_sector_notes(sources), *_end_notes(ended, returns), *listings.notes)
    )


def membership_of(
    lines: Mapping[str, Line], first_bars: Mapping[str, dt.date], securities: pd.DataFrame
) -> pd.DataFrame:
    """Return membership rows: each security from its first bar to its end."""
    ends = dict(zip(securities["ticker"], securities["last_session"], strict=True))
    rows = [
        {
            "ticker": ticker,
            "start_date": pd.Timestamp(first_bars[ticker]),
            "end_date": _day_after(ends.get(ticker)),
        }
        for ticker in lines
        if ticker in first_bars
    ]
    frame = pd.DataFrame(rows, columns=["ticker", "start_date", "end_date"])
    for name in ("start_date", "end_date"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def _day_after(day: Any) -> pd.Timestamp | None:
    return None if day is None or pd.isna(day) else pd.Timestamp(day) + pd.Timedelta(days=1)


def _sector(member: Member, line: Line, day: dt.date) -> tuple[str | None, str]:
    if member.sector is not None:
        return member.sector, "universe"
    cik = line.company.cik
    number = int(cik) if cik is not None and cik.isdigit() else None
    answer = sector_of(member.ticker, line.company.sic, day, cik=number)
    return answer.sector, answer.origin


def _schema() -> pa.Schema:
    columns = [(item.name, arrow_type(item.kind)) for item in SCHEMAS["securities"].columns]
    return pa.schema(columns)


def _sector_notes(sources: Counter[str]) -> tuple[str, ...]:
    told = [f"{sources[name]} {words}" for name, words in _SOURCES.items() if sources[name]]
    return (f"sectors: {', '.join(told)}; as they are today, not as they were",) if told else ()


def _end_notes(ended: Sequence[str], returns: Mapping[str, float]) -> Iterator[str]:
    known = [f"{ticker} {returns[ticker]:+.1%}" for ticker in ended if ticker in returns]
    if known:
        yield (
            f"{_listings(len(known))} ended on the day that the provider says; holders got its "
            f"first close after that: {_some(known)}"
        )
    assumed = [ticker for ticker in ended if ticker not in returns]
    if assumed:
        yield (
            f"{_listings(len(assumed))} ended on the day that the provider says; what holders got "
            "after the last close it does not say: 0 is assumed (state it in the overrides file): "
            f"{_some(assumed)}"
        )


def _listings(number: int) -> str:
    return "1 listing" if number == 1 else f"{number} listings"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
