"""Polygon's financial statements from raw JSON, each with the day it was filed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from data.providers.base import Refused
from data.providers.raw_rows import Sieve, iso_date, number, table_of, text

__all__ = ["FILINGS", "filings_table"]

_ITEMS: Final = {
    "revenue": (("income_statement", "revenues"),),
    "net_income": (("income_statement", "net_income_loss"),),
    "total_assets": (("balance_sheet", "assets"),),
    "equity": (
        ("balance_sheet", "equity_attributable_to_parent"),
        ("balance_sheet", "equity"),
    ),
    "average_shares": (
        ("income_statement", "basic_average_shares"),
        ("income_statement", "diluted_average_shares"),
    ),
    "operating_cf": (("cash_flow_statement", "net_cash_flow_from_operating_activities"),),
}
# Currency and shares as filed (not adjusted for later splits); null where the filing is silent.
# Names as in the table `fundamentals` of data/schema.py where they mean the same.
FILINGS: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("available_date", pa.date32()),
        ("accepted_at", pa.string()),
        ("timeframe", pa.string()),
        ("fiscal_period", pa.string()),
        ("fiscal_year", pa.string()),
        ("cik", pa.string()),
        *((name, pa.float64()) for name in _ITEMS),
    ]
)


def filings_table(
    rows: Sequence[dict[str, Any]], ticker: str
) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return filings ordered by (available_date, period_end), and what was refused.

    A statement without a filing date is refused (no_filing_date): nobody can tell since when it was
    known. Restatements, which are filed later for the same period, are rows of their own.
    """
    sieve = Sieve()
    for row in rows:
        end, filed = iso_date(row.get("end_date")), iso_date(row.get("filing_date"))
        statements = row.get("financials")
        if filed is None:
            sieve.refuse("no_filing_date", ticker, row)
        elif end is None:
            sieve.refuse("unparsable_date", ticker, row)
        elif filed < end:
            sieve.refuse("available_before_period_end", ticker, row)
        else:
            items = _items(statements if isinstance(statements, dict) else {})
            if items is None:
                sieve.refuse("unparsable_number", ticker, row)
                continue
            when = (iso_date(row.get("start_date")), end, filed)
            names = ("acceptance_datetime", "timeframe", "fiscal_period", "fiscal_year", "cik")
            labels = [text(row.get(name)) for name in names]
            key = (end, filed, labels[1], labels[2])
            sieve.keep(key, (ticker, *when, *labels, *items), ticker, row)
    ordered = sieve.result(lambda v: (v[3], v[2], v[5] or "", v[6] or ""))
    return table_of(FILINGS, ordered), tuple(sieve.refused)


def _items(statements: dict[str, Any]) -> list[float] | None:
    items = []
    for places in _ITEMS.values():
        value = math.nan
        for statement, name in places:
            sheet = statements.get(statement)
            entry = sheet.get(name) if isinstance(sheet, dict) else None
            found = number(entry.get("value")) if isinstance(entry, dict) else math.nan
            if found is None or math.isinf(found):
                return None
            if not math.isnan(found):
                value = found
                break
        items.append(value)
    return items
