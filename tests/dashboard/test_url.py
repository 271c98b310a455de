"""The scenario in the address: an exact round trip; whatever is wrong is named, never evaluated."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.presets import PRESETS, preset
from core.scenario import scenario_hash, specs, with_values
from dashboard.address import VIEW_KEYS, query_of, state_of
from dashboard.recent import visited
from dashboard.state import FALLS, AppState
from dashboard.url import (
    LONGEST_QUERY,
    MOST_KEYS,
    PRESET_KEY,
    Query,
    read_scenario,
    scenario_to_query,
)


def scenario_from_query(query: Query) -> tuple[Scenario, str]:
    """Return the scenario of an address without a fault and the name of its preset."""
    scenario, name, problems = read_scenario(query)
    if problems:
        raise ConfigError("\n".join(problems))
    return scenario, name


NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True) | st.just("off")


def values_of(spec: ParameterSpec) -> st.SearchStrategy[Any]:
    """Values that a field may take, its bounds among them."""
    low, high = spec.minimum, spec.maximum
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "flag": st.booleans(),
        "date": st.dates(dt.date(1960, 1, 1), dt.date(2100, 1, 1)),
        "text": NAMES,
        "choice": st.sampled_from(spec.choices) if spec.choices else st.nothing(),
        "integer": st.integers(int(low or 0), int(high or 100)),
        "number": st.floats(
            low, high, allow_nan=False, allow_infinity=False, exclude_min=spec.open_minimum
        ),
    }
    found = kinds[spec.kind]
    return st.none() | found if spec.optional else found


@st.composite
def scenarios(draw: st.DrawFn) -> tuple[Scenario, str]:
    """Draw valid scenarios: any fields changed from any preset, what is inconsistent left out."""
    name = draw(st.sampled_from(list(PRESETS)))
    scenario = preset(name)
    single = [s for s in specs().values() if not s.path.startswith("factors.weights.")]
    for spec in draw(st.lists(st.sampled_from(single), max_size=len(single), unique=True)):
        try:
            scenario = with_values(scenario, {spec.path: draw(values_of(spec))})
        except ConfigError:
            continue
    for regime in draw(st.lists(st.sampled_from(["bull", "bear", "default"]), unique=True)):
        weights = draw(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3))
        scale = max(sum(weights), 1.0)
        parts = [weight / scale for weight in weights]
        parts.append(max(0.0, 1.0 - sum(parts)))
        factors = ("momentum", "topology", "value", "quality")
        row = {f"factors.weights.{regime}.{f}": p for f, p in zip(factors, parts, strict=True)}
        scenario = with_values(scenario, row)
    return scenario, name


@given(scenarios(), st.sampled_from(list(PRESETS)))
def test_the_round_trip_is_exact(drawn: tuple[Scenario, str], base: str) -> None:
    scenario = drawn[0]
    query = scenario_to_query(scenario, base)
    restored, name = scenario_from_query(query)
    assert name == base
    assert restored.model_dump(exclude={"name"}) == scenario.model_dump(exclude={"name"})
    assert scenario_hash(restored) == scenario_hash(scenario)
    assert scenario_to_query(restored, base) == query


@given(scenarios(), scenarios(), st.sampled_from(["1Y", "3Y", "All"]), st.booleans())
def test_a_state_comes_back_from_its_address(
    now: tuple[Scenario, str], pinned: tuple[Scenario, str], window: str, log: bool
) -> None:
    state = AppState.initial("demo").with_scenario(*pinned).pin().with_scenario(*now)
    restored = state_of(query_of(state), "demo")
    assert restored.notices == ()
    assert restored.scenario == state.scenario
    assert restored.pinned == state.pinned
    assert restored.baseline() == state.baseline()


def test_it_is_short_and_readable() -> None:
    scenario = with_values(
        preset("Phase 8.1"),
        {
            "universe.source": "us",
            "period.start": dt.date(2021, 6, 1),
            "risk.position_stop_loss": 0.2,
            "risk.trailing_stop_pct": None,
            "regimes.vix_override": False,
            "risk.cost_per_trade_bps": 5.0,
        },
    )
    assert scenario_to_query(scenario, "Phase 8.1") == {
        "p": "phase-8.1", "src": "us", "from": "2021-06-01", "vix": "off", "bps": "5",
        "stop": "0.2", "trail": "off",
    }  # fmt: skip


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_is_one_key(name: str) -> None:
    query = scenario_to_query(preset(name), name)
    assert list(query) == [PRESET_KEY]
    assert scenario_from_query(query) == (preset(name), name)


def test_keys_are_unique() -> None:
    keys = [PRESET_KEY, *VIEW_KEYS, *(spec.url_key for spec in specs().values())]
    assert len(keys) == len(set(keys)) <= MOST_KEYS


WRONG = [
    ({"stp": "0.2"}, "'stp' is no setting. Did you mean stop"),
    ({"zzzzzz": "1"}, "'zzzzzz' is no setting. It was left out"),
    ({"p": "phase-8.2"}, r"p must be one of phase-8, .* Did you mean phase-8\.1"),
    ({"stop": "12"}, r"stop: risk\.position_stop_loss must be above 0 .* Did you mean 0\.12"),
    ({"stop": "of"}, r"stop \(Position stop\) must be a number .* Did you mean off"),
    ({"stop": "nan"}, "stop .* must be a number"),
    ({"stop": "1e999"}, "stop .* must be a number"),
    ({"stop": "0x1"}, "stop .* must be a number"),
    ({"stop": "1_0"}, "stop .* must be a number"),
    ({"stop": "٣"}, "stop .* must be a number"),
    ({"stop": ""}, "stop .* must be a number"),
    ({"stop": "__import__('os').system('true')"}, "stop .* must be a number"),
    ({"stop": ["0.1", "0.2"]}, "'stop' must be given once, was given 2 times"),
    ({"stop": "1" * 65}, "'stop' must have at most 64 characters, had 65"),
    ({"n": "20.5"}, "n .* must be a whole number"),
    ({"n": "1" * 10}, "n .* must be a whole number"),
    ({"vix": "perhaps"}, "vix .* must be on or off"),
    ({"exec": "next_opn"}, "exec .* must be one of next_close, next_open.* Did you mean next_open"),
    ({"from": "2021-02-30"}, "from .* must be a date such as 2021-06-01 or off"),
    ({"from": "20210601"}, "from .* must be a date"),
    ({"src": "../../etc/passwd"}, "src .* must be 1 to 32 of a-z"),
    ({"src": "off\n"}, "src .* must be 1 to 32 of a-z"),
    ({"lev": "0.5"}, "lev: risk: min_position_scale must be at most max_leverage"),
    ({"w.bull.m": "0.5"}, r"w\.bull\.m: .* must sum to 1"),
    ({"stop": "0." + "1" * 50, "x" * LONGEST_QUERY: "1"}, "at most 4000 characters"),
    ({f"k{i}": "1" for i in range(MOST_KEYS + 1)}, "at most 4000 characters and 160 settings"),
]


@pytest.mark.parametrize(("query", "message"), WRONG, ids=[m[:24] for _, m in WRONG])
def test_what_is_wrong_is_named(query: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        scenario_from_query(query)
    assert all(len(problem) < 400 for problem in read_scenario(query)[2])


def test_the_rest_of_an_address_is_read() -> None:
    query = {"p": "phase-8.1", "stop": "12", "k": "30", "lev": "0.5", "from": "2021-06-01"}
    scenario, name, problems = read_scenario(query)
    assert name == "Phase 8.1"
    assert scenario.book.names_held == 30
    assert scenario.period.start == dt.date(2021, 6, 1)
    assert scenario.risk == preset("Phase 8.1").risk
    assert [problem.split(":")[0] for problem in problems] == ["stop", "lev"]


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=70) | st.lists(st.text(max_size=9))))
def test_no_address_breaks_the_reader(query: dict[str, Any]) -> None:
    known = {spec.url_key for spec in specs().values()} | {PRESET_KEY}
    scenario, name, problems = read_scenario(query)
    assert isinstance(scenario, Scenario)
    assert name in PRESETS
    assert len(problems) >= len(set(query) - known)
    state_of(query, "demo")


def test_the_fall_looked_at_is_validated_and_comes_back() -> None:
    state = AppState.initial("demo").with_fall(3)
    assert query_of(state)["fall"] == "3"
    assert state_of(query_of(state), "demo").fall == 3
    assert "fall" not in query_of(state.with_fall(0))
    assert [state.with_fall(number).fall for number in (-1, 99)] == [0, FALLS]
    for wrong in ("0", "11", "-1", "1.0", "x", ""):
        found = state_of({"fall": wrong}, "demo")
        assert found.fall == 0
        assert "fall must be a fall's number from 1 to 10" in " ".join(found.notices)
    assert visited(state, query_of(state.with_fall(5)), "demo").fall == 5


def test_views_are_validated_too() -> None:
    base = "p:phase-8,stop:12"
    state = state_of({"view": "5Y", "log": "maybe", "base": base}, "us")
    assert state.scenario == AppState.initial("us").scenario
    assert (state.window, state.log, state.pinned) == ("All", False, None)
    text = json.dumps(state.notices)
    assert "view must be one of 1Y, 3Y, All" in text
    assert "log must be on or off" in text
    assert "base: stop: risk.position_stop_loss" in text


def test_many_mistakes_are_not_all_told() -> None:
    notices = state_of({f"k{i}": "1" for i in range(30)}, "demo").notices
    assert len(notices) == 6
    assert notices[-1] == "… and 25 more."


def test_a_name_that_no_store_would_take_is_not_written() -> None:
    odd = with_values(Scenario(), {"universe.source": "My Market"})
    with pytest.raises(ConfigError, match="src must be 1 to 32 of a-z"):
        scenario_to_query(odd, "Phase 8")
    assert query_of(AppState(odd)) == {}
