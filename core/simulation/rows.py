"""Runs of many configurations one after the other, each left as one row of numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_inner
from core.curves import SUMS, measure_curve
from core.ledger import EventKind, ExitReason
from core.simulation.blocks import Blocks
from core.simulation.event_driven import simulate_event_driven
from core.simulation.kernel import SOLVENT, new_run, simulate_by_session
from core.simulation.outlook import Desk, new_desk
from core.simulation.state import AT_OPEN, INTRADAY, Market, Run

__all__ = ["simulate_rows"]


@compiled
def simulate_rows(
    market: Market,
    blocks: Blocks,
    rules: Any,
    begin: int,
    end: int,
    initial_nav: float,
    days: int,
    values: npt.NDArray[np.float64],
    ruined: npt.NDArray[np.int64],
    curves: npt.NDArray[np.float64],
) -> None:
    """Simulate and measure the configurations from `begin` to `end`.

    Parameters
    ----------
    market, blocks : Market, Blocks
    rules : ROW[K]
        Where fills and stops are at closes, runs are event driven.
    begin, end : int
        Rows; only theirs are written.
    initial_nav : float
    days : int
        Calendar days from the first session to the last.
    values : float64[K, M]
        A row is overwritten in the order of :class:`~core.metrics.Metrics`; NaN after a ruin.
    ruined : int64[K]
        Session of ruin, ``SOLVENT`` when there was none.
    curves : float64[K, T] or float64[0, T]
        NAV curves, not written without rows; NaN from the session of ruin on.
    """
    sessions, securities = market.close.shape
    # Tapes as long as most runs need; one that needs more is done again with as many as it needs.
    trades = events = 2 * securities + 1024
    no_weights = np.empty((0, 0))
    run = new_run(rules[begin : begin + 1].copy(), market.close.shape, no_weights, trades, events)
    desk = new_desk(market.close.shape[1], blocks)
    nav, excess, sums = np.empty(sessions), np.empty(sessions), np.empty(SUMS)
    for row in range(begin, end):
        while True:
            run.rules[0] = rules[row]
            ruined[row] = _simulate_again(market, blocks, run, desk, initial_nav)
            state = run.state[0]
            if state.trades <= len(run.trades) and state.events <= len(run.events):
                break
            trades, events = max(trades, state.trades), max(events, state.events)
            run = new_run(run.rules, market.close.shape, no_weights, trades, events)
        known = sessions if ruined[row] == SOLVENT else ruined[row]
        for t in range(known):
            nav[t] = run.series[t].nav
        nav[known:] = math.nan
        if len(curves) > 0:
            curves[row, :] = nav
        values[row, :] = math.nan
        if ruined[row] == SOLVENT:
            measure_curve(nav, initial_nav, market.cash_rate, days, excess, sums, values[row])
            _measure_run(run, values[row])


@compiled
def _simulate_again(
    market: Market, blocks: Blocks, run: Run, desk: Desk, initial_nav: float
) -> int:
    run.state.view(np.uint8)[:] = 0
    run.names.view(np.uint8)[:] = 0
    for t in range(len(run.series)):
        run.series[t].flags = 0
    rules = run.rules[0]
    if rules.execution == AT_OPEN or rules.stop_fill == INTRADAY:
        return simulate_by_session(market, run, initial_nav)
    return simulate_event_driven(market, blocks, run, desk, initial_nav)


@compiled_inner
def _measure_run(run: Run, values: npt.NDArray[np.float64]) -> None:
    # What `metrics.summarise` says beyond the curve, from column 8 on.
    closed, won, total_return = _closed_trades(run)
    if closed > 0:
        values[8] = won / closed
        values[10] = total_return / closed
    values[9] = closed
    turnover = cost = invested = 0.0
    for t in range(len(run.series)):
        row = run.series[t]
        turnover += row.turnover
        cost += row.cost_fraction
        invested += row.invested
    stops = trailing = trips = rebalances = 0
    for e in range(run.state[0].events):
        kind = run.events[e].kind
        stops += kind == EventKind.STOP
        trailing += kind == EventKind.TRAILING
        trips += kind == EventKind.BREAKER
        rebalances += kind == EventKind.REBALANCE
    values[11] = turnover
    values[12] = cost * 1e4
    values[13] = stops + trailing
    values[14] = stops
    values[15] = trailing
    values[16] = trips
    values[17] = invested / len(run.series)
    values[18] = rebalances


@compiled_inner
def _closed_trades(run: Run) -> tuple[int, int, float]:
    closed = won = 0
    total_return = 0.0
    for m in range(run.state[0].trades):
        trade = run.trades[m]
        if trade.reason != ExitReason.OPEN:
            closed += 1
            won += trade.pnl - trade.costs > 0.0
            total_return += trade.trade_return
    return closed, won, total_return
