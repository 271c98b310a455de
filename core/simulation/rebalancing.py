"""A rebalance's fill, ENGINE §4: risk part, alpha gate, turnover cap, leverage limit."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import PORTFOLIO, EventKind, ExitReason
from core.risk.costs import alpha_hurdle, cost_rate, gate_factor, is_gated, turnover_factor
from core.risk.leverage import buy_factor, risk_factor
from core.risk.stops import cooling_down
from core.simulation.positions import move
from core.simulation.state import TRADE_NONE, Market, Picks, Run, note

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
    names, held, left_out, picks = run.names, run.held, run.left_out, run.picks
    security, is_held = picks.security, picks.is_held
    k, nav = state.order_rebalance, state.nav
    book = market.target[k]
    cooldown = run.rules[0].stop_cooldown_days
    for j in range(state.held):
        is_held[held[j]] = True
    count = 0
    for i in range(len(book)):
        security[count] = i
        count += is_held[i] | ((book[i] != 0.0) & (left_out[i] != k))
    for j in range(state.held):
        is_held[held[j]] = False
    for j in range(count):
        i = security[j]
        name = names[i]
        outside = name.exit != ExitReason.OPEN
        barred = outside | cooling_down(t, name.stop_filled, cooldown)
        picks.outside[j] = outside
        picks.target[j] = 0.0 if barred else book[i]
        picks.current[j] = name.value
        picks.price[j] = prices[t, i]
    for j in range(count):
        picks.current[j] /= nav
    return count


@compiled
def _want(market: Market, run: Run, t: int, count: int) -> None:
    # Steps 1 and 2: what exposure makes of the held book, and what the targets want beyond that.
    state, rules = run.state[0], run.rules[0]
    picks, alpha = run.picks, market.alpha
    current, risk, wanted = picks.current, picks.risk, picks.wanted
    exposure = state.order_exposure
    held = 0.0
    for j in range(count):
        held += 0.0 if picks.outside[j] else current[j]
    factor = risk_factor(exposure, state.applied, held, rules.max_leverage)
    for j in range(count):
        risk[j] = 0.0 if picks.outside[j] else current[j] * factor
        wanted[j] = exposure * picks.target[j]
    if len(alpha) > 0:
        _gate(alpha[state.order_rebalance], run, t, count)
    at_risk = total = buys = 0.0
    for j in range(count):
        at_risk += risk[j]
        total += wanted[j]
        buys += max(0.0, wanted[j] - risk[j])
    shrink = gate_factor(total, max(exposure, at_risk), buys)
    if shrink < 1.0:
        _move_towards_wanted(picks, count, 1.0, shrink)


@compiled
def _gate(alpha: npt.NDArray[np.float64], run: Run, t: int, count: int) -> None:
    # Of this rebalance. Whether a name is gated cannot be foreseen, so there is no branch here.
    state, rules, picks = run.state[0], run.rules[0], run.picks
    hurdle = alpha_hurdle(rules.min_alpha_to_cost_ratio, rules.cost_per_trade_bps)
    gated = 0
    for j in range(count):
        stays = is_gated(alpha[picks.security[j]], hurdle, picks.target[j])
        picks.wanted[j] = picks.risk[j] if stays else picks.wanted[j]
        gated += stays
    if gated > 0:
        note(run.events, state, run.series[t], t, EventKind.GATE, PORTFOLIO, float(gated), hurdle)


@compiled
def _cap_turnover(run: Run, t: int, count: int) -> None:
    # Step 3. Names without a bar count: what they would have traded lapses, it frees no room.
    limit = run.rules[0].max_turnover_per_rebal
    picks = run.picks
    turnover = 0.0
    for j in range(count):
        turnover += abs(picks.wanted[j] - picks.risk[j])
    factor = turnover_factor(turnover, limit)
    if factor < 1.0:
        row = run.series[t]
        note(run.events, run.state[0], row, t, EventKind.CAP, PORTFOLIO, turnover, limit)
        _move_towards_wanted(picks, count, factor, factor)


@compiled
def _move_towards_wanted(picks: Picks, count: int, sales: float, buys: float) -> None:
    # Keeps these fractions of what is sold and bought beyond the risk part.
    risk, wanted = picks.risk, picks.wanted
    for j in range(count):
        change = wanted[j] - risk[j]
        wanted[j] = risk[j] + change * (buys if change > 0.0 else sales)


@compiled
def _limit_leverage(run: Run, t: int, count: int) -> None:
    # Step 4. What is too small to be traded is no buy; names that cannot trade keep what they have.
    limit = run.rules[0].max_leverage
    picks = run.picks
    current, wanted = picks.current, picks.wanted
    total = buys = 0.0
    for j in range(count):
        stays = picks.outside[j] | math.isnan(picks.price[j])
        wanted[j] = current[j] if stays else wanted[j]
        change = wanted[j] - current[j]
        total += wanted[j]
        buys += change if change >= TRADE_NONE else 0.0
    factor = buy_factor(total, buys, limit)
    if factor == 1.0:
        return
    row = run.series[t]
    note(run.events, run.state[0], row, t, EventKind.LEVERAGE_LIMIT, PORTFOLIO, total, limit)
    for j in range(count):
        change = wanted[j] - current[j]
        wanted[j] = current[j] + change * factor if change >= TRADE_NONE else wanted[j]


@compiled
def _trade(market: Market, run: Run, t: int, count: int) -> None:
    # Of names that cannot trade nothing else is wanted than what they have.
    state = run.state[0]
    names, held, picks, last_session = run.names, run.held, run.picks, market.last_session
    rate = cost_rate(run.rules[0].cost_per_trade_bps)
    kept = 0
    next_end = len(market.close)
    for j in range(count):
        i = picks.security[j]
        name = names[i]
        move(state, name, run.trades, t, picks.current[j], picks.wanted[j], picks.price[j], rate)
        held[kept] = i
        if name.shares > 0.0:
            kept += 1
            next_end = min(next_end, last_session[i])
    state.held = kept
    state.next_end = next_end
