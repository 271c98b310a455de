"""Sixteen runs side by side: their measured volatility, as ``risk.volatility`` has it."""

from __future__ import annotations

import math

from core.compiled import compiled_inner as inner
from core.simulation.lane_state import (
    LONGEST,
    LOOKBACK,
    MEAN,
    MEASURES,
    ORIGIN,
    RETURNS,
    ROWS,
    SIGMA,
    UNEVEN,
    Lanes,
)
from core.units import SESSIONS_PER_YEAR

__all__ = ["measure_volatility"]


@inner
def measure_volatility(desk: Lanes, lanes: int) -> None:
    """Set SIGMA from the last returns of each lane, as ``risk.volatility`` does."""
    lane = desk.lane
    if desk.counts[MEASURES] == 0:
        return
    if desk.counts[UNEVEN]:
        _measure_uneven(desk, lanes)
    elif desk.counts[ROWS] >= desk.counts[LONGEST]:
        _measure_even(desk, desk.counts[ROWS], desk.counts[LONGEST], lanes)
    for q in range(lanes // 8 * 8):
        lane[SIGMA + q] = lane[SIGMA + q] if lane[RETURNS + q] >= lane[LOOKBACK + q] else math.nan


@inner
def _measure_even(desk: Lanes, count: int, lookback: int, lanes: int) -> None:
    lane, returns = desk.lane, desk.returns
    mean, squares = lane[MEAN : MEAN + lanes], lane[SIGMA : SIGMA + lanes]
    first = count - lookback
    origin, wide = returns[first], len(mean) // 8 * 8
    mean[:] = 0.0
    squares[:] = 0.0
    fours = lookback // 4 * 4
    for s in range(first, first + fours, 4):
        a, b, c, d = returns[s], returns[s + 1], returns[s + 2], returns[s + 3]
        for q in range(wide):
            o = origin[q]
            mean[q] = mean[q] + (a[q] - o) + (b[q] - o) + (c[q] - o) + (d[q] - o)
    for s in range(first + fours, count):
        a = returns[s]
        for q in range(wide):
            mean[q] += a[q] - origin[q]
    for q in range(wide):
        mean[q] = origin[q] + mean[q] / lookback
    for s in range(first, first + fours, 4):
        a, b, c, d = returns[s], returns[s + 1], returns[s + 2], returns[s + 3]
        for q in range(wide):
            m = mean[q]
            e, f, g, h = a[q] - m, b[q] - m, c[q] - m, d[q] - m
            squares[q] = squares[q] + e * e + f * f + g * g + h * h
    for s in range(first + fours, count):
        a = returns[s]
        for q in range(wide):
            squares[q] += (a[q] - mean[q]) * (a[q] - mean[q])
    for q in range(wide):
        squares[q] = math.sqrt(squares[q] / (lookback - 1) * SESSIONS_PER_YEAR)


@inner
def _measure_uneven(desk: Lanes, lanes: int) -> None:
    # The same sums in the same order, each lane over a window of its own.
    lane, returns, count = desk.lane, desk.returns, desk.counts[ROWS]
    for q in range(lanes):
        first = count - int(lane[LOOKBACK + q])
        lane[ORIGIN + q] = returns[first, q] if first >= 0 else math.nan
        lane[MEAN + q] = lane[SIGMA + q] = 0.0
    longest = min(count, desk.counts[LONGEST])
    for back in range(longest, 0, -1):
        values = returns[count - back]
        for q in range(lanes // 8 * 8):
            off = values[q] - lane[ORIGIN + q]
            lane[MEAN + q] += off if back <= lane[LOOKBACK + q] else 0.0
    for q in range(lanes // 8 * 8):
        lane[MEAN + q] = lane[ORIGIN + q] + lane[MEAN + q] / lane[LOOKBACK + q]
    for back in range(longest, 0, -1):
        values = returns[count - back]
        for q in range(lanes // 8 * 8):
            off = values[q] - lane[MEAN + q]
            lane[SIGMA + q] += off * off if back <= lane[LOOKBACK + q] else 0.0
    for q in range(lanes // 8 * 8):
        squares = lane[SIGMA + q]
        lane[SIGMA + q] = math.sqrt(squares / (lane[LOOKBACK + q] - 1) * SESSIONS_PER_YEAR)
