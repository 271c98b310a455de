"""Rows that share runs give, bit for bit, the numbers of rows that were run on their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.curves import calendar_days
from core.risk.config import RiskConfig
from core.simulation import METRICS, SimulationInputs, simulate_many
from core.simulation.parameters import pack
from core.simulation.rows import simulate_rows
from tests.strategies import (
    Recipe,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    random_recipe,
    random_risk,
)

START = np.datetime64("2024-01-01")


def _run(
    inputs: SimulationInputs, risks: list[RiskConfig], initial_nav: float = 1e6
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Run one group; return values, sessions of ruin, NAV curves and sessions gone through."""
    sessions = inputs.shape[0]
    values = np.full((len(risks), len(METRICS)), -1.0)
    ruined = np.full(len(risks), -2)
    curves = np.full((len(risks), sessions), -1.0)
    days = calendar_days(START + np.arange(sessions))
    gone = simulate_rows(
        inputs.market, inputs.blocks, pack(risks), 0, len(risks), initial_nav, days,
        values, ruined, curves, np.zeros(1, dtype=np.bool_),
    )  # fmt: skip
    return values, ruined, curves, gone


def _neighbours(base: RiskConfig, rng: np.random.Generator, draw: Any, count: int) -> list:
    # `base` with one or two fields of another configuration each, where that is allowed.
    fields = list(RiskConfig.model_fields)
    found = [base]
    while len(found) < count:
        other, start = draw(rng), found[int(rng.integers(len(found)))]
        names = rng.choice(fields, int(rng.integers(1, 3)), replace=False)
        moved = {str(name): getattr(other, str(name)) for name in names}
        try:
            found.append(RiskConfig.model_validate({**start.model_dump(), **moved}))
        except ValidationError:
            continue
    return found


def _assert_as_alone(inputs: SimulationInputs, risks: list[RiskConfig], nav: float = 1e6) -> str:
    # Returns whether anything was shared.
    values, ruined, curves, gone = _run(inputs, risks, nav)
    for row, risk in enumerate(risks):
        own_values, own_ruined, own_curve, own_gone = _run(inputs, [risk], nav)
        assert own_gone == inputs.shape[0]
        assert ruined[row] == own_ruined[0]
        np.testing.assert_array_equal(curves[row], own_curve[0])
        np.testing.assert_array_equal(values[row], own_values[0])
    return "shared" if gone < len(risks) * inputs.shape[0] else "alone"


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**20))
def test_neighbours_share_nothing_but_what_is_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = make_inputs(random_recipe(rng, seed, 60, 6))
    event(_assert_as_alone(inputs, _neighbours(random_risk(rng), rng, random_risk, 14)))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**20))
def test_hostile_neighbours_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = make_inputs(hostile_recipe(rng, seed))
    event(_assert_as_alone(inputs, _neighbours(hostile_risk(rng), rng, hostile_risk, 12), 250.0))


def _calm() -> SimulationInputs:
    return make_inputs(Recipe(sessions=80, names=5, seed=3, volatility=0.02))


def test_equal_rows_are_run_once() -> None:
    inputs = _calm()
    values, _, _, gone = _run(inputs, [RiskConfig()] * 30)
    assert gone == inputs.shape[0]
    assert (values == values[0]).all()


@pytest.mark.parametrize(
    "field", ["position_stop_loss", "trailing_stop_pct", "circuit_breaker_dd", "target_annual_vol"]
)
def test_limits_that_nothing_comes_near_are_run_once(field: str) -> None:
    inputs = _calm()
    free = RiskConfig(
        max_allowed_drawdown=None, circuit_breaker_dd=None, position_stop_loss=None,
        trailing_stop_pct=None, target_annual_vol=None, vol_rebalance_threshold=None,
    )  # fmt: skip
    far = [free.model_copy(update={field: value}) for value in (0.9, 0.95, None, 0.99)]
    assert _run(inputs, far)[3] == inputs.shape[0]


def test_a_row_starts_at_the_rebalance_before_it_parts() -> None:
    # The price falls by 8 % after the third decision: only then does a stop of 5 % act.
    close = np.full((60, 1), 100.0)
    close[45:] = 92.0
    inputs = SimulationInputs(
        close=close, rebalance=np.array([0, 20, 40]), target=np.full((3, 1), 0.5)
    )
    rows = [RiskConfig(position_stop_loss=stop) for stop in (0.5, 0.05, 0.6)]
    assert _run(inputs, rows)[3] == 60 + 20
    _assert_as_alone(inputs, rows)


def test_rows_that_part_at_once_are_soon_run_on_their_own() -> None:
    inputs = _calm()
    costs = [RiskConfig(cost_per_trade_bps=float(bps)) for bps in range(30)]
    assert _run(inputs, costs)[3] == 30 * inputs.shape[0]
    _assert_as_alone(inputs, costs)


def test_a_long_tape_is_taken_again_from_where_a_row_parts() -> None:
    rng = np.random.default_rng(2)
    sessions, names = 1400, 4
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.05, (sessions, names)), axis=0))
    inputs = SimulationInputs(
        close=close, rebalance=np.arange(sessions), target=np.full((sessions, names), 0.2)
    )
    busy = RiskConfig(
        position_stop_loss=0.001, trailing_stop_pct=0.001, execution_lag_days=0,
        circuit_breaker_dd=None,
    )  # fmt: skip
    rows = [busy, busy.model_copy(update={"target_annual_vol": 0.3})]
    _assert_as_alone(inputs, rows)
    assert simulate_many(inputs, rows, START + np.arange(sessions)).ruined.tolist() == [-1, -1]
