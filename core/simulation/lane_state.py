"""What sixteen runs side by side carry from session to session: every number in rows of lanes.

A lane is one configuration. What is one number for a run is a row of ``LANES`` here, so that every
step of all of them is a few vector instructions, and a price is read once for all. Rows of one kind
lie in one array, at fixed distances: then the compiler knows that they do not overlap.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as inner
from core.compiled import compiled_part
from core.ledger import ExitReason
from core.risk.costs import alpha_hurdle, cost_rate
from core.risk.stops import near_level
from core.simulation.state import NEVER

__all__ = ["LANES", "Day", "Lanes", "new_lanes", "open_lanes", "scale_stops", "set_levels"]

#: Runs side by side: four vectors of four numbers, or two of eight.
LANES: Final = 16

# Rows of a name, beside its shares. LEVEL is the close at or below which a stop may be hit, 0 where
# none is tested; EXIT an ExitReason, as in state.NAME; BARRED the last session of a cooldown. From
# CURRENT on, of one fill: weights as in state.Picks.
ENTRY: Final = 0 * LANES
HIGH: Final = 1 * LANES
LEVEL: Final = 2 * LANES
BOUGHT: Final = 3 * LANES
SOLD: Final = 4 * LANES
COSTS: Final = 5 * LANES
EXIT: Final = 6 * LANES
BARRED: Final = 7 * LANES
CURRENT: Final = 8 * LANES
TARGET: Final = 9 * LANES
RISK: Final = 10 * LANES
WANTED: Final = 11 * LANES
_OF_NAME: Final = 12 * LANES

# Rows of the portfolio, as in state.STATE. WORTH is what is held now, KEPT what was held when the
# session before ended, NAV before a fill until all is traded; GAINED what names brought, of lanes
# that lost one by a delisting (ENDED); DOES whether a fill trades, FACTOR and the three sums before
# it are of one step of a fill.
(
    CASH, NAV, WORTH, KEPT, APPLIED, RISK_PEAK, RISK_DRAWDOWN, EXPOSURE, ORDER, ORDER_EXPOSURE,
    TRADED, RETURNS, MEAN, SIGMA, GAINED, ENDED, HELD, HELD_BEFORE, EXITS, OUT, BREAKER_FILLED,
    DOES, SUM, TOTAL, BUYS, FACTOR, ORIGIN,
) = range(0, 27 * LANES, LANES)  # fmt: skip
# What a run leaves: sums over sessions, counts, and the session of its ruin.
(
    TURNOVER, COST, INVESTED, CLOSED, WON, TRADE_RETURN, STOPS, TRAILING, TRIPS, REBALANCES, RUIN,
) = range(27 * LANES, 38 * LANES, LANES)  # fmt: skip
# Rules. RATE is what a traded dollar costs, HURDLE the gate's, the levels those of near_level.
(
    MAX_DRAWDOWN, FLOOR, TARGET_VOL, THRESHOLD, RATE, HURDLE, TURNOVER_CAP, STOP, TRAILING_STOP,
    BREAKER, MAX_LEVERAGE, SPREAD, LOOKBACK, COOLDOWN, BREAKER_COOLDOWN, STOP_LEVEL, TRAILING_LEVEL,
    MARGIN,
) = range(38 * LANES, 56 * LANES, LANES)  # fmt: skip
_OF_LANE: Final = 56 * LANES

# Numbers that all lanes share. BUSY: an order or an exit stands in some lane; ROWS of returns so
# far; LONGEST lookback; UNEVEN: lookbacks differ; MEASURES: some lane has a target volatility.
USED, WAITING, NEXT_END, BUSY, ROWS, LONGEST, UNEVEN, MEASURES = range(8)
LEVERAGE, STOP_SCALE, HIGHEST_TRAILING = range(3)

# Reasons as numbers that a row takes; an int would be a type of its own, and compiled once more.
BY_STOP: Final = float(ExitReason.STOP)
BY_TRAILING: Final = float(ExitReason.TRAILING)
BY_BREAKER: Final = float(ExitReason.BREAKER)


class Lanes(NamedTuple):
    """State of LANES runs over N names and T sessions."""

    shares: npt.NDArray[np.float64]  # N x LANES
    names: npt.NDArray[np.float64]  # N x rows of a name
    lane: npt.NDArray[np.float64]  # rows of the portfolio, of what is left, of rules
    counts: npt.NDArray[np.int64]  # USED, …
    common: npt.NDArray[np.float64]  # LEVERAGE, …
    used: npt.NDArray[np.int64]  # names that some lane may hold, ascending; the first USED
    is_used: npt.NDArray[np.bool_]  # N
    holders: npt.NDArray[np.int64]  # N, lanes that hold the name
    price: npt.NDArray[np.float64]  # N, by place in `used`: today's
    ceiling: npt.NDArray[np.float64]  # N, no lane's LEVEL is above it
    lowest_high: npt.NDArray[np.float64]  # N, no holder's HIGH is below it
    waiting_name: npt.NDArray[np.int64]  # N x LANES, exits that are decided; the first WAITING
    waiting_lane: npt.NDArray[np.int64]
    returns: npt.NDArray[np.float64]  # (T + 1) x LANES, of the sleeve: each lane's last RETURNS
    navs: npt.NDArray[np.float64]  # T x LANES


class Day(NamedTuple):
    """A session, and where its prices are: of name i at ``first + i * width`` of Blocks.prices."""

    t: int
    rebalance: int  # the row of the book decided at t, NEVER where there is none
    standing: int  # the row of the book that an order of this session's fill is about
    first: int
    width: int


@compiled_part
def new_lanes(sessions: int, securities: int) -> Lanes:
    """Make room for runs over a market of this size."""
    return Lanes(
        np.zeros((securities, LANES)), np.zeros((securities, _OF_NAME)), np.zeros(_OF_LANE),
        np.zeros(8, np.int64), np.zeros(3), np.zeros(securities, np.int64),
        np.zeros(securities, np.bool_), np.zeros(securities, np.int64), np.zeros(securities),
        np.zeros(securities), np.zeros(securities), np.zeros(securities * LANES, np.int64),
        np.zeros(securities * LANES, np.int64), np.zeros((sessions + 1, LANES)),
        np.zeros((sessions, LANES)),
    )  # fmt: skip


@inner
def open_lanes(
    desk: Lanes, rules: Any, rows: npt.NDArray[np.int64], begin: int, end: int, initial_nav: float
) -> None:
    """Start the runs of ``rows[begin:end]``, at most LANES; lanes left over repeat the last."""
    lane = desk.lane
    desk.shares[:] = 0.0
    desk.names[:] = 0.0
    lane[:] = 0.0
    desk.counts[:] = 0
    desk.is_used[:] = False
    desk.holders[:] = 0
    for i in range(len(desk.names)):
        for q in range(LANES):
            desk.names[i, BARRED + q] = NEVER
    for q in range(LANES):
        rule = rules[rows[min(begin + q, end - 1)]]
        lane[CASH + q] = lane[NAV + q] = lane[RISK_PEAK + q] = initial_nav
        lane[RUIN + q] = NEVER
        _set_rules(lane, q, rule)
        if rule.vol_lookback_days != rules[rows[begin]].vol_lookback_days:
            desk.counts[UNEVEN] = 1
        desk.counts[LONGEST] = max(desk.counts[LONGEST], rule.vol_lookback_days)
        if not math.isnan(rule.target_annual_vol):
            desk.counts[MEASURES] = 1
    desk.common[LEVERAGE] = 1.0
    scale_stops(desk, 1.0)


@inner
def _set_rules(lane: npt.NDArray[np.float64], q: int, rule: Any) -> None:
    lane[MAX_DRAWDOWN + q] = rule.max_allowed_drawdown
    lane[FLOOR + q] = rule.min_position_scale
    lane[TARGET_VOL + q] = rule.target_annual_vol
    lane[THRESHOLD + q] = rule.vol_rebalance_threshold
    lane[RATE + q] = cost_rate(rule.cost_per_trade_bps)
    lane[HURDLE + q] = alpha_hurdle(rule.min_alpha_to_cost_ratio, rule.cost_per_trade_bps)
    lane[TURNOVER_CAP + q] = rule.max_turnover_per_rebal
    lane[STOP + q] = rule.position_stop_loss
    lane[TRAILING_STOP + q] = rule.trailing_stop_pct
    lane[BREAKER + q] = rule.circuit_breaker_dd
    lane[MAX_LEVERAGE + q] = rule.max_leverage
    lane[SPREAD + q] = rule.borrow_spread
    lane[MARGIN + q] = rule.maintenance_margin
    lane[LOOKBACK + q] = rule.vol_lookback_days
    lane[COOLDOWN + q] = rule.stop_cooldown_days
    lane[BREAKER_COOLDOWN + q] = rule.breaker_cooldown_days


@inner
def scale_stops(desk: Lanes, scale: float) -> None:
    """Put a stop scale in force; LEVEL of what is held is then to be set anew."""
    lane = desk.lane
    desk.common[STOP_SCALE] = scale
    highest = 0.0
    for q in range(LANES):
        stop = near_level(lane[STOP + q] * scale)
        trailing = near_level(lane[TRAILING_STOP + q] * scale)
        lane[STOP_LEVEL + q] = 0.0 if math.isnan(stop) else stop  # off: no price is at or below it
        lane[TRAILING_LEVEL + q] = 0.0 if math.isnan(trailing) else trailing
        highest = max(highest, lane[TRAILING_LEVEL + q])
    desk.common[HIGHEST_TRAILING] = highest


@inner
def set_levels(desk: Lanes, i: int, lanes: int) -> None:
    """Set the LEVEL of name i from its entries and highs."""
    own, row, lane = desk.shares[i], desk.names[i], desk.lane
    for q in range(lanes // 8 * 8):
        stop = row[ENTRY + q] * lane[STOP_LEVEL + q]
        trailing = row[HIGH + q] * lane[TRAILING_LEVEL + q]
        level = stop if stop > trailing else trailing
        tested = (own[q] > 0.0) & (row[EXIT + q] == 0.0)
        row[LEVEL + q] = level if tested else 0.0
