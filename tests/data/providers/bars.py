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
