"""Every field has its control, and a control stores exactly what it shows."""

from __future__ import annotations

import pytest

from core.parameters import ParameterSpec
from core.risk.config import RiskConfig
from core.scenario import PRESETS, specs, value_at
from dashboard.controls.groups import BOOK_FIELDS, OPEN_GROUPS, grouped, risk_fields
from dashboard.controls.scales import choices, scale_of, unit_text

NUMBERS = [spec for spec in specs().values() if spec.kind in ("number", "integer")]
SHOWN = [*risk_fields(), *BOOK_FIELDS]


def test_every_risk_field_is_in_a_group() -> None:
    assert {path.removeprefix("risk.") for path in risk_fields()} == set(RiskConfig.model_fields)
    groups = grouped(SHOWN)
    assert sorted(path for paths in groups.values() for path in paths) == sorted(SHOWN)
    assert list(groups) == [
        "Drawdown", "Volatility", "Stops", "Breaker", "Costs", "Leverage", "Execution", "Book",
    ]  # fmt: skip
    assert set(OPEN_GROUPS) <= set(groups)


def test_a_group_nobody_thought_of_comes_last() -> None:
    assert list(grouped(["universe.size", "risk.max_leverage"])) == ["Leverage", "Universe"]


@pytest.mark.parametrize("spec", NUMBERS, ids=lambda s: s.path)
def test_what_is_shown_is_what_is_stored(spec: ParameterSpec) -> None:
    values = {value_at(preset, spec.path) for preset in PRESETS.values()} | {spec.on_value}
    for value in values - {None}:
        scale = scale_of(spec, value)
        assert scale.stored(scale.shown(value)) == pytest.approx(value, abs=1e-12)
        assert scale.low <= scale.shown(value) <= scale.high
        assert type(scale.stored(scale.shown(value))) is (int if scale.whole else float)


@pytest.mark.parametrize("spec", NUMBERS, ids=lambda s: s.path)
def test_every_step_of_a_slider_is_allowed(spec: ParameterSpec) -> None:
    scale = scale_of(spec, spec.on_value)
    steps = round((scale.high - scale.low) / scale.step)
    assert steps >= (9 if spec.kind == "number" else 2)  # a cloud has few dimensions
    for k in (0, 1, steps // 2, steps):
        stored = scale.stored(min(scale.low + k * scale.step, scale.high))
        assert spec.minimum is not None
        assert spec.maximum is not None
        assert spec.minimum <= stored <= spec.maximum
        assert not (spec.open_minimum and stored == spec.minimum)


def test_fractions_are_percent_to_the_hand() -> None:
    spec = specs()["risk.position_stop_loss"]
    scale = scale_of(spec, 0.12)
    assert (scale.low, scale.high, scale.step) == (2.0, 50.0, 1.0)
    assert scale.shown(0.12) == 12.0
    assert scale.stored(13.0) == 0.13
    assert scale.text % 13.0 == "13 %"
    assert unit_text(spec) == "% of entry price"


def test_steps_below_one_percent_show_their_digits() -> None:
    spec = specs()["risk.borrow_spread"]
    assert scale_of(spec, 0.01).text % 1.25 == "1.25 %"


def test_other_units_are_shown_as_they_are() -> None:
    bps, sessions = specs()["risk.cost_per_trade_bps"], specs()["risk.vol_lookback_days"]
    assert scale_of(bps, 10.0).text % 10 == "10 bp"
    assert scale_of(sessions, 20).whole
    assert unit_text(sessions) == "sessions"


def test_a_value_outside_the_usual_range_widens_the_slider() -> None:
    spec = specs()["risk.max_allowed_drawdown"]
    scale = scale_of(spec, 0.9)
    assert scale.high == 90.0
    assert scale.stored(scale.shown(0.9)) == 0.9


def test_every_choice_is_offered() -> None:
    assert choices(specs()["risk.execution"], "next_open") == ("next_close", "next_open")
    assert choices(specs()["risk.execution_lag_days"], 1) == (0, 1)
