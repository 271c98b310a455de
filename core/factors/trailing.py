"""Statistics of the sessions up to one date: volatility and dollar volume of each name."""

from __future__ import annotations

import numpy as np

from core.market import Floats

__all__ = ["median_dollar_volume", "simple_returns", "trailing_volatility"]


def simple_returns(close: Floats) -> Floats:
    """Return over each session, NaN in row 0 and where either of the two bars is missing.

    Parameters
    ----------
    close : float64[T, N]
        Total-return index; NaN = no bar.

    Returns
    -------
    float64[T, N]
        Fractions; row t uses rows t - 1 and t.
    """
    returns = np.full(close.shape, np.nan)
    returns[1:] = close[1:] / close[:-1] - 1.0
    return returns


def trailing_volatility(returns: Floats, session: int, lookback: int) -> Floats:
    """Sample standard deviation (ddof 1) of the `lookback` returns that end at `session`.

    Parameters
    ----------
    returns : float64[T, N]
        Daily simple returns; NaN = not known.
    session : int
        Last row read.
    lookback : int
        Sessions in the window.

    Returns
    -------
    float64[N]
        Fraction a session, not annualised; NaN where less than half of the window is known.
    """
    window = returns[max(session - lookback + 1, 0) : session + 1]
    known = np.isfinite(window)
    count = known.sum(axis=0)
    mean = np.where(known, window, 0.0).sum(axis=0) / np.maximum(count, 1)
    deviation = np.where(known, window - mean, 0.0)
    volatility = np.sqrt((deviation * deviation).sum(axis=0) / np.maximum(count - 1, 1))
    return np.where(count >= max(2, (lookback + 1) // 2), volatility, np.nan)


def median_dollar_volume(dollar_volume: Floats, session: int, lookback: int) -> Floats:
    """Median of the `lookback` dollar volumes that end at `session`.

    Parameters
    ----------
    dollar_volume : float64[T, N]
        Traded dollars; NaN = no bar.
    session : int
        Last row read.
    lookback : int
        Sessions in the window.

    Returns
    -------
    float64[N]
        Dollars a session; NaN where less than half of the window is known.
    """
    # Sorting puts NaN last, so the median needs no second look at what is missing; nanmedian
    # takes ten times as long.
    window = np.sort(dollar_volume[max(session - lookback + 1, 0) : session + 1], axis=0)
    count = np.isfinite(window).sum(axis=0)
    upper = np.minimum(count // 2, window.shape[0] - 1)
    lower = np.maximum(count - 1, 0) // 2
    column = np.arange(window.shape[1])
    median = 0.5 * (window[lower, column] + window[upper, column])
    return np.where(count >= max(1, (lookback + 1) // 2), median, np.nan)
