"""Ladder: from No overlay to Phase 9 one change at a time, and what each one was worth."""

from __future__ import annotations

import streamlit as st

from dashboard.ladder_steps import PHASES
from dashboard.problems import EXPECTED, explain
from dashboard.record import Recorded
from dashboard.report.ladder import period_words
from dashboard.views import frame
from dashboard.views.ladder_parts import LADDER_CSS, climbed_and_recorded
from dashboard.views.ladder_work import ask, kept, last_good, period_picker, stopped, waiting
from dashboard.views.page import opened

view = opened("Ladder", names_setting=False)
if view.run is None:
    st.stop()  # the head has said why
frame.show(LADDER_CSS)
about = f"{' → '.join(PHASES)} on this market, each change switched on one at a time. "
frame.show(
    frame.words_html(
        about,
        "The presets are run, not a setting of yours. "
        "Every different result that is shown counts as a trial. The command "
        f'plimsoll compare --presets "{",".join(PHASES)}" prints the same numbers.',
    )
)
period_picker(view.state)
try:
    study = ask(view.state)
except EXPECTED as error:  # the market cannot be read
    frame.show(frame.problem_html(explain(error)))
    st.stop()
if study is not None and isinstance(study.result, Recorded):
    kept(view.state, study.result)
    climbed_and_recorded(study.result)
    st.stop()
if study is None:
    stopped(view.state)
elif study.problem is not None:
    frame.show(frame.problem_html(study.problem))
else:
    waiting(view.state)
before = last_good(view.state)
if before is not None:
    frame.show(frame.stale_html(period_words(before.found)))
    climbed_and_recorded(before)
