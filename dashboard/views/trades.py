"""Trades: every order and round trip, why it was made, and how near each rule came to acting."""

from __future__ import annotations

import streamlit as st

from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.fallbacks import fallbacks_part
from dashboard.views.page import nothing, opened
from dashboard.views.trades_day import chosen_day, day_card, day_picker
from dashboard.views.trades_parts import distances, ledger
from dashboard.views.trades_words import trades_headline


@st.fragment
def trades(run: Run, title: str) -> None:
    """Draw what a choice of a day, a row or a filter changes, and nothing else."""
    day = chosen_day(run)
    left, right = st.columns((3, 2), gap="large")
    with left:
        ledger(run, title)
    with right:
        day_picker(run, day)
        day_card(run, day)
    distances(run, day)


view = opened("Trades")
run = view.run
if run is None:
    st.stop()  # the head has said why
if not len(run.result.trades):
    nothing("Nothing was traded", "No rebalance was filled in this period. Choose a longer one.")
    st.stop()
frame.show(frame.words_html(trades_headline(run)))
trades(run, view.state.title())
fallbacks_part(run)
