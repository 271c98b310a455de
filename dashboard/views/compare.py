"""Compare: up to four settings over the same sessions, and which differences are luck."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import session
from dashboard.report.comparison_words import headline
from dashboard.views import frame
from dashboard.views.compare_choice import choice, suggested
from dashboard.views.compare_days import days
from dashboard.views.compare_parts import accounts, luck, overlay
from dashboard.views.compare_waiting import waiting
from dashboard.views.compare_words import legend_html
from dashboard.views.compare_work import gather
from dashboard.views.page import opened
from dashboard.views.tables import bullets

view = opened("Compare")
choice(view.state)
run = view.run
if run is None:
    st.stop()  # the head has said why
if not view.state.compared:
    suggested(view.state)
    st.stop()
found = gather(view.state, run)
for name, problem in found.problems:
    frame.show(frame.problem_html(replace(problem, title=f"{name}: {problem.title}")))
waiting(view.state, run, found)
if found.notes:
    frame.show(bullets(found.notes))
if len(found.sides) < 2:
    st.stop()
frame.show(legend_html(found.sides, session.colours()))
frame.show(frame.words_html(headline(found.sides)))
overlay(found.sides, view.state.log)
luck(found.sides)
accounts(found.sides)
days(found.sides)
