"""Who is behind a symbol: Polygon's lists of tickers, details, symbol changes."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from data.providers.base import Provenance, Refused
from data.providers.raw_rows import Sieve, iso_date, number, table_of, text
from data.schema import TICKER_PATTERN

__all__ = [
    "LISTINGS",
    "Identities",
    "SymbolChange",
    "TickerDetails",
    "identities",
    "listings_table",
    "parse_details",
    "parse_events",
]

# One row a listing; a symbol that was used again has several. identity tells companies apart:
# composite FIGI, else CIK with share type, else the symbol with its last day.
LISTINGS: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("identity", pa.string()),
        ("name", pa.string()),
        ("type", pa.string()),
        ("market", pa.string()),
        ("primary_exchange", pa.string()),
        ("active", pa.bool_()),
        ("delisted_date", pa.date32()),
        ("cik", pa.string()),
        ("composite_figi", pa.string()),
        ("share_class_figi", pa.string()),
    ]
)
_TICKER: Final = re.compile(TICKER_PATTERN)


@dataclass(frozen=True, slots=True)
class SymbolChange:
    """From `day` on the security traded as `ticker`."""

    day: dt.date
    ticker: str


@dataclass(frozen=True, slots=True)
class Identities:
    """What the lists say about symbols.

    Attributes
    ----------
    reused : mapping of str to tuple of str
        Symbols that stood for more than one identity over time.
    renamed : mapping of str to tuple of str
        Identities with more than one symbol over time.
    """

    reused: Mapping[str, tuple[str, ...]]
    renamed: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TickerDetails:
    """What the service says about one ticker.

    `shares_outstanding` (of all classes, weighted) and `market_cap` belong to the last period of
    report before the date asked for, which may have been published only weeks after that date: for
    use as of a date take the filings with their filing date instead.
    """

    ticker: str
    identity: str
    name: str | None
    active: bool | None
    type: str | None
    cik: str | None
    composite_figi: str | None
    share_class_figi: str | None
    sic_code: str | None
    sic_description: str | None
    primary_exchange: str | None
    list_date: dt.date | None
    delisted_date: dt.date | None
    market_cap: float | None
    shares_outstanding: float | None
    share_class_shares_outstanding: float | None
    provenance: Provenance


def listings_table(rows: Sequence[dict[str, Any]]) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return listings ordered by (ticker, delisted date, identity), and what was refused."""
    sieve = Sieve()
    for row in rows:
        ticker, active = row.get("ticker"), row.get("active")
        if not isinstance(ticker, str) or not _TICKER.fullmatch(ticker):
            sieve.refuse("bad_ticker", repr(ticker)[:40], row)
            continue
        if active is not None and not isinstance(active, bool):
            sieve.refuse("unparsable_flag", ticker, row)
            continue
        left = iso_date(row.get("delisted_utc"))
        who = _identity(row)
        values = (
            ticker,
            who,
            *(text(row.get(name)) for name in ("name", "type", "market", "primary_exchange")),
            active,
            left,
            *(text(row.get(name)) for name in ("cik", "composite_figi", "share_class_figi")),
        )
        sieve.keep((ticker, who, left), values, ticker, row)
    ordered = sieve.result(lambda v: (v[0], v[7] or dt.date.max, v[1]))
    return table_of(LISTINGS, ordered), tuple(sieve.refused)


def identities(listings: pa.Table) -> Identities:
    """Return which symbols were reused and which securities renamed, of a LISTINGS table."""
    by_ticker: dict[str, set[str]] = defaultdict(set)
    by_identity: dict[str, set[str]] = defaultdict(set)
    for row in listings.select(["ticker", "identity"]).to_pylist():
        by_ticker[row["ticker"]].add(row["identity"])
        by_identity[row["identity"]].add(row["ticker"])
    return Identities(_several(by_ticker), _several(by_identity))


def parse_details(row: dict[str, Any], provenance: Provenance) -> TickerDetails:
    """Return the details that a row holds; what is missing or of a wrong kind is None."""
    names = ("name", "type", "cik", "composite_figi", "share_class_figi", "sic_code")
    more = ("sic_description", "primary_exchange")
    active = row.get("active")
    return TickerDetails(
        ticker=str(row.get("ticker")),
        identity=_identity(row),
        active=active if isinstance(active, bool) else None,
        list_date=iso_date(row.get("list_date")),
        delisted_date=iso_date(row.get("delisted_utc")),
        market_cap=_positive(row.get("market_cap")),
        shares_outstanding=_positive(row.get("weighted_shares_outstanding")),
        share_class_shares_outstanding=_positive(row.get("share_class_shares_outstanding")),
        provenance=provenance,
        **{name: text(row.get(name)) for name in (*names, *more)},
    )


def parse_events(row: dict[str, Any]) -> tuple[SymbolChange, ...]:
    """Return the symbol changes of one security, the earliest first."""
    changes = set()
    events = row.get("events")
    for event in events if isinstance(events, list) else []:
        change = event.get("ticker_change") if isinstance(event, dict) else None
        day = iso_date(event.get("date")) if isinstance(event, dict) else None
        ticker = change.get("ticker") if isinstance(change, dict) else None
        if day is not None and isinstance(ticker, str) and _TICKER.fullmatch(ticker):
            changes.add(SymbolChange(day, ticker))
    return tuple(sorted(changes, key=lambda change: (change.day, change.ticker)))


def _identity(row: dict[str, Any]) -> str:
    figi, cik = text(row.get("composite_figi")), text(row.get("cik"))
    if figi is not None:
        return figi
    if cik is not None:
        return f"cik:{cik}:{text(row.get('type')) or 'unknown'}"
    return f"symbol:{row.get('ticker')}:{iso_date(row.get('delisted_utc')) or 'active'}"


def _positive(value: object) -> float | None:
    found = number(value)
    return found if found is not None and 0 < found < float("inf") else None


def _several(groups: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(group)) for key, group in sorted(groups.items()) if len(group) > 1}
