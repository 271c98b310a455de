"""What a browser session looks at as an address, and back: scenario, baseline, view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.errors import ConfigError
from dashboard.compared import MOST, Compared, flat, read_compared, text_of, unflat
from dashboard.state import FALLS, STORY_STEPS, WINDOWS, AppState, Pin
from dashboard.url import Query, read_scenario, scenario_to_query

__all__ = ["VIEW_KEYS", "query_of", "state_of"]

# Beside the keys of the scenario: the pinned setting as one value, the window, the log scale, and
# the step of who presents, the fall that is looked at, and what the setting is compared with: texts
# of dashboard.compared.
_BASELINE, _WINDOW, _LOG, _STORY, _FALL = "base", "view", "log", "present", "fall"
_COMPARED = "vs"
VIEW_KEYS: Final = (_BASELINE, _WINDOW, _LOG, _STORY, _FALL, _COMPARED)
_BETWEEN: Final = ";"
LONGEST_BASELINE: Final = 4000
MOST_NOTICES: Final = 5


def query_of(state: AppState) -> dict[str, str]:
    """Return the address of `state`; what cannot be written of it is left out.

    What was done before (undo, redo) is not part of an address.
    """
    try:
        query = scenario_to_query(state.scenario, state.preset_name)
        if state.pinned is not None:
            pinned = scenario_to_query(state.pinned.scenario, state.pinned.preset_name)
            query[_BASELINE] = flat(pinned)
        if state.compared:
            query[_COMPARED] = _BETWEEN.join(map(text_of, state.compared))
    except ConfigError:  # a name that no store would take: nothing to share
        return {}
    if state.window != WINDOWS[-1]:
        query[_WINDOW] = state.window
    if state.log:
        query[_LOG] = "on"
    if state.story:
        query[_STORY] = str(state.story)
    if state.fall:
        query[_FALL] = str(state.fall)
    return query


def state_of(query: Query, source: str) -> AppState:
    """Return the state that an address describes, on the market `source` when it names none.

    What is wrong in it stays as in the preset and is told in ``notices``.
    """
    rest = {key: value for key, value in query.items() if key not in VIEW_KEYS}
    if "src" not in rest:
        # Only the default preset's market may not be there: a written one is meant.
        rest = {**rest, "src": source}
    scenario, preset_name, problems = read_scenario(rest)
    state = AppState(scenario, preset_name=preset_name)
    view, view_problems = _with_view(state, query)
    return replace(view, notices=_bounded((*problems, *view_problems)))


def _with_view(state: AppState, query: Query) -> tuple[AppState, tuple[str, ...]]:
    problems: list[str] = []
    view = {key: _all(query[key]) for key in VIEW_KEYS if key in query}
    for key, given in view.items():
        if len(given) != 1:
            problems.append(f"{key} must be given once, was given {len(given)} times.")
    one = {key: given[0] for key, given in view.items() if len(given) == 1}
    if _WINDOW in one:
        if one[_WINDOW] in WINDOWS:
            state = replace(state, window=one[_WINDOW])
        else:
            problems.append(f"{_WINDOW} must be one of {', '.join(WINDOWS)}.")
    if _LOG in one:
        if one[_LOG] in ("on", "off"):
            state = replace(state, log=one[_LOG] == "on")
        else:
            problems.append(f"{_LOG} must be on or off.")
    state, wrong = _with_numbers(state, one)
    problems.extend(wrong)
    if _BASELINE in one:
        state, wrong = _with_pin(state, one[_BASELINE])
        problems.extend(f"{_BASELINE}: {text}" for text in wrong)
    if _COMPARED in one:
        state, wrong = _with_compared(state, one[_COMPARED])
        problems.extend(f"{_COMPARED}: {text}" for text in wrong)
    return state, tuple(problems)


def _with_numbers(state: AppState, one: dict[str, str]) -> tuple[AppState, tuple[str, ...]]:
    problems: list[str] = []
    for key, most, what in ((_STORY, STORY_STEPS, "a step"), (_FALL, FALLS, "a fall's number")):
        if key in one and one[key] not in map(str, range(1, most + 1)):
            problems.append(f"{key} must be {what} from 1 to {most}.")
        elif key in one:
            number = int(one[key])
            state = state.with_story(number) if key == _STORY else state.with_fall(number)
    return state, tuple(problems)


def _with_pin(state: AppState, text: str) -> tuple[AppState, tuple[str, ...]]:
    if len(text) > LONGEST_BASELINE:
        return state, (f"must have at most {LONGEST_BASELINE} characters, had {len(text)}.",)
    scenario, preset_name, problems = read_scenario(unflat(text))
    if problems:  # half a baseline would compare with what nobody chose
        return state, (*problems, f"Compared with {state.preset_name} instead.")
    return replace(state, pinned=Pin(scenario, preset_name)), ()


def _with_compared(state: AppState, text: str) -> tuple[AppState, tuple[str, ...]]:
    found: list[Compared] = []
    problems: list[str] = []
    parts = text.split(_BETWEEN)
    if len(parts) > MOST:
        problems.append(f"must name at most {MOST} settings, named {len(parts)}.")
    for part in parts[:MOST]:
        try:
            found.append(read_compared(part))
        except ConfigError as error:
            problems.append(f"{error} It was left out.")
    return state.with_compared(found), tuple(problems)


def _all(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _bounded(problems: tuple[str, ...]) -> tuple[str, ...]:
    more = len(problems) - MOST_NOTICES
    return problems if more <= 0 else (*problems[:MOST_NOTICES], f"… and {more} more.")
