"""Sessions on which nothing is decided but stops, many at a time.

Stops depend on prices alone, so which names they take, and when, is known as soon as a stretch of
sessions begins. What the holdings are worth then follows name by name through time, one product a
price, and only cash, NAV and what depends on it are left to go through session by session. All
rules are the compiled functions that the kernel calls too; what a stretch cannot do (a rebalance, a
delisting, an exit without a bar, a rescale, the breaker) ends it, and the kernel's own steps do it.
Exits by stop that were decided at the session before it are part of it.
"""

from __future__ import annotations

from core.compiled import compiled_inner
from core.ledger import EventKind, ExitReason
from core.risk.costs import cost_rate
from core.simulation.blocks import Blocks, width_of
from core.simulation.decisions import assess_with, is_quiet
from core.simulation.kernel import record
from core.simulation.marking import accrue
from core.simulation.outlook import Desk, measure_sleeve, plan_stops, value_stretch
from core.simulation.positions import sell_all, settle
from core.simulation.state import NEVER, Market, Run, note

__all__ = ["DECIDE", "GO_ON", "RUINED", "pass_stretch"]

# How a stretch ended: before its end session, or on it.
GO_ON = 0  # what comes next starts with marking the session returned
DECIDE = 1  # the session returned is marked, and at lag 1 recorded: it must be decided
RUINED = 2  # NAV was at or below 0 at the session returned


@compiled_inner
def pass_stretch(
    market: Market, run: Run, blocks: Blocks, desk: Desk, t: int, reach: int
) -> tuple[int, int]:
    """Pass at most `reach` sessions from `t` on while nothing but clean stops happens.

    `t` is at least 1, no order stands, and everything held is marked at the session before.

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
        end = plan_stops(market, run, blocks, desk, t, end)
        if end <= t:
            return t, GO_ON
        value_stretch(run, blocks, desk, t, end)
    else:
        desk.marked[t:end] = 0.0
        desk.kept[t - 1 : end] = 0.0
    measured = measure_sleeve(run, desk, t, end)
    stopped, ending = _go_through(market, run, blocks, desk, t, end, measured)
    if ending != RUINED:
        _settle(run, blocks, held_before, stopped if ending == DECIDE else stopped - 1)
    return stopped, ending


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
