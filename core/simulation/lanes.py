"""Many configurations side by side in lanes of one loop over sessions; the rules' own numbers.

What configurations have in common is done once: the way through the sessions, the prices, the
names of a fill. What differs lies in rows of lanes (lane_state.py) and is done for all of them by
the same vector instructions. The rules are the compiled functions of core/risk that every other
run calls. Lanes never read each other: a row's digits do not depend on its neighbours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.compiled import compiled_inner as inner
from core.curves import SUMS, measure_curve
from core.simulation.blocks import Blocks, width_of
from core.simulation.kernel import SOLVENT
from core.simulation.lane_decisions import decide
from core.simulation.lane_fills import fill
from core.simulation.lane_marking import accrue, bury, mark, record
from core.simulation.lane_state import (
    BUSY,
    CLOSED,
    COST,
    INVESTED,
    LANES,
    NEXT_END,
    REBALANCES,
    RUIN,
    STOPS,
    TRADE_RETURN,
    TRAILING,
    TRIPS,
    TURNOVER,
    WON,
    Day,
    Lanes,
    new_lanes,
    open_lanes,
)
from core.simulation.lane_volatility import measure_volatility
from core.simulation.state import NEVER, Market
from core.units import Floats

__all__ = ["simulate_lanes"]


@compiled
def simulate_lanes(
    market: Market, blocks: Blocks, rules: Any, rows: npt.NDArray[np.int64], begin: int, end: int,
    initial_nav: float, days: int, values: npt.NDArray[np.float64],
    ruined: npt.NDArray[np.int64], curves: npt.NDArray[np.float64], stop: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Simulate and measure the configurations ``rows[begin:end]``, LANES at a time.

    Parameters
    ----------
    market, blocks : Market, Blocks
    rules : ROW[K]
        Those of `rows` fill and stop at closes, all with the same ``execution_lag_days``.
    rows : int64[...]
        Rows of `rules`, `values`, `ruined` and `curves`.
    begin, end, initial_nav, days, values, ruined, curves, stop
        As ``rows.simulate_rows`` takes them.
    """
    sessions, securities = market.close.shape
    desk = new_lanes(sessions, securities)
    room = np.empty(sessions), np.empty(sessions), np.empty(SUMS)
    for first in range(begin, end, LANES):
        if stop[0]:
            return
        last = min(first + LANES, end)
        open_lanes(desk, rules, rows, first, last, initial_nav)
        lanes = LANES if last - first > LANES // 2 else LANES // 2
        _run(market, blocks, desk, rules[rows[first]].execution_lag_days, lanes)
        for q in range(last - first):
            row = rows[first + q]
            _leave_row(market, desk, q, room, row, initial_nav, days, values, ruined, curves)


@inner
def _run(market: Market, blocks: Blocks, desk: Lanes, lag: int, lanes: int) -> None:
    rebalance, prices = market.rebalance, blocks.prices
    desk.counts[NEXT_END] = len(market.close)
    passed = 0  # rebalances decided before t
    for t in range(len(market.close)):
        if passed < len(rebalance) and rebalance[passed] < t:
            passed += 1
        today = passed if passed < len(rebalance) and rebalance[passed] == t else NEVER
        first = blocks.offset[passed] + t - blocks.start[passed]
        standing = passed if lag == 0 else passed - 1
        day = Day(t, today, standing, first, width_of(blocks.start, passed))
        if t > 0:  # session 0 starts in cash: there is nothing to mark
            accrue(desk.lane, market.cash_rate[t], market.overlay[t], lanes)
            mark(market, prices, desk, day, lanes)
            bury(desk, t, lanes)
        measure_volatility(desk, lanes)
        if lag == 0:
            decide(market, desk, day, lag, lanes)
        if desk.counts[BUSY] != 0:
            fill(market, prices, desk, day, lanes)
            bury(desk, t, lanes)
        record(desk, t, lanes)
        if lag != 0:
            decide(market, desk, day, lag, lanes)


@inner
def _leave_row(
    market: Market, desk: Lanes, q: int, room: tuple[Floats, Floats, Floats], row: int,
    initial_nav: float, days: int, values: npt.NDArray[np.float64],
    ruined: npt.NDArray[np.int64], curves: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    # As ``rows`` leaves a run that was made on its own.
    nav, excess, sums = room
    lane, row_values = desk.lane, values[row]
    ruined[row] = int(lane[RUIN + q])
    known = len(nav) if ruined[row] == SOLVENT else ruined[row]
    for t in range(len(nav)):
        nav[t] = desk.navs[t, q] if t < known else math.nan
    if len(curves) > 0:
        for t in range(len(nav)):
            curves[row, t] = nav[t]
    row_values[:] = math.nan
    if ruined[row] != SOLVENT:
        return
    measure_curve(nav, initial_nav, market.cash_rate, days, excess, sums, row_values)
    if lane[CLOSED + q] > 0.0:
        row_values[8] = lane[WON + q] / lane[CLOSED + q]
        row_values[10] = lane[TRADE_RETURN + q] / lane[CLOSED + q]
    row_values[9] = lane[CLOSED + q]
    row_values[11] = lane[TURNOVER + q]
    row_values[12] = lane[COST + q] * 1e4
    row_values[13] = lane[STOPS + q] + lane[TRAILING + q]
    row_values[14] = lane[STOPS + q]
    row_values[15] = lane[TRAILING + q]
    row_values[16] = lane[TRIPS + q]
    row_values[17] = lane[INVESTED + q] / len(nav)
    row_values[18] = lane[REBALANCES + q]
