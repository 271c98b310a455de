"""Head and markets of the Data page: what is in the store, and which market is in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import review_data, session
from dashboard.fetch_job import fetch_job
from dashboard.fetch_job_record import Order, explained
from dashboard.home import home_folder
from dashboard.problems import EXPECTED, Problem, explain
from dashboard.review_data import Snapshot, StatusRow
from dashboard.state import AppState
from dashboard.views import frame
from dashboard.views.data_style import DATA_CSS
from dashboard.views.data_words import INTRODUCTION, market_html
from dashboard.views.help import help_overlay
from dashboard.views.page import nothing
from dashboard.views.style import apply_style
from dashboard.views.toolbar import notices, toolbar

__all__ = ["begin", "head", "looked_at", "markets_part", "refused", "use"]

_LOOK: Final = "data-market"
_REFUSED: Final = "plimsoll.data_refused"  # why the last fetch could not be started


def head() -> AppState:
    """Draw the head of the page; nothing is run here, so it stands where nothing can be run."""
    session.begins("Data")
    apply_style(session.colours())
    frame.show(DATA_CSS)
    problem = frame.prepare(st.empty())
    state = session.current()
    source = state.scenario.universe.source
    with (
        st.container(key="head"),
        st.container(horizontal=True, vertical_alignment="center", key="head-data"),
    ):
        frame.show(frame.header_html("Data", f"{state.title()} on {source}", None))
        toolbar(state, notes=False, of_setting=False)
    notices(state)
    help_overlay("Data")
    if problem is not None:
        frame.show(frame.problem_html(problem))
    frame.show(frame.words_html(INTRODUCTION))
    return state


def markets_part(state: AppState, rows: Sequence[StatusRow]) -> None:
    """Draw one card a market, with the buttons that use it and bring it up to date."""
    frame.show(frame.heading_html("Markets in the store"))
    in_use = state.scenario.universe.source
    if not rows:
        nothing("The store is empty", "Fetch real data beside this, or import files of your own.")
    for row in rows:
        fetched = review_data.fetched_with(home_folder(), row.name) is not None
        with st.container(border=True, key=f"market-{row.name}", gap="small"):
            frame.show(market_html(row, in_use=row.name == in_use, fetched=fetched))
            _buttons(row, in_use=row.name == in_use, fetched=fetched)
    if in_use not in [row.name for row in rows]:
        nothing(
            f"The market in use, {in_use}, is not in the store",
            "Choose one of those above, or fetch or import it again.",
        )
    frame.show(frame.words_html("", "Files of your own: plimsoll import --name us --prices FILE …"))


def looked_at(state: AppState, rows: Sequence[StatusRow]) -> Snapshot | None:
    """Let a market be chosen to look into, the one in use first; None where none can be read."""
    names = [row.name for row in rows if not row.fault]
    if not names:
        return None
    in_use = state.scenario.universe.source
    at = names.index(in_use) if in_use in names else 0
    key = f"{_LOOK}-{in_use}"  # another market in use is looked into, too
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)
    if len(names) > 1:
        name = st.segmented_control("Look into", names, default=names[at], key=key, required=True)
    else:
        name = names[0]
    try:
        return session.engine().pipeline.catalog.snapshot(name or names[at])
    except EXPECTED as error:
        frame.show(frame.problem_html(explain(error)))
        return None


def use(name: str) -> None:
    """Run everything on the market called `name` from now on; undo comes back."""
    session.put(session.current().with_source(name))


def begin(order: Order) -> None:
    """Start a fetch, or keep why it cannot be started for the page to say."""
    st.session_state.pop(_REFUSED, None)
    try:
        fetch_job(home_folder()).start(order)
    except EXPECTED as error:
        st.session_state[_REFUSED] = explained(error)


def refused() -> Problem | None:
    """Return why the last fetch could not be started."""
    return st.session_state.get(_REFUSED)


def _buttons(row: StatusRow, *, in_use: bool, fetched: bool) -> None:
    if not fetched and (in_use or row.fault):
        return
    with st.container(horizontal=True, gap="small", key=f"market-buttons-{row.name}"):
        if not row.fault and not in_use:
            st.button(
                "Use this market",
                key=f"use-{row.name}",
                icon=":material/database:",
                on_click=use,
                args=(row.name,),
                help="Every page then runs on it, over all of its sessions; Undo comes back.",
            )
        if fetched:
            st.button(
                "Refresh",
                key=f"refresh-{row.name}",
                icon=":material/refresh:",
                disabled=fetch_job(home_folder()).look().is_under_way,
                on_click=begin,
                args=(Order("refresh", row.name),),
                help="Asks for what is newer, and for the last three sessions once more.",
            )
