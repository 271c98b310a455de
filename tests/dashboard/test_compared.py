"""What a setting is compared with: an exact round trip through an address, never half a setting."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Scenario
from core.errors import ConfigError
from core.presets import PRESETS, preset
from core.scenario import value_at, with_values
from dashboard.address import VIEW_KEYS, query_of, state_of
from dashboard.compared import (
    CONTROL,
    LONGEST,
    MOST,
    PINNED,
    Compared,
    moved_from,
    of_address,
    placed,
    preset_of,
    read_compared,
    saved_as,
    text_of,
)
from dashboard.recent import visited
from dashboard.report.comparison_words import compared_title
from dashboard.state import AppState

STOP = "risk.position_stop_loss"
US = {"universe.source": "us", "period.start": dt.date(2021, 6, 1)}
NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=80).filter(
    lambda text: text == text.strip() and (text.isprintable() or not text)
)


@st.composite
def settings(draw: st.DrawFn) -> Compared:
    """Draw entries of every kind."""
    plain = [CONTROL, PINNED, *map(preset_of, PRESETS)]
    if draw(st.booleans()):
        return draw(st.sampled_from(plain))
    name = draw(st.sampled_from(list(PRESETS)))
    values: dict[str, Any] = {
        STOP: draw(st.none() | st.floats(0.01, 0.5)),
        "universe.source": draw(st.sampled_from(["demo", "us", "off"])),
        "period.start": draw(st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2020, 1, 1))),
        "book.own_book": draw(st.none() | st.just("mine")),
    }
    scenario = with_values(preset(name), values)
    named = draw(NAMES)
    entry = saved_as(named, scenario, name)
    return preset_of(name) if scenario == preset(name) and not named else entry


@given(settings())
def test_the_round_trip_is_exact(entry: Compared) -> None:
    assert read_compared(text_of(entry)) == entry


@given(st.lists(settings(), max_size=MOST, unique=True))
def test_a_state_comes_back_from_its_address_with_what_it_is_compared_with(
    entries: list[Compared],
) -> None:
    state = AppState.initial("demo").with_values({STOP: 0.2}).with_compared(entries)
    restored = state_of(query_of(state), "demo")
    assert restored.notices == ()
    assert restored.compared == state.compared == tuple(entries)
    assert restored.scenario == state.scenario


@given(st.text(max_size=60))
def test_no_text_is_taken_that_is_not_a_setting(text: str) -> None:
    try:
        entry = read_compared(text)
    except ConfigError:
        return
    assert entry.kind in ("preset", "pinned", "control", "setting")
    assert read_compared(text_of(entry)) == entry


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p:phase-10", "p must be one of phase-8"),
        ("p:phase-8,stop:12", "Did you mean 0.12"),
        ("p:phase-8,evil:1", "'evil' is no setting"),
        ("p:phase-8,stop:0.2,stop:0.3", "must be given once"),
        ("p:phase-8,as:a,as:b", "as must be one name"),
        ("p:phase-8,as:" + "x" * 81, "as must be one name"),
        ("p:phase-8,as:%00", "as must be one name"),
        ("p:" + "x" * LONGEST, f"at most {LONGEST} characters"),
    ],
)
def test_a_wrong_text_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_compared(text)


def test_a_wrong_part_of_an_address_is_told_and_the_rest_is_in_force() -> None:
    state = state_of({"p": "phase-8", "vs": "control;p:phase-10;p:no-overlay"}, "demo")
    assert state.compared == (CONTROL, preset_of("No overlay"))
    assert any("vs: p must be one of" in notice for notice in state.notices)
    many = state_of({"vs": ";".join(["control", "p:phase-8", "p:phase-8.1", "p:no-overlay"])}, "us")
    assert len(many.compared) == MOST
    assert any("at most 3 settings, named 4" in notice for notice in many.notices)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8501/compare?p=phase-8&stop=0.2&view=1Y&vs=control#top",
        "?p=phase-8&stop=0.2",
        "  stop=0.2  ",
    ],
)
def test_an_address_that_is_pasted_is_one_setting(address: str) -> None:
    entry = of_address(address, VIEW_KEYS)
    assert entry == saved_as("", with_values(preset("Phase 8"), {STOP: 0.2}), "Phase 8")


def test_an_address_without_more_than_a_preset_is_the_preset() -> None:
    assert of_address("http://x/?p=phase-8.1") == preset_of("Phase 8.1")


@pytest.mark.parametrize("address", ["", "hello", "http://x/", "?", "?view=1Y", "?stop=9", "?x=1"])
def test_an_address_without_a_right_setting_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=r"must hold a setting|must be|is no setting"):
        of_address(address, VIEW_KEYS)


def test_all_run_on_the_present_market_and_period() -> None:
    present = with_values(preset("Phase 8"), US | {"book.own_book": "mine"})
    own = with_values(preset("Phase 8.1"), {"universe.source": "demo", STOP: 0.2})
    for entry in (preset_of("No overlay"), PINNED, saved_as("Mine", own, "Phase 8.1")):
        found = placed(entry, present, preset("No overlay"))
        for path, value in US.items():
            assert value_at(found, path) == value
    assert placed(preset_of("No overlay"), present, present).book.own_book == "mine"
    setting = placed(saved_as("Mine", own, "Phase 8.1"), present, present)
    assert setting.book.own_book is None
    assert value_at(setting, STOP) == 0.2


def test_another_market_or_period_of_a_saved_setting_is_told() -> None:
    present = with_values(preset("Phase 8"), US)
    own = with_values(preset("Phase 8"), {STOP: 0.2})
    assert moved_from(saved_as("Mine", own, "Phase 8"), present) == {
        "universe.source": "demo",
        "period.start": None,
    }
    assert moved_from(saved_as("", own, "Phase 8"), present) == {}  # an address that says nothing
    there = with_values(own, {"universe.source": "old"})
    assert moved_from(saved_as("", there, "Phase 8"), present) == {"universe.source": "old"}
    assert moved_from(preset_of("No overlay"), present) == {}


def test_what_it_is_compared_with_is_no_step_of_the_history() -> None:
    state = AppState.initial("demo").with_values({STOP: 0.2})
    chosen = state.with_compared([CONTROL, CONTROL, preset_of("Phase 8.1")])
    assert chosen.compared == (CONTROL, preset_of("Phase 8.1"))
    assert chosen.past == state.past
    assert chosen.undo().compared == chosen.compared
    assert visited(chosen, query_of(state), "demo").compared == ()
    assert visited(state, query_of(chosen), "demo").compared == chosen.compared


def test_every_kind_has_a_title() -> None:
    scenario: Scenario = with_values(preset("Phase 8"), {STOP: None, "risk.trailing_stop_pct": 0.2})
    titles = {
        CONTROL: "Exposure-matched control",
        PINNED: "Pinned: Phase 8, 1 changed",
        preset_of("No overlay"): "No overlay",
        saved_as("Mine", scenario, "Phase 8"): "Mine",
        saved_as("", scenario, "Phase 8"): "Phase 8, position stop off, trailing stop 20\u202f%",
    }
    for entry, title in titles.items():
        assert compared_title(entry, "Phase 8, 1 changed") == title
    more = with_values(scenario, {"risk.circuit_breaker_dd": None})
    assert compared_title(saved_as("", more, "Phase 8"), "") == "Phase 8, 3 changed"
