from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from core.control import TOLERANCE, ControlError, exposure_matched_control
from core.errors import CancelledError, RuinError
from core.metrics import summarise
from core.presets import preset
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.markets import weekdays
from tests.strategies import EXECUTIONS, Recipe, make_inputs, markets, risks

DATES = weekdays(200)
RECIPE = Recipe(sessions=200, names=6, seed=4, rebalance_rate=0.1, alpha=True, cash_rate=True)


def test_same_book_same_average_exposure_no_rules() -> None:
    inputs, risk = make_inputs(RECIPE), RiskConfig(target_annual_vol=0.15)
    result = simulate(inputs, risk)
    control = exposure_matched_control(inputs, risk, result, DATES)
    own = control.result
    assert abs(own.invested.mean() - result.invested.mean()) <= TOLERANCE
    assert control.average_exposure == result.invested.mean()
    assert control.metrics.average_exposure == pytest.approx(
        control.scenario.average_exposure, abs=TOLERANCE
    )
    assert control.scenario == summarise(result, DATES, inputs.cash_rate)
    assert set(own.wanted_exposure.tolist()) == {control.exposure}
    assert {0, 1, 2, 4, 5, 6}.isdisjoint(own.events.kind.tolist())  # no rule acts
    fills = own.turnover > 0.0
    np.testing.assert_allclose(own.cost[fills] / (own.nav + own.cost)[fills],
                               own.turnover[fills] * 1e-3, rtol=1e-9)  # fmt: skip
    change = control.differences()
    assert change["cagr"] == control.scenario.cagr - control.metrics.cagr
    np.testing.assert_array_equal(control.nav, own.nav)


def test_the_bare_book_is_its_own_control() -> None:
    inputs, risk = make_inputs(RECIPE), preset("No overlay").risk
    result = simulate(inputs, risk)
    control = exposure_matched_control(inputs, risk, result, DATES)
    assert control.exposure == 1.0
    assert control.runs == 1
    np.testing.assert_array_equal(control.nav, result.nav)


@pytest.mark.parametrize("execution", EXECUTIONS, ids=str)
def test_a_constant_leverage_finds_itself(execution: dict[str, Any]) -> None:
    inputs = make_inputs(RECIPE)
    risk = preset("No overlay").risk.model_copy(update={"max_leverage": 0.613, **execution})
    result = simulate(inputs, risk)
    control = exposure_matched_control(inputs, risk, result, DATES, tolerance=1e-10)
    assert control.exposure == pytest.approx(0.613, abs=1e-8)
    np.testing.assert_allclose(control.nav, result.nav, rtol=1e-7)


@settings(max_examples=60)
@given(markets(overlay=False), risks(max_leverage=1.0, min_position_scale=0.4))
def test_random_markets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    dates = weekdays(inputs.shape[0])
    try:
        result = simulate(inputs, risk)
        control = exposure_matched_control(inputs, risk, result, dates)
    except (ControlError, RuinError):
        return
    assert abs(control.result.invested.mean() - result.invested.mean()) <= TOLERANCE
    assert control.result.initial_nav == result.initial_nav


def test_regime_leverage_is_off() -> None:
    inputs = make_inputs(Recipe(sessions=200, names=4, seed=6, leverage=True))
    risk = RiskConfig(min_position_scale=0.1)
    control = exposure_matched_control(inputs, risk, simulate(inputs, risk), DATES)
    assert set(control.result.leverage.tolist()) == {1.0}


def test_exposure_above_1_is_borrowed() -> None:
    inputs = make_inputs(Recipe(sessions=200, names=6, seed=4, volatility=0.01))
    risk = preset("No overlay").risk.model_copy(
        update={"max_leverage": 1.5, "min_position_scale": 1.5}
    )
    result = simulate(inputs, risk)
    assert result.invested.max() > 1.4
    control = exposure_matched_control(inputs, risk, result, DATES, tolerance=1e-9)
    assert control.exposure == pytest.approx(1.5, abs=1e-6)
    np.testing.assert_allclose(control.nav, result.nav, rtol=1e-6)


@pytest.mark.parametrize("execution", EXECUTIONS, ids=str)
def test_cash_is_the_control_of_cash(execution: dict[str, Any]) -> None:
    close, risk = np.array([[1.0], [1.1], [1.2]]), RiskConfig(**execution)
    empty = SimulationInputs(
        close, np.array([0]), np.zeros((1, 1)), open=close, low=close, cash_rate=np.full(3, 0.01)
    )
    result = simulate(empty, risk)
    control = exposure_matched_control(empty, risk, result, weekdays(3))
    assert (control.exposure, control.runs) == (0.0, 1)
    np.testing.assert_allclose(control.nav, 1e6 * 1.01 ** np.arange(3.0))


def test_what_cannot_be_reached_is_said() -> None:
    # The scenario is capped and so still holds what the book sold at once.
    close = np.ones((60, 2))
    target = np.array([[1.0, 0.0], [0.0, 0.0]])
    inputs = SimulationInputs(close, np.array([0, 1]), target)
    risk = RiskConfig(max_turnover_per_rebal=0.0, min_position_scale=0.0)
    result = simulate(inputs, risk)
    assert result.invested.mean() > 0.9
    with pytest.raises(ControlError, match="no more than 5 times NAV"):
        exposure_matched_control(inputs, risk, result, weekdays(60))


def test_a_control_that_is_ruined_is_said() -> None:
    # Capped, the scenario never gets to its book; levered to the same average, the book is ruined.
    close = np.array([[100.0, 100.0]] * 10 + [[100.0, 40.0]] * 3)
    target = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    inputs = SimulationInputs(close, np.array([0, 1, 6]), target)
    risk = RiskConfig(max_turnover_per_rebal=0.0, min_position_scale=0.0, position_stop_loss=None,
                      trailing_stop_pct=None, circuit_breaker_dd=None)  # fmt: skip
    result = simulate(inputs, risk)
    with pytest.raises(ControlError, match="must survive, was ruined at session 10"):
        exposure_matched_control(inputs, risk, result, weekdays(13))


def test_it_can_be_cancelled() -> None:
    inputs = make_inputs(RECIPE)
    with pytest.raises(CancelledError):
        exposure_matched_control(
            inputs, RiskConfig(), simulate(inputs, RiskConfig()), DATES, cancelled=lambda: True
        )
