"""Rows of a person's own book, checked before anything is made of them."""

from __future__ import annotations

import difflib

import numpy as np
import pandas as pd

from core.errors import InputsError
from core.market import Dates, Floats, Ints, MarketPanel

__all__ = ["checked_rows"]

#: How far the weights of one date may sum past 1: six printed digits.
_SUM_TOLERANCE = 1e-6


def checked_rows(market: MarketPanel, frame: pd.DataFrame) -> tuple[Dates, Ints, Floats]:
    """Check a frame of dated weights and line it up with a market.

    Parameters
    ----------
    market : MarketPanel
    frame : DataFrame
        Columns date, ticker, weight (fraction).

    Returns
    -------
    datetime64[D][M], int64[M], float64[M]
        Date, column in the market and weight of each row, in the order of the frame.

    Raises
    ------
    InputsError
        The frame is empty, a column or a date is missing, a ticker is not in the market, a weight
        is negative, missing or in percent, a (date, ticker) comes twice, or a date's weights sum to
        more than 1.
    """
    missing = [name for name in ("date", "ticker", "weight") if name not in frame.columns]
    if missing:
        raise InputsError(
            "an own book must have the columns date, ticker, weight; missing: "
            f"{', '.join(missing)}. Add them to the file and import it again."
        )
    if frame.empty:
        raise InputsError("an own book must have at least one row, it has none. Import it again.")
    dates = pd.to_datetime(frame["date"]).to_numpy(dtype="datetime64[D]")
    tickers = frame["ticker"].astype(str)
    column = pd.Index(market.tickers).get_indexer(pd.Index(tickers)).astype(np.int64)
    weight = frame["weight"].to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isnat(dates).any():
        raise InputsError("an own book must have a date in every row. Complete the file.")
    if (column < 0).any():
        raise InputsError(_unknown(market, sorted(set(tickers[column < 0]))))
    _check_weights(dates, tickers, weight)
    return dates, column, weight


def _check_weights(dates: Dates, tickers: pd.Series[str], weight: Floats) -> None:
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0.0) & (weight <= 1.0)))
    if wrong.size:
        at = int(wrong[0])
        raise InputsError(
            "weights of an own book must be between 0 and 1 (a fraction: 0.02 is 2 %), was "
            f"{weight[at]:g} for {tickers.iloc[at]} on {dates[at]}; {wrong.size:,} rows in all. "
            "Correct the file and import it again."
        )
    twice = pd.DataFrame({"date": dates, "ticker": tickers.to_numpy()}).duplicated().to_numpy()
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        raise InputsError(
            f"an own book must name a ticker once a date, {tickers.iloc[at]} comes twice on "
            f"{dates[at]}. Remove one of the rows."
        )
    total = pd.Series(weight).groupby(dates).sum()
    if (total > 1.0 + _SUM_TOLERANCE).any():
        at = int(np.argmax(total.to_numpy()))
        raise InputsError(
            f"weights of one date must sum to at most 1, on {total.index[at]:%Y-%m-%d} the sum "
            f"is {total.iloc[at]:.6g}. Leverage is risk.max_leverage, not the book's."
        )


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
