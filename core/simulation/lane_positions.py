"""Sixteen runs side by side: buying and selling one name, as ``positions`` does."""

from __future__ import annotations

import math

from core.compiled import compiled_inner as inner
from core.simulation.lane_state import (
    BOUGHT,
    CASH,
    CLOSED,
    COSTS,
    CURRENT,
    DOES,
    ENTRY,
    EXIT,
    EXITS,
    HELD,
    HIGH,
    LEVEL,
    NAV,
    RATE,
    SOLD,
    TRADE_RETURN,
    TRADED,
    WANTED,
    WON,
    Lanes,
    set_levels,
)
from core.simulation.state import TRADE_NONE

__all__ = ["close", "sell_all", "trade_name"]


@inner
def close(desk: Lanes, i: int, q: int, proceeds: float) -> None:
    """Turn all of a name into cash and close its round trip, as ``positions.leave``."""
    row, lane = desk.names[i], desk.lane
    lane[CASH + q] += proceeds
    lane[EXITS + q] -= row[EXIT + q] != 0.0
    lane[HELD + q] -= 1.0
    pnl = row[SOLD + q] + proceeds - row[BOUGHT + q]
    lane[CLOSED + q] += 1.0
    lane[WON + q] += pnl - row[COSTS + q] > 0.0
    lane[TRADE_RETURN + q] += pnl / row[BOUGHT + q]
    row[ENTRY + q] = row[BOUGHT + q] = row[SOLD + q] = row[COSTS + q] = 0.0
    row[EXIT + q] = row[LEVEL + q] = desk.shares[i, q] = 0.0
    desk.holders[i] -= 1


@inner
def sell_all(desk: Lanes, i: int, q: int, price: float) -> None:
    """Sell all of a name at `price`, at which it is marked."""
    proceeds = desk.shares[i, q] * price
    desk.lane[TRADED + q] += proceeds
    desk.names[i, COSTS + q] += proceeds * desk.lane[RATE + q]
    close(desk, i, q, proceeds)


@inner
def trade_name(desk: Lanes, i: int, price: float, lanes: int) -> None:
    """Trade name i from CURRENT to WANTED where a lane ``DOES``, as ``positions.move``."""
    own, row, lane = desk.shares[i], desk.names[i], desk.lane
    goes = comes = moves = 0
    for q in range(lanes // 8 * 8):
        change = row[WANTED + q] - row[CURRENT + q]
        trades = (lane[DOES + q] != 0.0) & (abs(change) >= TRADE_NONE)
        moved = trades & (row[WANTED + q] >= TRADE_NONE)
        goes += trades & (row[WANTED + q] < TRADE_NONE)
        moves += moved
        shares = own[q]
        new = moved & (shares == 0.0)
        comes += new
        dollars = change * lane[NAV + q] if moved else 0.0
        held = shares + (dollars / price if moved else 0.0)  # no price before the first bar: 0
        average = (row[ENTRY + q] * shares + dollars) / held
        row[ENTRY + q] = average if dollars > 0.0 else row[ENTRY + q]
        row[HIGH + q] = price if new else row[HIGH + q]
        own[q] = held
        bought = dollars if dollars > 0.0 else 0.0
        sold = -dollars if dollars < 0.0 else 0.0
        row[BOUGHT + q] += bought
        row[SOLD + q] += sold
        row[COSTS + q] += (bought + sold) * lane[RATE + q]
        lane[TRADED + q] += bought + sold
        lane[CASH + q] -= dollars
        lane[HELD + q] += new
    desk.holders[i] += comes
    if goes > 0:
        for q in range(lanes):
            change = row[WANTED + q] - row[CURRENT + q]
            trades = (lane[DOES + q] != 0.0) & (abs(change) >= TRADE_NONE)
            if trades & (row[WANTED + q] < TRADE_NONE):
                sell_all(desk, i, q, price)
    if moves > 0:
        set_levels(desk, i, lanes)
        desk.lowest_high[i], desk.ceiling[i] = price, math.inf
