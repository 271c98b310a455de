"""Polygon's daily bars: raw, keyed by New York date, every row kept or refused with a reason."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.net.errors import BadAnswerError
from data.providers.base import RAW_BARS, Provenance, Refused
from data.providers.polygon_gateway import Verify
from data.providers.polygon_settings import NAME
from data.providers.raw_rows import Sieve, exchange_dates, number
from data.schema import TICKER_PATTERN

__all__ = ["GroupedDay", "bars_table", "envelope_check", "grouped_table", "sifted_table"]

_FIELDS: Final = ("o", "h", "l", "c", "v", "vw", "n")
_TICKER: Final = re.compile(TICKER_PATTERN)
_CLOSE, _VOLUME = _FIELDS.index("c"), _FIELDS.index("v")
_PRICES: Final = 4

# date, ticker, open, high, low, close, volume, vwap, trades
Bar = tuple[dt.date, str, float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class GroupedDay:
    """Bars of one session for many tickers.

    Attributes
    ----------
    day : date
        The session asked for.
    bars : pyarrow.Table
        Schema RAW_BARS, ordered by ticker; empty where the market was closed.
    others : int
        Rows of tickers that were not asked for; they are not kept.
    refused : tuple of Refused
        Rows received = rows of `bars` + `others` + `refused`.
    """

    day: dt.date
    bars: pa.Table
    others: int
    provenance: Provenance
    refused: tuple[Refused, ...] = ()


def envelope_check(ticker: str | None, thing: str) -> Verify:
    """Return a check of one answer: right ticker, raw prices, and "none" only where none is meant.

    No rows is an answer only with ``resultsCount`` 0. ``"results": null`` was seen under load where
    there were bars: it is believed the second time.
    """
    nulls = 0

    def check(answer: dict[str, Any]) -> None:
        nonlocal nulls
        way_out = "A proxy or cache may mix answers up: check POLYGON_BASE_URL."
        named = answer.get("ticker")
        if ticker is not None and named is not None and named != ticker:
            found = f"were of {str(named)[:30]!r}"
            raise BadAnswerError(NAME, thing, f"be of {ticker}", found, way_out)
        if answer.get("adjusted") is True:
            found = "were adjusted by the server"
            raise BadAnswerError(NAME, thing, "be raw", found, way_out)
        nulls += "results" in answer and answer["results"] is None
        if not answer.get("results") and (answer.get("resultsCount") != 0 or nulls == 1):
            found = f"had no rows and resultsCount {answer.get('resultsCount')!r}"
            expected = "come with their number"
            raise BadAnswerError(NAME, thing, expected, found, "Try again later.")

    return check


def bars_table(
    rows: Sequence[dict[str, Any]], ticker: str, start: dt.date, end: dt.date
) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return the bars of one ticker (schema RAW_BARS, dates increasing), and what was refused."""
    whole = _faultless(rows, ticker, start, end)
    return (whole, ()) if whole is not None else sifted_table(rows, ticker, start, end)


def sifted_table(
    rows: Sequence[dict[str, Any]], ticker: str, start: dt.date, end: dt.date
) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Do what :func:`bars_table` does, row by row: some forty times slower, and can refuse."""
    sieve = Sieve()
    days = exchange_dates([row.get("t") for row in rows]).to_pylist()
    for row, day in zip(rows, days, strict=True):
        _sort(sieve, row, day, ticker, lambda d: start <= d <= end)
    return _table(sieve.result(lambda bar: bar[0])), tuple(sieve.refused)


def grouped_table(
    rows: Sequence[dict[str, Any]], day: dt.date, wanted: Collection[str] | None
) -> tuple[pa.Table, int, tuple[Refused, ...]]:
    """Return the bars of one session, how many were not `wanted`, and what was refused.

    A row counts when its stamp lies on the day that was asked for; symbols that cannot be symbols
    are refused.
    """
    sieve = Sieve()
    others = 0
    days = exchange_dates([row.get("t") for row in rows]).to_pylist()
    for row, stamped in zip(rows, days, strict=True):
        symbol = row.get("T")
        if not isinstance(symbol, str) or not _TICKER.fullmatch(symbol):
            sieve.refuse("bad_ticker", repr(symbol)[:40], row)
        elif wanted is not None and symbol not in wanted:
            others += 1
        else:
            _sort(sieve, row, stamped, symbol, day.__eq__)
    return _table(sieve.result(lambda bar: bar[1])), others, tuple(sieve.refused)


def _faultless(
    rows: Sequence[dict[str, Any]], ticker: str, start: dt.date, end: dt.date
) -> pa.Table | None:
    # Columns at once where no row can be refused and none has to be moved; else None.
    numbers = {name: _numbers(rows, name) for name in _FIELDS}
    days = exchange_dates([row.get("t") for row in rows])
    if any(column is None for column in numbers.values()) or days.null_count or not rows:
        return None
    columns = [column for column in numbers.values() if column is not None]
    prices, volume = np.stack(columns[:_PRICES]), columns[_VOLUME]
    stamps = days.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    ordered = bool((stamps[1:] > stamps[:-1]).all())
    inside = np.datetime64(start, "D") <= stamps[0] and stamps[-1] <= np.datetime64(end, "D")
    closed = bool(np.isfinite(columns[_CLOSE]).all())
    if not (ordered and inside and closed) or (prices <= 0).any() or (volume < 0).any():
        return None
    named = pa.array([ticker], pa.string()).take(pa.array(np.zeros(len(rows), dtype=np.int32)))
    values = [pa.array(column, pa.float64(), from_pandas=True) for column in columns]
    return pa.table([days, named, *values], schema=RAW_BARS)


def _numbers(rows: Sequence[dict[str, Any]], name: str) -> npt.NDArray[np.float64] | None:
    values = [row.get(name) for row in rows]
    kinds = set(map(type, values))
    if kinds == {type(None)}:
        return np.full(len(rows), np.nan)
    if not kinds <= {int, float}:
        return None
    try:
        column = np.array(values, dtype=np.float64)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return None if np.isinf(column).any() else column


def _sort(
    sieve: Sieve,
    row: dict[str, Any],
    day: dt.date | None,
    ticker: str,
    asked: Callable[[dt.date], bool],
) -> None:
    values = [number(row.get(name)) for name in _FIELDS]
    reason = "unparsable_date" if day is None else _reason(values)
    if day is not None and reason is None and not asked(day):
        reason = "outside_request"
    if reason is not None:
        sieve.refuse(reason, ticker, row)
    else:
        sieve.keep((day, ticker), (day, ticker, *values), ticker, row)


def _reason(values: Sequence[float | None]) -> str | None:
    if any(value is None for value in values):
        return "unparsable_number"
    numbers = [value for value in values if value is not None]
    if any(math.isinf(value) for value in numbers):
        return "not_finite"
    if math.isnan(numbers[_CLOSE]):
        return "missing_value"
    if any(value <= 0 for value in numbers[:_PRICES]):
        return "non_positive_price"
    return "negative_volume" if numbers[_VOLUME] < 0 else None


def _table(bars: Sequence[Bar]) -> pa.Table:
    columns = list(zip(*bars, strict=True)) or [()] * len(RAW_BARS)
    arrays = [
        pa.array(column, item.type, from_pandas=True)  # NaN means empty: stored as null
        for column, item in zip(columns, RAW_BARS, strict=True)
    ]
    return pa.table(arrays, schema=RAW_BARS)
