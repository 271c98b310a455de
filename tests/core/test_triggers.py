"""Distances at the last close, held against what the next session does."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import InputsError
from core.ledger import EventKind
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.rules import Rule
from core.simulation import SimulationInputs, simulate
from core.triggers import stop_distances, triggers
from tests.strategies import QUIET


def market(seed: int, sessions: int = 60, names: int = 6) -> SimulationInputs:
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.015, (sessions, names)), axis=0))
    rebalance = np.arange(2, sessions - 3, 21)
    target = rng.dirichlet(np.ones(names), len(rebalance))
    return SimulationInputs(close=close, rebalance=rebalance, target=target)


def one_more(inputs: SimulationInputs, close: Any) -> SimulationInputs:
    return dataclasses.replace(
        inputs,
        close=np.vstack([inputs.close, close]),
        cash_rate=None, overlay=None, open=None, low=None, last_session=None,
        delisting_return=None, data_ended=None,
    )  # fmt: skip


def stopped(result: BacktestResult, session: int) -> set[int]:
    events = result.events
    hit = (events.kind == EventKind.STOP) | (events.kind == EventKind.TRAILING)
    return set(events.security[hit & (events.session == session)].tolist())


@settings(suppress_health_check=[HealthCheck.filter_too_much], deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0, 1]), st.booleans(), st.booleans())
def test_a_stop_is_hit_by_the_return_it_is_away(
    seed: int, lag: int, by_entry: bool, by_high: bool
) -> None:
    assume(by_entry or by_high)
    risk = QUIET.model_copy(
        update={
            "position_stop_loss": 0.12 if by_entry else None,
            "trailing_stop_pct": 0.15 if by_high else None,
            "execution_lag_days": lag,
        }
    )
    inputs = market(seed)
    result = simulate(inputs, risk, weights=True)
    found = stop_distances(inputs, risk, result)
    staying = np.flatnonzero(~found.leaving)
    assume(len(staying))
    assert (np.diff(found.nearest) <= 0.0).all()
    last, nearest = inputs.close[-1], np.zeros(inputs.shape[1])
    nearest[found.security] = found.nearest
    assert (nearest[found.security[staying]] < 0.0).all()
    for beyond, expected in ((1e-9, set(found.security[staying].tolist())), (-1e-9, set())):
        after = simulate(one_more(inputs, last * (1.0 + nearest) * (1.0 - beyond)), risk)
        assert stopped(after, inputs.shape[0]) == expected


def test_what_is_ordered_to_leave_says_so() -> None:
    inputs = market(3)
    risk = QUIET.model_copy(update={"position_stop_loss": 0.10, "execution_lag_days": 1})
    before = simulate(inputs, risk, weights=True)
    name = int(stop_distances(inputs, risk, before).security[0])
    close = inputs.close[-1].copy()
    close[name] *= 0.5
    after = one_more(inputs, close)
    found = stop_distances(after, risk, simulate(after, risk, weights=True))
    assert found.security[found.leaving].tolist() == [name]
    assert found.to_stop[found.security == name][0] > 0.0


def test_weights_and_names_are_those_held() -> None:
    inputs, risk = market(7), RiskConfig()
    result = simulate(inputs, risk, weights=True)
    found = stop_distances(inputs, risk, result)
    assert result.weights is not None
    assert set(found.security.tolist()) == set(np.flatnonzero(result.weights[-1] > 0.0).tolist())
    assert found.weight.sum() == pytest.approx(result.invested[-1])
    off = stop_distances(inputs, QUIET, simulate(inputs, QUIET, weights=True))
    assert len(off)
    assert np.isnan(off.nearest).all()


def test_stops_need_weights() -> None:
    inputs = market(1)
    with pytest.raises(InputsError, match="must hold weights"):
        stop_distances(inputs, RiskConfig(), simulate(inputs, RiskConfig()))


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_portfolio_rules_stand_where_the_run_says(seed: int) -> None:
    inputs, risk = market(seed), RiskConfig()
    result = simulate(inputs, risk, weights=True)
    found = {one.rule: one for one in triggers(risk, result)}
    scaling, breaker = found[Rule.DRAWDOWN_SCALING], found[Rule.CIRCUIT_BREAKER]
    assert scaling.value == breaker.value == result.risk_drawdown[-1]
    assert breaker.room == pytest.approx(0.35 + breaker.value)
    # Where the room is used up, the product of the scales has just reached the floor.
    depth = scaling.value - scaling.room
    others = result.vol_scale[-1] * result.leverage[-1]
    product = (1.0 + depth / 0.30) ** 2 * others
    assert product == pytest.approx(min(risk.min_position_scale, others))
    assert scaling.acts == (result.dd_scale[-1] < 1.0)
    volatility = found[Rule.VOLATILITY_TARGET]
    assert volatility.acts == (result.vol_scale[-1] < 1.0)
    assert volatility.room == pytest.approx(0.18 - result.sigma[-1])
    scale = result.dd_scale[-1] * result.vol_scale[-1] * result.leverage[-1]
    assert found[Rule.LEVERAGE].value == scale


def test_rules_that_are_off_have_no_trigger() -> None:
    inputs = market(2)
    assert [one.rule for one in triggers(QUIET, simulate(inputs, QUIET))] == [Rule.LEVERAGE]
