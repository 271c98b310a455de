"""Sixteen runs side by side: what orders and exits become at the closes, ENGINE §4.

A lane without an order goes along and trades nothing; exits, which are rare, are sold one by one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as inner
from core.simulation.lane_marking import value
from core.simulation.lane_positions import sell_all
from core.simulation.lane_rebalancing import rebalance, rescale
from core.simulation.lane_state import (
    APPLIED,
    BARRED,
    BUSY,
    BY_BREAKER,
    CASH,
    COOLDOWN,
    COST,
    DOES,
    EXIT,
    HELD,
    HELD_BEFORE,
    NAV,
    ORDER,
    ORDER_EXPOSURE,
    RATE,
    REBALANCES,
    TRADED,
    TURNOVER,
    WAITING,
    WORTH,
    Day,
    Lanes,
)
from core.simulation.state import NOTHING, REBALANCE, RESCALE, SELL_ALL, Market

__all__ = ["fill"]


@inner
def fill(
    market: Market, prices: npt.NDArray[np.float64], desk: Lanes, day: Day, lanes: int
) -> None:
    """Fill what stands in any lane; NAV of those lanes is then after costs."""
    lane = desk.lane
    rebalances = rescales = 0
    for q in range(lanes):
        order = lane[ORDER + q]
        lane[HELD_BEFORE + q] = lane[HELD + q]
        lane[DOES + q] = (order == REBALANCE) | (order == RESCALE)
        lane[REBALANCES + q] += order == REBALANCE
        rebalances += order == REBALANCE
        rescales += order == RESCALE
    if desk.counts[WAITING] > 0:
        _sell_exits(market, prices, desk, day)
    # All lanes rebalance on the same sessions, so no other lane rescales on one.
    if rebalances > 0:
        rebalance(market, prices, desk, day, lanes)
    elif rescales > 0:
        rescale(market, desk, day, lanes)
    for q in range(lanes):
        if lane[ORDER + q] == SELL_ALL:
            lane[APPLIED + q] = 0.0
        elif lane[ORDER + q] != NOTHING:
            lane[APPLIED + q] = lane[ORDER_EXPOSURE + q]
        lane[ORDER + q] = NOTHING
    value(desk, lanes)
    _settle(lane, lanes)
    desk.counts[BUSY] = desk.counts[WAITING] > 0


@inner
def _settle(lane: npt.NDArray[np.float64], lanes: int) -> None:
    for q in range(lanes // 8 * 8):
        traded, rate = lane[TRADED + q], lane[RATE + q]
        turnover = traded / lane[NAV + q]
        lane[TURNOVER + q] += turnover
        lane[COST + q] += turnover * rate
        lane[CASH + q] -= traded * rate
        lane[TRADED + q] = 0.0
        lane[NAV + q] = lane[CASH + q] + lane[WORTH + q]


@inner
def _sell_exits(market: Market, prices: npt.NDArray[np.float64], desk: Lanes, day: Day) -> None:
    lane = desk.lane
    kept = 0
    for place in range(desk.counts[WAITING]):
        i, q = desk.waiting_name[place], desk.waiting_lane[place]
        if desk.shares[i, q] == 0.0:  # delisted, or ruined, while it waited
            continue
        if math.isnan(market.close[day.t, i]):
            desk.waiting_name[kept], desk.waiting_lane[kept] = i, q
            kept += 1
            continue
        row = desk.names[i]
        if row[EXIT + q] != BY_BREAKER:
            row[BARRED + q] = day.t + lane[COOLDOWN + q]
        elif lane[ORDER + q] == REBALANCE:  # which was decided without it
            row[BARRED + q] = max(row[BARRED + q], float(day.t))
        sell_all(desk, i, q, prices[day.first + i * day.width])
    desk.counts[WAITING] = kept
