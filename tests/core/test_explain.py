"""Explanations against the runs they explain: every decision, fill, weight and cost."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from core.errors import RuinError
from core.explain import explain_record
from core.explain_decision import Order, decide
from core.explain_filled import Fill
from core.explain_passage import Passage, pass_session
from core.explain_state import RunRecord
from core.explain_switches import Switch
from core.ledger import EventKind, ExitReason
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.strategies import (
    EXECUTIONS,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    markets,
    random_recipe,
    random_risk,
    risks,
)

TOLERANCE = 1e-12
WAYS = pytest.mark.parametrize("way", EXECUTIONS, ids=lambda way: "-".join(map(str, way.values())))


def record_of(inputs: SimulationInputs, risk: RiskConfig) -> RunRecord | None:
    """Return a run ready to be explained, None when ruined."""
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
            passed = pass_session(record, decide(record, t - record.lag))
            assert_same_session(record, t, passed)
            fills += passed.fill.happened or bool(passed.end.sales)
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
    assert hits == (set() if record.rests else stopped(events))
    if not found.tripped:  # tests every stop anew instead of reading events
        anew = decide(record, t, Switch.CIRCUIT_BREAKER)
        assert {(test.security, int(test.hit)) for test in anew.stops if test.hit} == hits
    if found.fills_at < record.sessions:
        filled = events_of(record, found.fills_at)
        assert (found.order is Order.REBALANCE) == (EventKind.REBALANCE in filled)
        assert (found.order is Order.RESCALE) == (EventKind.RESCALE in filled)


def stopped(events: dict[int, list[int]]) -> set[tuple[int, int]]:
    kinds = ((EventKind.STOP, ExitReason.STOP), (EventKind.TRAILING, ExitReason.TRAILING))
    return {(i, int(reason)) for kind, reason in kinds for i in events.get(kind, [])}


def events_of(record: RunRecord, t: int) -> dict[int, list[int]]:
    events = record.result.events
    found: dict[int, list[int]] = {}
    for m in np.flatnonzero(events.session == t):
        found.setdefault(int(events.kind[m]), []).append(int(events.security[m]))
    return found


def assert_same_session(record: RunRecord, t: int, passed: Passage) -> None:
    result, found, end = record.result, passed.fill, passed.end
    scale = result.nav.max()
    np.testing.assert_allclose(passed.weights, record.weights[t], rtol=0, atol=TOLERANCE)
    assert passed.cost == pytest.approx(result.cost[t], abs=TOLERANCE * scale)
    assert found.cost_of.sum() == pytest.approx(found.cost, abs=TOLERANCE * scale)
    assert passed.turnover == pytest.approx(result.turnover[t], abs=TOLERANCE)
    assert end.nav == pytest.approx(result.nav[t], rel=TOLERANCE)
    assert end.cash == pytest.approx(result.cash[t], abs=TOLERANCE * scale)
    assert found.applied_after == result.applied_exposure[t]
    assert found.traded.sum() + found.cash_after + found.cost == pytest.approx(
        passed.before.cash, abs=TOLERANCE * scale
    )
    assert_same_events(record, t, found)
    assert_same_sales(record, t, passed)


def assert_same_sales(record: RunRecord, t: int, passed: Passage) -> None:
    # Every stop inside the session has its event, and closes its trade at the sale's price.
    sales, trades = passed.end.sales, record.result.trades
    assert {(sale.security, int(sale.reason)) for sale in sales} == (
        stopped(events_of(record, t)) if record.rests else set()
    )
    own = (trades.exit_session == t) & np.isin(
        trades.reason, (ExitReason.STOP, ExitReason.TRAILING)
    )
    if record.rests:
        assert sorted(trades.security[own]) == sorted(sale.security for sale in sales)
    for sale in sales:
        assert sale.low <= sale.level * (1.0 + 1e-12)
        assert sale.price == min(sale.opened, sale.level)
        assert record.weights[t, sale.security] == 0.0
        gap = record.at_open and sale.opened > sale.level * (1.0 + 1e-12)
        assert sale.after_fill == gap


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
    acted = {
        EventKind.GATE: found.gated.any(),
        EventKind.CAP: steps.cap_factor < 1.0 - 1e-9,
        EventKind.LEVERAGE_LIMIT: steps.buy_factor < 1.0 - 1e-9,
    }
    for kind, did in acted.items():
        assert not did or kind in here
    waiting = (found.exit != ExitReason.OPEN) & np.isnan(found.price)
    assert set(found.security[waiting]) == set(events_of(record, t).get(EventKind.WAITING, []))


# A run is made again session by session in plain Python: fewer examples than elsewhere. Every way
# of execution has its own below.
@settings(max_examples=40)
@given(markets(), risks())
def test_every_session_of_small_markets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    assert_reproduced(inputs, risk)


@WAYS
@pytest.mark.parametrize("seed", range(8))
def test_every_session_of_markets_full_of_gaps(seed: int, way: dict[str, Any]) -> None:
    rng = np.random.default_rng([seed, 21])
    assert_reproduced(make_inputs(hostile_recipe(rng, seed)), hostile_risk(rng, way))


@WAYS
def test_every_session_of_longer_markets(way: dict[str, Any]) -> None:
    fills = 0
    for seed in range(3):
        rng = np.random.default_rng([seed, 22])
        inputs = make_inputs(random_recipe(rng, seed, 150, 8))
        fills += assert_reproduced(inputs, random_risk(rng, way))
    assert fills > 50


@settings(max_examples=40)
@given(markets(), risks())
def test_explaining_changes_nothing(inputs: SimulationInputs, risk: RiskConfig) -> None:
    record = record_of(inputs, risk)
    if record is None:
        return
    arrays = (record.weights, record.result.nav, record.result.events.value)
    before = [array.copy() for array in arrays]
    explain_record(record, record.sessions - 1)
    np.testing.assert_equal(arrays, tuple(before))


@given(markets(), risks())
def test_no_session_s_decision_knows_later_ones(inputs: SimulationInputs, risk: RiskConfig) -> None:
    record = record_of(inputs, risk)
    if record is None or record.sessions < 3:
        return
    cut = record.sessions // 2
    shorter = SimulationInputs(
        close=inputs.close[: cut + 1],
        rebalance=inputs.rebalance[inputs.rebalance <= cut],
        target=inputs.target[inputs.rebalance <= cut],
        **_cut(inputs, cut),
    )
    prefix = record_of(shorter, risk)
    assert prefix is not None
    whole, part = decide(record, cut), decide(prefix, cut)
    np.testing.assert_equal(asdict(part.exposure), asdict(whole.exposure))  # NaN equals NaN
    assert part.order == whole.order
    assert [test.hit for test in part.stops] == [test.hit for test in whole.stops]


def _cut(inputs: SimulationInputs, cut: int) -> dict[str, np.ndarray | None]:
    kept = inputs.rebalance <= cut
    by_row = {name: getattr(inputs, name) for name in ("alpha", "leverage", "stop_scale")}
    by_session = {name: getattr(inputs, name) for name in ("cash_rate", "overlay", "open", "low")}
    by_name = ("last_session", "delisting_return", "data_ended")
    return (
        {name: None if array is None else array[kept] for name, array in by_row.items()}
        | {name: None if x is None else x[: cut + 1] for name, x in by_session.items()}
        | {name: getattr(inputs, name) for name in by_name}
    )
