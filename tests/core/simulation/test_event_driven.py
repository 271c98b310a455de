"""Runs that skip quiet sessions are the runs that visit them all, to 1e-12."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings

from core.errors import RuinError
from core.ledger import EventKind
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.oracle import simulate_plainly
from tests.oracle.compare import SAFE_MARGIN, assert_same_run
from tests.strategies import (
    Recipe,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    markets,
    random_recipe,
    random_risk,
    risks,
)


def _ruined(inputs: SimulationInputs, risk: RiskConfig, *, weights: bool) -> int | None:
    try:
        simulate(inputs, risk, weights=weights)
    except RuinError as ruin:
        return ruin.session
    return None


def _assert_agrees(inputs: SimulationInputs, risk: RiskConfig) -> set[EventKind]:
    # Returns the kinds of events, none where the run was ruined.
    ruined = _ruined(inputs, risk, weights=True)
    assert _ruined(inputs, risk, weights=False) == ruined
    if ruined is not None:
        return set()
    by_session = simulate(inputs, risk, weights=True)
    assert_same_run(simulate(inputs, risk), by_session)
    return {EventKind(kind) for kind in by_session.events.kind}


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(markets(), risks())
def test_small_markets_under_every_rule(inputs: SimulationInputs, risk: RiskConfig) -> None:
    try:
        if simulate_plainly(inputs, risk).margin <= SAFE_MARGIN:
            return  # whether a rule acts hangs on the order of a sum
    except RuinError:
        pass
    for kind in _assert_agrees(inputs, risk):
        event(kind.label)


@pytest.mark.parametrize("lag", [0, 1])
def test_sparse_rebalances_make_long_stretches(lag: int) -> None:
    kinds: Counter[EventKind] = Counter()
    for seed in range(60):
        rng = np.random.default_rng([seed, lag])
        recipe = random_recipe(rng, seed, 200, 12)
        sparse = Recipe(**{**vars(recipe), "rebalance_rate": 0.04})
        risk = random_risk(rng).model_copy(update={"execution_lag_days": lag})
        kinds.update(_assert_agrees(make_inputs(sparse), risk))
    simulated = {kind for kind in EventKind if not kind.is_fallback}
    assert set(kinds) | {EventKind.LEVERAGE_LIMIT} == simulated


def test_hostile_markets_cut_stretches_short() -> None:
    kinds: Counter[EventKind] = Counter()
    for seed in range(120):
        rng = np.random.default_rng([seed, 5])
        kinds.update(_assert_agrees(make_inputs(hostile_recipe(rng, seed)), hostile_risk(rng)))
    assert min(kinds[kind] for kind in EventKind if not kind.is_fallback) > 10


def test_volatility_is_exactly_zero_where_nothing_moves() -> None:
    # One name falls into its stop and leaves; the other never moves. A residue of the first in the
    # sums would be scaled up to the largest exposure.
    close = np.column_stack(
        [np.full(12, 33.33), [7.7, 7.7, 6.1, *[6.1 * 0.97**t for t in range(9)]]]
    )
    inputs = SimulationInputs(close=close, rebalance=np.array([0]), target=np.array([[0.3, 0.4]]))
    risk = RiskConfig(
        target_annual_vol=0.1, vol_lookback_days=3, min_position_scale=0.2, max_leverage=1.0
    )
    result = simulate(inputs, risk)
    assert result.sigma[-1] == 0.0
    assert result.vol_scale[-1] == 1.0


def test_inputs_lay_their_prices_out_once() -> None:
    inputs = make_inputs(Recipe(seed=4))
    assert inputs.blocks is inputs.blocks
