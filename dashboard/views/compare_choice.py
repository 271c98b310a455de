"""Which settings are laid beside the present one: presets, pinned, saved, recent, an address."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from core.errors import ConfigError
from core.presets import DEFAULT_PRESET, PRESETS, preset
from core.scenario import scenario_hash, value_at, with_values
from dashboard import saved, session
from dashboard.address import VIEW_KEYS
from dashboard.compared import (
    CONTROL,
    MOST,
    PINNED,
    Compared,
    of_address,
    placed,
    preset_of,
    read_compared,
    saved_as,
    text_of,
)
from dashboard.report.comparison_words import compared_title
from dashboard.state import CONTEXT, AppState
from dashboard.views import frame

__all__ = ["choice", "offered", "suggested", "suggestion"]

_KEY: Final = "compare:with"
_ADDRESS: Final = "compare:address"
_SAID: Final = "plimsoll.compare_said"
_SAVED, _RECENT = 30, 6
_NO_OVERLAY: Final = "No overlay"


def choice(state: AppState) -> None:
    """Draw what the present setting is compared with, and the way to paste an address."""
    known = offered(state)
    chosen = [text_of(entry) for entry in state.compared]
    # With every run, not only where it differs: of a run that the next one overtakes, the browser
    # may never get what this puts into the picker, and would show it empty.
    st.session_state[_KEY] = chosen
    with st.container(horizontal=True, gap="small", key="compared", vertical_alignment="bottom"):
        st.multiselect(
            f"Compare {state.title()} with",
            list(known),
            format_func=lambda text: known.get(text, text),
            key=_KEY,
            max_selections=MOST,
            placeholder="A preset, the control, a saved or a recent setting",
            on_change=_take,
            width="stretch",
        )
        with st.popover("Paste an address", icon=":material/link:", key="compare-paste"):
            st.text_input(
                "Address of a setting",
                key=_ADDRESS,
                placeholder="…?p=phase-8.1&stop=0.2",
                help="Of any page of Plimsoll, as Share shows it. It is checked, never evaluated.",
            )
            full = len(state.compared) >= MOST
            st.button("Add", key="compare-add", on_click=_paste, disabled=full)
            if full:
                st.caption(f"{MOST} are chosen: take one away first.")
            if said := st.session_state.get(_SAID):
                frame.show(f'<div class="pl-box warn" role="status">{frame.words_html(said)}</div>')


def offered(state: AppState) -> dict[str, str]:
    """Return text → title of everything that can be chosen; titles differ from each other."""
    entries = [*_presets(state), CONTROL, *([PINNED] if state.pinned else [])]
    entries += [saved_as(*one) for one in saved.readable(_SAVED)]
    entries += _recent(state)
    entries += state.compared  # pasted ones, or saved ones that are no longer there
    found: dict[str, str] = {}
    pinned = state.pinned.title if state.pinned else "nothing"
    for entry in entries:
        try:
            text = text_of(entry)
        except ConfigError:  # a name that no store would take
            continue
        if text not in found:
            found[text] = _unlike(compared_title(entry, pinned), found)
    return found


def suggestion(state: AppState) -> tuple[Compared, ...]:
    """Return what to begin with: the rules, none of them, and simply holding less."""
    names = [name for name in (DEFAULT_PRESET, _NO_OVERLAY) if preset_of(name) in _presets(state)]
    wanted = names if state.title() != DEFAULT_PRESET else [_NO_OVERLAY]
    return (*map(preset_of, wanted), CONTROL)


def suggested(state: AppState) -> None:
    """Say that nothing is chosen yet, and offer what to begin with."""
    titles = [compared_title(entry, "") for entry in suggestion(state)]
    told = " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))
    frame.show(
        '<div class="pl-box" role="status"><h2>Nothing to compare with yet</h2><p>Choose up to '
        f"{MOST} settings above. A good beginning: {escape(state.title())} beside {told}. The "
        "control holds the same book at the same average exposure, always, without any rule: what "
        "does no better than it only held less.</p></div>"
    )
    st.button(
        f"Compare with {told}", key="compare-suggested", type="primary", on_click=_take_suggested
    )


def _presets(state: AppState) -> list[Compared]:
    # But the one that is looked at, untouched.
    here = state.scenario

    def differs(entry: Compared) -> bool:
        return scenario_hash(placed(entry, here, here)) != scenario_hash(here)

    return list(filter(differs, map(preset_of, PRESETS)))


def _recent(state: AppState) -> list[Compared]:
    # Settings of the history, the latest first; market and period are the present ones anyway.
    known = {scenario_hash(state.scenario)} | {
        scenario_hash(placed(entry, state.scenario, state.baseline())) for entry in _presets(state)
    }
    found: list[Compared] = []
    for step in (*reversed(state.past), *state.future):
        if len(found) == _RECENT:
            break
        base = preset(step.preset_name)
        plain = {path: value_at(base, path) for path in CONTEXT[:3]}
        entry = saved_as("", with_values(step.scenario, plain), step.preset_name)
        fields = scenario_hash(placed(entry, state.scenario, state.baseline()))
        if fields not in known:
            known.add(fields)
            found.append(entry)
    return found


def _unlike(title: str, taken: dict[str, str]) -> str:
    number, found = 2, title
    while found in taken.values():
        found, number = f"{title} ({number})", number + 1
    return found


def _take() -> None:
    texts = st.session_state[_KEY]
    session.put(session.current().with_compared(map(read_compared, texts)))


def _take_suggested() -> None:
    state = session.current()
    session.put(state.with_compared(suggestion(state)))


def _paste() -> None:
    state = session.current()
    session.changed()
    try:
        entry = of_address(str(st.session_state.get(_ADDRESS, "")), VIEW_KEYS)
    except ConfigError as error:
        st.session_state[_SAID] = f"Not added: {error}"
        return
    st.session_state[_SAID] = ""
    st.session_state[_ADDRESS] = ""
    session.put(state.with_compared((*state.compared, entry)))
