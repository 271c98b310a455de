"""Factors: what each score was worth, through time and across names, and any name on any date."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.review_factors import can_judge
from dashboard.views import frame
from dashboard.views.factors_names import name_explorer
from dashboard.views.factors_parts import judged
from dashboard.views.factors_style import FACTORS_CSS
from dashboard.views.factors_words import scope_words
from dashboard.views.page import nothing, opened

view = opened("Factors")
run = view.run
if run is None:
    st.stop()  # the head has said why
frame.show(FACTORS_CSS)
frame.show(frame.words_html(scope_words(run)))
signals = run.signals
if signals is None:
    nothing(
        "This run has no scores",
        "A book of your own is held as it is: choose the ensemble to judge its factors.",
    )
    st.stop()
if can_judge(run):
    judged(run)
else:
    nothing(
        "Too few decisions to judge a factor",
        "Scores are held against the returns until the next decision: choose a longer period.",
    )
if len(signals.rebalance):
    with session.engine().studies.page():
        name_explorer(run, signals)
