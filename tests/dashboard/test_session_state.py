"""The state of a session: frozen, each step a new one, nothing lost when a change is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import FrozenInstanceError, replace

import pytest

from core.presets import PRESETS, preset
from core.scenario import specs, value_at
from dashboard.state import CONTEXT, HISTORY, WINDOWS, AppState

STOP = "risk.position_stop_loss"


@pytest.fixture
def state() -> AppState:
    return AppState.initial("demo")


def test_it_starts_from_the_default_preset_as_it_is(state: AppState) -> None:
    assert state.scenario == preset("Phase 8")
    assert state.changed() == {}
    assert state.title() == "Phase 8"
    assert state.window in WINDOWS


def test_it_cannot_be_changed_in_place(state: AppState) -> None:
    with pytest.raises(FrozenInstanceError):
        state.window = "1Y"  # type: ignore[misc]


def test_a_changed_field_is_told_from_the_preset(state: AppState) -> None:
    moved = state.with_values({STOP: 0.2})
    assert moved.changed() == {STOP: (0.12, 0.2)}
    assert moved.title() == "Phase 8, 1 changed"
    assert moved.changed_labels() == ("Position stop",)
    assert state.changed() == {}


def test_a_rule_switched_off_comes_back_with_its_last_value(state: AppState) -> None:
    off = state.with_values({STOP: 0.2}).with_values({STOP: None})
    assert value_at(off.scenario, STOP) is None
    assert off.on_value(specs()[STOP]) == 0.2


def test_a_rule_that_was_never_on_takes_what_its_declaration_says(state: AppState) -> None:
    assert state.on_value(specs()["book.sector_cap"]) == 0.25


def test_a_refused_change_keeps_the_scenario_and_says_why(state: AppState) -> None:
    refused = state.with_values({"risk.max_leverage": 0.5})
    assert refused.scenario == state.scenario
    assert "min_position_scale must be at most max_leverage" in refused.refused
    assert refused.with_values({STOP: 0.2}).refused == ""


def test_a_preset_keeps_market_period_and_book(state: AppState) -> None:
    there = state.with_values(
        {
            "universe.source": "us",
            "period.start": dt.date(2021, 6, 1),
            "period.end": dt.date(2024, 6, 1),
            "book.own_book": "mine",
            STOP: 0.2,
        }
    )
    other = there.with_preset("Phase 8.1")
    for path in CONTEXT:
        assert value_at(other.scenario, path) == value_at(there.scenario, path)
    assert value_at(other.scenario, STOP) == 0.12
    assert other.scenario.book.sector_cap == 0.25
    assert other.changed() == {}
    assert other.title() == "Phase 8.1"


def test_reset_is_the_preset_again(state: AppState) -> None:
    moved = state.with_preset("No overlay").with_values({STOP: 0.2})
    assert moved.baseline() == PRESETS["No overlay"]
    assert moved.with_preset(moved.preset_name).changed() == {}


def test_another_market_drops_the_dates_of_the_old_one(state: AppState) -> None:
    dated = state.with_values({"period.start": dt.date(2020, 1, 2)})
    moved = dated.with_source("us")
    assert moved.scenario.universe.source == "us"
    assert moved.scenario.period.start is None
    assert moved.changed() == {}


def test_what_is_looked_at_is_no_change_of_the_scenario(state: AppState) -> None:
    assert replace(state, window="1Y", log=True).changed() == {}


def test_undo_and_redo_go_through_every_setting(state: AppState) -> None:
    moved = state.with_values({STOP: 0.2}).with_preset("No overlay").with_values({STOP: 0.3})
    back = moved.undo()
    assert back.scenario == state.with_preset("No overlay").scenario
    assert back.undo().scenario == state.with_values({STOP: 0.2}).scenario
    start = back.undo().undo()
    assert (start.scenario, start.preset_name) == (state.scenario, "Phase 8")
    assert start.undo() is start
    again = start.redo().redo().redo()
    assert (again.scenario, again.preset_name) == (moved.scenario, "No overlay")
    assert again.redo() is again


def test_a_new_change_ends_what_could_be_redone(state: AppState) -> None:
    back = state.with_values({STOP: 0.2}).undo()
    assert back.future
    assert back.with_values({STOP: 0.3}).future == ()


def test_what_changes_nothing_is_no_step(state: AppState) -> None:
    back = state.with_values({STOP: 0.2}).undo()
    same = back.with_values({STOP: 0.12}).with_preset("Phase 8")
    assert same.past == ()
    assert same.future == back.future
    assert state.with_values({"risk.max_leverage": 0.5}).past == ()


def test_undo_brings_back_the_last_value_of_a_rule_that_was_off(state: AppState) -> None:
    off = state.with_values({STOP: 0.2}).with_values({STOP: None})
    assert off.with_preset("No overlay").undo().on_value(specs()[STOP]) == 0.2


def test_history_is_bounded(state: AppState) -> None:
    for k in range(HISTORY + 20):
        state = state.with_values({"risk.cost_per_trade_bps": float(k)})
    assert len(state.past) == HISTORY
    for _ in range(HISTORY + 20):
        state = state.undo()
    assert state.scenario.risk.cost_per_trade_bps == 19.0
    assert len(state.future) == HISTORY


def test_a_pinned_setting_is_the_baseline_and_changes_are_still_told_from_the_preset(
    state: AppState,
) -> None:
    pinned = state.with_values({STOP: 0.2}).pin()
    assert not pinned.differs()
    assert pinned.baseline_name() == "pinned: Phase 8, 1 changed"
    moved = pinned.with_values({STOP: 0.3}).with_source("us")
    assert moved.baseline().risk.position_stop_loss == 0.2
    assert moved.baseline().universe.source == "us"
    assert moved.differs()
    assert moved.changed() == {STOP: (0.12, 0.3)}
    assert moved.undo().undo().pinned == pinned.pinned
    assert moved.unpin().baseline() == preset("Phase 8").model_copy(
        update={"universe": moved.scenario.universe}
    )
    assert moved.unpin().baseline_name() == "Phase 8"


def test_a_preset_is_taken_by_its_own_name(state: AppState) -> None:
    assert state.with_preset("phase 8.1").preset_name == "Phase 8.1"


def test_the_view_takes_what_is_known_and_nothing_else() -> None:
    state = AppState(preset("Phase 8"))
    assert state.with_view("3Y", True) == replace(state, window="3Y", log=True)
    assert state.with_view("5Y", "yes") == state
    assert state.with_view(None, None) == state
    assert not state.with_view("1Y", True).past  # looking elsewhere is no step
