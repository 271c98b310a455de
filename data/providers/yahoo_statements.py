"""Yahoo's statements: the latest figures for a period, with an assumed day of publication."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from typing import Any, Final

import pyarrow as pa

from data.net.errors import BadAnswerError
from data.providers.base import Refused
from data.providers.polygon_filings import FILINGS
from data.providers.raw_rows import iso_date, number, row_text, text
from data.providers.yahoo_settings import NAME

__all__ = ["STATEMENTS", "item_types", "statements_table"]

# Columns of FILINGS, and how the date came about: "assumed_60d" = end of the period + 60 days.
STATEMENTS: Final = FILINGS.append(pa.field("date_kind", pa.string()))

_ITEMS: Final = {
    "revenue": "TotalRevenue",
    "net_income": "NetIncome",
    "total_assets": "TotalAssets",
    "equity": "StockholdersEquity",
    "average_shares": "BasicAverageShares",
    "operating_cf": "OperatingCashFlow",
}
_PERIODS: Final = {"quarterly": "3M", "annual": "12M"}

# Items of one period by name, each with the row that it was told in.
_Told = dict[str, tuple[float, Any]]


def item_types(timeframe: str) -> list[str]:
    """Return the names by which the service is asked for the items of a timeframe."""
    return [f"{timeframe}{name}" for name in _ITEMS.values()]


def statements_table(
    answer: dict[str, Any], ticker: str, symbol: str, timeframe: str, lag: int
) -> tuple[pa.Table, tuple[Refused, ...]]:
    """Return statements (schema STATEMENTS) ordered by period, one row a period.

    Parameters
    ----------
    lag : int
        Days after the end of a period from which its figures are taken as known.

    Raises
    ------
    BadAnswerError
        The answer is none to the question.
    """
    refused: list[Refused] = []
    periods: dict[dt.date, _Told] = defaultdict(dict)
    for item, kind in _ITEMS.items():
        name = f"{timeframe}{kind}"
        for row in _rows(answer, name, ticker, symbol):
            day, value = _read(row, _PERIODS[timeframe], ticker, refused)
            if day is None or value is None:
                continue
            former = periods[day].get(item)
            if former is not None and former[0] != value:
                for told in (row, former[1]):
                    refused.append(Refused("duplicate_conflicting", ticker, row_text(told)))
                value = math.nan
            periods[day][item] = (value, row)
    table = [
        {
            "ticker": ticker,
            "period_end": day,
            "available_date": day + dt.timedelta(days=lag),
            "timeframe": timeframe,
            "date_kind": f"assumed_{lag}d",
            **{item: value for item, (value, _) in told.items() if not math.isnan(value)},
        }
        for day, told in sorted(periods.items())
    ]
    return pa.Table.from_pylist(table, schema=STATEMENTS), tuple(refused)


def _rows(answer: dict[str, Any], name: str, ticker: str, symbol: str) -> list[Any]:
    thing = f"statements of {ticker}"
    series = answer.get("timeseries") if isinstance(answer, dict) else None
    results = series.get("result") if isinstance(series, dict) else None
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        found = f"had {type(results).__name__}"
        raise BadAnswerError(NAME, thing, "have a list of items", found, "Try again later.")
    rows = []
    for one in results:
        meta = one.get("meta")
        named = meta.get("symbol") if isinstance(meta, dict) else None
        if named is not None and named != [symbol]:
            found = f"were of {str(named)[:30]}"
            raise BadAnswerError(NAME, thing, f"be of {symbol}", found, "Try again later.")
        told = one.get(name)
        # The service pads its lists with nulls: nothing was said.
        rows += [row for row in told if row is not None] if isinstance(told, list) else []
    return rows


def _read(
    row: Any, period: str, ticker: str, refused: list[Refused]
) -> tuple[dt.date | None, float | None]:
    fields = row if isinstance(row, dict) else {}
    day, reported = iso_date(fields.get("asOfDate")), fields.get("reportedValue")
    value = number(reported.get("raw")) if isinstance(reported, dict) else None
    reason = None
    if day is None:
        reason = "unparsable_date"
    elif value is None or math.isnan(value):
        reason = "unparsable_number"
    elif math.isinf(value):
        reason = "not_finite"
    elif text(fields.get("currencyCode")) not in (None, "USD"):
        reason = "other_currency"
    elif fields.get("periodType", period) != period:
        reason = "outside_request"
    if reason is None:
        return day, value
    refused.append(Refused(reason, ticker, row_text(row)))
    return None, None
