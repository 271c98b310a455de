"""Buying and selling one name: value, average cost and the round trip's own account.

These run for every name of every fill, so they take records (``state``, ``name``: one element of
a structured array). Passing an array counts its references, atomically: dearer than the trade.
"""

from __future__ import annotations

from typing import Any

from core.compiled import compiled_inner as compiled
from core.ledger import ExitReason
from core.simulation.state import TRADE_NONE

__all__ = ["leave", "move", "sell_all", "settle", "write_trade"]


@compiled
def move(
    state: Any,
    name: Any,
    trades: Any,
    t: int,
    current: float,
    wanted: float,
    price: float,
    rate: float,
) -> None:
    """Trade a name at `price` from weight `current` to `wanted`, both over the NAV before the fill.

    `rate` is what a traded dollar costs. A change below 1e-12 is not traded, and that comes first;
    a wanted weight below 1e-12 sells all.
    """
    change = wanted - current
    if abs(change) < TRADE_NONE:
        return
    if wanted < TRADE_NONE:
        sell_all(state, name, trades, t, ExitReason.REBALANCE, rate)
        return
    if name.shares == 0.0:
        _open(name, t, price)
    _trade(state, name, change * state.nav, price, rate)


@compiled
def sell_all(state: Any, name: Any, trades: Any, t: int, reason: int, rate: float) -> None:
    """Sell all of a name at the price it is marked at."""
    state.traded += name.value
    name.costs += name.value * rate
    leave(state, name, trades, t, name.value, reason)


@compiled
def settle(state: Any, rate: float, nav: float) -> None:
    """Book what was traded since the last settlement: turnover over `nav`, and costs from cash."""
    cost = state.traded * rate
    state.turnover += state.traded / nav
    state.cost += cost
    state.cash -= cost
    state.traded = 0.0


@compiled
def leave(state: Any, name: Any, trades: Any, t: int, proceeds: float, reason: int) -> None:
    """Turn all of a name into `proceeds` of cash and close its round trip, free of costs."""
    state.cash += proceeds
    state.exits -= name.exit != ExitReason.OPEN
    name.exit = ExitReason.OPEN
    name.waits = 0
    name.sold += proceeds
    name.shares_sold += name.shares
    name.last = name.sold / name.shares_sold
    name.shares = name.value = 0.0
    write_trade(state, name, trades, t, reason)


@compiled
def write_trade(state: Any, name: Any, trades: Any, t: int, reason: int) -> None:
    """Write the round trip of a name as it stands at session t; OPEN = it goes on.

    Beyond the tape's capacity it is counted only, see ``simulate``.
    """
    if state.trades < len(trades):
        trade = trades[state.trades]
        trade.security = name.security
        trade.entry_session = name.entry_session
        trade.exit_session = t if reason != ExitReason.OPEN else -1
        trade.holding_sessions = t - name.entry_session
        trade.reason = reason
        trade.entry_price = name.entry
        trade.exit_price = name.last
        trade.quantity = name.shares_sold + name.shares
        trade.notional = name.bought
        trade.pnl = name.sold + name.value - name.bought
        trade.trade_return = trade.pnl / name.bought
        trade.costs = name.costs
    state.trades += 1


@compiled
def _open(name: Any, t: int, price: float) -> None:
    # A first buy opens the round trip.
    name.value = name.bought = name.sold = name.shares_sold = name.costs = name.entry = 0.0
    name.entry_session = t
    name.high = name.last = price


@compiled
def _trade(state: Any, name: Any, dollars: float, price: float, rate: float) -> None:
    # Positive dollars buy; negative ones sell less than all, which leaves the average entry alone.
    # Either way the same instructions: which of the two it is cannot be foreseen.
    shares = dollars / price
    held = name.shares + shares
    average = (name.entry * name.shares + dollars) / held
    bought, sold = max(dollars, 0.0), max(-dollars, 0.0)
    name.entry = average if dollars > 0.0 else name.entry
    name.shares = held
    name.shares_sold += max(-shares, 0.0)
    name.value = held * price
    name.bought += bought
    name.sold += sold
    name.costs += (bought + sold) * rate
    state.traded += bought + sold
    state.cash -= dollars
