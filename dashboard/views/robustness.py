"""Robustness: would choosing have worked, and would another history have said the same."""

from __future__ import annotations

import streamlit as st

from dashboard.robust_work import question_words
from dashboard.views import frame
from dashboard.views.evidence_style import EVIDENCE_CSS
from dashboard.views.page import nothing, opened
from dashboard.views.robustness_parts import robust
from dashboard.views.robustness_plateau import plateau
from dashboard.views.walkforward_parts import walk_forward_part

view = opened("Robustness")
frame.show(EVIDENCE_CSS)
run = view.run
if run is None:
    st.stop()  # the head has said why
if len(run.dates) < 2:
    nothing("Too short", "This period has a single session. Choose a longer one.")
    st.stop()
frame.show(frame.words_html(question_words(run)))
walk_forward_part(run)
robust(run)
plateau(run)
