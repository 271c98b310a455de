"""What a refresh and the browser's way back do to a session's history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.address import query_of
from dashboard.recent import Recent, new_token, resumed, visited
from dashboard.state import AppState

STOP = "risk.position_stop_loss"
FIRST = AppState.initial("demo")


def stops(state: AppState, *values: float) -> AppState:
    for value in values:
        state = state.with_values({STOP: value})
    return state


def stop(state: AppState) -> float | None:
    return state.scenario.risk.position_stop_loss


def test_the_latest_state_of_a_few_sessions_is_kept() -> None:
    recent = Recent(kept=2)
    for name in ("a", "b", "a", "c"):
        recent.keep(name, stops(FIRST, 0.2))
    assert recent.get("b") is None
    assert stop(recent.get("a") or FIRST) == 0.2
    for unknown in (None, 3, ["a"], ""):
        assert recent.get(unknown) is None
    assert new_token() != new_token()
    assert len(new_token()) >= 22


def test_a_refresh_keeps_undo_and_redo() -> None:
    before = stops(FIRST, 0.2, 0.3, 0.4).undo()
    fresh = AppState(before.scenario, before.preset_name)
    found = resumed(fresh, before)
    assert (found.past, found.future) == (before.past, before.future)
    assert stop(found.undo()) == 0.2
    assert stop(found.redo()) == 0.4


def test_another_address_in_the_same_tab_is_one_more_step() -> None:
    found = resumed(stops(FIRST, 0.5).with_view("1Y", None), stops(FIRST, 0.2))
    assert found.past == stops(FIRST, 0.5).past  # what has a history of its own keeps it
    opened = AppState(stops(FIRST, 0.5).scenario)
    assert stop(resumed(opened, stops(FIRST, 0.2)).undo()) == 0.2


def test_back_undoes_forward_redoes_and_nothing_is_lost() -> None:
    state = stops(FIRST, 0.2, 0.3, 0.4)
    back = visited(state, query_of(stops(FIRST, 0.2)), "demo")
    assert stop(back) == 0.2
    assert [step.scenario.risk.position_stop_loss for step in back.future] == [0.4, 0.3]
    assert visited(back, query_of(state), "demo") == state


def test_of_equal_settings_the_nearest_is_meant() -> None:
    state = stops(FIRST, 0.2, 0.3, 0.4, 0.2).undo()
    assert visited(state, query_of(stops(FIRST, 0.2)), "demo") == state.redo()


def test_back_to_the_bare_address_is_the_first_setting_only_while_it_is_known() -> None:
    assert stop(visited(stops(FIRST, 0.2), {}, "demo")) == stop(FIRST)
    elsewhere = stops(AppState(stops(FIRST, 0.2).scenario), 0.3)
    assert visited(elsewhere, {}, "demo") is elsewhere


def test_an_unknown_address_is_a_new_step_and_a_crafted_one_changes_nothing() -> None:
    state = stops(FIRST, 0.2)
    other = visited(state, {"p": "phase-8", "src": "demo", "stop": "0.25", "view": "1Y"}, "demo")
    assert (stop(other), other.window) == (0.25, "1Y")
    assert stop(other.undo()) == 0.2
    assert visited(state, {"p": "phase-8", "stop": "<script>"}, "demo") is state


@given(st.lists(st.integers(2, 60), min_size=1, max_size=12), st.data())
def test_wherever_back_goes_all_settings_stay_in_reach(
    values: list[int], data: st.DataObject
) -> None:
    state = stops(FIRST, *(value / 100 for value in values))
    known = [*state.past, *state.future]
    there = data.draw(st.sampled_from([*known, None]))
    target = state if there is None else AppState(there.scenario, there.preset_name)
    found = visited(state, query_of(target), "demo")
    assert found.scenario == target.scenario
    assert len(found.past) + len(found.future) == len(known)
