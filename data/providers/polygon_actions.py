"""Polygon's splits and dividends, every row kept or refused with a reason."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from data.providers.base import Refused
from data.providers.raw_rows import Sieve, iso_date, number, table_of, text
from data.schema import TICKER_PATTERN

__all__ = ["DIVIDENDS", "SPLITS", "dividends_table", "splits_table"]

# ratio = new shares for one old share (4.0 for 4:1, 0.1 for a reverse 1:10), effective at the
# open of execution_date.
SPLITS: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("execution_date", pa.date32()),
        ("split_from", pa.float64()),
        ("split_to", pa.float64()),
        ("ratio", pa.float64()),
    ]
)
# cash_amount: currency a share as it was on ex_date, not adjusted for later splits.
DIVIDENDS: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("ex_date", pa.date32()),
        ("cash_amount", pa.float64()),
        ("currency", pa.string()),
        ("dividend_type", pa.string()),
        ("frequency", pa.float64()),
        ("declaration_date", pa.date32()),
        ("record_date", pa.date32()),
        ("pay_date", pa.date32()),
    ]
)
_TICKER: Final = re.compile(TICKER_PATTERN)


def splits_table(rows: Sequence[dict[str, Any]]) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return splits ordered by (execution_date, ticker), future ones included."""
    sieve = Sieve()
    for row in rows:
        numbers = [number(row.get(name)) for name in ("split_from", "split_to")]
        placed = _placed(sieve, row, "execution_date", numbers)
        if placed is None:
            continue
        (ticker, day), (before, after) = placed
        if not (0 < before < math.inf and 0 < after < math.inf):
            sieve.refuse("bad_ratio", ticker, row)
        else:
            values = (ticker, day, before, after, after / before)
            sieve.keep((ticker, day), values, ticker, row)
    return table_of(SPLITS, sieve.result(lambda v: (v[1], v[0]))), tuple(sieve.refused)


def dividends_table(rows: Sequence[dict[str, Any]]) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return dividends ordered by (ex_date, ticker).

    Several on one day are kept where they differ in kind, amount or currency (a special one beside
    the regular one); the same one listed twice counts once.
    """
    sieve = Sieve()
    for row in rows:
        numbers = [number(row.get(name)) for name in ("cash_amount", "frequency")]
        placed = _placed(sieve, row, "ex_dividend_date", numbers)
        if placed is None:
            continue
        (ticker, day), (cash, frequency) = placed
        if math.isnan(cash):
            sieve.refuse("missing_value", ticker, row)
        elif math.isinf(cash):
            sieve.refuse("not_finite", ticker, row)
        elif cash < 0:
            sieve.refuse("negative_cash", ticker, row)
        else:
            said = (ticker, day, cash, text(row.get("currency")), text(row.get("dividend_type")))
            dates = (
                iso_date(row.get(name)) for name in ("declaration_date", "record_date", "pay_date")
            )
            sieve.keep(said, (*said, frequency, *dates), ticker, row, says=said)
    return table_of(DIVIDENDS, sieve.result(lambda v: (v[1], v[0], v[2]))), tuple(sieve.refused)


def _placed(
    sieve: Sieve, row: dict[str, Any], day_name: str, numbers: Sequence[float | None]
) -> tuple[tuple[str, dt.date], list[float]] | None:
    # Whose and when, and the numbers; a row without them is refused here.
    ticker, day = row.get("ticker"), iso_date(row.get(day_name))
    known = [value for value in numbers if value is not None]
    if not isinstance(ticker, str) or not _TICKER.fullmatch(ticker):
        sieve.refuse("bad_ticker", repr(ticker)[:40], row)
    elif day is None:
        sieve.refuse("unparsable_date", ticker, row)
    elif len(known) < len(numbers):
        sieve.refuse("unparsable_number", ticker, row)
    else:
        return (ticker, day), known
    return None
