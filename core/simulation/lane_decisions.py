"""Sixteen runs side by side: what is ordered at a close, as ``decisions.decide`` does."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as inner
from core.risk.drawdown import breaker_trips, drawdown_scale
from core.risk.leverage import margin_called, wanted_exposure
from core.risk.stops import position_stop_hit, trailing_stop_hit
from core.risk.volatility import rescale_due, volatility_scale
from core.simulation.lane_state import (
    APPLIED,
    BREAKER,
    BREAKER_COOLDOWN,
    BREAKER_FILLED,
    BUSY,
    BY_BREAKER,
    BY_STOP,
    BY_TRAILING,
    ENTRY,
    EXIT,
    EXITS,
    EXPOSURE,
    FLOOR,
    HELD,
    HIGH,
    LEVEL,
    LEVERAGE,
    MARGIN,
    MAX_DRAWDOWN,
    MAX_LEVERAGE,
    NAV,
    ORDER,
    ORDER_EXPOSURE,
    OUT,
    RISK_DRAWDOWN,
    RISK_PEAK,
    SIGMA,
    STOP,
    STOP_SCALE,
    STOPS,
    TARGET_VOL,
    THRESHOLD,
    TRAILING,
    TRAILING_STOP,
    TRIPS,
    USED,
    WAITING,
    WORTH,
    Day,
    Lanes,
    scale_stops,
    set_levels,
)
from core.simulation.state import NEVER, REBALANCE, RESCALE, SELL_ALL, Market

__all__ = ["decide"]


@inner
def decide(market: Market, desk: Lanes, day: Day, lag: int, lanes: int) -> None:
    """Leave orders and exits in the lanes; what is held is marked at the closes of the session."""
    rebalances = day.rebalance != NEVER
    if rebalances:
        _reach_rebalance(market, desk, day.rebalance, lanes)
    _assess(desk, lanes)
    if _asks_breaker(desk, rebalances, lanes) and _ask_breaker(desk, day.t, rebalances, lag, lanes):
        _assess(desk, lanes)
    for j in range(desk.counts[USED]):
        if desk.price[j] <= desk.ceiling[desk.used[j]]:
            _test_name(market, desk, day.t, j, lanes)
    _order(desk, rebalances, lanes)


@inner
def _reach_rebalance(market: Market, desk: Lanes, k: int, lanes: int) -> None:
    desk.common[LEVERAGE] = market.leverage[k]
    if market.stop_scale[k] == desk.common[STOP_SCALE]:
        return
    scale_stops(desk, market.stop_scale[k])
    for j in range(desk.counts[USED]):
        set_levels(desk, desk.used[j], lanes)
        desk.ceiling[desk.used[j]] = math.inf


@inner
def _assess(desk: Lanes, lanes: int) -> None:
    lane, leverage = desk.lane, desk.common[LEVERAGE]
    for q in range(lanes // 8 * 8):
        nav, peak = lane[NAV + q], lane[RISK_PEAK + q]
        peak = peak if peak > nav else nav
        lane[RISK_PEAK + q] = peak
        lane[RISK_DRAWDOWN + q] = nav / peak - 1.0
    for q in range(lanes // 8 * 8):
        scale = drawdown_scale(lane[RISK_DRAWDOWN + q], lane[MAX_DRAWDOWN + q])
        scale = scale * volatility_scale(lane[SIGMA + q], lane[TARGET_VOL + q]) * leverage
        lane[EXPOSURE + q] = wanted_exposure(scale, lane[FLOOR + q], lane[MAX_LEVERAGE + q])


@inner
def _asks_breaker(desk: Lanes, rebalances: bool, lanes: int) -> bool:
    # Whether some lane may trip or come back; on most sessions none does.
    lane = desk.lane
    found = 0
    for q in range(lanes // 8 * 8):
        out = lane[OUT + q] != 0.0
        trips = breaker_trips(lane[RISK_DRAWDOWN + q], lane[BREAKER + q])
        found += (out & rebalances) | (trips & (not out))
    return found > 0


@inner
def _ask_breaker(desk: Lanes, t: int, rebalances: bool, lag: int, lanes: int) -> bool:
    # Returns whether a lane came back, with another risk peak.
    lane = desk.lane
    back = False
    for q in range(lanes):
        if lane[OUT + q] != 0.0:
            if rebalances and t - lane[BREAKER_FILLED + q] > lane[BREAKER_COOLDOWN + q]:
                lane[OUT + q] = 0.0
                lane[RISK_PEAK + q] = lane[NAV + q]
                back = True
        elif lane[HELD + q] > 0.0 and breaker_trips(lane[RISK_DRAWDOWN + q], lane[BREAKER + q]):
            for j in range(desk.counts[USED]):
                i = desk.used[j]
                if desk.shares[i, q] > 0.0 and desk.names[i, EXIT + q] == 0.0:
                    _leave(desk, i, q, BY_BREAKER)
            lane[ORDER + q] = SELL_ALL
            lane[OUT + q] = 1.0
            lane[BREAKER_FILLED + q] = t + lag
            lane[TRIPS + q] += 1.0
            desk.counts[BUSY] = 1
    return back


@inner
def _leave(desk: Lanes, i: int, q: int, reason: float) -> None:
    desk.names[i, EXIT + q] = reason
    desk.names[i, LEVEL + q] = 0.0
    desk.lane[EXITS + q] += 1.0
    place = desk.counts[WAITING]
    desk.waiting_name[place], desk.waiting_lane[place] = i, q
    desk.counts[WAITING] = place + 1
    desk.counts[BUSY] = 1


@inner
def _test_name(market: Market, desk: Lanes, t: int, j: int, lanes: int) -> None:
    # Of the name at place j in use, whose price is not above all levels.
    i, price = desk.used[j], desk.price[j]
    row, lane, scale = desk.names[i], desk.lane, desk.common[STOP_SCALE]
    near = 0
    for q in range(lanes // 8 * 8):
        near += price <= row[LEVEL + q]
    if near > 0 and not math.isnan(market.close[t, i]):
        for q in range(lanes):
            if not price <= row[LEVEL + q]:
                continue
            if position_stop_hit(price, row[ENTRY + q], lane[STOP + q] * scale):
                _leave(desk, i, q, BY_STOP)
                lane[STOPS + q] += 1.0
            elif trailing_stop_hit(price, row[HIGH + q], lane[TRAILING_STOP + q] * scale):
                _leave(desk, i, q, BY_TRAILING)
                lane[TRAILING + q] += 1.0
    highest = second = 0.0  # two, so that half the comparisons wait for the one before
    for q in range(0, lanes, 2):
        highest = max(highest, row[LEVEL + q])
        second = max(second, row[LEVEL + q + 1])
    desk.ceiling[i] = max(highest, second)


@inner
def _rescales(lane: npt.NDArray[np.float64], q: int) -> bool:
    due: bool = rescale_due(lane[EXPOSURE + q], lane[APPLIED + q], lane[THRESHOLD + q])
    called = margin_called(lane[NAV + q], lane[WORTH + q], lane[MARGIN + q])
    due |= called & (lane[APPLIED + q] > 0.0)
    due &= lane[HELD + q] > lane[EXITS + q]
    return due


@inner
def _order(desk: Lanes, rebalances: bool, lanes: int) -> None:
    lane = desk.lane
    due = 0
    for q in range(lanes // 8 * 8):
        moves = _rescales(lane, q)
        due += (moves | rebalances) & (lane[OUT + q] == 0.0)
    if due == 0:
        return
    desk.counts[BUSY] = 1
    for q in range(lanes):
        moves = _rescales(lane, q)
        if (moves | rebalances) & (lane[OUT + q] == 0.0):
            lane[ORDER + q] = REBALANCE if rebalances else RESCALE
            lane[ORDER_EXPOSURE + q] = lane[EXPOSURE + q]
