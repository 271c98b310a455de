"""What a run is measured against."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.market import Floats, MarketPanel
from core.regimes import market_returns

__all__ = ["EQUAL_WEIGHTED", "benchmark_of", "equal_weight"]

#: Name of the benchmark where a market has no complete index.
EQUAL_WEIGHTED: Final = "Equal-weighted index members"


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
    return equal_weight(market, rows), EQUAL_WEIGHTED, notes


def equal_weight(market: MarketPanel, rows: slice) -> Floats:
    """Return growth of the members in equal weights over `rows`, 1.0 at the first session.

    Rebalanced at every close, free of costs.
    """
    returns = market_returns(market.close, market.member)[rows]
    level: Floats = np.cumprod(1.0 + np.r_[0.0, np.nan_to_num(returns[1:])])
    return level
