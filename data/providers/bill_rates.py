"""The 3-month Treasury bill, what cash earns: each source's own figure, as it is quoted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from data.providers.base import Refused
from data.providers.raw_rows import Sieve, iso_date, number, table_of

__all__ = ["BILL_RATES", "DISCOUNT_BILL", "TREASURY_BILL", "discount_rates", "treasury_rates"]

# pct: percent a year, as the source quotes it; the symbol says how that is.
BILL_RATES: Final = pa.schema(
    [("ticker", pa.string()), ("date", pa.date32()), ("pct", pa.float64())]
)
# Bond-equivalent yield of constant maturity: the Federal Reserve's H.15, which FRED calls DGS3MO.
TREASURY_BILL: Final = "UST3M"
# Bank discount of the 13-week bill: Cboe's index IRX.
DISCOUNT_BILL: Final = "I:IRX"


def treasury_rates(rows: Sequence[dict[str, Any]]) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return Polygon's Treasury yields of three months (schema BILL_RATES) ordered by date."""
    sieve = Sieve()
    for row in rows:
        day, pct = iso_date(row.get("date")), number(row.get("yield_3_month"))
        if day is None:
            sieve.refuse("unparsable_date", TREASURY_BILL, row)
        elif pct is None:
            sieve.refuse("unparsable_number", TREASURY_BILL, row)
        elif math.isnan(pct):
            sieve.refuse("missing_value", TREASURY_BILL, row)
        elif math.isinf(pct):
            sieve.refuse("not_finite", TREASURY_BILL, row)
        else:
            sieve.keep(day, (TREASURY_BILL, day, pct), TREASURY_BILL, row)
    table = table_of(BILL_RATES, sieve.result(lambda values: values[1]))
    return table, tuple(sieve.refused)


def discount_rates(bars: pa.Table) -> pa.Table:
    """Return the closes of the index IRX (schema RAW_BARS) as rates; of an empty close none."""
    rates = pa.table([bars["ticker"], bars["date"], bars["close"]], schema=BILL_RATES)
    return rates.filter(rates["pct"].is_valid())
