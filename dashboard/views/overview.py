"""Overview: the result in a sentence, what one cannot say of it, and where it stands today."""

from __future__ import annotations

import streamlit as st

from dashboard.views import frame, overview_parts, presenter
from dashboard.views.overview_style import OVERVIEW_CSS
from dashboard.views.page import nothing, opened

view = opened("Overview")
frame.show(OVERVIEW_CSS)
state, run = view.state, view.run
if state.story:
    presenter.steps(state)
if run is None:
    st.stop()  # the head has said why
if len(run.dates) < 2:
    nothing("Too short", "This period has a single session. Choose a longer one.")
    st.stop()
if state.story:
    presenter.presented(state, run)
    st.stop()
with st.container(horizontal=True, key="lead", vertical_alignment="top"):
    overview_parts.lead(run)
    presenter.present_button()
overview_parts.evidence(run)
overview_parts.today(run)
overview_parts.curves(run)
rules, sectors = st.columns(2, gap="large")
with rules:
    overview_parts.account(run)
with sectors:
    overview_parts.sectors(run)
targets, never = st.columns((2, 3), gap="large")
with targets:
    overview_parts.targets(run)
with never:
    overview_parts.never_saw(run)
