"""Rows that run side by side have the numbers of runs on their own, whoever is beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.curves import calendar_days
from core.errors import RuinError
from core.risk.config import RiskConfig
from core.simulation import METRICS, SimulationInputs
from core.simulation.lane_state import LANES
from core.simulation.lanes import simulate_lanes
from core.simulation.parameters import pack
from core.simulation.rows import simulate_rows
from tests.oracle import simulate_plainly
from tests.oracle.compare import SAFE_MARGIN
from tests.strategies import (
    QUIET,
    Recipe,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    random_recipe,
    random_risk,
)

START = np.datetime64("2024-01-01")


def _run(
    run: object, inputs: SimulationInputs, risks: Sequence[RiskConfig], initial_nav: float = 1e6
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, sessions of ruin and NAV curves."""
    sessions = inputs.shape[0]
    values = np.full((len(risks), len(METRICS)), -1.0)
    ruined = np.full(len(risks), -2)
    curves = np.full((len(risks), sessions), -1.0)
    days = calendar_days(START + np.arange(sessions))
    run(  # type: ignore[operator]
        inputs.market, inputs.blocks, pack(risks), np.arange(len(risks)), 0, len(risks),
        initial_nav, days, values, ruined, curves, np.zeros(1, dtype=np.bool_),
    )  # fmt: skip
    return values, ruined, curves


def _at_closes(rng: np.random.Generator, draw: object, count: int, lag: int) -> list[RiskConfig]:
    # What lanes can run: fills and stops at closes, one lag.
    at_closes = {"execution": "next_close", "stop_fill": "close", "execution_lag_days": lag}
    return [draw(rng).model_copy(update=at_closes) for _ in range(count)]  # type: ignore[operator]


def _is_safe(inputs: SimulationInputs, risk: RiskConfig, initial_nav: float) -> bool:
    # False where whether a rule acts hangs on the order of a sum.
    try:
        return bool(simulate_plainly(inputs, risk, initial_nav=initial_nav).margin > SAFE_MARGIN)
    except RuinError:
        return False


def _assert_as_alone(
    inputs: SimulationInputs, risks: Sequence[RiskConfig], initial_nav: float = 1e6
) -> int:
    # Returns how many rows were ruined.
    values, ruined, curves = _run(simulate_lanes, inputs, risks, initial_nav)
    alone_values, alone_ruined, alone_curves = _run(simulate_rows, inputs, risks, initial_nav)
    for row, risk in enumerate(risks):
        close = np.allclose(curves[row], alone_curves[row], rtol=1e-12, atol=0.0, equal_nan=True)
        if not (close and ruined[row] == alone_ruined[row]):
            assert not _is_safe(inputs, risk, initial_nav), (row, risk)
            continue
        for column, name in enumerate(METRICS):
            if name == "win_rate":  # whether a trade that earned nothing was won hangs on a digit
                continue
            np.testing.assert_allclose(
                values[row, column], alone_values[row, column],
                rtol=1e-10, atol=1e-11, err_msg=name,
            )  # fmt: skip
    return int((ruined >= 0).sum())


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**20))
def test_lanes_are_runs_of_their_own(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = make_inputs(random_recipe(rng, seed, 60, 6))
    _assert_as_alone(inputs, _at_closes(rng, random_risk, 11, seed % 2))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**20))
def test_hostile_lanes_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = make_inputs(hostile_recipe(rng, seed))
    ruins = _assert_as_alone(inputs, _at_closes(rng, hostile_risk, 19, seed % 2), 250.0)
    event("ruined" if ruins else "solvent")


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**20))
def test_digits_do_not_depend_on_the_neighbours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = make_inputs(hostile_recipe(rng, seed))
    risks = _at_closes(rng, hostile_risk, LANES + 5, seed % 2)
    values, ruined, curves = _run(simulate_lanes, inputs, risks, 250.0)
    order = rng.permutation(len(risks))
    for count in (1, 3, len(risks)):
        some = [risks[row] for row in order[:count]]
        moved_values, moved_ruined, moved_curves = _run(simulate_lanes, inputs, some, 250.0)
        np.testing.assert_array_equal(moved_values, values[order[:count]])
        np.testing.assert_array_equal(moved_ruined, ruined[order[:count]])
        np.testing.assert_array_equal(moved_curves, curves[order[:count]])


def test_where_no_price_moves_volatility_is_exactly_nothing() -> None:
    # Any rounding would be scaled up to the leverage limit.
    sessions, names = 80, 7
    close = np.tile(np.array([3.0, 7.1, 11.3, 0.77, 5.9, 23.0, 1.1]), (sessions, 1))
    last = np.full(names, sessions)
    last[2] = 40
    target = np.random.default_rng(1).dirichlet(np.ones(names), 4)
    inputs = SimulationInputs(
        close=close, rebalance=np.array([0, 20, 45, 60]), target=target, last_session=last
    )
    risks = [
        QUIET.model_copy(
            update={"target_annual_vol": 0.1, "max_leverage": 3.0, "vol_lookback_days": days}
        )
        for days in (2, 5, 5, 20)
    ]
    values, _, _ = _run(simulate_lanes, inputs, risks)
    assert (values[:, METRICS.index("average_exposure")] < 1.0 + 1e-9).all()


def test_an_exit_waits_for_its_bar_in_its_lane_alone() -> None:
    close = np.full((30, 2), 100.0)
    close[10:, 0] = 80.0
    close[11:15, 0] = math.nan
    inputs = SimulationInputs(
        close=close, rebalance=np.array([0, 20]), target=np.array([[0.5, 0.5], [0.5, 0.5]])
    )
    risks = [QUIET.model_copy(update={"execution_lag_days": 1, "position_stop_loss": stop})
             for stop in (0.1, None, 0.3, 0.15)]  # fmt: skip
    _assert_as_alone(inputs, risks)
    values, _, _ = _run(simulate_lanes, inputs, risks)
    assert values[:, METRICS.index("stop_hits")].tolist() == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("count", [1, LANES // 2, LANES // 2 + 1, LANES, LANES + 1, 3 * LANES])
def test_every_number_of_rows_has_its_lanes(count: int) -> None:
    inputs = make_inputs(Recipe(sessions=50, names=9, seed=4, missing_rate=0.02))
    rng = np.random.default_rng(count)
    _assert_as_alone(inputs, _at_closes(rng, random_risk, count, 1))
