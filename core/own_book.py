"""Rows of a person's own book, lined up with the market they are for."""

from __future__ import annotations

import difflib

import numpy as np
import pandas as pd

from core.errors import InputsError
from core.market import Dates, Floats, Ints, MarketPanel

__all__ = ["checked_rows"]

# How far the weights of one date may sum past 1, as where a book is imported: six printed digits.
_SUM_TOLERANCE, _NAME_TOLERANCE = 1e-6, 5e-7


def checked_rows(market: MarketPanel, frame: pd.DataFrame) -> tuple[Dates, Ints, Floats]:
    """Line a frame of dated weights up with a market.

    A book that comes from a file is judged row by row where it is imported, and every fault is
    named there. What is held here is what only the market can tell, and the bounds without which a
    target would be no book.

    Parameters
    ----------
    market : MarketPanel
    frame : DataFrame
        Columns date, ticker, weight (fraction). Rows with the same date and ticker add up.

    Returns
    -------
    datetime64[D][M], int64[M], float64[M]
        Date, column in the market and weight of each row, in the order of the frame.

    Raises
    ------
    InputsError
        The frame is empty, a column or a date is missing, a ticker is not in the market, a weight
        is not a number of at least 0, or a date's weights sum to more than 1.
    """
    missing = [name for name in ("date", "ticker", "weight") if name not in frame.columns]
    if missing or frame.empty:
        found = f"without {', '.join(missing)}" if missing else "empty"
        raise InputsError(
            "an own book must have rows of date, ticker, weight, "
            f"it was {found}. Import it again with `plimsoll import --book`."
        )
    dates = pd.to_datetime(frame["date"]).to_numpy(dtype="datetime64[D]")
    tickers = frame["ticker"].astype(str)
    column = pd.Index(market.tickers).get_indexer(pd.Index(tickers)).astype(np.int64)
    weight = frame["weight"].to_numpy(dtype=np.float64, na_value=np.nan)
    if (column < 0).any():
        raise InputsError(_unknown(market, sorted(set(tickers[column < 0]))))
    by_date = pd.Series(weight).groupby(dates, dropna=False)
    total = by_date.sum()
    too_much = total > 1.0 + np.maximum(_SUM_TOLERANCE, _NAME_TOLERANCE * by_date.size())
    if np.isnat(dates).any() or not (weight >= 0.0).all() or too_much.any():
        raise InputsError(
            "an own book must have a date and a weight of at least 0 in every row, and the weights "
            "of a date must sum to at most 1 (fractions: 0.02 is 2 %); the least weight was "
            f"{weight.min():g}, the largest sum {total.max():.9g}. `plimsoll import --book` names "
            "the row. Leverage is risk.max_leverage, not the book's."
        )
    return dates, column, weight


def _unknown(market: MarketPanel, tickers: list[str]) -> str:
    shown = []
    for ticker in tickers[:10]:
        close = difflib.get_close_matches(ticker.upper(), market.tickers, n=1, cutoff=0.6)
        shown.append(f"{ticker} (did you mean {close[0]}?)" if close else ticker)
    more = f" and {len(tickers) - 10} more" if len(tickers) > 10 else ""
    return (
        f"every ticker of an own book must be in market “{market.source}”, unknown: "
        f"{', '.join(shown)}{more}. Correct the file, or choose the market it was made for."
    )
