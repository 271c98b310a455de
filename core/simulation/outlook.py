"""What prices alone tell about the sessions ahead: stops, what is held is worth, its volatility.

Nothing of it is acted upon before its session: a stretch goes through the sessions one by one and
looks up here what each of them would have found.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner, compiled_part
from core.ledger import ExitReason
from core.risk.stops import is_near_stop, position_stop_hit, trailing_stop_hit
from core.risk.volatility import realised_volatilities, realised_volatility
from core.simulation.blocks import Blocks, width_of
from core.simulation.state import NEVER, Market, Run
from core.vectors import EIGHT, in_eights

__all__ = ["Desk", "measure_sleeve", "new_desk", "plan_stops", "value_stretch"]


class Desk(NamedTuple):
    """Room to work in; nothing in it lasts longer than one stretch.

    ``marked`` and ``kept`` are dollars held at a session before and after its fills. The names that
    stops take form one list a session of their hits: ``first[t]`` and then ``following[j]`` are
    places in the list of what is held, ascending, ``NEVER`` at the end.
    """

    marked: npt.NDArray[np.float64]  # T + EIGHT
    kept: npt.NDArray[np.float64]  # T + EIGHT
    means: npt.NDArray[np.float64]  # T + EIGHT
    sigma: npt.NDArray[np.float64]  # T + EIGHT
    fall: npt.NDArray[np.float64]  # N, below the reference price of the stop hit
    shares: npt.NDArray[np.float64]  # N
    place: npt.NDArray[np.int64]  # N, in Blocks.prices
    hit: npt.NDArray[np.int64]  # N, by place in what is held
    reason: npt.NDArray[np.int64]  # N
    first: npt.NDArray[np.int64]  # T
    following: npt.NDArray[np.int64]  # N
    cut: npt.NDArray[np.float64]  # N rows as long as the longest block + EIGHT: prices, 0 once sold
    row: npt.NDArray[np.int64]  # N, in `cut`; NEVER where Blocks.prices has them


@compiled_part
def new_desk(securities: int, blocks: Blocks) -> Desk:
    """Make room for runs over `blocks`."""
    sessions = blocks.start[-1]
    room = sessions + EIGHT
    longest = 0
    for b in range(len(blocks.start) - 1):
        longest = max(longest, width_of(blocks.start, b))
    return Desk(
        np.empty(room), np.empty(room), np.empty(room), np.empty(room),
        np.empty(securities), np.empty(securities), np.empty(securities, np.int64),
        np.empty(securities, np.int64), np.empty(securities, np.int64),
        np.empty(sessions, np.int64), np.empty(securities, np.int64),
        np.empty(securities * (longest + EIGHT)), np.empty(securities, np.int64),
    )  # fmt: skip


@compiled_inner
def plan_stops(market: Market, run: Run, blocks: Blocks, desk: Desk, t: int, end: int) -> int:
    """List the stops hit at each session from `t` - 1 on; return where the list ends.

    That is before `end` where an exit finds no bar: there it has to wait, which is not foreseen.
    """
    state, names, held, hit = run.state[0], run.names, run.held, desk.hit
    b, lag = state.next_rebalance, run.rules[0].execution_lag_days
    lowest, deepest = blocks.lowest[b], blocks.deepest[b]
    stop, trailing = state.stop_level, state.trailing_level
    for j in range(state.held):
        i = held[j]
        name = names[i]
        if name.exit != ExitReason.OPEN:
            if lag == 0 or name.exit == ExitReason.BREAKER or math.isnan(market.close[t, i]):
                return t
            hit[j] = t - 1
            continue
        hit[j] = NEVER
        # The lowest close may lie before t: then the search finds nothing.
        if is_near_stop(lowest[i], name.entry, name.high, stop, trailing) or deepest[i] <= trailing:
            hit[j] = _first_stop(market, run, blocks, desk, j, t, end)
            exit_at = hit[j] + lag
            if hit[j] != NEVER and exit_at < end and math.isnan(market.close[exit_at, i]):
                end = exit_at
    desk.first[t - 1 : end] = NEVER
    for j in range(state.held - 1, -1, -1):
        if hit[j] != NEVER and hit[j] < end:
            desk.following[j] = desk.first[hit[j]]
            desk.first[hit[j]] = j
        else:
            hit[j] = NEVER
    return end


@compiled_inner
def _first_stop(
    market: Market, run: Run, blocks: Blocks, desk: Desk, j: int, t: int, end: int
) -> int:
    # The first session from t on at which a stop takes the name; writes down which one.
    state, rules, name, i = run.state[0], run.rules[0], run.names[run.held[j]], run.held[j]
    b = state.next_rebalance
    first = blocks.offset[b] + i * width_of(blocks.start, b) - blocks.start[b]
    entry, high = name.entry, name.high
    level, trailing_level = state.stop_level, state.trailing_level
    for s in range(t, end):
        price = blocks.prices[first + s]
        high = high if high > price else price
        if not is_near_stop(price, entry, high, level, trailing_level):
            continue
        if math.isnan(market.close[s, i]):
            continue
        if position_stop_hit(price, entry, rules.position_stop_loss * state.stop_scale):
            desk.reason[j] = ExitReason.STOP
            desk.fall[j] = price / entry - 1.0
            return s
        if trailing_stop_hit(price, high, rules.trailing_stop_pct * state.stop_scale):
            desk.reason[j] = ExitReason.TRAILING
            desk.fall[j] = price / high - 1.0
            return s
    return NEVER


@compiled_inner
def value_stretch(run: Run, blocks: Blocks, desk: Desk, t: int, end: int) -> None:
    """Fill in the dollars held from the session before `t` on, `desk.marked` and `desk.kept`.

    Names are added in their order, whatever becomes of them: the same sums where no price moves,
    and no digit of a session that depends on later ones.
    """
    state, names, held, hit = run.state[0], run.names, run.held, desk.hit
    b, lag = state.next_rebalance, run.rules[0].execution_lag_days
    width = width_of(blocks.start, b)
    first = blocks.offset[b] + t - 1 - blocks.start[b]
    wide = in_eights(end - t + 1)
    marked, kept = desk.marked[t - 1 : t - 1 + wide], desk.kept[t - 1 : t - 1 + wide]
    used = 0
    for j in range(state.held):
        desk.place[j], desk.shares[j] = first + held[j] * width, names[held[j]].shares
        desk.row[j] = NEVER
        if hit[j] != NEVER:
            desk.row[j] = used
            _cut(blocks.prices, desk, j, hit[j] + lag - (t - 1), wide)
            used += wide
    _add_values(blocks.prices, desk, state.held, marked)
    if used == 0:
        for q in range(wide):
            kept[q] = marked[q]
        return
    for j in range(state.held):
        sold = hit[j] + lag - (t - 1)
        if hit[j] != NEVER and sold < wide:
            desk.cut[desk.row[j] + sold] = 0.0
    _add_values(blocks.prices, desk, state.held, kept)


@compiled_inner
def _cut(prices: npt.NDArray[np.float64], desk: Desk, j: int, sold: int, wide: int) -> None:
    # Prices of a name that is sold: marked at the session of its sale, worth nothing after it.
    row, place = desk.row[j], desk.place[j]
    for q in range(wide):
        desk.cut[row + q] = prices[place + q] if q <= sold else 0.0


@compiled_inner
def _add_values(
    prices: npt.NDArray[np.float64], desk: Desk, count: int, worth: npt.NDArray[np.float64]
) -> None:
    # Of the first `count` names on the desk, four at a time where none of them is sold: the sums
    # are read and written once for all four.
    place, shares, row = desk.place, desk.shares, desk.row
    wide = len(worth) // EIGHT * EIGHT  # which it is already, but the compiler is to know it
    worth[:] = 0.0
    j = 0
    while j < count:
        if j + 4 <= count and row[j] & row[j + 1] & row[j + 2] & row[j + 3] == NEVER:
            v, w, x, y = shares[j], shares[j + 1], shares[j + 2], shares[j + 3]
            a, b = prices[place[j] :], prices[place[j + 1] :]
            c, d = prices[place[j + 2] :], prices[place[j + 3] :]
            for q in range(wide):
                worth[q] = worth[q] + v * a[q] + w * b[q] + x * c[q] + y * d[q]
            j += 4
            continue
        if row[j] == NEVER:
            _add_one(prices[place[j] :], shares[j], worth)
        else:
            _add_one(desk.cut[row[j] :], shares[j], worth)
        j += 1


@compiled_inner
def _add_one(
    prices: npt.NDArray[np.float64], shares: float, worth: npt.NDArray[np.float64]
) -> None:
    for q in range(len(worth) // EIGHT * EIGHT):
        worth[q] += shares * prices[q]


@compiled_inner
def measure_sleeve(run: Run, desk: Desk, t: int, end: int) -> int:
    """Append the sleeve's returns and fill in the volatility after each; return their number.

    ``state.returns`` does not count them yet.
    """
    state, returns = run.state[0], run.returns
    marked, kept = desk.marked, desk.kept
    count = 0
    while t + count < end and kept[t + count - 1] > 0.0:
        s = t + count
        returns[state.returns + count] = (marked[s] - kept[s - 1]) / kept[s - 1]
        count += 1
    lookback = run.rules[0].vol_lookback_days
    realised_volatilities(returns, state.returns, lookback, count, desk.means, desk.sigma[t:])
    if t + count < end:
        sigma = realised_volatility(returns, state.returns + count, lookback)
        desk.sigma[t + count : end] = sigma
    return count
