"""Sixteen runs side by side: a rebalance's and a rescale's fill, ENGINE §4, name by name."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as inner
from core.risk.costs import gate_factor, is_gated, turnover_factor
from core.risk.leverage import buy_factor, risk_factor
from core.simulation.lane_marking import look_up
from core.simulation.lane_positions import trade_name
from core.simulation.lane_state import (
    APPLIED,
    BARRED,
    BUYS,
    CURRENT,
    EXIT,
    FACTOR,
    HELD_BEFORE,
    HURDLE,
    LANES,
    MAX_LEVERAGE,
    NAV,
    NEXT_END,
    ORDER_EXPOSURE,
    RISK,
    SUM,
    TARGET,
    TOTAL,
    TURNOVER_CAP,
    USED,
    WANTED,
    Day,
    Lanes,
)
from core.simulation.state import NEVER, TRADE_NONE, Market

__all__ = ["rebalance", "rescale"]


@inner
def rebalance(
    market: Market, prices: npt.NDArray[np.float64], desk: Lanes, day: Day, lanes: int
) -> None:
    """Fill the rebalances that stand, exits having been sold."""
    book, count = market.target[day.standing], 0
    for i in range(len(book)):
        desk.used[count] = i
        count += desk.is_used[i] | (book[i] != 0.0)
    desk.counts[USED] = count
    look_up(prices, desk, day)
    _collect(market, desk, day.t, day.standing, lanes)
    _want(market, desk, day.standing, lanes)
    _cap_turnover(desk, lanes)
    _limit_leverage(market, desk, day.t, lanes)
    _trade(desk, lanes)
    kept, end = 0, len(market.close)
    for j in range(count):
        i = desk.used[j]
        desk.is_used[i] = desk.holders[i] > 0
        if desk.is_used[i]:
            desk.used[kept], desk.price[kept] = i, desk.price[j]
            kept += 1
            end = min(end, market.last_session[i])
    desk.counts[USED], desk.counts[NEXT_END] = kept, end


@inner
def _collect(market: Market, desk: Lanes, t: int, k: int, lanes: int) -> None:
    # Weights, and targets of rebalance k; FACTOR takes the book to the exposure that was ordered.
    lane = desk.lane
    lane[SUM : SUM + LANES] = 0.0
    for j in range(desk.counts[USED]):
        i, price = desk.used[j], desk.price[j]
        own, row = desk.shares[i], desk.names[i]
        target = market.target[k, i] if k != NEVER else 0.0
        for q in range(lanes // 8 * 8):
            current = own[q] * price / lane[NAV + q]
            outside = row[EXIT + q] != 0.0
            row[CURRENT + q] = current
            row[TARGET + q] = 0.0 if outside | (t <= row[BARRED + q]) else target
            lane[SUM + q] += 0.0 if outside else current
    for q in range(lanes):
        lane[FACTOR + q] = risk_factor(
            lane[ORDER_EXPOSURE + q], lane[APPLIED + q], lane[SUM + q], lane[MAX_LEVERAGE + q]
        )


@inner
def _want(market: Market, desk: Lanes, k: int, lanes: int) -> None:
    # Steps 1 and 2; FACTOR is then the gate's on buys.
    lane, gates = desk.lane, len(market.alpha) > 0
    lane[SUM : SUM + LANES] = 0.0
    lane[TOTAL : TOTAL + LANES] = 0.0
    lane[BUYS : BUYS + LANES] = 0.0
    for j in range(desk.counts[USED]):
        i = desk.used[j]
        row = desk.names[i]
        alpha = market.alpha[k, i] if gates else math.nan
        for q in range(lanes // 8 * 8):
            risk = 0.0 if row[EXIT + q] != 0.0 else row[CURRENT + q] * lane[FACTOR + q]
            wanted = lane[ORDER_EXPOSURE + q] * row[TARGET + q]
            wanted = risk if is_gated(alpha, lane[HURDLE + q], row[TARGET + q]) else wanted
            row[RISK + q] = risk
            row[WANTED + q] = wanted
            lane[SUM + q] += risk
            lane[TOTAL + q] += wanted
            lane[BUYS + q] += wanted - risk if wanted > risk else 0.0
    for q in range(lanes):
        allowed = max(lane[ORDER_EXPOSURE + q], lane[SUM + q])
        lane[FACTOR + q] = gate_factor(lane[TOTAL + q], allowed, lane[BUYS + q])


@inner
def _cap_turnover(desk: Lanes, lanes: int) -> None:
    # The gate's factor on buys, then step 3; FACTOR is then the cap's.
    lane = desk.lane
    lane[SUM : SUM + LANES] = 0.0
    for j in range(desk.counts[USED]):
        row = desk.names[desk.used[j]]
        for q in range(lanes // 8 * 8):
            risk, wanted, factor = row[RISK + q], row[WANTED + q], lane[FACTOR + q]
            change = wanted - risk
            shrunk = risk + change * (factor if change > 0.0 else 1.0)
            wanted = shrunk if factor < 1.0 else wanted
            row[WANTED + q] = wanted
            lane[SUM + q] += abs(wanted - risk)
    for q in range(lanes):
        factor = turnover_factor(lane[SUM + q], lane[TURNOVER_CAP + q])
        lane[FACTOR + q] = factor if lane[HELD_BEFORE + q] > 0.0 else 1.0


@inner
def _limit_leverage(market: Market, desk: Lanes, t: int, lanes: int) -> None:
    # The cap's factor, then step 4; FACTOR is then the limit's on buys.
    lane = desk.lane
    lane[TOTAL : TOTAL + LANES] = 0.0
    lane[BUYS : BUYS + LANES] = 0.0
    for j in range(desk.counts[USED]):
        row, rests = desk.names[desk.used[j]], math.isnan(market.close[t, desk.used[j]])
        for q in range(lanes // 8 * 8):
            risk, wanted, factor = row[RISK + q], row[WANTED + q], lane[FACTOR + q]
            wanted = risk + (wanted - risk) * factor if factor < 1.0 else wanted
            current = row[CURRENT + q]
            wanted = current if rests | (row[EXIT + q] != 0.0) else wanted
            row[WANTED + q] = wanted
            change = wanted - current
            lane[TOTAL + q] += wanted
            lane[BUYS + q] += change if change >= TRADE_NONE else 0.0
    for q in range(lanes):
        lane[FACTOR + q] = buy_factor(lane[TOTAL + q], lane[BUYS + q], lane[MAX_LEVERAGE + q])


@inner
def _trade(desk: Lanes, lanes: int) -> None:
    lane = desk.lane
    for j in range(desk.counts[USED]):
        row = desk.names[desk.used[j]]
        for q in range(lanes // 8 * 8):
            current, wanted, factor = row[CURRENT + q], row[WANTED + q], lane[FACTOR + q]
            change = wanted - current
            shrinks = (factor != 1.0) & (change >= TRADE_NONE)
            row[WANTED + q] = current + change * factor if shrinks else wanted
        trade_name(desk, desk.used[j], desk.price[j], lanes)


@inner
def rescale(market: Market, desk: Lanes, day: Day, lanes: int) -> None:
    """Multiply what is held, but the exits, by one factor a lane."""
    _collect(market, desk, day.t, NEVER, lanes)
    for j in range(desk.counts[USED]):
        i = desk.used[j]
        if math.isnan(market.close[day.t, i]):
            continue
        row, lane = desk.names[i], desk.lane
        for q in range(lanes // 8 * 8):
            current = row[CURRENT + q]
            row[WANTED + q] = current if row[EXIT + q] != 0.0 else current * lane[FACTOR + q]
        trade_name(desk, i, desk.price[j], lanes)
