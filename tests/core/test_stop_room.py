"""The nearest stops through time, against the tests that each decision explains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from core.errors import RuinError
from core.explain_decision import decide
from core.explain_state import RunRecord
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from core.stop_room import stop_room
from tests.strategies import (
    EXECUTIONS,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    markets,
    risks,
)


def check(inputs: SimulationInputs, risk: RiskConfig) -> int:
    """Hold every session against its decision; return in how many a stop was near."""
    try:
        record = RunRecord.of(inputs, risk, simulate(inputs, risk, weights=True))
    except RuinError:
        return 0
    found, seen = stop_room(record), 0
    for t in range(record.sessions):
        tests = decide(record, t).stops
        for room, name, levels in (
            (found.position[t], found.position_name[t], [(x.stop_level, x) for x in tests]),
            (found.trailing[t], found.trailing_name[t], [(x.trailing_level, x) for x in tests]),
        ):
            known = {x.security: 1.0 - level / x.close for level, x in levels if level == level}
            assert math.isnan(room) == (not known)
            assert (name == -1) == (not known)
            if known:
                assert room == pytest.approx(min(known.values()), abs=1e-12)
                assert known[int(name)] == pytest.approx(room, abs=1e-12)
                seen += 1
    return seen


@given(markets(), risks())
def test_small_markets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    check(inputs, risk)


@pytest.mark.parametrize("way", EXECUTIONS, ids=lambda way: "-".join(map(str, way.values())))
def test_markets_full_of_gaps(way: dict[str, Any]) -> None:
    seen = 0
    for seed in range(6):
        rng = np.random.default_rng([seed, 51])
        seen += check(make_inputs(hostile_recipe(rng, seed)), hostile_risk(rng, way))
    assert seen > 50


def test_a_fall_to_the_level_by_hand() -> None:
    close = np.array([[100.0], [100.0], [110.0], [99.0]])
    inputs = SimulationInputs(close, np.array([0]), np.array([[1.0]]))
    risk = RiskConfig(max_allowed_drawdown=None, target_annual_vol=None)
    found = stop_room(RunRecord.of(inputs, risk, simulate(inputs, risk, weights=True)))
    np.testing.assert_allclose(found.position, [np.nan, 0.12, 1 - 88 / 110, 1 - 88 / 99])
    np.testing.assert_allclose(found.trailing, [np.nan, 0.15, 0.15, 1 - 93.5 / 99])
    assert found.trailing_name.tolist() == [-1, 0, 0, 0]
