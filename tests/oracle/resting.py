"""Stops that rest in the market over a session, ENGINE §3 and §8."""

from __future__ import annotations

from tests.oracle.records import Position, RestingStop
from tests.oracle.state import State

__all__ = ["resting_stops", "sell_at_stop"]


def resting_stops(state: State, t: int) -> dict[int, RestingStop]:
    """Return the stops that the lows of t reach, before anything of t has changed a holding."""
    reached = {}
    for i, position in state.positions.items():
        low = state.market.lowest(t, i)
        if low is None or i in state.waiting:
            continue
        levels = stop_levels(state, position)
        if not levels:
            continue
        # The first of equals: the position stop.
        kind, reference, fall, level = max(levels, key=lambda entry: entry[3])
        if level <= 0.0:
            continue
        state.out.near(low / level - 1.0)
        if low <= level:
            if len(levels) == 2:
                state.out.near(levels[0][3] / levels[1][3] - 1.0 if levels[1][3] else 1.0)
            reached[i] = RestingStop(kind, level, low / reference - 1.0, -fall)
    return reached


def stop_levels(state: State, position: Position) -> list[tuple[str, float, float, float]]:
    """Kind, reference price, fall below it and level of both stops, as far as they are on."""
    risk, levels = state.risk, []
    if risk.position_stop_loss is not None:
        fall = risk.position_stop_loss * state.stop_scale
        levels.append(("stop", position.average, fall, position.average * (1.0 - fall)))
    if risk.trailing_stop_pct is not None:
        fall = risk.trailing_stop_pct * state.stop_scale
        levels.append(("trailing", position.highest, fall, position.highest * (1.0 - fall)))
    return levels


def sell_at_stop(state: State, t: int, i: int, stop: RestingStop, price: float) -> None:
    """Sell a holding inside the session; its return of the session is to this price."""
    position = state.positions[i]
    position.value *= price / position.last_price
    position.last_price = price
    value, close_before, _ = state.moves[i]
    state.moves[i] = value, close_before, price / close_before - 1.0
    state.end_exit(i)
    state.book(state.sell_all(t, i, stop.kind), state.out.nav[t - 1])
    state.stop_filled[i] = t
    state.void.add(i)
    state.event(t, stop.kind, i, stop.fall, stop.threshold)
