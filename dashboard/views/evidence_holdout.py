"""The holdout on the Evidence page: sealing it, and opening it with a written decision."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import session
from dashboard.holdout import (
    MOST_MONTHS,
    SHORTEST_DECISION,
    held_words,
    holdout_words,
    opened_for,
    sealed_for,
    state_of,
)
from dashboard.home import home_folder
from dashboard.problems import EXPECTED
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.views import frame
from dashboard.views.page import nothing

__all__ = ["holdout"]

_MONTHS: Final = "plimsoll.holdout_months"
_DECISION: Final = "plimsoll.holdout_decision"
_REFUSED: Final = "plimsoll.holdout_refused"
_WHY: Final = (
    "What is withheld cannot be tuned on: no page, command, chart or sweep reads it. It is opened "
    "once, with a decision that is written down before, and every result on this market says so "
    "from then on."
)
_SEALS: Final = (
    "Pressing the button hides these months from every page, command, sweep and chart at once: "
    "this market then ends before them, also for settings that were tried. The seal is logged and "
    "cannot be moved or taken back; only opening it shows them again, once and for good."
)
_OPENS: Final = (
    f"Write at least {SHORTEST_DECISION} characters: which setting is kept, and what result would "
    "make you drop it. Then the present setting is run on to the end of the data and measured "
    "inside the holdout. From then on nothing here is out of sample any more."
)


def holdout(state: AppState, run: Run) -> None:
    """Draw what is withheld of the market, and what can be done about it."""
    market = state.scenario.universe.source
    found = state_of(home_folder(), session.engine().journal, market)
    frame.show(frame.heading_html("Sealed holdout"))
    frame.show(frame.words_html(holdout_words(found), _WHY if found.held is None else ""))
    if refused := st.session_state.pop(_REFUSED, ""):
        nothing("The holdout stays as it is", str(refused))
    if found.fault:
        return
    if found.held is None:
        _seal(market)
    elif found.held.is_sealed:
        _open(state)
    else:
        words = held_words(run, found.held)
        frame.show(frame.words_html(words, "Only the first look at it was out of sample."))


def _seal(market: str) -> None:
    with st.expander("Seal the last months of this market", key="holdout-seal"):
        st.number_input(
            "Months", min_value=1, max_value=MOST_MONTHS, value=12, key=_MONTHS, width=160
        )
        frame.show(frame.words_html("", _SEALS))
        st.button(
            "Seal them", key="holdout-seal-button", icon=":material/lock:",
            on_click=_sealed, args=(market,),
            help="There is no way back but opening them, once.",
        )  # fmt: skip


def _open(state: AppState) -> None:
    with st.expander("Open it, once and for good", key="holdout-open"):
        st.text_area(
            "What you decided before you look",
            key=_DECISION,
            placeholder="Which setting is kept, and what result would make you drop it.",
            max_chars=2000,
            help=f"At least {SHORTEST_DECISION} characters; it is logged for good.",
        )
        frame.show(frame.words_html("", _OPENS))
        st.button(
            "Open the holdout for the present setting", key="holdout-open-button",
            icon=":material/lock_open:", on_click=_opened, args=(state,),
        )  # fmt: skip


def _sealed(market: str) -> None:
    months = int(st.session_state.get(_MONTHS, 12))
    try:
        sealed_for(home_folder(), session.engine().journal, market, months)
    except EXPECTED as error:
        st.session_state[_REFUSED] = str(error)


def _opened(state: AppState) -> None:
    decision = str(st.session_state.get(_DECISION, ""))
    try:
        opened_for(home_folder(), session.engine().journal, state.scenario, decision)
    except EXPECTED as error:
        st.session_state[_REFUSED] = str(error)
