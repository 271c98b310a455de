"""A stretch of a period is a period of its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.errors import InputsError
from core.evidence.cut import BY_REBALANCE, BY_SESSION, cut_inputs
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.strategies import Recipe, make_inputs


def inputs_of(seed: int, sessions: int = 150, names: int = 6) -> SimulationInputs:
    return make_inputs(
        Recipe(
            sessions=sessions,
            names=names,
            seed=seed,
            volatility=0.02,
            rebalance_rate=0.08,
            missing_rate=0.01,
            delisted_rate=0.1,
            cash_rate=True,
        )
    )


def test_every_field_of_the_inputs_is_known_here() -> None:
    fields = {field.name for field in dataclasses.fields(SimulationInputs) if field.init}
    by_name = {"last_session", "delisting_return", "data_ended"}
    assert fields == {*BY_SESSION, *BY_REBALANCE, *by_name, "rebalance"}


@pytest.mark.parametrize("seed", range(4))
def test_nothing_after_the_stretch_matters(seed: int) -> None:
    inputs = inputs_of(seed)
    first, last = 30, 99
    later = inputs.close.copy()
    later[last + 1 :] *= 7.0
    scrambled = dataclasses.replace(inputs, close=later)
    runs = [simulate(cut_inputs(one, first, last), RiskConfig()) for one in (inputs, scrambled)]
    np.testing.assert_array_equal(runs[0].nav, runs[1].nav)
    assert len(runs[0].nav) == last - first + 1


def test_the_whole_is_the_whole() -> None:
    inputs = inputs_of(1)
    whole = cut_inputs(inputs, 0, inputs.shape[0] - 1)
    expected = simulate(inputs, RiskConfig(), weights=True)
    found = simulate(whole, RiskConfig(), weights=True)
    np.testing.assert_allclose(found.nav, expected.nav, rtol=1e-12)


def test_a_stretch_without_a_decision_is_cash_and_one_outside_is_refused() -> None:
    inputs = inputs_of(2)
    quiet = int(inputs.rebalance[0]) + 1
    assert int(inputs.rebalance[1]) > quiet
    run = simulate(cut_inputs(inputs, quiet, int(inputs.rebalance[1]) - 1), RiskConfig())
    assert run.holdings.max() == 0
    with pytest.raises(InputsError, match="must lie within sessions 0 to 149, was 10 to 150"):
        cut_inputs(inputs, 10, 150)
