"""Step 4 of a session, ENGINE §3: what is ordered at the close of t, from what is known by then."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import PORTFOLIO, EventKind, ExitReason
from core.risk.drawdown import breaker_trips, drawdown_scale
from core.risk.leverage import margin_called, wanted_exposure
from core.risk.stops import is_near_stop, near_level, position_stop_hit, trailing_stop_hit
from core.risk.volatility import realised_volatility, rescale_due, volatility_scale
from core.simulation.state import (
    INTRADAY,
    NEVER,
    REBALANCE,
    RESCALE,
    SELL_ALL,
    Market,
    Run,
    note,
)

__all__ = ["assess", "assess_with", "decide", "is_quiet", "scale_stops"]


@compiled
def assess(state: Any, rules: Any, returns: npt.NDArray[np.float64], row: Any) -> None:
    """Let the risk peak follow NAV, and write wanted exposure and what it is made of into `row`."""
    sigma = realised_volatility(returns, state.returns, rules.vol_lookback_days)
    assess_with(state, rules, sigma, row)


@compiled
def assess_with(state: Any, rules: Any, sigma: float, row: Any) -> None:
    """Do what :func:`assess` does where the sleeve's volatility is known already."""
    state.risk_peak = max(state.risk_peak, state.nav)
    state.risk_drawdown = state.nav / state.risk_peak - 1.0
    row.risk_drawdown = state.risk_drawdown
    row.leverage = state.leverage
    row.sigma = sigma
    row.dd_scale = drawdown_scale(state.risk_drawdown, rules.max_allowed_drawdown)
    row.vol_scale = volatility_scale(row.sigma, rules.target_annual_vol)
    scale = row.dd_scale * row.vol_scale * state.leverage
    wanted = wanted_exposure(scale, rules.min_position_scale, rules.max_leverage)
    row.wanted_exposure = math.nan if state.out else wanted


@compiled
def is_quiet(t: int, state: Any, rules: Any, wanted: float) -> bool:
    """Whether :func:`decide` would surely do nothing at t; most sessions are quiet.

    May be False where nothing happens, never True where something does.
    """
    if t == state.next_decision:
        return False
    if state.out or state.held == 0:
        return True
    return not (
        state.near
        or breaker_trips(state.risk_drawdown, rules.circuit_breaker_dd)
        or rescale_due(wanted, state.applied, rules.vol_rebalance_threshold)
        or margin_called(state.nav, state.worth, rules.maintenance_margin)
    )


@compiled
def scale_stops(state: Any, rules: Any, stop_scale: float) -> None:
    """Put a stop scale in force; with stops inside the session no close is near a stop."""
    state.stop_scale = stop_scale
    if rules.stop_fill == INTRADAY:
        state.stop_level = state.trailing_level = math.nan
        return
    state.stop_level = near_level(rules.position_stop_loss * stop_scale)
    state.trailing_level = near_level(rules.trailing_stop_pct * stop_scale)


@compiled
def decide(market: Market, run: Run, t: int) -> None:
    """Leave an order in the state, mark exits by stop, and record what was wanted and why."""
    state, rules, row = run.state[0], run.rules[0], run.series[t]
    names, held, events = run.names, run.held, run.events
    rebalances = t == state.next_decision
    if rebalances:
        _reach_rebalance(market.rebalance, market.leverage, market.stop_scale, state, rules)
    if state.out:
        active = rebalances and _reenter(t, state, rules, events, row)
    else:
        active = not _trip(t, state, rules, names, held, events, row)
    if active:
        _test_stops(market.close, t, state, rules, names, held, events, row)
    assess(state, rules, run.returns, row)
    if not active:
        return
    state.order_exposure = row.wanted_exposure
    called = margin_called(state.nav, state.worth, rules.maintenance_margin)
    if called:
        share, margin = state.nav / state.worth, rules.maintenance_margin
        note(events, state, row, t, EventKind.MARGIN_CALL, PORTFOLIO, share, margin)
    if rebalances:
        state.order = REBALANCE
        state.order_rebalance = state.next_rebalance - 1
        _leave_out_exits(state, names, held, run.left_out)
    elif state.held > state.exits and _rescales(state, rules, called):
        state.order = RESCALE


