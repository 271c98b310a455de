"""A rebalance's fill, ENGINE §4: risk part, alpha gate, turnover cap, leverage limit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import PORTFOLIO, EventKind, ExitReason
from core.risk.costs import alpha_hurdle, cost_rate, gate_factor, is_gated, turnover_factor
from core.risk.leverage import buy_factor, risk_factor
from core.risk.stops import cooling_down
from core.simulation.positions import move
from core.simulation.state import TRADE_NONE, Market, Run, note

__all__ = ["rebalance"]


@compiled
def rebalance(
    market: Market, run: Run, prices: npt.NDArray[np.float64], t: int, held_before: int
) -> None:
    """Fill the standing rebalance at ``prices[t]``, exits having been sold.

    `held_before` is the number of names held before those exits: the turnover cap does not hold a
    first purchase back.
    """
    state = run.state[0]
    events, row = run.events, run.series[t]
    note(events, state, row, t, EventKind.REBALANCE, PORTFOLIO, state.order_exposure, math.nan)
    count = _collect(market, run, prices, t)
    _want(market, run, t, count)
    if held_before > 0:
        _cap_turnover(run, t, count)
    _limit_leverage(run, t, count)
    _trade(market, run, t, count)
    state.applied = state.order_exposure


@compiled
def _collect(market: Market, run: Run, prices: npt.NDArray[np.float64], t: int) -> int:
    # Everything held or targeted, in ascending order. A waiting exit stands outside; a name that
    # was to leave when this was decided, and has gone by now, does not come back.
    # No branch a name: which names a book has is a coin toss to the processor. A name that is not
    # held has no shares, no value and no exit.
    state = run.state[0]
    names, picks, target = run.names, run.picks, market.target
    k = state.order_rebalance
    cooldown = run.rules[0].stop_cooldown_days
    count = 0
    for i in range(len(names)):
        name = names[i]
        picks[count].security = i
        count += (name.shares > 0.0) | ((target[k, i] != 0.0) & (name.left_out != k))
    for j in range(count):
        pick = picks[j]
        i = pick.security
        name = names[i]
        pick.outside = name.exit != ExitReason.OPEN
        pick.target = 0.0 if cooling_down(t, name.stop_filled, cooldown) else target[k, i]
        pick.current = name.value / state.nav
        pick.price = prices[t, i]
    return count


@compiled
def _want(market: Market, run: Run, t: int, count: int) -> None:
    # Steps 1 and 2: what exposure makes of the held book, and what the targets want beyond that.
    state, rules = run.state[0], run.rules[0]
    picks, alpha = run.picks, market.alpha
    k, exposure = state.order_rebalance, state.order_exposure
    hurdle = alpha_hurdle(rules.min_alpha_to_cost_ratio, rules.cost_per_trade_bps)
    held = 0.0
    for j in range(count):
        if not picks[j].outside:
            held += picks[j].current
    factor = risk_factor(exposure, state.applied, held, rules.max_leverage)
    gated = 0
    risk = wanted = buys = 0.0
    for j in range(count):
        pick = picks[j]
        if pick.outside:
            continue
        pick.risk = pick.current * factor
        pick.wanted = exposure * pick.target
        if len(alpha) > 0 and is_gated(alpha[k, pick.security], hurdle, pick.target):
            pick.wanted = pick.risk
            gated += 1
        risk += pick.risk
        wanted += pick.wanted
        buys += max(0.0, pick.wanted - pick.risk)
    if gated > 0:
        note(run.events, state, run.series[t], t, EventKind.GATE, PORTFOLIO, gated, hurdle)
    shrink = gate_factor(wanted, max(exposure, risk), buys)
    if shrink < 1.0:
        _move_towards_wanted(picks, count, 1.0, shrink)


@compiled
def _cap_turnover(run: Run, t: int, count: int) -> None:
    # Step 3. Names without a bar count: what they would have traded lapses, it frees no room.
    limit = run.rules[0].max_turnover_per_rebal
    picks = run.picks
    turnover = 0.0
    for j in range(count):
        if not picks[j].outside:
            turnover += abs(picks[j].wanted - picks[j].risk)
    factor = turnover_factor(turnover, limit)
    if factor < 1.0:
        row = run.series[t]
        note(run.events, run.state[0], row, t, EventKind.CAP, PORTFOLIO, turnover, limit)
        _move_towards_wanted(picks, count, factor, factor)


@compiled
def _move_towards_wanted(picks: Any, count: int, sales: float, buys: float) -> None:
    # Keeps these fractions of what is sold and bought beyond the risk part.
    for j in range(count):
        pick = picks[j]
        if not pick.outside:
            change = pick.wanted - pick.risk
            pick.wanted = pick.risk + change * (buys if change > 0.0 else sales)


@compiled
def _limit_leverage(run: Run, t: int, count: int) -> None:
    # Step 4. What is too small to be traded is no buy.
    limit = run.rules[0].max_leverage
    picks = run.picks
    total = buys = 0.0
    for j in range(count):
        pick = picks[j]
        if pick.outside or math.isnan(pick.price):
            pick.wanted = pick.current
        total += pick.wanted
        if pick.wanted - pick.current >= TRADE_NONE:
            buys += pick.wanted - pick.current
    factor = buy_factor(total, buys, limit)
    if factor == 1.0:
        return
    row = run.series[t]
    note(run.events, run.state[0], row, t, EventKind.LEVERAGE_LIMIT, PORTFOLIO, total, limit)
    for j in range(count):
        pick = picks[j]
        if pick.wanted - pick.current >= TRADE_NONE:
            pick.wanted = pick.current + (pick.wanted - pick.current) * factor


@compiled
def _trade(market: Market, run: Run, t: int, count: int) -> None:
    state = run.state[0]
    names, held, picks, last_session = run.names, run.held, run.picks, market.last_session
    rate = cost_rate(run.rules[0].cost_per_trade_bps)
    state.held = 0
    state.next_end = len(market.close)
    for j in range(count):
        pick = picks[j]
        i = pick.security
        name = names[i]
        if not pick.outside and not math.isnan(pick.price):
            move(state, name, run.trades, t, pick.current, pick.wanted, pick.price, rate)
        if name.shares > 0.0:
            held[state.held] = i
            state.held += 1
            state.next_end = min(state.next_end, last_session[i])
