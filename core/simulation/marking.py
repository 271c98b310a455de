"""Step 1 of a session: what prices, cash, overlay and delistings do before anyone acts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import EventKind, ExitReason
from core.risk.leverage import cash_return
from core.risk.stops import is_near_stop
from core.simulation.positions import leave
from core.simulation.state import Market, Run, note

__all__ = ["accrue", "delist", "mark", "mark_at_close", "mark_at_open"]


@compiled
def accrue(state: Any, cash_rate: float, overlay: float, borrow_spread: float) -> None:
    """Start a session: cash of t - 1 earns or pays, the overlay follows on the NAV of t - 1."""
    state.last_nav = state.nav
    state.interest = state.cash * cash_return(state.cash, cash_rate, borrow_spread)
    state.overlay = overlay * state.nav
    state.cash += state.interest + state.overlay
    state.traded = state.cost = state.turnover = 0.0


@compiled
def delist(market: Market, run: Run, t: int) -> float:
    """Turn held names whose last session is past into cash; return what was gained by it.

    The cash earns nothing at t, and a delisting is no fill: no cost, no turnover, no cooldown.
    """
    state = run.state[0]
    held = run.held
    gained = 0.0
    kept = 0
    state.next_end = len(market.close)
    for j in range(state.held):
        i = held[j]
        if t <= market.last_session[i]:
            state.next_end = min(state.next_end, market.last_session[i])
            held[kept] = i
            kept += 1
            continue
        value = run.names[i].value
        proceeds = value * (1.0 + market.delisting_return[i])
        reason = ExitReason.DATA_ENDED if market.data_ended[i] else ExitReason.DELISTED
        leave(state, run.names[i], run.trades, t, proceeds, reason)
        ret = market.delisting_return[i]
        note(run.events, state, run.series[t], t, EventKind.DELISTED, i, ret, math.nan)
        gained += proceeds - value
    state.held = kept
    return gained


@compiled
def mark(
    prices: npt.NDArray[np.float64],
    t: int,
    state: Any,
    names: Any,
    held: npt.NDArray[np.int64],
    gained: float,
) -> float:
    """Value what is held at ``prices[t]``, where there is a price, and NAV with it.

    `state.near` tells whether a name came near a stop: only then are the stops worth testing.

    Returns
    -------
    float
        The sleeve's return, NaN when nothing was held; `gained` is what went already brought.
    """
    # Gains are summed name by name: where no price moves they are exactly 0, as volatility must
    # then be. The difference of two sums of dollars would leave rounding to be scaled up.
    before = state.worth
    stop, trailing = state.stop_level, state.trailing_level
    worth = 0.0
    near = False
    for j in range(state.held):
        i = held[j]
        name = names[i]
        price = prices[t, i]
        if not math.isnan(price):
            value = name.shares * price
            high = name.high if name.high > price else price
            near |= is_near_stop(price, name.entry, high, stop, trailing)
            gained += value - name.value
            name.value = value
            name.last = price
            name.high = high
        worth += name.value
    state.near = near
    state.worth = worth
    state.nav = state.cash + worth
    return gained / before if before > 0.0 else math.nan


@compiled
def mark_at_open(
    market: Market, t: int, state: Any, names: Any, held: npt.NDArray[np.int64], gained: float
) -> float:
    """Value what is held at ``open[t]``, and NAV with it; return the sleeve's return to the close.

    The sleeve is what was held when the session before ended, whatever is traded at the open.
    Highest closes stay as they were: an open is no close.
    """
    prices, close = market.open, market.close
    before = state.worth
    worth = 0.0
    for j in range(state.held):
        i = held[j]
        name = names[i]
        price = prices[t, i]
        if not math.isnan(price):
            gained += name.shares * close[t, i] - name.value
            name.value = name.shares * price
        worth += name.value
    state.worth = worth
    state.nav = state.cash + worth
    return gained / before if before > 0.0 else math.nan


@compiled
def mark_at_close(
    close: npt.NDArray[np.float64], t: int, state: Any, names: Any, held: npt.NDArray[np.int64]
) -> None:
    """Value what is held after fills at the open of t at ``close[t]``, as :func:`mark` does."""
    stop, trailing = state.stop_level, state.trailing_level
    worth = 0.0
    near = False
    for j in range(state.held):
        i = held[j]
        name = names[i]
        price = close[t, i]
        if not math.isnan(price):
            # The price of a first fill at the open is no close either.
            first = name.entry_session == t
            name.high = price if first or price > name.high else name.high
            name.value = name.shares * price
            name.last = price
            near |= is_near_stop(price, name.entry, name.high, stop, trailing)
        worth += name.value
    state.near = near
    state.worth = worth
    state.nav = state.cash + worth
