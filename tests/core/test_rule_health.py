from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from core.errors import InputsError
from core.ledger import PORTFOLIO
from core.presets import preset
from core.risk.config import RiskConfig
from core.rule_health import RuleHealth, rule_health
from core.rules import Rule
from core.simulation import SimulationInputs, simulate
from tests.oracle.compare import SAFE_MARGIN
from tests.oracle.looks import Looks, walk
from tests.oracle.records import OracleResult
from tests.strategies import (
    EXECUTIONS,
    Recipe,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    markets,
    random_recipe,
    random_risk,
    risks,
)


def _health(inputs: SimulationInputs, risk: RiskConfig) -> dict[Rule, RuleHealth]:
    result = simulate(inputs, risk, weights=True)
    return {row.rule: row for row in rule_health(inputs, risk, result)}


def _count(plain: OracleResult, kind: str) -> int:
    return sum(event.kind == kind for event in plain.events)


def _expected(
    inputs: SimulationInputs, risk: RiskConfig, plain: OracleResult, looks: Looks
) -> dict[Rule, tuple[bool, int, int, float]]:
    # Per rule: on, evaluations, triggers, closest approach as a distance to the trigger.
    decided = [t for t, wanted in enumerate(plain.wanted_exposure) if not math.isnan(wanted)]
    scales = [plain.dd_scale[t] for t in decided]
    sigmas = [plain.sigma[t] for t in decided if not math.isnan(plain.sigma[t])]
    vol = risk.target_annual_vol or math.nan
    stop, trailing = risk.position_stop_loss, risk.trailing_stop_pct
    # Inside the session both stops rest in the market: the one that did not sell is not asked. On
    # closes the position stop is tested first.
    inside = risk.stop_fill == "intraday"
    sold = {(e.session, e.security): e.kind for e in plain.events if e.kind in ("stop", "trailing")}
    falls = [entry + (stop or 9.0) * scale for t, i, entry, _, scale in looks.stops
             if not (inside and sold.get((t, i)) == "trailing")]  # fmt: skip
    highs = [high + (trailing or 9.0) * scale for t, i, _, high, scale in looks.stops
             if sold.get((t, i)) != "stop"]  # fmt: skip
    drops = [drawdown for _, drawdown in looks.breaker]
    capped = [turnover for turnover, may_cap in looks.turnover.values() if may_cap]
    gate = risk.min_alpha_to_cost_ratio
    alphas = [a for row in looks.eligible.values() for a in row] if gate is not None else []
    left_alone = sum(int(e.value) for e in plain.events if e.kind == "gate")

    def least(values: list[float]) -> float:
        return min(values, default=math.nan)

    return {
        Rule.DRAWDOWN_SCALING: (risk.max_allowed_drawdown is not None, len(decided),
                                sum(s < 1.0 - 1e-12 for s in scales), least(scales) - 1.0),
        Rule.VOLATILITY_TARGET: (risk.target_annual_vol is not None, len(sigmas),
                                 sum(s > vol for s in sigmas), vol + least([-s for s in sigmas])),
        Rule.POSITION_STOP: (stop is not None, len(falls), _count(plain, "stop"), least(falls)),
        Rule.TRAILING_STOP: (trailing is not None, len(highs), _count(plain, "trailing"),
                             least(highs)),
        Rule.CIRCUIT_BREAKER: (risk.circuit_breaker_dd is not None, len(drops),
                               _count(plain, "breaker"),
                               least(drops) + (risk.circuit_breaker_dd or 0.0)),
        Rule.TURNOVER_CAP: (risk.max_turnover_per_rebal is not None, len(capped),
                            _count(plain, "cap"),
                            (risk.max_turnover_per_rebal or 0.0) - max(capped, default=math.nan)),
        Rule.ALPHA_GATE: (gate is not None, len(alphas), left_alone,
                          least(alphas) - (gate or 0.0) * 2.0 * risk.cost_per_trade_bps / 1e4),
    }  # fmt: skip


def assert_as_the_oracle_walked(inputs: SimulationInputs, risk: RiskConfig) -> bool:
    walked = walk(inputs, risk)
    if walked is None or walked[0].margin <= SAFE_MARGIN:
        return False
    found = _health(inputs, risk)
    for rule, (on, evaluations, triggers, distance) in _expected(inputs, risk, *walked).items():
        row = found[rule]
        if not on:
            assert row == RuleHealth(rule, "off")
            continue
        assert (row.evaluations, row.triggers) == (evaluations, triggers), rule
        status = "error" if evaluations == 0 else "warning" if triggers == 0 else "ok"
        assert row.status == status
        if evaluations:
            downward = rule in (Rule.VOLATILITY_TARGET, Rule.TURNOVER_CAP)
            gap = (row.threshold - row.closest) if downward else (row.closest - row.threshold)
            assert gap == pytest.approx(distance, abs=1e-9), rule
            assert 0 <= row.session < inputs.shape[0]
        else:
            assert math.isnan(row.closest)
            assert row.session == -1
    return True


