"""Is a factor worth its weight: information coefficients, quantiles, decay, turnover, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.factors.evaluation_quantiles import (
    long_short_turnover,
    quantile_codes,
    quantile_returns,
    replaced,
)
from core.factors.evaluation_returns import forward_returns
from core.factors.evaluation_statistics import MeanTest, cross_correlations, mean_test
from core.market import MarketPanel
from core.units import Bools, Floats, Ints

__all__ = ["FactorEvaluation", "decay", "evaluate"]


@dataclass(frozen=True, slots=True, eq=False)
class FactorEvaluation:
    """One score against what followed, date by date.

    Attributes
    ----------
    ic, rank_ic : float64[R]
        Pearson's and Spearman's correlation with the forward return; NaN where not known.
    quantiles : float64[R, Q]
        Mean forward return of each quantile, the lowest score first.
    spread : float64[R]
        Highest minus lowest quantile.
    replaced : float64[R]
        Share of the highest quantile that is new since the date before.
    turnover : float64[R]
        Of highest against lowest quantile, see
        :func:`~core.factors.evaluation_quantiles.long_short_turnover`.
    persistence : float64[R]
        Rank correlation of the scores with those of the date before.
    coverage : float64[R]
        Share of the universe that has a score; 0 where the universe is empty.
    """

    ic: Floats
    rank_ic: Floats
    quantiles: Floats
    spread: Floats
    replaced: Floats
    turnover: Floats
    persistence: Floats
    coverage: Floats

    def tests(self) -> dict[str, MeanTest]:
        """Means over all dates with Newey–West errors."""
        return {
            name: mean_test(getattr(self, name)) for name in ("ic", "rank_ic", "spread", "turnover")
        }

    def net_spread(self, cost_per_trade_bps: float) -> Floats:
        """Spread after costs on its turnover, float64[R]; the first date's entry is not charged."""
        cost: Floats = np.nan_to_num(self.turnover) * cost_per_trade_bps / 1e4
        return self.spread - cost


def evaluate(
    scores: Floats, forward: Floats, universe: Bools, *, quantiles: int = 5
) -> FactorEvaluation:
    """Judge a score by the returns that followed it.

    Parameters
    ----------
    scores : float64[R, N]
        Known at each date's close, higher is better; NaN = missing.
    forward : float64[R, N]
        Of :func:`~core.factors.evaluation_returns.forward_returns`; NaN = not known.
    universe : bool[R, N]
        Names that count.
    quantiles : int

    Returns
    -------
    FactorEvaluation
    """
    inside = np.where(universe, scores, np.nan)
    codes = quantile_codes(inside, quantiles)
    means = quantile_returns(codes, forward, quantiles)
    persistence = np.full(len(scores), np.nan)
    persistence[1:] = cross_correlations(inside[1:], inside[:-1], rank=True)
    known = np.isfinite(inside).sum(axis=1)
    return FactorEvaluation(
        ic=cross_correlations(inside, forward, rank=False),
        rank_ic=cross_correlations(inside, forward, rank=True),
        quantiles=means,
        spread=means[:, -1] - means[:, 0],
        replaced=replaced(codes, quantiles - 1),
        turnover=long_short_turnover(codes, forward, quantiles),
        persistence=persistence,
        coverage=known / np.maximum(universe.sum(axis=1), 1),
    )


def decay(
    market: MarketPanel,
    scores: Floats,
    universe: Bools,
    rebalance: Ints,
    ahead: Sequence[int],
    *,
    lag: int = 1,
) -> list[MeanTest]:
    """Mean rank information coefficient of today's score with each later period's return.

    Parameters
    ----------
    market : MarketPanel
    scores : float64[R, N]
    universe : bool[R, N]
    rebalance : int64[R]
    ahead : sequence of int
        Rebalances between the score and the period, 0 = the period right after it.
    lag : int
        Sessions from decision to fill.

    Returns
    -------
    list of MeanTest
        One a value of `ahead`.
    """
    inside = np.where(universe, scores, np.nan)
    return [
        mean_test(
            cross_correlations(
                inside, forward_returns(market, rebalance, lag=lag, ahead=each), rank=True
            )
        )
        for each in ahead
    ]
