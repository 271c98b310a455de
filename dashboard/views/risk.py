"""Risk: move a rule and see what it does."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.controls.groups import risk_controls
from dashboard.controls.pickers import preset_picker, scenario_pickers
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.views import frame
from dashboard.views.cards import beside, cards_html, years_of
from dashboard.views.charts import detail_row, timeline
from dashboard.views.findings import findings, headline
from dashboard.views.frames import timeline_frames
from dashboard.views.style import apply_style
from dashboard.views.tables import (
    bullets,
    coverage_table,
    data_table,
    metrics_table,
    timings_table,
)


def _result(state: AppState, run: Run, baseline: Run | None) -> None:
    colours = session.colours()
    frames = timeline_frames(run, baseline)
    base = None if baseline is None else baseline.metrics
    frame.show(
        cards_html(
            run.metrics,
            years=years_of(run),
            benchmark=run.benchmark_metrics,
            beside=beside(run),
            baseline=base,
            baseline_name=state.preset_name,
        )
    )
    compared = "" if base is None else f"Small + and − compare with {state.preset_name} as it is."
    frame.show(frame.words_html(headline(run), compared))
    timeline(run, frames, state, colours)
    frame.show(frame.heading_html("What stands out") + bullets(findings(run, frames)))
    detail_row(run, colours)
    with st.expander("All numbers, timings and notes"):
        left, right = st.columns((3, 2), gap="large")
        with left:
            frame.show(metrics_table(run, base, state.preset_name))
        with right:
            frame.show(data_table(run) + coverage_table(run) + timings_table(run))
            frame.show(bullets(run.notes))


apply_style(session.colours())
waiting = st.empty()
problem = frame.prepare(waiting)
state = session.current()
with st.sidebar:
    preset_picker(state)
    scenario_pickers(state)
    risk_controls(state)
found = session.Outcome(None, problem=problem) if problem else frame.run(state, waiting)
frame.head("Risk", state, found)
if found.run is not None:
    _result(state, found.run, found.baseline)
elif found.last_good is not None:
    _result(state, found.last_good[1], None)
