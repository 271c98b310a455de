"""One run that looks only where something can happen; the same rules and numbers as the kernel.

Sessions on which an order, an exit, a rebalance or a delisting has to be dealt with take the
kernel's steps one by one; the sessions between them are passed in stretches.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.compiled import compiled, compiled_inner
from core.simulation.blocks import Blocks
from core.simulation.borrowing import borrowed
from core.simulation.decisions import assess, decide, is_quiet
from core.simulation.fills import fill
from core.simulation.kernel import SOLVENT, open_run, record, write_open_trades
from core.simulation.marking import accrue, delist, mark
from core.simulation.state import (
    EVENT,
    NAME,
    NOTHING,
    PICK,
    SERIES,
    STATE,
    TRADE,
    Market,
    Run,
)
from core.simulation.stretches import DECIDE, GO_ON, RUINED, Desk, new_desk, pass_stretch

__all__ = ["new_run", "run_event_driven", "simulate_into"]

# Sessions of a stretch after one that NAV has cut short: what lies beyond a cut is worked out in
# vain, and configurations that rescale every few days would do so again and again.
_SHORTEST = 8
_LONGEST = 1 << 40


@compiled
def run_event_driven(
    market: Market,
    blocks: Blocks,
    rules: Any,
    initial_nav: float,
    trade_capacity: int,
    event_capacity: int,
) -> tuple[Any, Any, Any, Any, int]:
    """Simulate one configuration that fills at the close; see ``kernel.run_once`` for the rest.

    Returns
    -------
    series, trades, events, state, ruined
        As ``kernel.run_once`` returns them.
    """
    sessions, securities = market.close.shape
    run = new_run(rules, sessions, securities, trade_capacity, event_capacity)
    desk = new_desk(sessions, securities)
    ruined = simulate_into(market, blocks, run, desk, initial_nav)
    return run.series, run.trades, run.events, run.state, ruined


@compiled
def new_run(
    rules: Any, sessions: int, securities: int, trade_capacity: int, event_capacity: int
) -> Run:
    """Make the arrays of a run without weights."""
    return Run(
        rules, np.zeros(1, STATE), np.zeros(securities, NAME), np.empty(securities, np.int64),
        np.empty(securities, PICK), np.empty(sessions), np.zeros(sessions, SERIES),
        np.empty((0, 0)), np.empty(trade_capacity, TRADE), np.empty(event_capacity, EVENT),
    )  # fmt: skip


@compiled
def simulate_into(
    owned: Market, laid_out: Blocks, kept: Run, room: Desk, initial_nav: float
) -> int:
    """Simulate into the arrays of a run, whose state, names and series must be zeros.

    Returns
    -------
    int
        Session of ruin, ``SOLVENT`` when there was none.
    """
    # What is passed belongs to the caller, so it outlives what is borrowed from it here.
    market = Market(
        borrowed(owned.close), borrowed(owned.rebalance), borrowed(owned.target),
        borrowed(owned.alpha), borrowed(owned.leverage), borrowed(owned.stop_scale),
        borrowed(owned.last_session), borrowed(owned.delisting_return),
        borrowed(owned.data_ended), borrowed(owned.cash_rate), borrowed(owned.overlay),
    )  # fmt: skip
    run = Run(
        borrowed(kept.rules), borrowed(kept.state), borrowed(kept.names), borrowed(kept.held),
        borrowed(kept.picks), borrowed(kept.returns), borrowed(kept.series),
        borrowed(kept.weights), borrowed(kept.trades), borrowed(kept.events),
    )  # fmt: skip
    blocks = Blocks(
        borrowed(laid_out.start), borrowed(laid_out.offset), borrowed(laid_out.prices),
        borrowed(laid_out.highest), borrowed(laid_out.lowest), borrowed(laid_out.deepest),
    )  # fmt: skip
    desk = Desk(
        borrowed(room.marked), borrowed(room.kept), borrowed(room.means), borrowed(room.sigma),
        borrowed(room.fall), borrowed(room.shares), borrowed(room.place), borrowed(room.hit),
        borrowed(room.reason), borrowed(room.first), borrowed(room.following),
    )  # fmt: skip
    open_run(market, run, initial_nav)
    ruined = _pass_sessions(market, blocks, run, desk)
    if ruined == SOLVENT:
        write_open_trades(run, len(market.close) - 1)
    return ruined


@compiled_inner
def _pass_sessions(market: Market, blocks: Blocks, run: Run, desk: Desk) -> int:
    state = run.state[0]
    sessions = len(market.close)
    reach = _LONGEST
    t = 0
    while t < sessions:
        ending = GO_ON
        if t > 0 and state.order == NOTHING and state.exits == 0:
            began = t
            t, ending = pass_stretch(market, run, blocks, desk, t, reach)
            reach = max(_SHORTEST, 2 * (t - began)) if ending == DECIDE else 2 * reach
            reach = min(reach, _LONGEST)
            if ending == RUINED:
                return t
            if t >= sessions:
                break
        if ending == DECIDE:
            solvent = _finish_session(market, run, t)
        else:
            solvent = _pass_session(market, run, t)
        if not solvent:
            return t
        t += 1
    return SOLVENT


@compiled_inner
def _pass_session(market: Market, run: Run, t: int) -> bool:
    # False when ruined.
    state, rules, row = run.state[0], run.rules[0], run.series[t]
    if t > 0:  # session 0 starts in cash: there is nothing to mark
        accrue(state, market.cash_rate[t], market.overlay[t], rules.borrow_spread)
        gained = delist(market, run, t) if t > state.next_end else 0.0
        sleeve = mark(market.close, t, state, run.names, run.held, gained)
        if not np.isnan(sleeve):
            run.returns[state.returns] = sleeve
            state.returns += 1
        if state.nav <= 0.0:
            return False
    if rules.execution_lag_days == 0:
        assess(state, rules, run.returns, row)
        if not is_quiet(t, state, rules, row.wanted_exposure):
            decide(market, run, t)
        return _fill_and_record(market, run, t)
    if not _fill_and_record(market, run, t):
        return False
    assess(state, rules, run.returns, row)
    if not is_quiet(t, state, rules, row.wanted_exposure):
        decide(market, run, t)
    return True


@compiled_inner
def _finish_session(market: Market, run: Run, t: int) -> bool:
    # A session that a stretch has left to be decided. False when ruined.
    decide(market, run, t)
    return run.rules[0].execution_lag_days != 0 or _fill_and_record(market, run, t)


@compiled_inner
def _fill_and_record(market: Market, run: Run, t: int) -> bool:
    state = run.state[0]
    if state.order != NOTHING or state.exits > 0:
        fill(market, run, market.close, t)
        if state.nav <= 0.0:
            return False
    record(state, run.series[t])
    return True
