"""Exposure: the largest sector and its cap, the book of any day, concentration, risk, factors."""

from __future__ import annotations

import streamlit as st

from dashboard import review_exposure, session
from dashboard.views.exposure_book import book_and_breaches
from dashboard.views.exposure_parts import first_words, risk_through_time, sectors_through_time
from dashboard.views.page import nothing, opened

view = opened("Exposure")
run = view.run
if run is None:
    st.stop()  # the head has said why
if not review_exposure.is_held(run):
    nothing("Nothing was held", "The portfolio stayed in cash: choose a longer period.")
    st.stop()
with session.engine().studies.page():  # beta, concentration and spells of a new run take a second
    first_words(run)
    sectors_through_time(run)
    book_and_breaches(run)
    risk_through_time(run)
