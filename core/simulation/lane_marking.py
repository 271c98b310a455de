"""Sixteen runs side by side: what a session's prices, cash and delistings do, and how it ends."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as inner
from core.risk.leverage import cash_return
from core.simulation.lane_positions import close
from core.simulation.lane_state import (
    APPLIED,
    BARRED,
    BREAKER_FILLED,
    CASH,
    ENDED,
    EXIT,
    EXITS,
    GAINED,
    HELD,
    HIGH,
    HIGHEST_TRAILING,
    INVESTED,
    KEPT,
    LANES,
    LEVEL,
    LONGEST,
    NAV,
    NEXT_END,
    ORDER,
    OUT,
    RETURNS,
    RISK_PEAK,
    ROWS,
    RUIN,
    SPREAD,
    USED,
    WORTH,
    Day,
    Lanes,
    set_levels,
)
from core.simulation.state import NOTHING, REBALANCE, Market

__all__ = ["accrue", "bury", "look_up", "mark", "record", "value"]


@inner
def accrue(lane: npt.NDArray[np.float64], cash_rate: float, overlay: float, lanes: int) -> None:
    """Do what ``marking.accrue`` does."""
    for q in range(lanes // 8 * 8):
        cash = lane[CASH + q]
        interest = cash * cash_return(cash, cash_rate, lane[SPREAD + q])
        lane[CASH + q] = cash + (interest + overlay * lane[NAV + q])


@inner
def mark(
    market: Market, prices: npt.NDArray[np.float64], desk: Lanes, day: Day, lanes: int
) -> None:
    """Value what is held at the session's closes, raise highs and append the sleeve's return."""
    lane = desk.lane
    ends = day.t > desk.counts[NEXT_END]
    if ends:
        _delist(market, prices, desk, day, lanes)
    look_up(prices, desk, day)
    value(desk, lanes)
    _raise_highs(desk, lanes)
    for q in range(lanes // 8 * 8):
        lane[NAV + q] = lane[CASH + q] + lane[WORTH + q]
    _append_sleeve(desk, lanes)
    if ends:
        lane[ENDED : ENDED + LANES] = 0.0


@inner
def look_up(prices: npt.NDArray[np.float64], desk: Lanes, day: Day) -> None:
    """Fill in today's price of every name in use: the last bar's where there is none."""
    used, price = desk.used, desk.price
    for j in range(desk.counts[USED]):
        price[j] = prices[day.first + used[j] * day.width]


@inner
def value(desk: Lanes, lanes: int) -> None:
    """Set WORTH: names in ascending order, whatever was traded, as ``outlook.value_stretch``."""
    shares, used, price = desk.shares, desk.used, desk.price
    worth = desk.lane[WORTH : WORTH + lanes]
    wide = len(worth) // 8 * 8
    worth[:] = 0.0
    count = desk.counts[USED]
    fours = count // 4 * 4
    for j in range(0, fours, 4):  # the sums are read and written once for four names
        v, w, x, y = price[j], price[j + 1], price[j + 2], price[j + 3]
        a, b = shares[used[j]], shares[used[j + 1]]
        c, d = shares[used[j + 2]], shares[used[j + 3]]
        for q in range(wide):
            worth[q] = worth[q] + a[q] * v + b[q] * w + c[q] * x + d[q] * y
    for j in range(fours, count):
        v, a = price[j], shares[used[j]]
        for q in range(wide):
            worth[q] += a[q] * v


@inner
def _raise_highs(desk: Lanes, lanes: int) -> None:
    # Most prices are below the lowest high of all lanes: one comparison for all of them.
    for j in range(desk.counts[USED]):
        i, price = desk.used[j], desk.price[j]
        if price > desk.lowest_high[i]:
            row = desk.names[i]
            for q in range(lanes // 8 * 8):
                row[HIGH + q] = row[HIGH + q] if row[HIGH + q] > price else price
            set_levels(desk, i, lanes)
            desk.lowest_high[i] = price
            desk.ceiling[i] = max(desk.ceiling[i], price * desk.common[HIGHEST_TRAILING])


@inner
def _delist(
    market: Market, prices: npt.NDArray[np.float64], desk: Lanes, day: Day, lanes: int
) -> None:
    # Gains are summed name by name where one goes: where no price moves they are exactly 0.
    lane = desk.lane
    lane[GAINED : GAINED + LANES] = 0.0
    end = len(market.close)
    for j in range(desk.counts[USED]):
        i = desk.used[j]
        if day.t <= market.last_session[i]:
            end = min(end, market.last_session[i])
            continue
        before = prices[day.first + i * day.width - 1]
        for q in range(lanes):
            if desk.shares[i, q] > 0.0:
                held = desk.shares[i, q] * before
                proceeds = held * (1.0 + market.delisting_return[i])
                lane[GAINED + q] += proceeds - held
                lane[ENDED + q] = 1.0
                if lane[ORDER + q] == REBALANCE and desk.names[i, EXIT + q] != 0.0:
                    desk.names[i, BARRED + q] = max(desk.names[i, BARRED + q], float(day.t))
                close(desk, i, q, proceeds)
    desk.counts[NEXT_END] = end
    for j in range(desk.counts[USED]):
        own, place = desk.shares[desk.used[j]], day.first + desk.used[j] * day.width
        now, before = prices[place], prices[place - 1]
        for q in range(lanes // 8 * 8):
            lane[GAINED + q] += own[q] * now - own[q] * before


@inner
def _append_sleeve(desk: Lanes, lanes: int) -> None:
    # Windows of all lanes end at the same row: where nothing was held, they are moved up by one.
    lane, returns = desk.lane, desk.returns
    last = desk.counts[ROWS]
    held = 0
    for q in range(lanes):
        held += lane[KEPT + q] > 0.0
    if held == 0:
        return
    desk.counts[ROWS] = last + 1
    for q in range(lanes):
        kept = lane[KEPT + q]
        if kept > 0.0:
            change = lane[GAINED + q] if lane[ENDED + q] != 0.0 else lane[WORTH + q] - kept
            returns[last, q] = change / kept
            lane[RETURNS + q] += 1.0
            continue
        for s in range(last, max(0, last - desk.counts[LONGEST]), -1):
            returns[s, q] = returns[s - 1, q]


@inner
def record(desk: Lanes, t: int, lanes: int) -> None:
    """Write down what the session ends with."""
    lane, nav = desk.lane, desk.navs[t]
    for q in range(lanes // 8 * 8):
        nav[q] = lane[NAV + q]
        lane[INVESTED + q] += lane[WORTH + q] / lane[NAV + q]
        lane[KEPT + q] = lane[WORTH + q]


@inner
def bury(desk: Lanes, t: int, lanes: int) -> None:
    """End the runs whose NAV is at or below 0: they hold nothing and decide nothing any more."""
    lane = desk.lane
    ruined = 0
    for q in range(lanes // 8 * 8):
        ruined += lane[NAV + q] <= 0.0
    if ruined == 0:
        return
    for q in range(lanes):
        if lane[NAV + q] > 0.0:
            continue
        for j in range(desk.counts[USED]):
            i = desk.used[j]
            desk.holders[i] -= desk.shares[i, q] > 0.0
            desk.shares[i, q] = desk.names[i, LEVEL + q] = desk.names[i, EXIT + q] = 0.0
        lane[CASH + q] = lane[NAV + q] = lane[RISK_PEAK + q] = 1.0
        lane[WORTH + q] = lane[HELD + q] = lane[EXITS + q] = lane[APPLIED + q] = 0.0
        lane[ORDER + q] = NOTHING
        lane[OUT + q] = 1.0
        lane[BREAKER_FILLED + q] = math.inf
        lane[RUIN + q] = t
