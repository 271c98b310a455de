"""Sessions that fill at the open, or whose stops rest in the market, ENGINE §2 and §8."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import EventKind, ExitReason
from core.risk.costs import cost_rate
from core.risk.stops import resting_price, stop_level
from core.simulation.marking import mark, mark_at_close, mark_at_open
from core.simulation.positions import sell_all, settle
from core.simulation.state import AT_OPEN, INTRADAY, Market, Run, note

__all__ = ["mark_inside", "pass_to_close"]


@compiled
def mark_inside(market: Market, run: Run, t: int, gained: float) -> float:
    """Mark as :func:`~core.simulation.marking.mark` does: at the open where fills are, with stops.

    With fills at the close, every stop that the low reaches is sold here. With fills at the open
    only those that the open is already below: the others come after the fills, in
    :func:`pass_to_close`, so that no fill knows the session's low.

    Returns
    -------
    float
        The sleeve's return, NaN when nothing was held.
    """
    state, rules = run.state[0], run.rules[0]
    names, held = run.names, run.held
    state.last_worth = state.worth
    state.reached = 0
    if rules.stop_fill == INTRADAY:
        _find_reached(market.low, t, state, rules, names, held, run.reached)
    if rules.execution == AT_OPEN:
        sleeve = mark_at_open(market, t, state, names, held, gained)
    else:
        sleeve = mark(market.close, t, state, names, held, gained)
    if state.reached > 0:
        sleeve += _sell_reached(market, run, t, rules.execution == AT_OPEN)
        state.nav = state.cash + state.worth
    return sleeve


@compiled
def pass_to_close(market: Market, run: Run, t: int) -> None:
    """Go from the fills at the open of t to its close: stops that the low reaches, and marks."""
    state, returns = run.state[0], run.returns
    if state.reached > 0:
        returns[state.returns - 1] += _sell_reached(market, run, t, False)
    mark_at_close(market.close, t, state, run.names, run.held)


@compiled
def _find_reached(
    low: npt.NDArray[np.float64],
    t: int,
    state: Any,
    rules: Any,
    names: Any,
    held: npt.NDArray[np.int64],
    reached: Any,
) -> None:
    # Before anything of session t changes a name: its levels are those known at the close before.
    stop = rules.position_stop_loss * state.stop_scale
    trailing = rules.trailing_stop_pct * state.stop_scale
    for j in range(state.held):
        i = held[j]
        name = names[i]
        price = low[t, i]
        by_entry = stop_level(name.entry, stop)
        by_high = stop_level(name.high, trailing)
        # No bar, or a rule that is off, is a NaN and reaches nothing.
        if name.waits or not (price <= by_entry or price <= by_high):
            continue
        found = reached[state.reached]
        state.reached += 1
        found.security = i
        found.shares = name.shares
        if math.isnan(by_entry) or by_high > by_entry:
            found.reason = ExitReason.TRAILING
            found.level, found.reference, found.limit = by_high, name.high, trailing
        else:
            found.reason = ExitReason.STOP
            found.level, found.reference, found.limit = by_entry, name.entry, stop


@compiled
def _sell_reached(market: Market, run: Run, t: int, only_gaps: bool) -> float:
    # Sells what is still held of the stops that were reached, `only_gaps` of those whose level the
    # open is not above, and settles it; returns what that changes of the sleeve's return.
    state, names, held, reached = run.state[0], run.names, run.held, run.reached
    rate = cost_rate(run.rules[0].cost_per_trade_bps)
    change = 0.0
    sold = 0
    for j in range(state.reached):
        found = reached[j]
        i = found.security
        name = names[i]
        if name.shares == 0.0 or (only_gaps and market.open[t, i] > found.level):
            continue
        price = resting_price(market.open[t, i], found.level)
        change += found.shares * (price - market.close[t, i])
        name.value = name.shares * price
        name.stop_filled = t
        sell_all(state, name, run.trades, t, found.reason, rate)
        _note_stop(run, t, found, market.low[t, i])
        sold += 1
    if sold == 0:
        return 0.0
    settle(state, rate, state.last_nav)
    kept = 0
    worth = 0.0
    for j in range(state.held):
        if names[held[j]].shares > 0.0:
            held[kept] = held[j]
            worth += names[held[kept]].value
            kept += 1
    state.held = kept
    state.worth = worth
    changed: float = change / state.last_worth
    return changed


@compiled
def _note_stop(run: Run, t: int, found: Any, low: float) -> None:
    kind = EventKind.STOP if found.reason == ExitReason.STOP else EventKind.TRAILING
    fall = low / found.reference - 1.0
    row = run.series[t]
    note(run.events, run.state[0], row, t, kind, found.security, fall, -found.limit)
