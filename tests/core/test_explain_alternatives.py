"""One-step alternatives against the oracle, stopped at a decision and given other limits for it."""

from __future__ import annotations

import copy
import math
from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from core.errors import RuinError
from core.explain import Alternative, explain_record
from core.explain_decision import decide
from core.explain_passage import next_nav, pass_session
from core.explain_state import RunRecord
from core.explain_switches import Switch
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.oracle import engine
from tests.oracle.compare import SAFE_MARGIN
from tests.oracle.records import Market
from tests.oracle.state import State
from tests.strategies import (
    EXECUTIONS,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    random_recipe,
    random_risk,
)

WAYS = pytest.mark.parametrize("way", EXECUTIONS, ids=lambda way: "-".join(map(str, way.values())))
_OFF: dict[Switch, dict[str, Any]] = {
    Switch.CIRCUIT_BREAKER: {"circuit_breaker_dd": None},
    Switch.POSITION_STOP: {"position_stop_loss": None},
    Switch.TRAILING_STOP: {"trailing_stop_pct": None},
    Switch.DRAWDOWN_SCALING: {"max_allowed_drawdown": None},
    Switch.VOLATILITY_TARGET: {"target_annual_vol": None},
    Switch.REGIME_LEVERAGE: {},
    Switch.EXPOSURE_FLOOR: {"min_position_scale": 0.0},
    Switch.LEVERAGE_LIMIT: {"max_leverage": math.inf},
    Switch.ALPHA_GATE: {"min_alpha_to_cost_ratio": None},
    Switch.TURNOVER_CAP: {"max_turnover_per_rebal": None},
    Switch.COSTS: {"cost_per_trade_bps": 0.0},
}


def test_every_switch_is_compared() -> None:
    assert set(_OFF) == set(Switch)


def states_before_decisions(
    inputs: SimulationInputs, risk: RiskConfig
) -> tuple[list[State], float]:
    """Return the oracle's state just before each decision, and its margin over the whole run."""
    state = State(Market(inputs), risk, 1_000_000.0)
    found = []
    for t in range(state.market.sessions):
        state.start_session()
        engine.mark(state, t)
        if risk.execution_lag_days == 1:
            fill_and_close(state, t)
        engine.append_sleeve(state)
        engine.update_risk_peak(state)
        found.append(branch(state))
        engine.decide(state, t)
        if risk.execution_lag_days == 0:
            engine.fill(state, t)
        engine.record(state, t)
    return found, state.out.margin


def branch(state: State) -> State:
    """Return a copy that goes on alone. What was read and written before is not copied again."""
    out = state.out
    written = {f.name: getattr(out, f.name) for f in fields(out)}
    lists = {name: list(value) for name, value in written.items() if isinstance(value, list)}
    shared = {id(state.market): copy.copy(state.market), id(out): replace(out, **lists)}
    return copy.deepcopy(state, shared)


def fill_and_close(state: State, t: int) -> None:
    engine.fill(state, t)
    if state.risk.execution == "next_open":
        engine.go_to_close(state, t)


class Step(NamedTuple):
    """One decision and its fill by the oracle; `later` is NAV at the first close after it."""

    weights: list[float]
    cost: float
    wanted: float
    later: float
    margin: float


def one_step(state: State, t: int, off: Switch) -> Step:
    """Decide and fill once without `off`, stops resting over the session after included."""
    state, own = branch(state), state.risk
    lag = state.risk.execution_lag_days
    state.risk = state.risk.model_copy(update=_OFF[off])  # not validated: a limit may be inf
    if off is Switch.REGIME_LEVERAGE:
        state.leverage = 1.0
        state.market.leverage = [1.0] * len(state.market.leverage)
    engine.decide(state, t)
    wanted = state.wanted
    if lag == 1:
        engine.record(state, t)
        state.start_session()
        engine.mark(state, t + 1)
    fill_and_close(state, t + lag)
    engine.record(state, t + lag)
    weights, cost = state.out.weights[-1], state.out.cost[-1]
    if own.execution == "next_close":
        if lag == 1:  # what the close between decides of the stops counts over this session
            state.risk = own
            k = state.market.decided_at.get(t + 1)
            state.stop_scale = state.stop_scale if k is None else state.market.stop_scale[k]
        state.start_session()
        engine.mark(state, t + lag + 1)
    return Step(weights, cost, wanted, state.nav(), state.out.margin)


