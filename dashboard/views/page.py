"""How every review page begins: the run of the session's scenario, and what must be said first."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from dashboard import saved, session
from dashboard.controls.pickers import preset_picker, scenario_pickers
from dashboard.run import Run
from dashboard.session import Outcome
from dashboard.state import AppState
from dashboard.views import frame
from dashboard.views.evidence_strip import evidence_badges, until_known
from dashboard.views.help import help_overlay
from dashboard.views.sleeve_off import sleeve_off_button
from dashboard.views.style import apply_style
from dashboard.views.toolbar import notices, toolbar

__all__ = ["Opened", "is_phone", "nothing", "opened"]

_PHONE: Final = "Mobile"  # what phones say in the name of their browser


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What a page shows: the state, its run, or the last good one, or none."""

    state: AppState
    run: Run | None


def opened(title: str) -> Opened:
    """Run the scenario of this session and draw the head of the page called `title`."""
    session.begins(title)
    apply_style(session.colours())
    waiting = st.empty()
    problem = frame.prepare(waiting)
    state = session.current()
    found = Outcome(None, problem=problem) if problem else frame.run(state, waiting)
    if found.run is not None:
        saved.record(state, found.run)  # a result that somebody sees is a trial, on every page
    with st.container(key="head"):
        frame.head(title, state, found, evidence_badges)
        if found.problem is not None:
            sleeve_off_button(state)
        with st.container(horizontal=True, gap="small", key="setting", vertical_alignment="center"):
            preset_picker(state)
            with st.popover("Market and period", icon=":material/database:", key="data"):
                scenario_pickers(state)
                st.page_link("views/data.py", label="Age, grade and origin", icon=":material/info:")
            toolbar(state, notes=False)
    notices(state)
    help_overlay(title)
    if found.run is not None:
        until_known(found.run, title)
    return Opened(state, found.run or (found.last_good[1] if found.last_good else None))


def nothing(title: str, text: str) -> None:
    """Say in plain text that there is nothing to show here, and why."""
    frame.show(
        f'<div class="pl-box" role="status"><h2>{escape(title, quote=False)}</h2>'
        f"<p>{escape(text, quote=False)}</p></div>"
    )


def is_phone() -> bool:
    """Return whether the browser says that it is a phone's: charts are drawn compact."""
    return _PHONE in (st.context.headers.get("User-Agent") or "")
