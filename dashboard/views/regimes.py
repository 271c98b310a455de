"""Regimes: labels through time, how often and how long, weights, returns, how late they were."""

from __future__ import annotations

import streamlit as st

from dashboard import review_regimes
from dashboard.views import frame
from dashboard.views.fallbacks import fallbacks_part
from dashboard.views.page import opened
from dashboard.views.regimes_form import regimes_form
from dashboard.views.regimes_markov import second_detector_part
from dashboard.views.regimes_parts import (
    counts_and_transitions,
    late_labels,
    returns_by_regime,
    through_time,
)
from dashboard.views.regimes_weights import weights_editor
from dashboard.views.regimes_words import regimes_headline

view = opened("Regimes")
run = view.run
if run is None:
    st.stop()  # the head has said why
found = review_regimes.stats(run)
frame.show(frame.words_html(regimes_headline(run, found)))
through_time(run, found)
counts_and_transitions(run, found)
weights_editor(found)
regimes_form()
fallbacks_part(run)
returns_by_regime(run)
late_labels(run)
second_detector_part(run)
