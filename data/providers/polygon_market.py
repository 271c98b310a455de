"""Polygon's market status, holidays and last prices."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from data.net.errors import BadAnswerError
from data.providers.base import Provenance, Refused
from data.providers.polygon_settings import NAME
from data.providers.raw_rows import Sieve, iso_date, number, text
from data.schema import TICKER_PATTERN

__all__ = [
    "SNAPSHOTS",
    "Holiday",
    "MarketStatus",
    "parse_holidays",
    "parse_status",
    "snapshots_table",
]

# price: the latest the service has; price_from says which: last_trade, minute, day, or prev_day
# (at night, when the day is empty).
SNAPSHOTS: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("price", pa.float64()),
        ("price_from", pa.string()),
        ("updated", pa.timestamp("ns", "UTC")),
        ("day_volume", pa.float64()),
        ("prev_close", pa.float64()),
    ]
)
_PRICES: Final = (
    ("last_trade", "lastTrade", "p"),
    ("minute", "min", "c"),
    ("day", "day", "c"),
    ("prev_day", "prevDay", "c"),
)
_TICKER: Final = re.compile(TICKER_PATTERN)


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """Whether the market is open, as the service says.

    Attributes
    ----------
    market : str
        "open", "closed" or "extended-hours".
    server_time : datetime
        Clock of the service, with its time zone.
    nyse, nasdaq : str or None
        The same per exchange.
    """

    market: str
    server_time: dt.datetime
    nyse: str | None
    nasdaq: str | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Holiday:
    """A coming day on which an exchange is closed, or closes early (`close`, UTC text)."""

    day: dt.date
    exchange: str
    name: str
    status: str
    close: str | None


def parse_status(answer: Any, provenance: Provenance) -> MarketStatus:
    """Return the market's status; raises BadAnswerError where the answer says none."""
    row = answer if isinstance(answer, dict) else {}
    market, moment = text(row.get("market")), text(row.get("serverTime"))
    try:
        server_time = dt.datetime.fromisoformat(moment or "")
    except ValueError:
        server_time = None
    if market is None or server_time is None or server_time.tzinfo is None:
        found = f"had market {market!r} and serverTime {moment!r}"
        expected = "name the market's state and the time"
        raise BadAnswerError(NAME, "the market status", expected, found, "Try again later.")
    exchanges = row.get("exchanges")
    exchanges = exchanges if isinstance(exchanges, dict) else {}
    states = (text(exchanges.get("nyse")), text(exchanges.get("nasdaq")))
    return MarketStatus(market, server_time, *states, provenance)


def parse_holidays(answer: Any) -> tuple[Holiday, ...]:
    """Return the coming holidays in order; raises BadAnswerError where the answer is no list."""
    thing, later = "the coming holidays", "Try again later."
    if not isinstance(answer, list):
        found = f"were a {type(answer).__name__}"
        raise BadAnswerError(NAME, thing, "be a list", found, later)
    holidays = []
    for row in answer:
        fields = row if isinstance(row, dict) else {}
        day, status = iso_date(fields.get("date")), text(fields.get("status"))
        if day is None or status is None:
            raise BadAnswerError(NAME, thing, "have a date and a status", "had none", later)
        exchange, name = text(fields.get("exchange")) or "", text(fields.get("name")) or ""
        holidays.append(Holiday(day, exchange, name, status, text(fields.get("close"))))
    return tuple(sorted(holidays, key=lambda h: (h.day, h.exchange)))


def snapshots_table(rows: Sequence[dict[str, Any]]) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return the latest prices ordered by ticker; a ticker without any price is refused."""
    sieve = Sieve()
    for row in rows:
        ticker = row.get("ticker")
        if not isinstance(ticker, str) or not _TICKER.fullmatch(ticker):
            sieve.refuse("bad_ticker", repr(ticker)[:40], row)
            continue
        found = [(name, _value(row, part, key)) for name, part, key in _PRICES]
        usable = [(name, price) for name, price in found if price is not None]
        if not usable:
            sieve.refuse("missing_value", ticker, row)
            continue
        name, price = usable[0]
        stamp = row.get("updated")
        updated = stamp if type(stamp) is int and 0 < stamp < 2**63 else None
        volume, previous = _value(row, "day", "v"), _value(row, "prevDay", "c")
        sieve.keep(ticker, (ticker, price, name, updated, volume, previous), ticker, row)
    ordered = sieve.result(lambda values: values[0])
    columns = list(zip(*ordered, strict=True)) or [()] * len(SNAPSHOTS)
    arrays = [pa.array(column, item.type) for column, item in zip(columns, SNAPSHOTS, strict=True)]
    return pa.table(arrays, schema=SNAPSHOTS), tuple(sieve.refused)


def _value(row: dict[str, Any], part: str, key: str) -> float | None:
    # Zero stands for "nothing yet" in snapshots.
    entry = row.get(part)
    found = number(entry.get(key)) if isinstance(entry, dict) else None
    return found if found is not None and 0 < found < float("inf") else None
