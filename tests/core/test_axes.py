from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.axes import Axis, axis_around, control_values, parse_axes, parse_axis
from core.config import Scenario
from core.errors import ConfigError
from core.scenario import specs, with_values
from core.sensitivity import NUMERIC_RISK_FIELDS


def test_a_range_includes_both_ends_and_counts_levels() -> None:
    axis = parse_axis("risk.target_annual_vol=0.10:0.30:5")
    assert axis.levels == (0.1, 0.15, 0.2, 0.25, 0.3)
    assert str(axis) == "risk.target_annual_vol=0.1,0.15,0.2,0.25,0.3"


def test_a_list_is_read_as_the_field_is_declared() -> None:
    assert parse_axis("risk.trailing_stop_pct=0.1, off").levels == (0.1, None)
    assert parse_axis("risk.execution_lag_days=0,1").levels == (0, 1)
    assert parse_axis("regimes.vix_override=true,false").levels == (True, False)
    assert parse_axis("universe.source=us,demo").levels == ("us", "demo")


def test_a_range_without_a_count_has_bounds_only() -> None:
    assert parse_axis("risk.max_leverage=0.8:1.2") == Axis("risk.max_leverage", (), (0.8, 1.2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("risk.position_stop=0.1", "Did you mean risk.position_stop_loss?"),
        ("risk.position_stop_loss", "path=low:high:count"),
        ("risk.position_stop_loss=", "must have at least one value, had none"),
        ("risk.position_stop_loss= , ", "must have at least one value, had none"),
        ("risk.position_stop_loss=::", "must have at least one value, had none"),
        ("risk.position_stop=", "Did you mean risk.position_stop_loss?"),
        ("=0.1", "path=low:high:count"),
        ("", "path=low:high:count"),
        ("risk.position_stop_loss=0.1,,0.2", "has a gap"),
        ("risk.position_stop_loss=0.1,0.1", "has 0.1 twice"),
        ("risk.position_stop_loss=0.1:0.2:3:4", "path=low:high:count"),
        ("risk.position_stop_loss=0.1::3", "path=low:high:count"),
        ("risk.position_stop_loss=0.3:0.1:3", "must go up"),
        ("risk.position_stop_loss=0.1:0.3:1", "a whole number from 2 to 100,000, was 1"),
        ("risk.position_stop_loss=0.1:0.3:x", "a whole number from 2 to 100,000, was x"),
        ("risk.position_stop_loss=0.1:0.3:100001", "to 100,000, was 100001"),
        ("risk.position_stop_loss=0.1:12:3", "above 0 to 1, or be off"),
        ("risk.position_stop_loss=0:0.3:3", "must stay above 0"),
        ("risk.position_stop_loss=nan", "must stay"),
        ("risk.position_stop_loss=a:b:3", "must stay"),
        ("risk.vol_lookback_days=5:8:9", "a count of at most 4, was 9"),
        ("risk.vol_lookback_days=5.5,6", "on whole numbers"),
        ("risk.execution=next_week", "with one of next_close, next_open"),
        ("regimes.vix_override=perhaps", "with true and false"),
        ("risk.execution_lag_days=0:1:2", "must stay|needs a numeric field|must go up"),
        ("risk.trailing_stop_pct=off:0.2:3", "needs a numeric field"),
    ],
)
def test_what_cannot_be_an_axis_is_refused_in_words(text: str, message: str) -> None:
    if text.startswith("risk.execution_lag_days"):
        assert parse_axis(text).levels == (0, 1)  # whole numbers that happen to be choices
        return
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        parse_axis(text)


@pytest.mark.parametrize("path", list(specs()))
def test_an_empty_axis_names_values_that_the_field_takes(path: str) -> None:
    with pytest.raises(ConfigError, match="at least one value, had none") as refused:
        parse_axis(f"{path}=")
    way_out = str(refused.value).rpartition(": ")[2]
    assert way_out.startswith(f"{path}=")
    if specs()[path].kind in ("number", "integer", "choice", "flag"):
        assert parse_axis(way_out).levels


def test_a_sweep_needs_axes_and_each_field_once() -> None:
    with pytest.raises(ConfigError, match="at least one --axis"):
        parse_axes([])
    with pytest.raises(ConfigError, match=r"risk\.max_leverage was given twice"):
        parse_axes(["risk.max_leverage=1,2", "risk.max_leverage=3"])


@given(
    st.sampled_from(NUMERIC_RISK_FIELDS),
    st.integers(3, 60),
    st.floats(0.0, 1.0),
    st.booleans(),
)
def test_values_lie_in_bounds_rise_and_hold_the_present_one(
    path: str, count: int, share: float, off: bool
) -> None:
    spec = specs()[path]
    assert spec.control is not None
    low, high = spec.control
    value: float | None = low + share * (high - low)
    if spec.kind == "integer":
        value = round(low + share * (high - low))
    if off and spec.optional:
        value = None
    values = control_values(spec, value, count)
    assert list(values) == sorted(set(values))
    assert 2 <= len(values) <= count
    assert values[0] >= low
    assert values[-1] <= high
    assert value is None or value in values


def test_strips_stop_at_positions_of_the_slider() -> None:
    spec = specs()["risk.position_stop_loss"]
    values = control_values(spec, 0.12, 21)
    assert len(values) == 21
    assert all(abs(value * 100 - round(value * 100)) < 1e-9 for value in values)


def test_an_axis_around_a_value_outside_the_usual_range_reaches_it() -> None:
    scenario = with_values(Scenario(), {"risk.position_stop_loss": 0.8})
    axis = axis_around(scenario, "risk.position_stop_loss", 41)
    assert axis.levels[-1] == 0.8
    assert len(axis.levels) == 41


def test_an_axis_over_a_range_needs_a_number() -> None:
    with pytest.raises(ConfigError, match=r"risk\.execution is none"):
        axis_around(Scenario(), "risk.execution", 5)
    with pytest.raises(ConfigError, match="Did you mean"):
        axis_around(Scenario(), "risk.target_vol", 5)
    with pytest.raises(ConfigError, match="at least 2 levels"):
        axis_around(Scenario(), "risk.max_leverage", 1)
