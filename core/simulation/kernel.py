"""One run: sessions in order, each marked, filled, recorded and decided on, ENGINE §2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_inner, compiled_part
from core.ledger import ExitReason
from core.risk.costs import cost_rate
from core.simulation.decisions import assess, decide, is_quiet, scale_stops
from core.simulation.fills import fill
from core.simulation.intraday import mark_inside, pass_to_close
from core.simulation.marking import accrue, delist, mark
from core.simulation.positions import write_trade
from core.simulation.state import (
    AT_OPEN,
    EVENT,
    INTRADAY,
    NAME,
    NEVER,
    NOTHING,
    REACHED,
    SERIES,
    STATE,
    TRADE,
    Market,
    Picks,
    Run,
)
from core.vectors import EIGHT

__all__ = [
    "SOLVENT",
    "fill_and_record",
    "new_run",
    "open_run",
    "pass_session",
    "record",
    "run_once",
    "simulate_by_session",
    "write_open_trades",
]

SOLVENT = -1  # session of ruin of a run that was not ruined


@compiled
def run_once(
    close: npt.NDArray[np.float64],
    rebalance: npt.NDArray[np.int64],
    target: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    leverage: npt.NDArray[np.float64],
    stop_scale: npt.NDArray[np.float64],
    last_session: npt.NDArray[np.int64],
    delisting_return: npt.NDArray[np.float64],
    data_ended: npt.NDArray[np.bool_],
    cash_rate: npt.NDArray[np.float64],
    overlay: npt.NDArray[np.float64],
    opened: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    rules: Any,
    initial_nav: float,
    weights: npt.NDArray[np.float64],
    trade_capacity: int,
    event_capacity: int,
) -> tuple[Any, Any, Any, Any, int]:
    """Simulate one configuration; arguments are validated inputs, see ``simulate``.

    Parameters
    ----------
    close … low : arrays
        The fields of :class:`~core.simulation.state.Market`.
    rules : ROW[1]
    initial_nav : float
    weights : float64[T, N] or float64[0, 0]
        Filled with held value over NAV after each session; no rows = not wanted.
    trade_capacity, event_capacity : int
        Rows of the tapes. More than fit are counted, not written: the caller runs again.

    Returns
    -------
    series, trades, events, state : SERIES[T], TRADE[], EVENT[], STATE[1]
        ``state`` has the true counts of trades and events.
    int
        Session at which NAV was at or below 0, ``SOLVENT`` when it never was.
    """
    market = Market(
        close, rebalance, target, alpha, leverage, stop_scale,
        last_session, delisting_return, data_ended, cash_rate, overlay, opened, low,
    )  # fmt: skip
    run = new_run(rules, close.shape, weights, trade_capacity, event_capacity)
    ruined = simulate_by_session(market, run, initial_nav)
    return run.series, run.trades, run.events, run.state, ruined


@compiled_part
def new_run(
    rules: Any,
    shape: tuple[int, int],
    weights: npt.NDArray[np.float64],
    trade_capacity: int,
    event_capacity: int,
) -> Run:
    """Make the arrays of a run; see :func:`run_once` for the arguments."""
    sessions, securities = shape
    return Run(
        rules, np.zeros(1, STATE), np.zeros(securities, NAME), np.empty(securities, np.int64),
        np.full(securities, NEVER), _new_picks(securities), np.empty(securities, REACHED),
        np.zeros(sessions + EIGHT), _new_series(sessions), weights,
        np.empty(trade_capacity, TRADE), np.empty(event_capacity, EVENT),
    )  # fmt: skip


@compiled_part
def _new_series(sessions: int) -> Any:
    # Every session writes all of its row but the flags, to which events add theirs.
    series = np.empty(sessions, SERIES)
    for t in range(sessions):
        series[t].flags = 0
    return series


@compiled_part
def _new_picks(securities: int) -> Picks:
    return Picks(
        np.empty(securities, np.int64), np.empty(securities, np.bool_), np.empty(securities),
        np.empty(securities), np.empty(securities), np.empty(securities), np.empty(securities),
        np.zeros(securities, np.bool_),
    )  # fmt: skip


@compiled_inner
def simulate_by_session(market: Market, run: Run, initial_nav: float) -> int:
    """Simulate into the arrays of a run, whose state, names and flags must be zeros.

    Returns
    -------
    int
        Session of ruin, ``SOLVENT`` when there was none.
    """
    open_run(market, run, initial_nav)
    for t in range(len(market.close)):
        if not pass_session(market, run, t):
            return t
    write_open_trades(run, len(market.close) - 1)
    return SOLVENT


@compiled_inner
def open_run(market: Market, run: Run, initial_nav: float) -> None:
    """Start a run: everything in cash; `run.state` and `run.names` must be zeros."""
    state, names = run.state[0], run.names
    state.cash = state.nav = state.last_nav = initial_nav
    state.risk_peak = state.peak = initial_nav
    state.leverage = 1.0
    scale_stops(state, run.rules[0], 1.0)
    state.next_decision = market.rebalance[0] if len(market.rebalance) > 0 else NEVER
    state.next_end = len(market.close)
    for i in range(len(names)):
        name = names[i]
        name.security = i
        name.stop_filled = NEVER
        run.left_out[i] = NEVER


@compiled_inner
def pass_session(market: Market, run: Run, t: int) -> bool:
    """Take one session through all its steps; False when NAV is at or below 0."""
    state, rules = run.state[0], run.rules[0]
    if t > 0:  # session 0 starts in cash: there is nothing to mark
        accrue(state, market.cash_rate[t], market.overlay[t], rules.borrow_spread)
        gained = delist(market, run, t) if t > state.next_end else 0.0
        if rules.execution == AT_OPEN or rules.stop_fill == INTRADAY:
            sleeve = mark_inside(market, run, t, gained)
        else:
            sleeve = mark(market.close, t, state, run.names, run.held, gained)
        if not math.isnan(sleeve):  # something was held
            run.returns[state.returns] = sleeve
            state.returns += 1
        if state.nav <= 0.0:
            return False
    if rules.execution_lag_days == 0:
        _decide_unless_quiet(market, run, t)
        return fill_and_record(market, run, t)
    if not fill_and_record(market, run, t):
        return False
    _decide_unless_quiet(market, run, t)
    return True


@compiled_inner
def _decide_unless_quiet(market: Market, run: Run, t: int) -> None:
    state, rules, row = run.state[0], run.rules[0], run.series[t]
    assess(state, rules, run.returns, row)
    if not is_quiet(t, state, rules, row.wanted_exposure):
        decide(market, run, t)


@compiled_inner
def fill_and_record(market: Market, run: Run, t: int) -> bool:
    """Fill what stands and write the session down; False when NAV is at or below 0."""
    state, rules = run.state[0], run.rules[0]
    at_open = rules.execution == AT_OPEN
    if state.order != NOTHING or state.exits > 0:
        fill(market, run, market.open if at_open else market.close, t)
    if at_open:
        pass_to_close(market, run, t)
    if state.nav <= 0.0:
        return False
    record(state, run.series[t], rules.cost_per_trade_bps)
    _record_weights(run.weights, t, state, run.names, run.held)
    return True


@compiled_inner
def record(state: Any, row: Any, cost_per_trade_bps: float) -> None:
    """Write what a session ends with, its fills and their costs included, into its row."""
    state.peak = max(state.peak, state.nav)
    row.nav = state.nav
    row.drawdown = state.nav / state.peak - 1.0
    row.gross_return = (state.nav + state.cost) / state.last_nav - 1.0
    row.net_return = state.nav / state.last_nav - 1.0
    row.applied_exposure = state.applied
    row.cash = state.cash
    row.turnover = state.turnover
    row.cost = state.cost
    row.cost_fraction = state.turnover * cost_rate(cost_per_trade_bps)
    row.invested = state.worth / state.nav
    row.interest = state.interest
    row.overlay = state.overlay
    row.holdings = state.held


@compiled_inner
def _record_weights(
    weights: npt.NDArray[np.float64],
    t: int,
    state: Any,
    names: Any,
    held: npt.NDArray[np.int64],
) -> None:
    if len(weights) == 0:  # not asked for
        return
    for j in range(state.held):
        weights[t, held[j]] = names[held[j]].value / state.nav


@compiled_inner
def write_open_trades(run: Run, last: int) -> None:
    """Write the round trips that go on after the last session."""
    state, names, held, trades = run.state[0], run.names, run.held, run.trades
    for j in range(state.held):
        write_trade(state, names[held[j]], trades, last, ExitReason.OPEN)
