"""Evidence: what is left of the result after everything that was tried."""

from __future__ import annotations

import streamlit as st

from dashboard.views import evidence_holdout, evidence_parts, frame
from dashboard.views.evidence_look import look_ahead
from dashboard.views.evidence_style import EVIDENCE_CSS
from dashboard.views.page import nothing, opened

view = opened("Evidence")
frame.show(EVIDENCE_CSS)
run = view.run
if run is None:
    st.stop()  # the head has said why
if len(run.dates) < 2:
    nothing("Too short", "This period has a single session. Choose a longer one.")
    st.stop()
evidence_parts.state_of(run)
evidence_parts.standing(run)
evidence_parts.tests(run)
look_ahead(run)
st.page_link(
    "views/robustness.py", label="Walk-forward, other histories, shocks and crises",
    icon=":material/directions_walk:",
)  # fmt: skip
evidence_parts.log(run)
evidence_holdout.holdout(view.state, run)