@given(markets(), risks())
def test_small_markets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    assert_as_the_oracle_walked(inputs, risk)


@pytest.mark.parametrize("execution", EXECUTIONS, ids=str)
def test_hostile_and_longer_markets(execution: dict[str, Any]) -> None:
    compared = 0
    for seed in range(60):
        rng = np.random.default_rng([seed, 19])
        compared += assert_as_the_oracle_walked(
            make_inputs(hostile_recipe(rng, seed)), hostile_risk(rng, execution)
        )
    for seed in range(10):
        rng = np.random.default_rng([seed, 20])
        recipe = random_recipe(rng, seed, 120, 6)
        compared += assert_as_the_oracle_walked(make_inputs(recipe), random_risk(rng, execution))
    assert compared > 30


def _steady(**given: np.ndarray) -> SimulationInputs:
    close = np.array([[100.0, 100.0], [100.0, 100.0], [90.0, 100.0], [95.0, 101.0], [99.0, 102.0]])
    return SimulationInputs(close, np.array([0, 2]), np.full((2, 2), 0.5), **given)


def test_never_acted_says_how_near_where_and_when() -> None:
    found = _health(_steady(), RiskConfig(position_stop_loss=0.12))
    stop = found[Rule.POSITION_STOP]
    assert (stop.status, stop.triggers) == ("warning", 0)
    assert stop.closest == pytest.approx(-0.10, abs=1e-12)
    assert (stop.threshold, stop.session, stop.security) == (-0.12, 2, 0)
    # Bought at the close of session 1, tested at four closes; two names.
    assert stop.evaluations == 8
    breaker = found[Rule.CIRCUIT_BREAKER]
    assert breaker.closest == pytest.approx(-0.05, abs=2e-3)
    assert (breaker.session, breaker.security) == (2, PORTFOLIO)


def test_a_trigger_is_counted() -> None:
    found = _health(_steady(), RiskConfig(position_stop_loss=0.10 - 1e-6))
    stop = found[Rule.POSITION_STOP]
    assert (stop.status, stop.triggers, stop.session) == ("ok", 1, 2)


def test_rounding_at_the_peak_is_no_drawdown() -> None:
    inputs, risk = _steady(), RiskConfig()
    result = simulate(inputs, risk, weights=True)
    for room, triggers in ((4e-16, 0), (1e-9, 5)):
        near = dataclasses.replace(result, dd_scale=np.full(5, 1.0 - room))
        assert rule_health(inputs, risk, near)[0].triggers == triggers


def test_stop_scale_moves_the_threshold() -> None:
    inputs = _steady(stop_scale=np.array([0.5, 2.0]))
    stop = _health(inputs, RiskConfig(position_stop_loss=0.19))[Rule.POSITION_STOP]
    # At session 2 the scale of that session's rebalance is in force: 10 % against 38 %. At session
    # 1, at the entry itself, 0 against 9.5 %.
    assert stop.threshold == pytest.approx(-0.095)
    assert (stop.session, stop.closest) == (1, 0.0)


def test_never_asked_is_an_error() -> None:
    found = _health(_steady(), RiskConfig(vol_lookback_days=20))
    assert found[Rule.VOLATILITY_TARGET].status == "error"  # the window is never full
    assert found[Rule.ALPHA_GATE].status == "error"  # there are no expected returns
    assert found[Rule.ALPHA_GATE].evaluations == 0
    empty = SimulationInputs(np.ones((4, 1)), np.zeros(0, np.int64), np.zeros((0, 1)))
    found = _health(empty, RiskConfig())
    errors = {rule for rule, row in found.items() if row.status == "error"}
    assert errors == set(found) - {Rule.DRAWDOWN_SCALING, Rule.LEVERAGE}


def test_no_overlay_is_off() -> None:
    found = _health(_steady(), preset("No overlay").risk)
    on = {rule for rule, row in found.items() if row.status != "off"}
    assert on == {Rule.LEVERAGE}


def test_floor_and_limit_are_counted() -> None:
    inputs = make_inputs(Recipe(sessions=120, names=4, seed=8, leverage=True))
    risk = RiskConfig(max_allowed_drawdown=0.1, min_position_scale=0.5)
    result = simulate(inputs, risk, weights=True)
    found = {row.rule: row for row in rule_health(inputs, risk, result)}
    scale = result.dd_scale * result.vol_scale * result.leverage
    active = ~np.isnan(result.wanted_exposure)
    floor = dict(found[Rule.DRAWDOWN_SCALING].details)["sessions on the exposure floor"]
    assert floor == int((active & (scale < 0.5)).sum()) > 0
    limit = dict(found[Rule.LEVERAGE].details)["sessions with the limit on wanted exposure"]
    assert limit == int((active & (scale > 1.0)).sum()) > 0
    assert found[Rule.LEVERAGE].closest >= scale[active].max()


def test_weights_are_needed() -> None:
    inputs = _steady()
    with pytest.raises(InputsError, match="weights=True"):
        rule_health(inputs, RiskConfig(), simulate(inputs, RiskConfig()))
