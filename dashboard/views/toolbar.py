"""Undo, redo, pin, share and saved settings, and what must be said of the present one."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from dashboard import saved, session
from dashboard.address import query_of
from dashboard.state import AppState
from dashboard.views.help import help_button

__all__ = ["notices", "toolbar"]

_NAME, _CHOICE, _SAID = "saved:name", "saved:choice", "plimsoll.saved"
_LONGEST_NAME: Final = 80
_SHARED: Final = (  # short: it goes with every run of a page
    "Opens this setting, with the same numbers. On another machine put what follows the ? after "
    "the address of its Plimsoll: same data, same numbers."
)


def toolbar(state: AppState, *, notes: bool = True, of_setting: bool = True) -> None:
    """Draw the row of buttons that act on the whole setting.

    Parameters
    ----------
    state : AppState
    notes : bool
        Whether :func:`notices` follow right below; a page that draws them itself says False.
    of_setting : bool
        Whether the page shows the setting; one that does not has help and, once there is a step
        to take back, undo and redo.
    """
    with st.container(horizontal=True, gap="small", key="toolbar", vertical_alignment="center"):
        if of_setting or state.past or state.future:
            _undo(state)
        if of_setting:
            _pin(state)
            _share(state)
            _saved(state)
        help_button()
    if notes:
        notices(state)


def notices(state: AppState) -> None:
    """Say what was wrong with the address, and that the setting could not be recorded."""
    for title, text in _said(state):
        st.html(
            f'<div class="pl-box warn" role="status"><h2>{escape(title)}</h2>'
            f"<p>{escape(text)}</p></div>"
        )


def _undo(state: AppState) -> None:
    st.button(
        "Undo", key="undo", icon=":material/undo:", disabled=not state.past,
        on_click=_step, args=("undo",), help="Back to the setting before the last change.",
    )  # fmt: skip
    st.button(
        "Redo", key="redo", icon=":material/redo:", disabled=not state.future,
        on_click=_step, args=("redo",), help="Take back the last undo.",
    )  # fmt: skip


def _pin(state: AppState) -> None:
    if state.pinned is None:
        st.button(
            "Pin as baseline", key="pin", icon=":material/keep:", on_click=_step, args=("pin",),
            help=f"Compare with this setting from now on instead of {state.preset_name}.",
        )  # fmt: skip
        return
    st.button(
        f"Unpin {state.pinned.title}", key="pin", icon=":material/keep_off:",
        on_click=_step, args=("unpin",), help=f"Compare with {state.preset_name} again.",
    )  # fmt: skip


def _share(state: AppState) -> None:
    with st.popover("Share", icon=":material/link:", key="share"):
        query = query_of(state)
        st.caption(_SHARED)
        page = (st.context.url or "").partition("?")[0]
        st.code(f"{page}?{urlencode(query, safe=':,~')}", language=None, wrap_lines=True)


def _saved(state: AppState) -> None:
    with st.popover("Saved", icon=":material/bookmark:", key="saved"):
        st.text_input("Name of this setting", key=_NAME, max_chars=_LONGEST_NAME)
        st.button("Save", key="save", on_click=_save, help=f"Saves {state.title()}.")
        names = saved.names()
        if names:
            st.selectbox("Saved settings", names, key=_CHOICE)
            st.button("Open", key="load", on_click=_load)
        if said := st.session_state.get(_SAID):
            st.caption(said)


def _said(state: AppState) -> list[tuple[str, str]]:
    said = []
    if state.notices:
        rest = "The rest of the address is in force; what is named here is as in the preset."
        said.append(("Part of this address was not understood", "\n".join((*state.notices, rest))))
    if why := saved.unrecorded():
        said.append(("This setting is in force, but it was not recorded", why))
    return said


def _step(name: str) -> None:
    state = session.current()
    steps = {"undo": state.undo, "redo": state.redo, "pin": state.pin, "unpin": state.unpin}
    session.put(steps[name]())


def _save() -> None:
    name = str(st.session_state.get(_NAME, "")).strip()
    problem = saved.save(name) if name else "Give it a name first."
    st.session_state[_SAID] = problem or f"Saved as {name}."


def _load() -> None:
    saved.load(str(st.session_state[_CHOICE]))
