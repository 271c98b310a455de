"""Explanations against the runs they explain: every decision, fill, weight and cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from core.errors import RuinError
from core.explain_decision import Order, decide
from core.explain_fill import fill
from core.explain_filled import Fill
from core.explain_state import RunRecord, before_fill
from core.explain_switches import Switch
from core.ledger import EventKind, ExitReason
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.strategies import (
    hostile_recipe,
    hostile_risk,
    make_inputs,
    markets,
    random_recipe,
    random_risk,
    risks,
)

TOLERANCE = 1e-10


def record_of(inputs: SimulationInputs, risk: RiskConfig) -> RunRecord | None:
    """Return a run ready to be explained, None when it is ruined."""
    try:
        return RunRecord.of(inputs, risk, simulate(inputs, risk, weights=True))
    except RuinError:
        return None


def assert_reproduced(inputs: SimulationInputs, risk: RiskConfig) -> int:
    """Make every session of a run again; return how many fills there were."""
    record = record_of(inputs, risk)
    if record is None:
        return 0
    fills = 0
    for t in range(record.sessions):
        assert_same_decision(record, t)
        if record.lag == 0 or t > 0:
            decision = decide(record, t - record.lag)
            moment = before_fill(record, t)
            fills += assert_same_fill(record, t, fill(record, moment, decision))
    return fills


def assert_same_decision(record: RunRecord, t: int) -> None:
    result, found = record.result, decide(record, t)
    expected = result.wanted_exposure[t]
    assert found.exposure.wanted == expected or (
        math.isnan(found.exposure.wanted) and math.isnan(expected)
    )
    assert found.exposure.dd_scale == result.dd_scale[t]
    assert found.exposure.vol_scale == result.vol_scale[t]
    events = events_of(record, t)
    assert found.tripped == (EventKind.BREAKER in events)
    assert found.reentered == (EventKind.REENTRY in events)
    assert found.out == ((math.isnan(expected) and not found.tripped) or found.reentered)
    hits = {(test.security, int(test.hit)) for test in found.stops if test.hit}
    assert hits == {
        (i, reason)
        for kind, reason in (
            (EventKind.STOP, ExitReason.STOP), (EventKind.TRAILING, ExitReason.TRAILING),
        )
        for i in events.get(kind, [])
    }  # fmt: skip
    limits = decide(record, t, Switch.COSTS)  # makes every test again instead of reading events
    assert {(test.security, int(test.hit)) for test in limits.stops if test.hit} == hits
    if found.fills_at < record.sessions:
        filled = events_of(record, found.fills_at)
        assert (found.order is Order.REBALANCE) == (EventKind.REBALANCE in filled)
        assert (found.order is Order.RESCALE) == (EventKind.RESCALE in filled)


def events_of(record: RunRecord, t: int) -> dict[int, list[int]]:
    events = record.result.events
    found: dict[int, list[int]] = {}
    for m in np.flatnonzero(events.session == t):
        found.setdefault(int(events.kind[m]), []).append(int(events.security[m]))
    return found


def assert_same_fill(record: RunRecord, t: int, found: Fill) -> bool:
    result = record.result
    np.testing.assert_allclose(found.weights, record.weights[t], rtol=0, atol=TOLERANCE)
    scale = result.nav.max()
    assert found.cost == pytest.approx(result.cost[t], abs=TOLERANCE * scale)
    assert found.cost_of.sum() == pytest.approx(result.cost[t], abs=TOLERANCE * scale)
    assert found.turnover == pytest.approx(result.turnover[t], abs=TOLERANCE)
    assert found.nav_after == pytest.approx(result.nav[t], rel=TOLERANCE)
    assert found.cash_after == pytest.approx(result.cash[t], abs=TOLERANCE * scale)
    assert found.applied_after == result.applied_exposure[t]
    assert found.traded.sum() + found.cash_after + found.cost == pytest.approx(
        before_fill(record, t).cash, abs=TOLERANCE * scale
    )
    assert_same_events(record, t, found)
    return found.happened


def assert_same_events(record: RunRecord, t: int, found: Fill) -> None:
    events, steps = record.result.events, found.steps
    here = {int(events.kind[m]): m for m in np.flatnonzero(events.session == t)}
    expected = {
        EventKind.GATE: float(found.gated.sum()),
        EventKind.CAP: steps.turnover,
        EventKind.LEVERAGE_LIMIT: steps.total,
        EventKind.REBALANCE: steps.exposure,
    }
    for kind, value in expected.items():
        if kind in here:
            assert events.value[here[kind]] == pytest.approx(value, abs=1e-9)
    waiting = (found.exit != ExitReason.OPEN) & np.isnan(found.price)
    assert set(found.security[waiting]) == set(events_of(record, t).get(EventKind.WAITING, []))


@given(markets(), risks(execution="next_close", stop_fill="close"))
def test_every_session_of_small_markets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    assert_reproduced(inputs, risk)


@pytest.mark.parametrize("seed", range(40))
def test_every_session_of_markets_full_of_gaps(seed: int) -> None:
    rng = np.random.default_rng([seed, 21])
    assert_reproduced(make_inputs(hostile_recipe(rng, seed)), hostile_risk(rng))


def test_every_session_of_longer_markets() -> None:
    fills = 0
    for seed in range(12):
        rng = np.random.default_rng([seed, 22])
        fills += assert_reproduced(make_inputs(random_recipe(rng, seed, 150, 8)), random_risk(rng))
    assert fills > 200
