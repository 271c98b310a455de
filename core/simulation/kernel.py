"""One run: sessions in order, each marked, filled, recorded and decided on, ENGINE §2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_inner
from core.ledger import ExitReason
from core.simulation.borrowing import borrowed
from core.simulation.decisions import assess, decide, is_quiet, scale_stops
from core.simulation.fills import fill
from core.simulation.marking import accrue, delist, mark
from core.simulation.positions import write_trade
from core.simulation.state import (
    EVENT,
    NAME,
    NEVER,
    NOTHING,
    PICK,
    SERIES,
    STATE,
    TRADE,
    Market,
    Run,
)

__all__ = ["SOLVENT", "open_run", "record", "run_once", "write_open_trades"]

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
    rules: Any,
    initial_nav: float,
    weights: npt.NDArray[np.float64],
    trade_capacity: int,
    event_capacity: int,
) -> tuple[Any, Any, Any, Any, int]:
    """Simulate one configuration; arguments are validated inputs, see ``simulate``.

    Parameters
    ----------
    close … overlay : arrays
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
    sessions, securities = close.shape
    state = np.zeros(1, STATE)
    series = np.zeros(sessions, SERIES)
    trades = np.empty(trade_capacity, TRADE)
    events = np.empty(event_capacity, EVENT)
    market = Market(
        close, rebalance, target, alpha, leverage, stop_scale,
        last_session, delisting_return, data_ended, cash_rate, overlay,
    )  # fmt: skip
    run = Run(
        rules, state, np.zeros(securities, NAME), np.empty(securities, np.int64),
        np.empty(securities, PICK), np.empty(sessions, np.float64), series, weights,
        trades, events,
    )  # fmt: skip
    return series, trades, events, state, _simulate(market, run, initial_nav)


@compiled
def _simulate(owned: Market, kept: Run, initial_nav: float) -> int:
    # `owned` and `kept` belong to the caller, so they outlive what is borrowed from them here.
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
    open_run(market, run, initial_nav)
    ruined = _pass_sessions(market, run)
    if ruined == SOLVENT:
        write_open_trades(run, len(market.close) - 1)
    return ruined


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
        name.left_out = name.stop_filled = NEVER


@compiled_inner
def _pass_sessions(market: Market, run: Run) -> int:
    # The session of ruin, or SOLVENT. What is passed on every session are records and the fewest
    # arrays; `market` and `run` go only where something happens: handing twenty arrays over costs
    # more than a quiet session.
    state, rules, series = run.state[0], run.rules[0], run.series
    names, held, returns = run.names, run.held, run.returns
    close, cash_rate, overlay = market.close, market.cash_rate, market.overlay
    for t in range(len(close)):
        row = series[t]
        if t > 0:  # session 0 starts in cash: there is nothing to mark
            accrue(state, cash_rate[t], overlay[t], rules.borrow_spread)
            gained = delist(market, run, t) if t > state.next_end else 0.0
            sleeve = mark(close, t, state, names, held, gained)
            if not math.isnan(sleeve):
                returns[state.returns] = sleeve
                state.returns += 1
            if state.nav <= 0.0:
                return t
        if rules.execution_lag_days == 0:
            assess(state, rules, returns, row)
            if not is_quiet(t, state, rules, row.wanted_exposure):
                decide(market, run, t)
        if state.order != NOTHING or state.exits > 0:
            fill(market, run, close, t)
            if state.nav <= 0.0:
                return t
        record(state, row)
        if len(run.weights) > 0:
            _record_weights(run, t)
        if rules.execution_lag_days != 0:
            assess(state, rules, returns, row)
            if not is_quiet(t, state, rules, row.wanted_exposure):
                decide(market, run, t)
    return SOLVENT


@compiled_inner
def record(state: Any, row: Any) -> None:
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
    row.invested = state.worth / state.nav
    row.interest = state.interest
    row.overlay = state.overlay
    row.holdings = state.held


@compiled_inner
def _record_weights(run: Run, t: int) -> None:
    state, names, held, weights = run.state[0], run.names, run.held, run.weights
    for j in range(state.held):
        weights[t, held[j]] = names[held[j]].value / state.nav


@compiled_inner
def write_open_trades(run: Run, last: int) -> None:
    """Write the round trips that go on after the last session."""
    state, names, held, trades = run.state[0], run.names, run.held, run.trades
    for j in range(state.held):
        write_trade(state, names[held[j]], trades, last, ExitReason.OPEN)
