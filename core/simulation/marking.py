"""Step 1 of a session: what prices, cash, overlay and delistings do before anyone acts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.ledger import EventKind, ExitReason
from core.risk.leverage import cash_return
from core.simulation.positions import leave
from core.simulation.state import Market, Run, note

__all__ = ["accrue", "delist", "mark"]


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
    """Turn held names whose last session is past into cash; return that cash.

    It earns nothing at t, and a delisting is no fill: no cost, no turnover, no cooldown.
    """
    state = run.state[0]
    held = run.held
    cash = 0.0
    kept = 0
    state.next_end = len(market.close)
    for j in range(state.held):
        i = held[j]
        if t <= market.last_session[i]:
            state.next_end = min(state.next_end, market.last_session[i])
            held[kept] = i
            kept += 1
            continue
        proceeds = run.names[i].value * (1.0 + market.delisting_return[i])
        reason = ExitReason.DATA_ENDED if market.data_ended[i] else ExitReason.DELISTED
        leave(state, run.names[i], run.trades, t, proceeds, reason)
        note(run, t, EventKind.DELISTED, i, market.delisting_return[i], math.nan)
        cash += proceeds
    state.held = kept
    return cash


@compiled
def mark(
    prices: npt.NDArray[np.float64],
    t: int,
    state: Any,
    names: Any,
    held: npt.NDArray[np.int64],
    delisted: float,
) -> float:
    """Value what is held at ``prices[t]``, where there is a price, and NAV with it.

    Returns
    -------
    float
        The sleeve's return, with `delisted` for the names that went; NaN when nothing was held.
    """
    before = state.invested
    invested = 0.0
    for j in range(state.held):
        i = held[j]
        name = names[i]
        price = prices[t, i]
        if not math.isnan(price):
            name.value = name.shares * price
            name.last = price
            if price > name.high:
                name.high = price
        invested += name.value
    state.invested = invested
    state.nav = state.cash + invested
    return (invested + delisted - before) / before if before > 0.0 else math.nan
