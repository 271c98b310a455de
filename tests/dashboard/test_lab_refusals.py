"""Refusals of typed values: in shown units, and only of what the scenario would refuse as well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.presets import preset
from core.scenario import specs, with_values
from dashboard.lab.declared import LAB_FIELDS
from dashboard.lab.refusals import refusal

NUMBERS = [path for path in LAB_FIELDS if specs()[path].kind in ("number", "integer")]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "risk.position_stop_loss",
            2.0,
            "stop must be above 0\u202f% and at most 100\u202f%,",
        ),
        ("risk.position_stop_loss", 2.0, "was 200\u202f%. Type off to switch it off."),
        ("risk.cost_per_trade_bps", -1.0, "was -1\u202fbp."),
        ("risk.vol_lookback_days", 0, "Volatility window must be at least"),
    ],
)
def test_a_refusal_speaks_in_the_units_of_the_field(path: str, value: float, words: str) -> None:
    assert words in refusal(path, value)


@given(path=st.sampled_from(NUMBERS), value=st.floats(-5.0, 5000.0))
def test_what_is_refused_the_scenario_refuses_too(path: str, value: float) -> None:
    kept = round(value) if specs()[path].kind == "integer" else value
    if refusal(path, kept):
        with pytest.raises(ConfigError):
            with_values(preset("Phase 8"), {path: kept})


@pytest.mark.parametrize("path", NUMBERS)
def test_values_within_reach_of_the_slider_are_not_refused(path: str) -> None:
    control = specs()[path].control
    assert control is not None
    assert not [value for value in control if refusal(path, value)]
    assert refusal(path, True) == refusal(path, "text") == ""
