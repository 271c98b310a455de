"""Factor timing: what multiplies the weight of a factor at a rebalance, told from the past only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from core.factors.config import FactorsConfig
from core.factors.momentum import momentum
from core.factors.names import REGIMES
from core.factors.trailing import simple_returns
from core.market import Bools, Floats, Ints, MarketPanel
from core.periods import month_ends
from core.regimes import below_high, market_returns
from core.units import SESSIONS_PER_YEAR

__all__ = ["Multipliers", "momentum_scale", "multipliers", "spread_returns"]

_FIFTH: Final = 5
_BEAR: Final = REGIMES.index("bear")


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """Of factor weights, R rebalances by F factors; only the proportions of weights matter.

    Attributes
    ----------
    values : float64[R, F]
        At least 0; 1 where no rule acts.
    notes : tuple of str
        For people.
    """

    values: Floats
    notes: tuple[str, ...] = field(default=())


def multipliers(
    market: MarketPanel,
    rebalance: Ints,
    regime: Ints,
    factors: tuple[str, ...],
    config: FactorsConfig,
    volatility: Floats,
) -> Multipliers:
    """Return what multiplies each factor's weight at each rebalance.

    Parameters
    ----------
    market : MarketPanel
    rebalance : int64[R]
        Sessions at whose close the book is decided; nothing later is read.
    regime : int64[R]
        Codes into ``REGIMES``.
    factors : tuple of F str
    config : FactorsConfig
        Its ``timing``.
    volatility : float64[R]
        Of the market, a fraction a year; NaN = not known, no rule acts on it.
    """
    timing = config.timing
    values = np.ones((len(rebalance), len(factors)))
    notes: list[str] = []
    if "quality" in factors:
        depth = below_high(market_returns(market.close, market.member))[rebalance]
        bear = (regime == _BEAR) | (depth <= -timing.bear_drawdown)
        values[bear, factors.index("quality")] = timing.quality_in_bear
    if "momentum" in factors:
        column = factors.index("momentum")
        high = volatility >= timing.high_volatility
        values[high, column] = timing.momentum_in_high_volatility
        if timing.momentum_target_vol is not None:
            scale = momentum_scale(market, rebalance, config)
            values[:, column] *= np.where(np.isfinite(scale), scale, 1.0)
            notes.extend(_scale_notes(scale))
    return Multipliers(values, tuple(notes))


def momentum_scale(market: MarketPanel, rebalance: Ints, config: FactorsConfig) -> Floats:
    """Target over realised volatility of the momentum spread (Barroso & Santa-Clara 2015).

    Parameters
    ----------
    market : MarketPanel
    rebalance : int64[R]
    config : FactorsConfig
        ``timing.momentum_target_vol`` is on.

    Returns
    -------
    float64[R]
        In (0, ``momentum_scale_limit``]; NaN where less than the whole window is known.

    Notes
    -----
    The paper scales the weight of a long-short portfolio by 12 % over its volatility of the last
    126 sessions. Here the same factor scales the weight of the momentum score in the ensemble.
    """
    timing = config.timing
    assert timing.momentum_target_vol is not None
    spread = spread_returns(market, int(rebalance[-1]), config)
    scale = np.full(len(rebalance), np.nan)
    for k, session in enumerate(rebalance.tolist()):
        past = spread[max(session - timing.momentum_vol_lookback_days + 1, 0) : session + 1]
        if len(past) < timing.momentum_vol_lookback_days or not np.isfinite(past).all():
            continue
        realised = float(past.std(ddof=1)) * SESSIONS_PER_YEAR**0.5
        limit = timing.momentum_scale_limit
        scale[k] = min(timing.momentum_target_vol / realised, limit) if realised > 0.0 else limit
    return scale


def spread_returns(market: MarketPanel, last: int, config: FactorsConfig) -> Floats:
    """Daily return of the best fifth by momentum minus the worst, chosen at each month's end.

    Parameters
    ----------
    market : MarketPanel
    last : int
        Session after which nothing is read.
    config : FactorsConfig
        Window and skip of the momentum.

    Returns
    -------
    float64[T]
        Return over session t of the fifths chosen at the last month's end before t, names equally
        weighted each day; NaN before the first choice, after `last` and where a fifth has no bar.
        Chosen among the index members with a bar.
    """
    returns = simple_returns(market.close[: last + 1])
    spread = np.full(market.shape[0], np.nan)
    ends = month_ends(market.sessions, 0, last)
    for begin, end in zip(ends, [*ends[1:], last], strict=True):
        score = momentum(
            market.close, int(begin), config.momentum_lookback_days, config.momentum_skip_days
        )
        best, worst = _fifths(np.where(market.member[begin], score, np.nan))
        rows = slice(int(begin) + 1, int(end) + 1)
        if best.any():
            spread[rows] = _mean(returns[rows][:, best]) - _mean(returns[rows][:, worst])
    return spread


def _fifths(score: Floats) -> tuple[Bools, Bools]:
    # Names at or beyond the edge: ties are in both or in neither, whatever their order.
    known = np.isfinite(score)
    if known.sum() < 2 * _FIFTH:
        nobody = np.zeros(len(score), dtype=np.bool_)
        return nobody, nobody
    low, high = np.quantile(score[known], (1.0 / _FIFTH, 1.0 - 1.0 / _FIFTH))
    return known & (score >= high), known & (score <= low)


def _mean(returns: Floats) -> Floats:
    known = np.isfinite(returns)
    number = known.sum(axis=1)
    total = np.where(known, returns, 0.0).sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _scale_notes(scale: Floats) -> tuple[str, ...]:
    unknown = int((~np.isfinite(scale)).sum())
    if not unknown:
        return ()
    return (
        f"momentum volatility target: the spread has no whole window at {unknown} of {len(scale)} "
        "rebalances, whose weight of momentum stays as it is",
    )
