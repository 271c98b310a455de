"""Momentum: the total return over a year, the last month left out."""

from __future__ import annotations

import numpy as np

from core.market import Floats

__all__ = ["momentum"]


def momentum(close: Floats, session: int, lookback: int, skip: int) -> Floats:
    """Return of each name from ``session - lookback`` to ``session - skip``.

    Parameters
    ----------
    close : float64[T, N]
        Total-return index; NaN = no bar.
    session : int
        Row at whose close the score is known; no later row is read.
    lookback, skip : int
        Sessions, ``lookback > skip >= 0``. 252 and 21 are the classic 12-1 momentum.

    Returns
    -------
    float64[N]
        Simple return; NaN where either bar is missing or the history is too short.

    Notes
    -----
    Jegadeesh & Titman 1993: the month left out keeps short-term reversal out of the score. A bar
    that is missing on one of the two dates is not replaced by a neighbour.
    """
    if session < lookback:
        return np.full(close.shape[1], np.nan)
    start, end = close[session - lookback], close[session - skip]
    known = np.isfinite(start) & np.isfinite(end) & (start > 0)
    return np.where(known, end / np.where(known, start, 1.0) - 1.0, np.nan)