def compare(inputs: SimulationInputs, risk: RiskConfig, every: int) -> int:
    """Compare every alternative of every `every`-th decision; return how many differed."""
    try:
        states, margin = states_before_decisions(inputs, risk)
        result = simulate(inputs, risk, weights=True)
    except RuinError:
        return 0
    if margin <= SAFE_MARGIN:
        return 0
    record = RunRecord.of(inputs, risk, result)
    differed = 0
    for t in range(0, record.sessions - record.lag - 1, every):
        explained = {each.off: each for each in explain_record(record, t).alternatives}
        nav = next_nav(record, pass_session(record, decide(record, t)), None, happened=True)
        assert nav == pytest.approx(nav_before_next_fill(record, t), rel=1e-10)
        if decide(record, t).out and not decide(record, t).reentered:
            assert not explained
            continue
        for off in Switch:
            try:
                expected = one_step(states[t], t, off)
            except RuinError:
                continue
            if expected.margin <= SAFE_MARGIN:
                continue
            other = explained.get(off)
            assert_same(record, t, other, expected)
            changed = 0.0 if other is None else other.nav_change
            assert expected.later - nav == pytest.approx(changed, abs=1e-9 * nav)
            differed += other is not None
    return differed


def nav_before_next_fill(record: RunRecord, t: int) -> float:
    after = t + record.lag + (0 if record.at_open else 1)
    nav = float(record.result.nav[after])
    if record.at_open:
        return nav
    return nav + pass_session(record, decide(record, after - record.lag)).fill.cost


def assert_same(
    record: RunRecord,
    t: int,
    other: Alternative | None,
    step: Step,
) -> None:
    weights, cost, wanted, *_ = step
    if other is None:  # nothing differs from what happened
        s = t + record.lag
        np.testing.assert_allclose(record.weights[s], weights, rtol=0, atol=1e-10)
        assert record.result.cost[s] == pytest.approx(cost, abs=1e-10 * record.result.nav[s])
        decided = record.result.wanted_exposure[t]
    else:
        assert other.fill is not None
        passed = pass_session(record, other.decision, other.off)
        np.testing.assert_allclose(passed.weights, weights, rtol=0, atol=1e-10)
        assert passed.cost == pytest.approx(cost, abs=1e-10 * other.fill.nav_before)
        assert passed.cost - record.result.cost[passed.end.session] == pytest.approx(
            other.cost_change, abs=1e-9 * other.fill.nav_before
        )
        decided = other.decision.exposure.wanted
    assert decided == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True)
    assert math.isnan(decided) == math.isnan(wanted)


# Few markets a way: every alternative is a decision and a fill of the oracle.
@pytest.mark.slow
@WAYS
def test_markets_full_of_gaps(way: dict[str, Any]) -> None:
    differed = 0
    for seed in range(4):
        rng = np.random.default_rng([seed, 31])
        differed += compare(make_inputs(hostile_recipe(rng, seed)), hostile_risk(rng, way), 3)
    assert differed > 30


@pytest.mark.slow
@WAYS
def test_longer_markets(way: dict[str, Any]) -> None:
    differed = 0
    for seed in range(2):
        rng = np.random.default_rng([seed, 32])
        inputs = make_inputs(random_recipe(rng, seed, 120, 6))
        differed += compare(inputs, random_risk(rng, way), 7)
    assert differed > 12
