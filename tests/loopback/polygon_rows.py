"""The lists of the Polygon protocol: splits, dividends, tickers, statements."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.loopback.market import Market, Security

Json = dict[str, Any]


def splits(market: Market, query: dict[str, str]) -> list[Json]:
    rows = [
        {
            "ticker": one.ticker,
            "execution_date": one.day.isoformat(),
            "split_from": one.before,
            "split_to": one.after,
            "id": f"E{place}",
        }
        for place, one in enumerate(market.splits)
    ]
    return _chosen(rows, query, "execution_date")


def dividends(market: Market, query: dict[str, str]) -> list[Json]:
    rows = [
        {
            "ticker": one.ticker,
            "ex_dividend_date": one.ex_date.isoformat(),
            "cash_amount": one.cash,
            "currency": "USD",
            "dividend_type": one.kind,
            "frequency": one.frequency,
            "pay_date": (one.ex_date + dt.timedelta(days=14)).isoformat(),
            "id": f"D{place}",
        }
        for place, one in enumerate(market.dividends)
    ]
    return _chosen(rows, query, "ex_dividend_date")


def tickers(market: Market, query: dict[str, str]) -> list[Json]:
    active = query.get("active", "true") == "true"
    day = dt.date.fromisoformat(query["date"]) if "date" in query else market.today
    # market=stocks: what is traded over the counter has bars and stands in another list.
    stocks = [one for one in market.securities if not one.is_index and one.kind != "OTC"]
    listed = [one for one in stocks if one.first <= day]
    rows = [listing(one, market, day) for one in listed]
    return _chosen([row for row in rows if row["active"] is active], query, "ticker")


def financials(market: Market, query: dict[str, str]) -> list[Json]:
    rows = []
    for one in market.filings:
        values = {
            "income_statement": {
                "revenues": one.revenue,
                "net_income_loss": one.net_income,
                "basic_average_shares": one.shares,
            },
            "balance_sheet": {"assets": one.assets, "equity": one.equity},
            "cash_flow_statement": {"net_cash_flow_from_operating_activities": one.operating_cf},
        }
        sheets = {
            sheet: {name: {"value": value, "unit": "USD"} for name, value in items.items()}
            for sheet, items in values.items()
        }
        row = {
            "ticker": one.ticker,
            "tickers": [one.ticker],
            "start_date": one.period_start.isoformat(),
            "end_date": one.period_end.isoformat(),
            "timeframe": "quarterly",
            "fiscal_period": one.fiscal_period,
            "fiscal_year": one.fiscal_year,
            "financials": sheets,
        }
        if one.filed is not None:
            row["filing_date"] = one.filed.isoformat()
        rows.append(row)
    return _chosen(rows, query, "filing_date")


def treasury_yields(market: Market, query: dict[str, str]) -> list[Json]:
    rows: list[Json] = [
        {
            "date": bar.day.isoformat(),
            "yield_1_month": bar.close,
            "yield_3_month": bond_equivalent(bar.close),
        }
        for bar in market.bars("I:IRX")
    ]
    first, last = query.get("date.gte", ""), query.get("date.lte", "9999")
    return [row for row in rows if first <= row["date"] <= last]


def bond_equivalent(discount: float) -> float:
    """Percent a year at which a 13-week bill's price grows to its face, rounded as published."""
    price = 1 - discount / 100 * 91 / 360
    return round((1 / price - 1) * 365 / 91 * 100, 2)


def listing(one: Security, market: Market, day: dt.date | None = None) -> Json:
    active = one.last is None or one.last >= (day or market.today)
    row: Json = {
        "ticker": one.ticker,
        "name": one.name,
        "market": "stocks",
        "locale": "us",
        "primary_exchange": "XNYS",
        "type": one.kind,
        "active": active,
        "currency_name": "usd",
        "cik": one.cik,
        "composite_figi": one.figi,
    }
    if not active and one.last is not None:
        row["delisted_utc"] = f"{one.last}T00:00:00Z"
    return row


def _chosen(rows: list[Json], query: dict[str, str], name: str) -> list[Json]:
    ticker = query.get("ticker")
    first, last = query.get(f"{name}.gte", ""), query.get(f"{name}.lte", "9999")
    found = [row for row in rows if ticker is None or row["ticker"] == ticker]
    if f"{name}.gte" in query or f"{name}.lte" in query:
        # A row without the field matches no condition on it.
        found = [row for row in found if name in row and first <= row[name] <= last]
    return sorted(found, key=lambda row: (str(row.get(name, "")), str(row["ticker"])))


LISTS = {
    "/v3/reference/splits": splits,
    "/v3/reference/dividends": dividends,
    "/v3/reference/tickers": tickers,
    "/vX/reference/financials": financials,
    "/fed/v1/treasury-yields": treasury_yields,
}
