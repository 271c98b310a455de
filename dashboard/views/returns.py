"""Returns: by calendar, through time, their distribution, and beside the benchmark."""

from __future__ import annotations

import streamlit as st

from core.returns_tables import return_summary
from dashboard import review
from dashboard.views import frame
from dashboard.views.page import nothing, opened
from dashboard.views.returns_parts import against_benchmark, by_calendar, distribution, through_time
from dashboard.views.returns_words import returns_headline

view = opened("Returns")
run = view.run
if run is None:
    st.stop()  # the head has said why
if len(review.daily(run)) < 2:
    nothing("Too few returns", "This period has fewer than two daily returns. Choose a longer one.")
    st.stop()
summary = return_summary(
    run.result.nav,
    run.dates,
    initial_nav=run.result.initial_nav,
    calendar=run.market.sessions,
)
frame.show(frame.words_html(returns_headline(summary, run)))
by_calendar(run)
through_time(run)
distribution(run)
against_benchmark(run)
