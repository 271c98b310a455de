"""What a run is measured against."""

from __future__ import annotations

import numpy as np

from core.market import Floats, MarketPanel
from core.regimes import market_returns

__all__ = ["benchmark_of"]


def benchmark_of(market: MarketPanel, rows: slice) -> tuple[Floats, str, tuple[str, ...]]:
    """Return the benchmark over `rows`, its name, and what must be said of it.

    It is 1.0 at the first session; without a complete index it is equal-weighted members.
    """
    notes: tuple[str, ...] = ()
    if market.benchmark is not None:
        level = market.benchmark[rows]
        missing = np.flatnonzero(~np.isfinite(level))
        if not len(missing):
            return level / level[0], market.benchmark_name, ()
        notes = (
            f"benchmark: {market.benchmark_name} has no value on {len(missing):,} of "
            f"{len(level):,} sessions, first on {market.sessions[rows][missing[0]]}; the "
            "equal-weighted index members stand in for it",
        )
    returns = market_returns(market.close, market.member)[rows]
    level = np.cumprod(1.0 + np.r_[0.0, np.nan_to_num(returns[1:])])
    return level, "Equal-weighted index members", notes
