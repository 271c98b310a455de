"""Sessions on which nothing is decided but stops, many at a time.

Stops depend on prices alone, so which names they take, and when, is known as soon as a stretch of
sessions begins. What the holdings are worth then follows name by name through time, one product a
price, and only cash, NAV and what depends on it are left to go through session by session. All
rules are the compiled functions that the kernel calls too; what a stretch cannot do (a rebalance, a
delisting, an exit without a bar, a rescale, the breaker) ends it, and the kernel's own steps do it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_inner
from core.ledger import EventKind, ExitReason
from core.risk.costs import cost_rate
from core.risk.stops import is_near_stop, position_stop_hit, trailing_stop_hit
from core.risk.volatility import realised_volatilities, realised_volatility
from core.simulation.blocks import Blocks, width_of
from core.simulation.decisions import assess_with, is_quiet
from core.simulation.kernel import record
from core.simulation.marking import accrue
from core.simulation.positions import sell_all, settle
from core.simulation.state import NEVER, Market, Run, note

__all__ = ["DECIDE", "GO_ON", "RUINED", "Desk", "new_desk", "pass_stretch"]

# How a stretch ended: before its end session, or on it.
GO_ON = 0  # what comes next starts with marking the session returned
DECIDE = 1  # the session returned is marked, and at lag 1 recorded: it must be decided
RUINED = 2  # NAV was at or below 0 at the session returned


class Desk(NamedTuple):
    """Room to work in; nothing in it lasts longer than one stretch.

    ``marked`` and ``kept`` are dollars held at a session before and after its fills. The names that
    stops take form one list a session of their hits: ``first[t]`` and then ``following[j]`` are
    places in the list of what is held, ascending, ``NEVER`` at the end.
    """

    marked: npt.NDArray[np.float64]  # T
    kept: npt.NDArray[np.float64]  # T
    means: npt.NDArray[np.float64]  # T
    sigma: npt.NDArray[np.float64]  # T
    fall: npt.NDArray[np.float64]  # N, below the reference price of the stop hit
    shares: npt.NDArray[np.float64]  # N
    place: npt.NDArray[np.int64]  # N, in Blocks.prices
    hit: npt.NDArray[np.int64]  # N, by place in what is held
    reason: npt.NDArray[np.int64]  # N
    first: npt.NDArray[np.int64]  # T
    following: npt.NDArray[np.int64]  # N


@compiled
def new_desk(shape: tuple[int, int]) -> Desk:
    """Make room for runs of T sessions and N securities."""
    sessions, securities = shape
    return Desk(
        np.empty(sessions), np.empty(sessions), np.empty(sessions), np.empty(sessions),
        np.empty(securities), np.empty(securities), np.empty(securities, np.int64),
        np.empty(securities, np.int64), np.empty(securities, np.int64),
        np.empty(sessions, np.int64), np.empty(securities, np.int64),
    )  # fmt: skip


@compiled_inner
def pass_stretch(
    market: Market, run: Run, blocks: Blocks, desk: Desk, t: int, reach: int
) -> tuple[int, int]:
    """Pass at most `reach` sessions from `t` on while nothing but clean stops happens.

    `t` is at least 1; no order stands, no exit is wanted, and everything held is marked at
    the session before.

    Returns
    -------
    session, ending : int
        Where the stretch ended and how: ``GO_ON``, ``DECIDE`` or ``RUINED``. Nothing was passed
        when the session is `t` and the ending ``GO_ON``.
    """
    state = run.state[0]
    end = min(len(market.close), state.next_end + 1, t + reach)
    if state.next_decision != NEVER:
        end = min(end, state.next_decision + 1)  # which is_quiet then ends
    if end <= t:
        return t, GO_ON
    held_before = state.held
    if state.held > 0:
        end = _plan_stops(market, run, blocks, desk, t, end)
        if end <= t:
            return t, GO_ON
        _value_stretch(run, blocks, desk, t, end)
    else:
        desk.marked[t:end] = 0.0
        desk.kept[t - 1 : end] = 0.0
    measured = _measure_sleeve(run, desk, t, end)
    stopped, ending = _go_through(market, run, blocks, desk, t, end, measured)
    if ending != RUINED:
        _settle(run, blocks, held_before, stopped if ending == DECIDE else stopped - 1)
    return stopped, ending


@compiled_inner
def _plan_stops(market: Market, run: Run, blocks: Blocks, desk: Desk, t: int, end: int) -> int:
    # Lists the hits of each session; returns the first session at which an exit finds no bar.
    state, names, held, hit = run.state[0], run.names, run.held, desk.hit
    b, lag = state.next_rebalance, run.rules[0].execution_lag_days
    lowest, deepest = blocks.lowest[b], blocks.deepest[b]
    stop, trailing = state.stop_level, state.trailing_level
    for j in range(state.held):
        i = held[j]
        name = names[i]
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
def _value_stretch(run: Run, blocks: Blocks, desk: Desk, t: int, end: int) -> None:
    # Dollars held from the session before t on. The names that stay come first, then those that
    # leave, both times in the same order: where no price moves the sums do not either.
    state, names, held = run.state[0], run.names, run.held
    b, lag = state.next_rebalance, run.rules[0].execution_lag_days
    width = width_of(blocks.start, b)
    first = blocks.offset[b] + t - 1 - blocks.start[b]
    staying = 0
    for j in range(state.held):
        if desk.hit[j] == NEVER:
            desk.shares[staying] = names[held[j]].shares
            desk.place[staying] = first + held[j] * width
            staying += 1
    marked, kept = desk.marked[t - 1 : end], desk.kept[t - 1 : end]
    _add_values(blocks.prices, desk.place, desk.shares, staying, marked)
    for q in range(len(kept)):
        kept[q] = marked[q]
    if staying == state.held:
        return
    for j in range(state.held):
        if desk.hit[j] != NEVER:
            place, shares = first + held[j] * width, names[held[j]].shares
            sold = desk.hit[j] + lag - (t - 1)
            for q in range(min(sold, len(kept))):
                value = shares * blocks.prices[place + q]
                marked[q] += value
                kept[q] += value
            if sold < len(marked):
                marked[sold] += shares * blocks.prices[place + sold]


@compiled_inner
def _add_values(
    prices: npt.NDArray[np.float64],
    place: npt.NDArray[np.int64],
    shares: npt.NDArray[np.float64],
    count: int,
    worth: npt.NDArray[np.float64],
) -> None:
    # Four names at a time: the sums are read and written once for all four.
    wide = len(worth)
    worth[:] = 0.0
    fours = count // 4 * 4
    for j in range(0, fours, 4):
        v, w, x, y = shares[j], shares[j + 1], shares[j + 2], shares[j + 3]
        a, b = prices[place[j] :], prices[place[j + 1] :]
        c, d = prices[place[j + 2] :], prices[place[j + 3] :]
        for q in range(wide):
            worth[q] = worth[q] + v * a[q] + w * b[q] + x * c[q] + y * d[q]
    for j in range(fours, count):
        v, a = shares[j], prices[place[j] :]
        for q in range(wide):
            worth[q] += v * a[q]


@compiled_inner
def _measure_sleeve(run: Run, desk: Desk, t: int, end: int) -> int:
    # The sleeve's returns and the volatility after each; counts them, but not in the state yet.
    state, returns = run.state[0], run.returns
    marked, kept = desk.marked, desk.kept
    count = 0
    while t + count < end and kept[t + count - 1] > 0.0:
        s = t + count
        returns[state.returns + count] = (marked[s] - kept[s - 1]) / kept[s - 1]
        count += 1
    lookback = run.rules[0].vol_lookback_days
    realised_volatilities(
        returns, state.returns, lookback, desk.means[t : t + count], desk.sigma[t : t + count]
    )
    if t + count < end:
        sigma = realised_volatility(returns, state.returns + count, lookback)
        desk.sigma[t + count : end] = sigma
    return count


@compiled_inner
def _go_through(
    market: Market, run: Run, blocks: Blocks, desk: Desk, t: int, end: int, measured: int
) -> tuple[int, int]:
    state, rules, series = run.state[0], run.rules[0], run.series
    cash_rate, overlay, marked, first = market.cash_rate, market.overlay, desk.marked, desk.first
    lag = rules.execution_lag_days
    known = state.returns
    stops = state.held > 0
    state.near = False
    for s in range(t, end):
        row = series[s]
        accrue(state, cash_rate[s], overlay[s], rules.borrow_spread)
        state.worth = marked[s]
        state.nav = state.cash + state.worth
        state.returns = known + min(s - t + 1, measured)
        if state.nav <= 0.0:
            return s, RUINED
        if lag == 0:
            assess_with(state, rules, desk.sigma[s], row)
            if not is_quiet(s, state, rules, row.wanted_exposure):
                return s, DECIDE
            if stops and first[s] != NEVER:
                _mark_exits(run, desk, s)
        if stops and first[s - lag] != NEVER:
            _sell_exits(run, blocks, desk, s)
            if state.nav <= 0.0:
                return s, RUINED
        record(state, row, rules.cost_per_trade_bps)
        if lag != 0:
            assess_with(state, rules, desk.sigma[s], row)
            if not is_quiet(s, state, rules, row.wanted_exposure):
                return s, DECIDE
            if stops and first[s] != NEVER:
                _mark_exits(run, desk, s)
    return end, GO_ON


@compiled_inner
def _mark_exits(run: Run, desk: Desk, s: int) -> None:
    state, rules = run.state[0], run.rules[0]
    j = desk.first[s]
    while j != NEVER:
        i = run.held[j]
        reason = desk.reason[j]
        run.names[i].exit = reason
        state.exits += 1
        is_stop = reason == ExitReason.STOP
        limit = rules.position_stop_loss if is_stop else rules.trailing_stop_pct
        kind = EventKind.STOP if is_stop else EventKind.TRAILING
        limit *= state.stop_scale
        note(run.events, state, run.series[s], s, kind, i, desk.fall[j], -limit)
        j = desk.following[j]


@compiled_inner
def _sell_exits(run: Run, blocks: Blocks, desk: Desk, s: int) -> None:
    state, rules = run.state[0], run.rules[0]
    rate = cost_rate(rules.cost_per_trade_bps)
    b = state.next_rebalance
    width = width_of(blocks.start, b)
    first = blocks.offset[b] + s - blocks.start[b]
    j = desk.first[s - rules.execution_lag_days]
    while j != NEVER:
        i = run.held[j]
        name = run.names[i]
        name.value = name.shares * blocks.prices[first + i * width]
        name.stop_filled = s
        sell_all(state, name, run.trades, s, name.exit, rate)
        state.held -= 1
        j = desk.following[j]
    settle(state, rate, state.nav)
    state.worth = desk.kept[s]
    state.nav = state.cash + state.worth


@compiled_inner
def _settle(run: Run, blocks: Blocks, held_before: int, s: int) -> None:
    # Names as the kernel would leave them after session s.
    state, names, held = run.state[0], run.names, run.held
    b = state.next_rebalance
    width = width_of(blocks.start, b)
    first = blocks.offset[b] + s - blocks.start[b]
    highest = blocks.highest[s]
    worth = 0.0
    kept = 0
    for j in range(held_before):
        i = held[j]
        name = names[i]
        if name.shares == 0.0:
            continue
        price = blocks.prices[first + i * width]
        name.value = name.shares * price
        name.last = price
        name.high = max(name.high, highest[i])
        worth += name.value
        held[kept] = i
        kept += 1
    state.held = kept
    state.worth = worth
