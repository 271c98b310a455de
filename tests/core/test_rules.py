from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.presets import preset
from core.risk.config import RiskConfig
from core.rules import OFF, Rule, only, rules_on, without_regime_leverage
from core.simulation import SimulationInputs, simulate
from tests.strategies import Recipe, make_inputs, risks


def _inputs(**given: Any) -> SimulationInputs:
    return SimulationInputs(np.ones((3, 1)), np.array([0]), np.ones((1, 1)), **given)


@given(risks(), st.sets(st.sampled_from(Rule)))
def test_only_leaves_the_others_off(risk: RiskConfig, on: set[Rule]) -> None:
    left = only(risk, on)
    inputs = _inputs(alpha=np.zeros((1, 1)))
    assert set(rules_on(inputs, left)) == set(rules_on(inputs, risk)) & on
    fields = {OFF[rule][0] for rule in Rule if rule not in on} | {"min_position_scale"}
    before, after = risk.model_dump(), left.model_dump()
    assert {name for name in before if before[name] != after[name]} <= fields
    assert left.min_position_scale <= left.max_leverage


def test_everything_on_is_the_scenario() -> None:
    assert only(RiskConfig(), tuple(Rule)) == RiskConfig()


def test_phase_8_has_all_rules_but_leverage() -> None:
    on = rules_on(_inputs(alpha=np.zeros((1, 1))), RiskConfig())
    assert on == tuple(rule for rule in Rule if rule != Rule.LEVERAGE)
    assert rules_on(_inputs(), preset("No overlay").risk) == (Rule.COSTS,)


def test_a_gate_without_expected_returns_is_not_on() -> None:
    assert Rule.ALPHA_GATE not in rules_on(_inputs(), RiskConfig())


@pytest.mark.parametrize(
    ("limit", "regime", "on"),
    [(1.0, 1.0, False), (1.0, 0.5, True), (1.5, 1.0, True), (0.8, None, True), (1.0, None, False)],
)
def test_leverage_is_its_limit_and_that_of_the_regimes(
    limit: float, regime: float | None, on: bool
) -> None:
    inputs = _inputs(leverage=None if regime is None else np.array([regime]))
    found = rules_on(inputs, RiskConfig(max_leverage=limit, min_position_scale=0.5))
    assert (Rule.LEVERAGE in found) == on
    assert Rule.LEVERAGE not in rules_on(without_regime_leverage(inputs), RiskConfig())


def test_with_no_rule_on_exposure_is_1_whatever_the_floor_and_the_threshold() -> None:
    inputs = make_inputs(Recipe(sessions=60, names=4, leverage=True, seed=3))
    for floor, threshold in ((0.0, None), (0.9, 0.0), (1.4, 0.1)):
        risk = RiskConfig(
            max_leverage=1.5, min_position_scale=floor, vol_rebalance_threshold=threshold
        )
        result = simulate(without_regime_leverage(inputs), only(risk, ()))
        assert (result.wanted_exposure == 1.0).all()
        assert result.cost.sum() == 0.0
        assert result.events.count(4) == 0  # rescales
