"""What the oracle looked at on its way: every test of a stop, a breaker, a gate and a cap."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from core.errors import RuinError
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs
from tests.oracle import decisions, engine, fills
from tests.oracle.records import OracleResult, Order, RestingStop
from tests.oracle.state import State

__all__ = ["Looks", "walk"]


@dataclass
class Looks:
    """One entry a test, in the oracle's order.

    A test of the stops is session, name, price over average entry - 1, price over highest close - 1
    and stop scale. The price is the close; the low where stops rest in the market, or the open at
    which the position's own order sold it.
    """

    stops: list[tuple[int, int, float, float, float]] = field(default_factory=list)
    breaker: list[tuple[int, float]] = field(default_factory=list)
    eligible: dict[int, list[float]] = field(default_factory=dict)
    turnover: dict[int, tuple[float, bool]] = field(default_factory=dict)


def walk(inputs: SimulationInputs, risk: RiskConfig) -> tuple[OracleResult, Looks] | None:
    """Run the oracle and write down what it looks at; None when it is ruined."""
    looks = Looks()
    stops, breaker_trips = decisions.stops, decisions.breaker_trips
    gated, capped = fills.gated, fills.capped

    def watched_stops(state: State, t: int) -> None:
        for i, position in state.positions.items():
            close = state.market.bar(t, i)
            if i not in state.exits and close is not None:
                falls = close / position.average - 1.0, close / position.highest - 1.0
                looks.stops.append((t, i, *falls, state.stop_scale))
        stops(state, t)

    def watched_breaker(state: State, t: int) -> bool:
        if state.positions:
            looks.breaker.append((t, state.risk_drawdown))
        return breaker_trips(state, t)

    def watched_gate(state: State, t: int, order: Order, b: dict[int, float]) -> dict[int, float]:
        if order.alpha is not None:
            alpha = order.alpha
            looks.eligible[t] = [
                abs(alpha[i]) for i in b if order.target[i] != 0.0 and alpha[i] == alpha[i]
            ]
        return gated(state, t, order, b)

    def watched_cap(
        state: State, t: int, b: dict[int, float], g: dict[int, float], held_before: bool
    ) -> dict[int, float]:
        looks.turnover[t] = sum(abs(g[i] - b[i]) for i in b), held_before
        return capped(state, t, b, g, held_before)

    with pytest.MonkeyPatch.context() as patch:
        if risk.stop_fill == "intraday":
            _watch_inside(patch, looks)
        else:
            patch.setattr(decisions, "stops", watched_stops)
        patch.setattr(decisions, "breaker_trips", watched_breaker)
        patch.setattr(fills, "gated", watched_gate)
        patch.setattr(fills, "capped", watched_cap)
        try:
            return engine.simulate_plainly(inputs, risk), looks
        except RuinError:
            return None


def _watch_inside(patch: pytest.MonkeyPatch, looks: Looks) -> None:
    resting_stops, go_to_close = engine.resting_stops, engine.go_to_close

    def watched_resting_stops(state: State, t: int) -> dict[int, RestingStop]:
        for i, position in state.positions.items():
            low = state.market.lowest(t, i)
            if i not in state.waiting and low is not None:
                falls = low / position.average - 1.0, low / position.highest - 1.0
                looks.stops.append((t, i, *falls, state.stop_scale))
        return resting_stops(state, t)

    def watched_go_to_close(state: State, t: int) -> None:
        for row, (at, i, by_entry, by_high, scale) in enumerate(looks.stops):
            # Neither held nor sold by a stop: its order sold it in full at the open.
            if at == t and i not in state.positions and i not in state.void:
                opening, low = state.market.opening(t, i), state.market.lowest(t, i)
                assert opening is not None
                assert low is not None
                up = opening / low
                falls = up * (1.0 + by_entry) - 1.0, up * (1.0 + by_high) - 1.0
                looks.stops[row] = (t, i, *falls, scale)
        go_to_close(state, t)

    patch.setattr(engine, "resting_stops", watched_resting_stops)
    patch.setattr(engine, "go_to_close", watched_go_to_close)
