"""Risk of names from their past returns: volatility, shrunk covariance, beta to the market."""

from __future__ import annotations

import numpy as np

from core.market import Floats, Ints
from core.units import SESSIONS_PER_YEAR

__all__ = ["betas", "shrunk_covariance"]


def shrunk_covariance(window: Floats) -> Floats:
    """Covariance of daily returns, shrunk towards equal variances without correlation.

    Parameters
    ----------
    window : float64[L, K]
        Daily simple returns of K names, the last L sessions; NaN = not known and replaced by the
        mean of the others on that session (0 where nobody is known).

    Returns
    -------
    float64[K, K]
        Annualised, symmetric, positive definite where any return moves.

    Notes
    -----
    Ledoit & Wolf 2004, *J. Multivar. Anal.* 88(2), as scikit-learn computes it.
    """
    # Imported when first used: it takes a second, and most books never ask for it.
    from sklearn.covariance import ledoit_wolf

    known = np.isfinite(window)
    number = known.sum(axis=1)
    total = np.where(known, window, 0.0).sum(axis=1)
    mean = np.where(number > 0, total / np.maximum(number, 1), 0.0)
    covariance, _ = ledoit_wolf(np.where(known, window, mean[:, None]))
    annual: Floats = np.asarray(covariance) * SESSIONS_PER_YEAR
    return annual


def betas(returns: Floats, market: Floats, names: Ints, session: int, lookback: int) -> Floats:
    """Slope of each name's returns on the market's over the window that ends at `session`.

    Parameters
    ----------
    returns : float64[T, N]
        Daily simple returns; NaN = not known.
    market : float64[T]
        Market return over each session; NaN = not known.
    names : int64[K]
        Columns.
    session, lookback : int
        Last row read and sessions in the window.

    Returns
    -------
    float64[K]
        1, the beta of the market, where less than half of the window is known or the market did
        not move: nothing is known against it.
    """
    rows = slice(max(session - lookback + 1, 0), session + 1)
    window, moves = returns[rows][:, names], market[rows][:, None]
    known = np.isfinite(window) & np.isfinite(moves)
    count = known.sum(axis=0)
    x, y = np.where(known, moves, 0.0), np.where(known, window, 0.0)
    least = np.maximum(count, 1)
    x = np.where(known, x - x.sum(axis=0) / least, 0.0)
    y = np.where(known, y - y.sum(axis=0) / least, 0.0)
    variance = (x * x).sum(axis=0)
    enough = (count >= max(2, (lookback + 1) // 2)) & (variance > 0.0)
    return np.where(enough, (x * y).sum(axis=0) / np.where(enough, variance, 1.0), 1.0)
