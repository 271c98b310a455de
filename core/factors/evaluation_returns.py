"""What names returned between two decisions: the outcome that scores are judged against."""

from __future__ import annotations

import numpy as np

from core.errors import InputsError
from core.market import MarketPanel
from core.units import Floats, Ints

__all__ = ["forward_returns"]


def forward_returns(
    market: MarketPanel, rebalance: Ints, *, lag: int = 1, ahead: int = 0
) -> Floats:
    """Return of each name from the fill of one decision to the fill of the next.

    Parameters
    ----------
    market : MarketPanel
    rebalance : int64[R]
        Sessions at whose close scores are known, strictly increasing.
    lag : int
        Sessions from decision to fill; returns start there, so that no score sees its outcome.
    ahead : int
        Rebalances in between: 0 is the return right after the decision, h the one h later.

    Returns
    -------
    float64[R, N]
        Simple total returns. NaN where the name has no bar at the start, and in the rows whose end
        lies beyond the data. A name without a bar at the end is worth its last close; one that
        stopped trading is worth that and its delisting return.
    """
    if lag < 0 or ahead < 0:
        raise InputsError(f"lag and ahead must be at least 0, were {lag} and {ahead}")
    sessions = len(market.close)
    returns = np.full((len(rebalance), market.shape[1]), np.nan)
    for row in range(len(rebalance) - 1 - ahead):
        start, end = int(rebalance[row + ahead]) + lag, int(rebalance[row + ahead + 1]) + lag
        if end >= sessions:
            break
        held = market.close[start : end + 1]
        known = np.isfinite(held)
        newest = len(held) - 1 - known[::-1].argmax(axis=0)
        value = held[newest, np.arange(held.shape[1])]
        value = value * np.where(market.last_session < end, 1.0 + market.delisting_return, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            returns[row] = np.where(known[0] & (held[0] > 0.0), value / held[0] - 1.0, np.nan)
    return returns
