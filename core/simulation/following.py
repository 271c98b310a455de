"""Where the run of another row would first be a different one: decision by decision, no prices."""

from __future__ import annotations

import math
from typing import Any

from core.compiled import compiled_inner as compiled
from core.ledger import EventKind
from core.risk.drawdown import breaker_trips, drawdown_scale
from core.risk.leverage import wanted_exposure
from core.risk.volatility import rescale_due, volatility_scale
from core.simulation.kernel import SOLVENT
from core.simulation.state import Market, Run
from core.simulation.witness import same_limit, tests_alike

__all__ = ["FOLLOWS", "place_of_parting"]

FOLLOWS = -1  # to the end


@compiled
def place_of_parting(market: Market, run: Run, other: Any, first: int, ruined: int) -> int:
    """Return the last place, see bookmarks.py, up to which row `other` does as `run` has done.

    Parameters
    ----------
    market : Market
    run : Run
        Finished; where it was not watched, nobody follows it.
    other : ROW
        It is known to do the same up to the place `first`.
    first : int
    ruined : int
        Session at which the run was ruined or ``SOLVENT``.

    Returns
    -------
    int
        At least `first`; ``FOLLOWS`` where the whole run is the same.
    """
    mine, rebalance = run.rules[0], market.rebalance
    if not run.state[0].watching or not _same_books(mine, other):
        return first
    last = run.state[0].next_rebalance
    known = len(market.close) if ruined == SOLVENT else ruined
    same = _same_exposure(mine, other)
    for place in range(first, last + 1):
        scale = market.stop_scale[place - 1] if place > 0 else 1.0
        if not tests_alike(run.witness[place], scale, mine, other):
            return place
        if not same:
            begin = rebalance[place - 1] if place > 0 else 0
            end = rebalance[place] if place < len(rebalance) else known
            for t in range(begin, min(end, known)):
                if not _decides_alike(run, other, t, t == begin and place > 0):
                    return place
    # Whether a decision on the day of ruin was the same is not known.
    return FOLLOWS if ruined == SOLVENT else max(first, last)


@compiled
def _same_books(mine: Any, other: Any) -> bool:
    # What enters sums: no two values of it give the same run.
    same: bool = (
        mine.cost_per_trade_bps == other.cost_per_trade_bps
        and mine.max_leverage == other.max_leverage
        and mine.borrow_spread == other.borrow_spread
        and same_limit(mine.maintenance_margin, other.maintenance_margin)
        and mine.vol_lookback_days == other.vol_lookback_days
        and mine.stop_cooldown_days == other.stop_cooldown_days
        and mine.execution_lag_days == other.execution_lag_days
        and mine.execution == other.execution
        and mine.stop_fill == other.stop_fill
    )
    return same


@compiled
def _same_exposure(mine: Any, other: Any) -> bool:
    return (
        same_limit(mine.max_allowed_drawdown, other.max_allowed_drawdown)
        and same_limit(mine.target_annual_vol, other.target_annual_vol)
        and same_limit(mine.vol_rebalance_threshold, other.vol_rebalance_threshold)
        and same_limit(mine.circuit_breaker_dd, other.circuit_breaker_dd)
        and mine.min_position_scale == other.min_position_scale
        and mine.breaker_cooldown_days == other.breaker_cooldown_days
    )


@compiled
def _decides_alike(run: Run, other: Any, t: int, rebalances: bool) -> bool:
    mine, row = run.rules[0], run.series[t]
    if row.flags & (1 << EventKind.BREAKER):
        waits_alike: bool = mine.breaker_cooldown_days == other.breaker_cooldown_days
        return waits_alike and breaker_trips(row.risk_drawdown, other.circuit_breaker_dd)
    if math.isnan(row.wanted_exposure):  # out, until both come back
        return True
    if breaker_trips(row.risk_drawdown, other.circuit_breaker_dd):
        return False
    scale = drawdown_scale(row.risk_drawdown, other.max_allowed_drawdown)
    scale = scale * volatility_scale(row.sigma, other.target_annual_vol) * row.leverage
    wanted = wanted_exposure(scale, other.min_position_scale, other.max_leverage)
    same: bool = wanted == row.wanted_exposure
    if rebalances or row.flags & (1 << EventKind.MARGIN_CALL):  # which rescales to what is wanted
        return same
    # Applied exposure as the decision found it: recorded before it, but for fills at its close.
    before = t - (1 - mine.execution_lag_days)
    applied = run.series[before].applied_exposure if before >= 0 else 0.0
    due = rescale_due(row.wanted_exposure, applied, mine.vol_rebalance_threshold)
    if due != rescale_due(wanted, applied, other.vol_rebalance_threshold):
        return False
    return same or not due
