"""Mounting the lab: files served by Streamlit, bytes in, one checked commit out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.scenario import specs
from dashboard import session
from dashboard.lab.answers import answer, hints_by_now
from dashboard.lab.declared import LAB_FIELDS
from dashboard.lab.payload import idle
from dashboard.lab.refusals import refusal
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.views.served import served_component

__all__ = [
    "CURVES_KEY",
    "LAB_KEY",
    "acknowledged",
    "committed",
    "curves",
    "held",
    "lab",
    "page_asks_for_curves",
    "page_begins",
    "page_is_complete",
]

LAB_KEY: Final = "lab"
CURVES_KEY: Final = "lab_curves"
_FOLDER: Final = Path(__file__).resolve().with_name("assets")
_HTML: Final = '<div class="lab-root">\n</div>'
# A module that Streamlit's browser side loads from a file is mounted with every frame by a script
# element anew, whose event waits for a free moment: half a second on a busy machine, with the title
# of the page long there. A module given as text is mounted at once, so this text imports ours.
_MODULE: Final = """
const address = new URL("_stcore/bidi-components/{name}/lab.js", document.baseURI);
const {{ default: mount }} = await import(address.href);
export default mount;
"""
_IN_PAGE: Final = "plimsoll.lab_in_page"
_COMPLETE: Final = "plimsoll.lab_complete"
_ACKNOWLEDGED: Final = "plimsoll.lab.acknowledged"
_WANT: Final = "plimsoll.lab.want"
_HELD: Final = "plimsoll.lab.held"
_PAGE: Final = "lab"
_TOLD: Final = "plimsoll.lab_told"
_REFUSED: Final = "The page sent a change that cannot be read. Move the control again."


def lab(frame: bytes) -> None:
    """Mount the lab and feed it `frame`."""
    _component()(key=LAB_KEY, data=frame, on_commit_change=_take_commit)


@st.fragment
def curves() -> None:
    """Mount what answers the lab's requests for curves; a request reruns this and nothing else."""
    if not session.is_on(_PAGE):
        # Asked just before the page was left: Streamlit has put an empty box in the place of what
        # the page that followed drew there.
        st.rerun()
    in_page = st.session_state.pop(_IN_PAGE, False)
    told = st.session_state.pop(_TOLD, b"")
    message = st.session_state.pop(_WANT, None)
    if not in_page and not (session.is_drawn() and st.session_state.get(_COMPLETE, True)):
        st.rerun()  # the whole page: it shows what is not so any more, or its run was broken off
    data = answer(message, in_page=in_page) if isinstance(message, Mapping) else told or idle()
    _component()(key=CURVES_KEY, data=data, on_want_change=_take_want)


def page_begins() -> None:
    """Note that the page is being drawn; a request for curves can break that off."""
    session.begins(_PAGE)
    st.session_state[_COMPLETE] = False


def page_asks_for_curves(run: Run | None) -> None:
    """Mount :func:`curves` as a part of the whole page, with the hints of `run` if they are there.

    Where they are not, the browser asks for them.
    """
    st.session_state[_IN_PAGE] = True
    st.session_state[_TOLD] = hints_by_now(run)
    curves()


def page_is_complete() -> None:
    """Note that the page was drawn to its end."""
    st.session_state[_COMPLETE] = True


def acknowledged() -> float:
    """Return the number of the last commit that was taken."""
    return float(st.session_state.get(_ACKNOWLEDGED, 0.0))


def held() -> str:
    """Return the hash of the declarations that the browser said it has."""
    return str(st.session_state.get(_HELD, ""))


def committed(state: AppState, message: object) -> AppState:
    """Return `state` after a commit of the browser; what is not allowed is refused with a reason.

    Parameters
    ----------
    state : AppState
    message : object
        ``{"n": number, "values": {path: value}}``; nothing of it is trusted.
    """
    values = message.get("values") if isinstance(message, Mapping) else None
    if not isinstance(values, Mapping) or not values:
        return replace(state, refused=_REFUSED)
    if not all(path in LAB_FIELDS and _plain(path, value) for path, value in values.items()):
        return replace(state, refused=_REFUSED)
    for path, value in values.items():
        if why := refusal(path, value):
            return replace(state, refused=why)
    return state.with_values(dict(values))


def _plain(path: str, value: Any) -> bool:
    # Bounds are the scenario's business; here only that a number is a number.
    spec = specs()[path]
    if value is None:
        return spec.optional
    if spec.kind in ("number", "integer"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool) if spec.kind == "flag" else isinstance(value, str | int)


def _take_commit() -> None:
    st.session_state[_COMPLETE] = False
    message = _sent(LAB_KEY, "commit")
    if message is None:
        return
    session.engine().studies.leave(session.token())  # what was asked of the setting before
    session.put(committed(session.current(), message))
    number = message.get("n") if isinstance(message, Mapping) else None
    if isinstance(number, int | float):
        st.session_state[_ACKNOWLEDGED] = float(number)
    _take_held(message)


def _take_want() -> None:
    message = _sent(CURVES_KEY, "want")
    st.session_state[_WANT] = message
    if not isinstance(message, Mapping):
        return
    _take_held(message)
    if isinstance(message.get("address"), str):  # before the view: that was chosen later
        session.visit(message["address"])
    view = message.get("view")
    if isinstance(view, Mapping):
        seen = session.current().with_view(view.get("window"), view.get("log"))
        session.put(seen, redraw=False)
    if "before" in message:
        session.resume(message["before"])
    if message.get("lacking"):  # a frame came without declarations that the browser does not have
        st.session_state[_HELD] = ""
        session.changed()


def _sent(key: str, trigger: str) -> Any:
    # What was under way when the page changed arrives on a page that has no lab.
    element = st.session_state.get(key)
    return None if element is None else element.get(trigger)


def _take_held(message: object) -> None:
    if isinstance(message, Mapping) and isinstance(message.get("holds"), str):
        st.session_state[_HELD] = message["holds"]


def _component() -> Any:
    return served_component(_FOLDER, html=_HTML, css="lab.css", js=_MODULE)
