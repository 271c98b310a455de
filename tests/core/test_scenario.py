from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.scenario import (
    PRESETS,
    changed_fields,
    parse_assignment,
    preset,
    scenario_from_mapping,
    scenario_from_toml,
    scenario_hash,
    specs,
    with_values,
)

BASE = Scenario()


def test_phase_8_has_the_defaults_of_the_engine_contract() -> None:
    risk = preset("Phase 8").risk
    assert risk.model_dump() == {
        "max_allowed_drawdown": 0.30,
        "min_position_scale": 0.60,
        "target_annual_vol": 0.18,
        "vol_lookback_days": 20,
        "vol_rebalance_threshold": 0.30,
        "cost_per_trade_bps": 10.0,
        "min_alpha_to_cost_ratio": 1.0,
        "max_turnover_per_rebal": 0.60,
        "position_stop_loss": 0.12,
        "trailing_stop_pct": 0.15,
        "stop_cooldown_days": 0,
        "circuit_breaker_dd": 0.35,
        "breaker_cooldown_days": 21,
        "max_leverage": 1.0,
        "borrow_spread": 0.01,
        "maintenance_margin": None,
        "execution_lag_days": 1,
        "execution": "next_close",
        "stop_fill": "close",
    }


def test_phase_8_1_changes_what_the_plan_names_and_nothing_else() -> None:
    assert {p: new for p, (_, new) in changed_fields(BASE, preset("Phase 8.1")).items()} == {
        "regimes.lookback_days": 30,
        "regimes.vix_override": True,
        "book.sector_cap": 0.25,
        "risk.max_allowed_drawdown": 0.40,
        "risk.min_position_scale": 0.80,
    }


def test_no_overlay_switches_every_rule_off_and_keeps_the_costs() -> None:
    risk = preset("No overlay").risk
    optional = [s.name for s in specs().values() if s.section == "risk" and s.optional]
    assert len(optional) == 9
    assert all(getattr(risk, name) is None for name in optional)
    assert risk.min_position_scale == 0.0
    assert risk.cost_per_trade_bps == 10.0


