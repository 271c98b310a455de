"""Runs of many configurations one after the other, each left as one row of numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_inner, compiled_part
from core.curves import SUMS, measure_curve
from core.ledger import EventKind, ExitReason
from core.simulation.blocks import Blocks
from core.simulation.event_driven import simulate_event_driven
from core.simulation.kernel import SOLVENT, new_run, open_run, simulate_by_session
from core.simulation.outlook import Desk, new_desk
from core.simulation.state import AT_OPEN, EVENT, INTRADAY, TRADE, Market, Run
from core.units import Floats

__all__ = ["simulate_rows"]


@compiled
def simulate_rows(
    market: Market, blocks: Blocks, rules: Any, rows: npt.NDArray[np.int64], begin: int, end: int,
    initial_nav: float, days: int, values: npt.NDArray[np.float64],
    ruined: npt.NDArray[np.int64], curves: npt.NDArray[np.float64], stop: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Simulate and measure the configurations ``rows[begin:end]``.

    Parameters
    ----------
    market, blocks : Market, Blocks
    rules : ROW[K]
        Where fills and stops are at closes, runs are event driven.
    rows : int64[...]
        Rows of `rules`, `values`, `ruined` and `curves`.
    begin, end, initial_nav, days : int, int, float, int
        Places in `rows`; dollars; calendar days from the first session to the last.
    values : float64[K, M]
        A row is overwritten in the order of :class:`~core.metrics.Metrics`; NaN after a ruin.
    ruined, curves : int64[K], float64[K, T] or float64[0, T]
        Session of ruin, else ``SOLVENT``; NAV curves, not written without rows, NaN from a ruin on.
    stop : bool[1]
        Read between runs: True leaves the rest as it is.
    """
    sessions, securities = market.close.shape
    nothing = np.empty((0, 0))
    # Tapes as long as most runs need; one that needs more is done again with as many as it needs.
    tape = 2 * securities + 1024
    run = new_run(rules[:1].copy(), market.close.shape, nothing, tape, tape)
    desk = new_desk(securities, blocks)
    room = np.empty(sessions), np.empty(sessions), np.empty(SUMS)
    for place in range(begin, end):
        if stop[0]:
            return
        row = rows[place]
        run.rules[0] = rules[row]
        ruined[row] = _simulate(market, blocks, run, desk, initial_nav)
        if run.state[0].trades > len(run.trades) or run.state[0].events > len(run.events):
            run = _with_longer_tapes(run)
            ruined[row] = _simulate(market, blocks, run, desk, initial_nav)
        _measure(market, run, room, row, initial_nav, days, values, ruined, curves)


@compiled_part
def _with_longer_tapes(run: Run) -> Run:
    state = run.state[0]
    return Run(
        run.rules, run.state, run.names, run.held, run.left_out, run.picks, run.reached,
        run.returns, run.series, run.weights, np.empty(max(len(run.trades), state.trades), TRADE),
        np.empty(max(len(run.events), state.events), EVENT),
    )  # fmt: skip


@compiled_inner
def _simulate(market: Market, blocks: Blocks, run: Run, desk: Desk, initial_nav: float) -> int:
    # Returns the session of ruin.
    rules = run.rules[0]
    run.state.view(np.uint8)[:] = 0
    run.names.view(np.uint8)[:] = 0
    for t in range(len(run.series)):
        run.series[t].flags = 0
    if rules.execution == AT_OPEN or rules.stop_fill == INTRADAY:
        return simulate_by_session(market, run, initial_nav)
    open_run(market, run, initial_nav)
    return simulate_event_driven(market, blocks, run, desk)


@compiled_inner
def _measure(
    market: Market,
    run: Run,
    room: tuple[Floats, Floats, Floats],
    row: int,
    initial_nav: float,
    days: int,
    values: npt.NDArray[np.float64],
    ruined: npt.NDArray[np.int64],
    curves: npt.NDArray[np.float64],
) -> None:
    # `room` is for measure_curve: the curve, its excess returns and its sums.
    nav, excess, sums = room
    known = len(nav) if ruined[row] == SOLVENT else ruined[row]
    for t in range(known):
        nav[t] = run.series[t].nav
    nav[known:] = math.nan
    if len(curves) > 0:
        for t in range(len(nav)):
            curves[row, t] = nav[t]
    values[row, :] = math.nan
    if ruined[row] == SOLVENT:
        measure_curve(nav, initial_nav, market.cash_rate, days, excess, sums, values[row])
        _measure_run(run, values[row])


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
