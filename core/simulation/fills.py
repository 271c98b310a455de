"""Step 2 of a session, ENGINE §4: what an order and the exits become at the fill's prices."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.ledger import PORTFOLIO, EventKind, ExitReason
from core.risk.costs import cost_rate
from core.risk.leverage import risk_factor
from core.simulation.positions import move, sell_all
from core.simulation.rebalancing import rebalance
from core.simulation.state import NOTHING, REBALANCE, RESCALE, SELL_ALL, Market, Run, note

__all__ = ["fill"]


@compiled
def fill(market: Market, run: Run, prices: npt.NDArray[np.float64], t: int) -> None:
    """Fill the standing order and every exit at ``prices[t]``; a NaN there does not trade.

    ``state.nav`` must be NAV as marked at those prices. It stays NAV before the fill until all is
    traded, then becomes NAV after costs.
    """
    state = run.state[0]
    names, held = run.names, run.held
    held_before = state.held
    if state.exits > 0:
        _sell_exits(run, prices, t)
    if state.order == REBALANCE:
        rebalance(market, run, prices, t, held_before)
    elif state.order == RESCALE:
        _rescale(run, prices, t)
    elif state.order == SELL_ALL:
        state.applied = 0.0
    state.order = NOTHING
    state.turnover = state.traded / state.nav
    state.cost = state.traded * cost_rate(run.rules[0].cost_per_trade_bps)
    state.cash -= state.cost
    state.invested = 0.0
    for j in range(state.held):
        state.invested += names[held[j]].value
    state.nav = state.cash + state.invested


@compiled
def _sell_exits(run: Run, prices: npt.NDArray[np.float64], t: int) -> None:
    state = run.state[0]
    names, held = run.names, run.held
    rate = cost_rate(run.rules[0].cost_per_trade_bps)
    kept = 0
    for j in range(state.held):
        i = held[j]
        name = names[i]
        reason = name.exit
        if reason != ExitReason.OPEN and not math.isnan(prices[t, i]):
            name.exit_filled = t
            if reason != ExitReason.BREAKER:
                name.stop_filled = t
            sell_all(state, name, run.trades, t, reason, rate)
            continue
        if reason != ExitReason.OPEN:
            note(run, t, EventKind.WAITING, i, name.value / state.nav, math.nan)
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
    note(run, t, EventKind.RESCALE, PORTFOLIO, change, rules.vol_rebalance_threshold)