@compiled
def _rescales(state: Any, rules: Any, called: bool) -> bool:
    # A margin call asks no threshold; where nothing is applied there is nothing to rescale.
    band = rules.vol_rebalance_threshold
    due: bool = rescale_due(state.order_exposure, state.applied, band)
    return due or (called and state.applied > 0.0)


@compiled
def _leave_out_exits(
    state: Any, names: Any, held: npt.NDArray[np.int64], left_out: npt.NDArray[np.int64]
) -> None:
    # The rebalance concerns the other names only, whatever becomes of these until its fill.
    for j in range(state.held):
        if names[held[j]].exit != ExitReason.OPEN:
            left_out[held[j]] = state.order_rebalance


@compiled
def _reach_rebalance(
    rebalance: npt.NDArray[np.int64],
    leverage: npt.NDArray[np.float64],
    stop_scale: npt.NDArray[np.float64],
    state: Any,
    rules: Any,
) -> None:
    # Leverage and stop scale of a rebalance are in force at once, also while the breaker is out.
    k = state.next_rebalance
    state.leverage = leverage[k]
    scale_stops(state, rules, stop_scale[k])
    state.next_rebalance = k + 1
    state.next_decision = rebalance[k + 1] if k + 1 < len(rebalance) else NEVER


@compiled
def _trip(
    t: int,
    state: Any,
    rules: Any,
    names: Any,
    held: npt.NDArray[np.int64],
    events: Any,
    row: Any,
) -> bool:
    limit = rules.circuit_breaker_dd
    if state.held == 0 or not breaker_trips(state.risk_drawdown, limit):
        return False
    for j in range(state.held):
        name = names[held[j]]
        if name.exit == ExitReason.OPEN:  # a waiting exit keeps its first reason
            name.exit = ExitReason.BREAKER
    state.exits = state.held
    state.order = SELL_ALL
    state.out = 1
    state.breaker_filled = t + rules.execution_lag_days
    note(events, state, row, t, EventKind.BREAKER, PORTFOLIO, state.risk_drawdown, -limit)
    return True


@compiled
def _reenter(t: int, state: Any, rules: Any, events: Any, row: Any) -> bool:
    cooldown = rules.breaker_cooldown_days
    waited = t - state.breaker_filled
    if waited <= cooldown:
        return False
    state.out = 0
    state.risk_peak = state.nav
    note(events, state, row, t, EventKind.REENTRY, PORTFOLIO, float(waited), float(cooldown))
    return True


@compiled
def _test_stops(
    prices: npt.NDArray[np.float64],
    t: int,
    state: Any,
    rules: Any,
    names: Any,
    held: npt.NDArray[np.int64],
    events: Any,
    row: Any,
) -> None:
    stop = rules.position_stop_loss * state.stop_scale
    trailing = rules.trailing_stop_pct * state.stop_scale
    for j in range(state.held):
        i = held[j]
        name = names[i]
        price = prices[t, i]
        if name.exit != ExitReason.OPEN or not is_near_stop(
            price, name.entry, name.high, state.stop_level, state.trailing_level
        ):
            continue
        if position_stop_hit(price, name.entry, stop):
            name.exit = ExitReason.STOP
            fall = price / name.entry - 1.0
            note(events, state, row, t, EventKind.STOP, i, fall, -stop)
        elif trailing_stop_hit(price, name.high, trailing):
            name.exit = ExitReason.TRAILING
            fall = price / name.high - 1.0
            note(events, state, row, t, EventKind.TRAILING, i, fall, -trailing)
        else:
            continue
        state.exits += 1
