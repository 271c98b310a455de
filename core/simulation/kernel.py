"""One run: sessions in order, each marked, filled, recorded and decided on, ENGINE §2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.ledger import ExitReason
from core.simulation.decisions import assess, decide, is_quiet, observe
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

__all__ = ["SOLVENT", "run_once"]

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
    market = Market(
        close, rebalance, target, alpha, leverage, stop_scale,
        last_session, delisting_return, data_ended, cash_rate, overlay,
    )  # fmt: skip
    sessions, securities = close.shape
    run = Run(
        rules,
        np.zeros(1, STATE),
        np.zeros(securities, NAME),
        np.empty(securities, np.int64),
        np.empty(securities, PICK),
        np.empty(sessions, np.float64),
        np.zeros(sessions, SERIES),
        weights,
        np.empty(trade_capacity, TRADE),
        np.empty(event_capacity, EVENT),
    )
    _open(market, run, initial_nav)
    ruined = _sessions(market, run)
    if ruined == SOLVENT:
        _write_open_trades(run, sessions - 1)
    return run.series, run.trades, run.events, run.state, ruined


@compiled
def _open(market: Market, run: Run, initial_nav: float) -> None:
    state = run.state[0]
    state.cash = state.nav = state.last_nav = initial_nav
    state.risk_peak = state.peak = initial_nav
    state.leverage = state.stop_scale = 1.0
    state.next_decision = market.rebalance[0] if len(market.rebalance) > 0 else NEVER
    state.next_end = len(market.close)
    for i in range(len(run.names)):
        name = run.names[i]
        name.security = i
        name.exit_filled = name.stop_filled = NEVER


@compiled
def _sessions(market: Market, run: Run) -> int:
    # The session of ruin, or SOLVENT. What is passed on here, every session, are single records and
    # the fewest arrays; `market` and `run` go only where something happens.
    state, rules = run.state[0], run.rules[0]
    names, held, returns, series = run.names, run.held, run.returns, run.series
    close, cash_rate, overlay = market.close, market.cash_rate, market.overlay
    wants_weights = len(run.weights) > 0
    for t in range(len(close)):
        row = series[t]
        if t > 0:  # session 0 starts in cash: there is nothing to mark
            accrue(state, cash_rate[t], overlay[t], rules.borrow_spread)
            delisted = delist(market, run, t) if t > state.next_end else 0.0
            sleeve = mark(close, t, state, names, held, delisted)
            if not math.isnan(sleeve):
                returns[state.returns] = sleeve
                state.returns += 1
            if state.nav <= 0.0:
                return t
        if rules.execution_lag_days == 0:
            observe(state)
            assess(state, rules, returns, row)
            if not is_quiet(close, t, state, rules, names, held, row.wanted_exposure):
                decide(market, run, t)
        if state.order != NOTHING or state.exits > 0:
            fill(market, run, close, t)
            if state.nav <= 0.0:
                return t
        _record(state, row)
        if wants_weights:
            _record_weights(run, t)
        if rules.execution_lag_days != 0:
            observe(state)
            assess(state, rules, returns, row)
            if not is_quiet(close, t, state, rules, names, held, row.wanted_exposure):
                decide(market, run, t)
    return SOLVENT


@compiled
def _record(state: Any, row: Any) -> None:
    state.peak = max(state.peak, state.nav)
    row.nav = state.nav
    row.drawdown = state.nav / state.peak - 1.0
    row.gross_return = (state.nav + state.cost) / state.last_nav - 1.0
    row.net_return = state.nav / state.last_nav - 1.0
    row.applied_exposure = state.applied
    row.cash = state.cash
    row.turnover = state.turnover
    row.cost = state.cost
    row.invested = state.invested / state.nav
    row.interest = state.interest
    row.overlay = state.overlay
    row.holdings = state.held


@compiled
def _record_weights(run: Run, t: int) -> None:
    nav = run.state[0].nav
    for j in range(run.state[0].held):
        i = run.held[j]
        run.weights[t, i] = run.names[i].value / nav


@compiled
def _write_open_trades(run: Run, last: int) -> None:
    for j in range(run.state[0].held):
        write_trade(run.state[0], run.names[run.held[j]], run.trades, last, ExitReason.OPEN)