def test_weights_are_those_of_the_origin_report() -> None:
    weights = BASE.factors.weights
    rows = {
        name: tuple(getattr(weights, name).model_dump().values())
        for name in type(weights).model_fields
    }
    assert rows == {
        "bull": (0.40, 0.20, 0.20, 0.20),
        "bear": (0.15, 0.30, 0.20, 0.35),
        "sideways": (0.25, 0.30, 0.25, 0.20),
        "volatile": (0.20, 0.35, 0.15, 0.30),
        "recovery": (0.30, 0.20, 0.35, 0.15),
        "default": (0.35, 0.25, 0.20, 0.20),
    }


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        (
            "risk.max_allowed_drawdown=30",
            "risk.max_allowed_drawdown must be above 0 and at most 1 "
            "(a fraction: 0.30 is 30 %), was 30. Did you mean 0.30?",
        ),
        (
            "risk.position_stop_los=0.2",
            "risk.position_stop_los is not a field of a scenario. "
            "Did you mean risk.position_stop_loss?",
        ),
        (
            "position_stop_loss=0.2",
            "position_stop_loss is not a field of a scenario. "
            "Did you mean risk.position_stop_loss?",
        ),
        ("risk.execution=noon", "risk.execution must be one of next_close, next_open, was noon."),
        ("risk.execution_lag_days=2", "risk.execution_lag_days must be one of 0, 1, was 2."),
        (
            "universe.size=3.5",
            "universe.size must be a whole number between 10 and 5000 (names), was 3.5.",
        ),
        (
            "risk.vol_lookback_days=soon",
            "risk.vol_lookback_days must be a whole number between 2 and 1260 (sessions), "
            "was soon.",
        ),
        (
            "period.start=2024-13-01",
            "period.start must be a date such as 2021-06-01, was 2024-13-01. "
            "Write off to switch it off.",
        ),
        (
            "factors.weights.bull.momentum=0.9",
            "factors.weights.bull: the four weights of one regime must sum to 1 (fractions: 0.25 "
            "is 25 %), their sum was 1.5. Set the others in the same call.",
        ),
        (
            "risk.min_position_scale=1.2",
            "risk: min_position_scale must be at most max_leverage (1), was 1.2.",
        ),
        ("regimes.vix_override=maybe", "regimes.vix_override must be true or false, was maybe."),
        (
            "risk.target_annual_vol=nan",
            "risk.target_annual_vol must be above 0 and at most 5 (a fraction: 0.30 is 30 %), "
            "was nan. Write off to switch it off.",
        ),
        (
            "risk.execution_lag_days=nan",
            "risk.execution_lag_days must be one of 0, 1, was nan.",
        ),
        (
            "risk.execution_lag_days=inf",
            "risk.execution_lag_days must be one of 0, 1, was inf.",
        ),
        (
            "risk.execution_lag_days=0.9",
            "risk.execution_lag_days must be one of 0, 1, was 0.9.",
        ),
        (
            "universe.size=inf",
            "universe.size must be a whole number between 10 and 5000 (names), was inf.",
        ),
        (
            "risk.max_allowed_drawdown=20%",
            "risk.max_allowed_drawdown must be above 0 and at most 1 "
            "(a fraction: 0.30 is 30 %), was 20%. Did you mean 0.2?",
        ),
        (
            "risk.max_turnover_per_rebal=62.5 %",
            "risk.max_turnover_per_rebal must be between 0 and 5 "
            "(a fraction: 0.30 is 30 %), was 62.5 %. Did you mean 0.625?",
        ),
        (
            "risk.max_allowed_drawdown=150%",
            "risk.max_allowed_drawdown must be above 0 and at most 1 "
            "(a fraction: 0.30 is 30 %), was 150%. Write off to switch it off.",
        ),
        (
            "book.position_cap=2.5",
            "book.position_cap must be above 0 and at most 1 "
            "(a fraction: 0.30 is 30 %), was 2.5. Did you mean 0.025?",
        ),
        (
            "risk",
            "--set must be path=value, was 'risk'. For example: risk.position_stop_loss=0.2",
        ),
    ],
)
def test_bad_input_is_answered_with_the_way_out(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_values(BASE, dict([parse_assignment(assignment)]))
    assert str(caught.value) == message


@pytest.mark.parametrize("lag", [0, 1])
def test_a_choice_among_numbers_is_read_from_text(lag: int) -> None:
    assert parse_assignment(f"risk.execution_lag_days={lag}")[1] is lag
    assert parse_assignment("risk.execution= Next_Open")[1] == "next_open"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[risk]\nexecution_lag_days = true", "execution_lag_days must be one of 0, 1, was true."),
        ("[risk]\nexecution_lag_days = 0.9", "execution_lag_days must be one of 0, 1, was 0.9."),
        ("[risk]\nexecution_lag_days = nan", "execution_lag_days must be one of 0, 1, was nan."),
        ('[risk]\nexecution_lag_days = "inf"', "must be one of 0, 1, was inf."),
        ("[risk]\nexecution = false", "must be one of next_close, next_open, was false."),
        ("[risk]\nmax_leverage = true", "between 0 and 10|above 0 and at most 10.*was true."),
        ("[risk]\nvol_lookback_days = true", "a whole number between 2 and 1260 .*was true."),
        ("[risk]\nposition_stop_loss = true", "was true. Write off to switch it off."),
        ('[risk]\nposition_stop_loss = "12%"', "was 12%. Did you mean 0.12?"),
        ("[universe]\nsize = 1" + "0" * 400, "a whole number between 10 and 5000 .*was 1000"),
        ("[risk]\nborrow_spread = 1" + "0" * 400, r"between 0 and 0\.5 .*was 1000"),
        ("[universe]\nsize = 1" + "0" * 5000, "the scenario file must be TOML"),
    ],
)
def test_bad_values_of_a_file_are_answered_like_those_of_a_flag(toml: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        scenario_from_toml(toml)


def test_next_open_with_lag_0_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot fill at the open before the close"):
        with_values(BASE, {"risk.execution": "next_open", "risk.execution_lag_days": 0})


def test_a_floor_of_0_with_drawdown_scaling_warns() -> None:
    (warning,) = with_values(BASE, {"risk.min_position_scale": 0.0}).warnings()
    assert "risk.min_position_scale is 0" in warning
    assert BASE.warnings() == ()
    assert preset("No overlay").warnings() == ()


def test_unknown_preset_is_named_with_a_guess() -> None:
    with pytest.raises(ConfigError, match=r'was "Phase 9\.1"\. Did you mean "Phase 8\.1"\?'):
        preset("Phase 9.1")


def test_toml_over_a_preset() -> None:
    scenario = scenario_from_toml(
        'preset = "Phase 8.1"\nname = "mine"\n'
        "[period]\nstart = 2021-06-01\n"
        '[risk]\nposition_stop_loss = "off"\ntrailing_stop_pct = 0.2\n'
        "[factors.weights.bull]\nmomentum = 0.5\ntopology = 0.1\n"
    )
    assert scenario.name == "mine"
    assert scenario.period.start == dt.date(2021, 6, 1)
    assert scenario.risk.position_stop_loss is None
    assert scenario.risk.trailing_stop_pct == 0.2
    assert scenario.book.sector_cap == 0.25
    assert scenario.factors.weights.bull.momentum == 0.5


def test_toml_that_is_none_says_so() -> None:
    with pytest.raises(ConfigError, match="must be TOML"):
        scenario_from_toml("risk: {}")


def test_mapping_with_unknown_key() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean risk\.trailing_stop_pct"):
        scenario_from_mapping({"risk": {"trailing_stop": 0.2}})


@given(
    st.sampled_from(
        [
            spec
            for spec in specs().values()
            # Weights move together; the floor is set below for every example.
            if spec.kind == "number"
            and ".weights." not in spec.path
            and spec.path != "risk.min_position_scale"
        ]
    ),
    st.data(),
)
def test_hash_follows_values_and_nothing_else(spec: ParameterSpec, data: st.DataObject) -> None:
    assert spec.control is not None
    low, high = spec.control
    value = data.draw(st.floats(low + 1e-3 * (high - low), high))
    changed = with_values(BASE, {spec.path: value, "risk.min_position_scale": 0.4})
    again = with_values(changed, {spec.path: value}).model_copy(update={"name": "other"})
    assert scenario_hash(changed) == scenario_hash(again)
    assert scenario_hash(changed) != scenario_hash(BASE)
    other_sections = {s.section for s in specs().values()} - {spec.section, "risk"}
    assert scenario_hash(changed, other_sections) == scenario_hash(BASE, other_sections)


def test_the_hash_follows_weights_moved_together() -> None:
    weights = {"factors.weights.bull.momentum": 0.5, "factors.weights.bull.topology": 0.1}
    moved = with_values(BASE, weights)
    assert scenario_hash(moved) != scenario_hash(BASE)
    assert scenario_hash(moved, ["risk", "book"]) == scenario_hash(BASE, ["risk", "book"])


def test_the_hash_knows_each_field_of_topology() -> None:
    base = PRESETS["Phase 8"]
    fields: dict[str, object] = {
        "factors.topology.enabled": True,
        "factors.topology.window_days": 90,
        "factors.topology.prefer": "high",
    }
    hashes = {scenario_hash(with_values(base, {path: value})) for path, value in fields.items()}
    assert len(hashes | {scenario_hash(base)}) == 4


def test_hash_is_stable_between_releases() -> None:
    # Journals and caches hold these: a change here must be meant.
    hashes = {name: scenario_hash(scenario) for name, scenario in PRESETS.items()}
    assert hashes == {
        "Phase 8": "35346299880e",
        "Phase 8.1": "4750439dbb16",
        "Phase 9": "9682c7f08ede",
        "No overlay": "a4b2357659a3",
    }
    assert scenario_hash(BASE) == scenario_hash(Scenario.model_validate(BASE.model_dump()))


def test_int_given_for_a_number_hashes_like_the_number() -> None:
    one = with_values(BASE, {"risk.cost_per_trade_bps": 10})
    assert scenario_hash(one) == scenario_hash(BASE)


def test_fields_that_came_later_leave_the_hashes_of_before() -> None:
    # The hash of the defaults before any of them was declared.
    assert scenario_hash(Scenario()) == "35346299880e"
    for path in ("regimes.hysteresis", "book.no_trade_band", "factors.timing.quality_in_bear"):
        assert scenario_hash(with_values(Scenario(), {path: 0.3})) != "35346299880e"
