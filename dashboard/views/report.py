"""Report: one file of the present setting to hand over, and how it is verified."""

from __future__ import annotations

import streamlit as st

from dashboard.views import frame
from dashboard.views.page import opened
from dashboard.views.report_parts import how_to_verify, parts_picker, workshop
from dashboard.views.report_words import INTRODUCTION

view = opened("Report")
if view.run is None:
    st.stop()  # the head has said why
frame.show(frame.words_html(INTRODUCTION))
left, right = st.columns((3, 2), gap="large")  # below each other, what is built would move the rest
with left:
    workshop(view, parts_picker())
with right:
    how_to_verify()
