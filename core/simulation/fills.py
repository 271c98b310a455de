"""Step 2 of a session, ENGINE §4: what an order and the exits become at the fill's prices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import PORTFOLIO, EventKind, ExitReason
from core.risk.costs import cost_rate
from core.risk.leverage import risk_factor
from core.risk.stops import is_near_stop
from core.simulation.positions import move, sell_all, settle
from core.simulation.rebalancing import rebalance
from core.simulation.state import NOTHING, REBALANCE, RESCALE, SELL_ALL, Market, Run, note

__all__ = ["fill"]


@compiled
def fill(market: Market, run: Run, prices: npt.NDArray[np.float64], t: int) -> None:
    """Fill the standing order and every exit at ``prices[t]``; a NaN there does not trade.

    ``state.nav`` must be NAV as marked at those prices. It stays NAV before the fill until all is
    traded, then becomes NAV after costs.
    """
    state, rules = run.state[0], run.rules[0]
    names, held = run.names, run.held
    held_before = state.held
    if state.exits > 0:
        _sell_exits(prices, t, state, rules, names, held, run.trades, run.events, run.series[t])
    if state.order == REBALANCE:
        rebalance(market, run, prices, t, held_before)
    elif state.order == RESCALE:
        _rescale(run, prices, t)
    elif state.order == SELL_ALL:
        state.applied = 0.0
    state.order = NOTHING
    settle(state, cost_rate(rules.cost_per_trade_bps), state.nav)
    _value_held(state, names, held)
    state.nav = state.cash + state.worth


@compiled
def _value_held(state: Any, names: Any, held: npt.NDArray[np.int64]) -> None:
    # What `mark` leaves behind, for what is held now.
    worth = 0.0
    near = False
    for j in range(state.held):
        name = names[held[j]]
        worth += name.value
        near |= is_near_stop(
            name.last, name.entry, name.high, state.stop_level, state.trailing_level
        )
    state.worth = worth
    state.near = near


@compiled
def _sell_exits(
    prices: npt.NDArray[np.float64],
    t: int,
    state: Any,
    rules: Any,
    names: Any,
    held: npt.NDArray[np.int64],
    trades: Any,
    events: Any,
    row: Any,
) -> None:
    rate = cost_rate(rules.cost_per_trade_bps)
    kept = 0
    for j in range(state.held):
        i = held[j]
        name = names[i]
        reason = name.exit
        if reason != ExitReason.OPEN and not math.isnan(prices[t, i]):
            if reason != ExitReason.BREAKER:
                name.stop_filled = t
            sell_all(state, name, trades, t, reason, rate)
            continue
        if reason != ExitReason.OPEN:
            weight = name.value / state.nav
            note(events, state, row, t, EventKind.WAITING, i, weight, math.nan)
            name.waits = 1
        held[kept] = i
        kept += 1
    state.held = kept


@compiled
def _rescale(run: Run, prices: npt.NDArray[np.float64], t: int) -> None:
    # Every holding but the exits is multiplied by one factor; a name without a bar stays as it is.
    state, rules = run.state[0], run.rules[0]
    names, held = run.names, run.held
    rate = cost_rate(rules.cost_per_trade_bps)
    scaled = 0.0
    for j in range(state.held):
        name = names[held[j]]
        if name.exit == ExitReason.OPEN:
            scaled += name.value / state.nav
    factor = risk_factor(state.order_exposure, state.applied, scaled, rules.max_leverage)
    kept = 0
    for j in range(state.held):
        i = held[j]
        name = names[i]
        if name.exit == ExitReason.OPEN and not math.isnan(prices[t, i]):
            current = name.value / state.nav
            move(state, name, run.trades, t, current, current * factor, prices[t, i], rate)
        if name.shares > 0.0:
            held[kept] = i
            kept += 1
    state.held = kept
    change = state.order_exposure / state.applied - 1.0
    state.applied = state.order_exposure
    band = rules.vol_rebalance_threshold
    note(run.events, state, run.series[t], t, EventKind.RESCALE, PORTFOLIO, change, band)
