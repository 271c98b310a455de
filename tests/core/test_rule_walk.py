"""What the rules looked at, rebuilt from a result, against the oracle's own walk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputsError
from core.ledger import EventKind
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.rule_fills import rebalance_fills
from core.rule_walk import StopTests, spells, stop_tests
from core.simulation import SimulationInputs, simulate
from tests.oracle.compare import SAFE_MARGIN
from tests.oracle.looks import walk
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


def assert_same_looks(inputs: SimulationInputs, risk: RiskConfig) -> int:
    """Compare everything that was looked at; return how many tests of stops there were."""
    walked = walk(inputs, risk)
    if walked is None or walked[0].margin <= SAFE_MARGIN:
        return 0
    _, looks = walked
    result = simulate(inputs, risk, weights=True)
    held = spells(inputs, risk, result)
    tests = stop_tests(inputs, risk, result, held)
    order = np.lexsort((tests.security, tests.session))
    columns = (tests.session, tests.security, tests.from_entry, tests.from_high, tests.stop_scale)
    found = np.stack([column[order].astype(float) for column in columns], axis=1)
    expected = np.array(sorted(looks.stops)).reshape(-1, 5)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert_hits_are_the_events(risk, result, tests)
    fills = rebalance_fills(inputs, risk, result, held)
    assert fills.session.tolist() == sorted(looks.turnover)
    for row, t in enumerate(fills.session.tolist()):
        turnover, may_cap = looks.turnover[t]
        assert fills.may_cap[row] == may_cap
        assert fills.turnover[row] == pytest.approx(turnover, abs=1e-9)
        if risk.min_alpha_to_cost_ratio is not None and inputs.alpha is not None:
            alphas = looks.eligible[t]
            assert fills.eligible[row] == len(alphas)
            if alphas:
                assert fills.smallest_alpha[row] == min(alphas)
        else:
            assert fills.eligible[row] == 0
    events = result.events
    for kind, column in ((EventKind.GATE, fills.gated), (EventKind.LEVERAGE_LIMIT, fills.total)):
        own = events.kind == kind
        rows = np.searchsorted(fills.session, events.session[own])
        np.testing.assert_allclose(column[rows], events.value[own], atol=1e-9)
        if kind == EventKind.GATE:
            assert (np.delete(column, rows) == 0).all()
    return len(found)


def assert_hits_are_the_events(risk: RiskConfig, result: BacktestResult, tests: StopTests) -> None:
    hit = np.zeros(len(tests.session), dtype=bool)
    if risk.position_stop_loss is not None:
        hit |= tests.from_entry <= -risk.position_stop_loss * tests.stop_scale
    if risk.trailing_stop_pct is not None:
        hit |= tests.from_high <= -risk.trailing_stop_pct * tests.stop_scale
    kinds = EventKind.STOP, EventKind.TRAILING
    led = [tests.led_to(result.events, kind) for kind in kinds]
    assert np.array_equal(hit, led[0] | led[1])
    assert [int(own.sum()) for own in led] == [result.events.count(kind) for kind in kinds]


@given(markets(), risks())
def test_small_markets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    assert_same_looks(inputs, risk)


@pytest.mark.parametrize("execution", EXECUTIONS, ids=str)
def test_markets_full_of_gaps(execution: dict[str, Any]) -> None:
    compared = 0
    for seed in range(60):
        rng = np.random.default_rng([seed, 17])
        inputs = make_inputs(hostile_recipe(rng, seed))
        compared += assert_same_looks(inputs, hostile_risk(rng, execution))
    assert compared > 1_000


@pytest.mark.parametrize("execution", EXECUTIONS, ids=str)
def test_longer_markets(execution: dict[str, Any]) -> None:
    compared = 0
    for seed in range(20):
        rng = np.random.default_rng([seed, 18])
        inputs = make_inputs(random_recipe(rng, seed, 150, 8))
        compared += assert_same_looks(inputs, random_risk(rng, execution))
    assert compared > 2_000


@given(st.data())
def test_the_average_entry_of_a_trade_is_rebuilt(data: st.DataObject) -> None:
    inputs = data.draw(markets(delisted_rate=0.0, missing_rate=0.0))
    risk = data.draw(risks(execution_lag_days=1, stop_fill="close", circuit_breaker_dd=None))
    try:
        result = simulate(inputs, risk, weights=True)
    except ArithmeticError:
        return
    held = spells(inputs, risk, result)
    tests = stop_tests(inputs, risk, result, held)
    for m in range(len(result.trades)):
        last = int(held.exit[m]) - 1  # after its last fill but the sale
        at = (tests.security == held.security[m]) & (tests.session == last)
        if at.any() and result.weights is not None:
            close = inputs.close[last, held.security[m]]
            average = close / (1.0 + tests.from_entry[at][0])
            assert average == pytest.approx(result.trades.entry_price[m], rel=1e-9)


def test_weights_are_asked_for() -> None:
    inputs = SimulationInputs(np.ones((3, 1)), np.array([0]), np.ones((1, 1)))
    risk = RiskConfig()
    result = simulate(inputs, risk)
    with pytest.raises(InputsError, match="weights=True"):
        stop_tests(inputs, risk, result, spells(inputs, risk, result))


def test_prices_are_asked_for() -> None:
    inputs = SimulationInputs(np.ones((3, 1)), np.array([0]), np.ones((1, 1)))
    result = simulate(inputs, RiskConfig(), weights=True)
    risk = RiskConfig(execution="next_open")
    held = spells(inputs, risk, result)
    for look in (stop_tests, rebalance_fills):
        with pytest.raises(InputsError, match="open"):
            look(inputs, risk, result, held)
