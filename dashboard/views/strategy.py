"""Strategy: every field of the scenario, by part or by search, applied all at once."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.scenario import changed_fields
from dashboard import session
from dashboard.controls.draft import form_fields, found_by, pending, sections
from dashboard.format import count
from dashboard.views import frame
from dashboard.views.fields_form import FORM_CSS, draft, fields_form
from dashboard.views.page import opened
from dashboard.views.sleeve_off import lacks_fund
from dashboard.views.strategy_words import result_words

_PART: Final = "plimsoll.strategy.part"
_SEARCH: Final = "strategy-search"
_OWN: Final = "A book of your own is run: universe, factors and most of the book do not act on it."


@st.fragment
def _form() -> None:
    if not session.is_drawn():
        st.rerun()  # the setting was changed: the whole page shows it
    state, titles = session.current(), sections()
    typed = pending(state.scenario, draft())
    left, right = st.columns((2.4, 1.0), vertical_alignment="bottom")
    text = right.text_input(
        "Find a field", key=_SEARCH, placeholder="Find a field: stop, vix, weight …",
        label_visibility="collapsed",
    )  # fmt: skip
    first = "book" if lacks_fund(state) else next(iter(titles))
    part = str(st.session_state.get(_PART, first))

    def take() -> None:
        st.session_state[_PART] = st.session_state["strategy-part"]

    def title(name: str) -> str:
        number = sum(path.partition(".")[0] == name for path in typed)
        return f"{titles[name]} · {count(number)} typed" if number else titles[name]

    left.segmented_control(
        "Part", list(titles), default=part, key="strategy-part", required=True, on_change=take,
        format_func=title, label_visibility="collapsed", disabled=bool(text.strip()),
    )  # fmt: skip
    fields = found_by(text) if text.strip() else [f for f in form_fields() if f.section == part]
    if not fields:
        st.caption("No field has these words: try fewer, or plimsoll fields.")
    fields_form(fields, "strategy")


view = opened("Strategy")
frame.show(FORM_CSS)
if view.run is not None:
    baseline = view.state.baseline()
    differ = len(changed_fields(baseline, view.state.scenario))
    frame.show(frame.words_html(result_words(view.run, view.state.baseline_name(), differ)))
if view.state.scenario.book.own_book is not None:
    frame.show(frame.words_html("", _OWN))
_form()
