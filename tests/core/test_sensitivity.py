from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dead_zones import percent
from core.errors import CancelledError, RuinError
from core.metrics import summarise
from core.risk.config import RiskConfig
from core.scenario import specs
from core.sensitivity import NUMERIC_RISK_FIELDS, Sensitivity, sensitivity
from core.simulation import SimulationInputs, simulate
from tests.strategies import make_inputs, random_recipe, random_risk

SESSIONS = 160


def _dates(count: int) -> np.ndarray:
    return np.datetime64("2020-01-01") + np.arange(count)


def _inputs(seed: int = 3, volatility: float = 0.012) -> SimulationInputs:
    returns = np.random.default_rng(seed).normal(0.0003, volatility, (SESSIONS, 6))
    return SimulationInputs(
        close=100.0 * np.exp(np.cumsum(returns, axis=0)),
        rebalance=np.arange(0, SESSIONS, 20),
        target=np.full((8, 6), 1 / 6),
    )


def _around(risk: RiskConfig, inputs: SimulationInputs | None = None) -> Sensitivity:
    return sensitivity(inputs or _inputs(), risk, _dates(SESSIONS))


def _reason(risk: RiskConfig, name: str, inputs: SimulationInputs | None = None) -> list[str]:
    return [zone.reason for zone in _around(risk, inputs).strips[f"risk.{name}"].dead]


