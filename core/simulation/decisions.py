"""Step 4 of a session, ENGINE §3: what is ordered at the close of t, from what is known by then."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.ledger import PORTFOLIO, EventKind, ExitReason
from core.risk.drawdown import breaker_trips, drawdown_scale
from core.risk.leverage import wanted_exposure
from core.risk.stops import position_stop_hit, trailing_stop_hit
from core.risk.volatility import realised_volatility, rescale_due, volatility_scale
from core.simulation.state import NEVER, REBALANCE, RESCALE, SELL_ALL, Market, Run, note

__all__ = ["assess", "decide", "is_quiet"]

_ROUNDING = 1.0 + 1e-9  # a stop level times this is safely above what the exact test can hit


@compiled
def assess(state: Any, rules: Any, returns: npt.NDArray[np.float64], row: Any) -> None:
    """Let the risk peak follow NAV, and write wanted exposure and what it is made of into `row`."""
    state.risk_peak = max(state.risk_peak, state.nav)
    state.risk_drawdown = state.nav / state.risk_peak - 1.0
    row.risk_drawdown = state.risk_drawdown
    row.leverage = state.leverage
    row.sigma = realised_volatility(returns, state.returns, rules.vol_lookback_days)
    row.dd_scale = drawdown_scale(state.risk_drawdown, rules.max_allowed_drawdown)
    row.vol_scale = volatility_scale(row.sigma, rules.target_annual_vol)
    scale = row.dd_scale * row.vol_scale * state.leverage
    wanted = wanted_exposure(scale, rules.min_position_scale, rules.max_leverage)
    row.wanted_exposure = math.nan if state.out else wanted


@compiled
def is_quiet(
    prices: npt.NDArray[np.float64],
    t: int,
    state: Any,
    rules: Any,
    names: Any,
    held: npt.NDArray[np.int64],
    wanted: float,
) -> bool:
    """Whether :func:`decide` would surely do nothing at t; most sessions are quiet.

    May be False where nothing happens, never True where something does.
    """
    if t == state.next_decision:
        return False
    if state.out or state.held == 0:
        return True
    if breaker_trips(state.risk_drawdown, rules.circuit_breaker_dd):
        return False
    if rescale_due(wanted, state.applied, rules.vol_rebalance_threshold):
        return False
    if math.isnan(rules.position_stop_loss) and math.isnan(rules.trailing_stop_pct):
        return True
    stop = _upper_level(rules.position_stop_loss, state.stop_scale)
    trailing = _upper_level(rules.trailing_stop_pct, state.stop_scale)
    for j in range(state.held):
        name = names[held[j]]
        if _is_near(prices[t, held[j]], name, stop, trailing):
            return False
    return True


@compiled
def _upper_level(limit: float, stop_scale: float) -> float:
    # At or above the fraction of its reference price at which a stop is hit; NaN = rule off.
    return (1.0 - limit * stop_scale) * _ROUNDING if limit * stop_scale < 1.0 else _ROUNDING - 1.0


@compiled
def _is_near(price: float, name: Any, stop: float, trailing: float) -> bool:
    # Whether the exact tests are worth their two divisions; False without a bar.
    return price <= name.entry * stop or price <= name.high * trailing


@compiled
def decide(market: Market, run: Run, t: int) -> None:
    """Leave an order in the state, mark exits by stop, and record what was wanted and why."""
    state = run.state[0]
    rules = run.rules[0]
    row = run.series[t]
    rebalances = t == state.next_decision
    if rebalances:
        _reach_rebalance(market, state)
    if state.out:
        active = rebalances and _reenter(run, t)
    else:
        active = not _trip(run, t)
    if active:
        _test_stops(market, run, t)
    assess(state, rules, run.returns, row)
    if not active:
        return
    state.order_exposure = row.wanted_exposure
    if rebalances:
        state.order = REBALANCE
        state.order_rebalance = state.next_rebalance - 1
    elif state.held > state.exits and rescale_due(
        state.order_exposure, state.applied, rules.vol_rebalance_threshold
    ):
        state.order = RESCALE


@compiled
def _reach_rebalance(market: Market, state: Any) -> None:
    # Leverage and stop scale of a rebalance are in force at once, also while the breaker is out.
    k = state.next_rebalance
    state.leverage = market.leverage[k]
    state.stop_scale = market.stop_scale[k]
    state.next_rebalance = k + 1
    is_last = k + 1 == len(market.rebalance)
    state.next_decision = NEVER if is_last else market.rebalance[k + 1]


@compiled
def _trip(run: Run, t: int) -> bool:
    state = run.state[0]
    limit = run.rules[0].circuit_breaker_dd
    if state.held == 0 or not breaker_trips(state.risk_drawdown, limit):
        return False
    for j in range(state.held):
        name = run.names[run.held[j]]
        if name.exit == ExitReason.OPEN:  # a waiting exit keeps its first reason
            name.exit = ExitReason.BREAKER
    state.exits = state.held
    state.order = SELL_ALL
    state.out = 1
    state.breaker_filled = t + run.rules[0].execution_lag_days
    note(run, t, EventKind.BREAKER, PORTFOLIO, state.risk_drawdown, -limit)
    return True


@compiled
def _reenter(run: Run, t: int) -> bool:
    state = run.state[0]
    cooldown = run.rules[0].breaker_cooldown_days
    if t <= state.breaker_filled + cooldown:
        return False
    state.out = 0
    state.risk_peak = state.nav
    note(run, t, EventKind.REENTRY, PORTFOLIO, t - state.breaker_filled, cooldown)
    return True


@compiled
def _test_stops(market: Market, run: Run, t: int) -> None:
    state = run.state[0]
    names, held, close = run.names, run.held, market.close
    stop = run.rules[0].position_stop_loss * state.stop_scale
    trailing = run.rules[0].trailing_stop_pct * state.stop_scale
    upper_stop, upper_trailing = _upper_level(stop, 1.0), _upper_level(trailing, 1.0)
    for j in range(state.held):
        i = held[j]
        name = names[i]
        price = close[t, i]
        if name.exit != ExitReason.OPEN or not _is_near(price, name, upper_stop, upper_trailing):
            continue
        if position_stop_hit(price, name.entry, stop):
            name.exit = ExitReason.STOP
            note(run, t, EventKind.STOP, i, price / name.entry - 1.0, -stop)
        elif trailing_stop_hit(price, name.high, trailing):
            name.exit = ExitReason.TRAILING
            note(run, t, EventKind.TRAILING, i, price / name.high - 1.0, -trailing)
        else:
            continue
        state.exits += 1
