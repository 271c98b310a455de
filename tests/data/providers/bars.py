"""What the provider must return for a ticker, made from the market and not from the answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from data.providers.base import RAW_BARS
from tests.loopback.market import FIRST, LAST, Market


def expected_bars(
    market: Market, ticker: str, start: dt.date = FIRST, end: dt.date = LAST
) -> pa.Table:
    index = any(one.is_index for one in market.listings(ticker))
    rows: list[dict[str, Any]] = [
        {
            "date": bar.day,
            "ticker": ticker,
            "open": bar.open,
            "high": bar.high,
            "low": bar.low,
            "close": bar.close,
            "volume": None if index else bar.volume,
            "vwap": None if index else bar.vwap,
            "trades": None if index else float(bar.trades),
        }
        for bar in market.bars(ticker, start, end)
    ]
    return pa.Table.from_pylist(rows, schema=RAW_BARS)


def expected_yahoo_bars(
    market: Market, ticker: str, start: dt.date = FIRST, end: dt.date = LAST
) -> pa.Table:
    """The same on the split basis of the market's today, without vwap and trades."""
    raw = expected_bars(market, ticker, start, end).to_pylist()
    rows = []
    for row in raw:
        factor = market.split_factor(ticker, row["date"])
        prices = {name: round(row[name] * factor, 6) for name in ("open", "high", "low", "close")}
        volume = None if row["volume"] is None else float(int(row["volume"] / factor))
        rows.append(row | prices | {"volume": volume, "vwap": None, "trades": None})
    return pa.Table.from_pylist(rows, schema=RAW_BARS)