def test_every_numeric_risk_field_has_a_strip_through_the_present_value() -> None:
    risk = RiskConfig()
    found = _around(risk)
    assert set(found.strips) == set(NUMERIC_RISK_FIELDS)
    assert len(NUMERIC_RISK_FIELDS) == 16
    for path, strip in found.strips.items():
        present = getattr(risk, specs()[path].name)
        assert len(strip.values) + len(strip.refused) <= 21
        off = present is None
        assert (strip.off_row if off else strip.rows[strip.values.index(present)]) == 0
        assert (strip.off_row is None) is (not specs()[path].optional)
    assert found.strips["risk.max_leverage"].refused  # below the floor


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_every_run_equals_the_single_run_and_dead_zones_are_dead(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs, risk = make_inputs(random_recipe(rng, seed, 60, 5)), random_risk(rng)
    dates = _dates(60)
    found = sensitivity(inputs, risk, dates, points=7)
    name = str(rng.choice([path.partition(".")[2] for path in NUMERIC_RISK_FIELDS]))
    strip = found.strips[f"risk.{name}"]
    for value, row in zip(strip.values, strip.rows, strict=True):
        other = RiskConfig.model_validate({**risk.model_dump(), name: value})
        try:
            alone = simulate(inputs, other)
        except RuinError:
            assert found.runs.ruined[row] >= 0
            continue
        metrics = summarise(alone, dates, inputs.market.cash_rate)
        for metric, got in found.metrics(row).items():
            np.testing.assert_allclose(
                got, getattr(metrics, metric), rtol=1e-9, atol=1e-12, err_msg=metric
            )
        for zone in strip.dead:
            if zone.low <= value <= zone.high:
                low = RiskConfig.model_validate({**risk.model_dump(), name: zone.low})
                np.testing.assert_allclose(simulate(inputs, low).nav, alone.nav, rtol=1e-12)
                assert zone.reason


def test_steps_are_one_declared_step_inside_the_slider() -> None:
    risk = RiskConfig(position_stop_loss=0.50, trailing_stop_pct=None)
    found = _around(risk)
    assert set(found.steps_of("risk.position_stop_loss")) == {-1}
    assert found.steps_of("risk.position_stop_loss")[-1].value == 0.49
    assert found.steps_of("risk.trailing_stop_pct") == {}  # off
    up = found.steps_of("risk.vol_lookback_days")[1]
    assert (up.value, isinstance(up.value, int)) == (21, True)
    assert set(found.steps_of("risk.max_leverage")) == {1, -1}
    floor_at_limit = _around(RiskConfig(min_position_scale=1.0))
    assert set(floor_at_limit.steps_of("risk.min_position_scale")) == {-1}
    assert set(floor_at_limit.steps_of("risk.max_leverage")) == {1}  # below the floor: refused


def test_no_configuration_runs_twice() -> None:
    found = _around(RiskConfig())
    rows = [row for strip in found.strips.values() for row in strip.rows]
    assert max(rows) < len(found.runs)
    assert len(found.runs) < len(rows) + len(found.steps) + 10


@pytest.mark.parametrize(
    ("risk", "name", "words"),
    [
        (RiskConfig(), "circuit_breaker_dd", "the breaker is never reached"),
        (RiskConfig(), "breaker_cooldown_days", "the circuit breaker never tripped"),
        (RiskConfig(circuit_breaker_dd=None), "breaker_cooldown_days", "the circuit breaker is"),
        (RiskConfig(target_annual_vol=None), "vol_lookback_days", "the volatility target is off"),
        (RiskConfig(trailing_stop_pct=None), "position_stop_loss", "no name closed that far below"),
        (RiskConfig(), "min_alpha_to_cost_ratio", "the book states no expected returns"),
        (RiskConfig(), "vol_rebalance_threshold", "exposure never strayed that far"),
        (RiskConfig(max_turnover_per_rebal=None), "max_turnover_per_rebal", "the cap is never"),
        (
            RiskConfig(position_stop_loss=None, trailing_stop_pct=None),
            "stop_cooldown_days",
            "no stop was ever hit",
        ),
        (
            RiskConfig(min_position_scale=1.0),
            "max_allowed_drawdown",
            "the floor equals the leverage limit: exposure is always 100 %",
        ),
        (
            RiskConfig(max_allowed_drawdown=None, target_annual_vol=None),
            "min_position_scale",
            "the floor is never reached: the least exposure a fill asked for was 100 %",
        ),
        (
            RiskConfig(max_allowed_drawdown=None, target_annual_vol=None),
            "max_leverage",
            "the limit is never reached: the most exposure a fill asked for was 100 %",
        ),
        (
            RiskConfig(max_allowed_drawdown=None, target_annual_vol=None, min_position_scale=0.0,
                       cost_per_trade_bps=0.0, max_leverage=0.8),
            "borrow_spread",
            "nothing was ever borrowed",
        ),
    ],
)  # fmt: skip
def test_a_dead_zone_says_why(risk: RiskConfig, name: str, words: str) -> None:
    reasons = _reason(risk, name)
    assert any(reason.startswith(words) for reason in reasons), reasons


def _after_a_fall(session: int) -> SimulationInputs:
    # Flat, then thirty per cent down in twenty sessions, then flat; decided at 0 and `session`.
    close = np.full((SESSIONS, 2), 100.0)
    close[20:40] *= np.linspace(1.0, 0.7, 20)[:, None]
    close[40:] *= 0.7
    book = np.full((2, 2), 0.5)
    return SimulationInputs(close=close, rebalance=np.array([0, session]), target=book)


_SCALING_ONLY = RiskConfig(
    target_annual_vol=None, position_stop_loss=None, trailing_stop_pct=None,
    circuit_breaker_dd=None, vol_rebalance_threshold=None,
)  # fmt: skip


def test_a_floor_that_binds_at_every_fill_is_named_with_its_depth() -> None:
    path = "risk.max_allowed_drawdown"
    found = sensitivity(_after_a_fall(60), _SCALING_ONLY, _dates(SESSIONS), paths=[path])
    (zone,) = found.strips[path].dead
    assert (zone.low, zone.high) == (0.05, 0.6)
    assert not zone.with_off  # without scaling the second fill is at the limit
    assert zone.reason == (  # 0.05 and 0.60 times 1 − √0.6
        "the floor binds from a drawdown of −1.1 % to −13.5 % on: "
        "every fill found exposure on the floor or at the limit"
    )


def test_a_fill_amid_the_fall_feels_every_depth() -> None:
    path = "risk.max_allowed_drawdown"
    found = sensitivity(_after_a_fall(26), _SCALING_ONLY, _dates(SESSIONS), paths=[path])
    assert found.strips[path].dead[0].high < 0.6


def test_the_breaker_reason_tells_the_deepest_drawdown_of_the_run() -> None:
    risk = RiskConfig()
    deepest = float(simulate(_inputs(), risk).risk_drawdown.min())
    zone = _around(risk).strips["risk.circuit_breaker_dd"].dead[-1]
    assert zone.low > -deepest
    assert zone.high == 0.6
    assert zone.with_off
    assert zone.holds_present
    assert zone.reason.endswith(f"was {percent(deepest)}")


def test_nothing_bought_explains_every_dead_zone() -> None:
    inputs = SimulationInputs(
        close=_inputs().close, rebalance=np.array([], dtype=np.int64), target=np.zeros((0, 6))
    )
    found = _around(RiskConfig(), inputs)
    for path, strip in found.strips.items():
        assert [zone.reason for zone in strip.dead] == ["nothing was ever bought"], path
        assert strip.dead[0].low == strip.values[0]
        assert strip.dead[0].high == strip.values[-1]


def test_cancelling_ends_it() -> None:
    with pytest.raises(CancelledError):
        sensitivity(_inputs(), RiskConfig(), _dates(SESSIONS), cancelled=lambda: True)
