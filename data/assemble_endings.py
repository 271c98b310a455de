"""What holders got after a listing ended, as far as the provider's own bars say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from data.assemble_lines import Line

__all__ = ["delisting_returns"]

# A first price later than this is of another life: CRSP looks for one within ten sessions too.
_SOON: Final = dt.timedelta(days=14)


def delisting_returns(prices: pa.Table, lines: Mapping[str, Line]) -> dict[str, float]:
    """Return what the first close after a listing's end is over the last one before it, minus 1.

    Such a close is of a market over the counter, and the first price at which a holder could get
    out. Names without one within two weeks of the end are not in the answer.

    Parameters
    ----------
    prices : pyarrow.Table
        date, ticker, adj_close > 0.
    lines : mapping of str to Line
        ``company.delisted`` is the end that the provider states; None = it lives.

    Returns
    -------
    dict of str to float
        Fractions, ≥ -1 and above it.
    """
    ends = {
        ticker: line.company.delisted
        for ticker, line in lines.items()
        if line.company.delisted is not None
    }
    wanted = pa.array(list(ends), pa.string())
    rows = prices.select(["date", "ticker", "adj_close"])
    ours = rows.filter(pc.is_in(rows["ticker"], value_set=wanted)).sort_by("date")
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    for row in ours.to_pylist():
        ticker, day, end = row["ticker"], row["date"], ends[row["ticker"]]
        if day <= end:
            before[ticker] = row["adj_close"]
        elif day <= end + _SOON:
            after.setdefault(ticker, row["adj_close"])
    return {ticker: after[ticker] / before[ticker] - 1.0 for ticker in after if ticker in before}
