"""Putting the figures of a run on a page, with what selects their part of the period."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import session
from dashboard.charts.alt import scale_curve_alt, timeline_alt
from dashboard.charts.frames import TimelineFrames
from dashboard.charts.scale_curve import scale_curve_figure
from dashboard.charts.timeline import timeline_figure
from dashboard.run import Run
from dashboard.state import WINDOWS, AppState
from dashboard.theme import Theme
from dashboard.views.frame import heading_html, show
from dashboard.views.frames import LOG_FROM_DAYS, in_window, levels
from dashboard.views.tables import rules_table, sectors_table

__all__ = ["detail_row", "timeline"]

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "responsive": True}
_WINDOW, _LOG = "view:window", "view:log"


def timeline(run: Run, frames: TimelineFrames, state: AppState, colours: Theme) -> None:
    """Draw the main figure below its range buttons."""
    log = _view_controls(frames, state)
    drawn = in_window(frames, state.window)
    limits = levels(run.scenario)
    figure = timeline_figure(
        drawn,
        limits,
        colours,
        benchmark_name=run.benchmark_name,
        log=log,
        compact=session.is_phone(),
    )
    st.plotly_chart(
        figure,
        key="timeline",
        theme=None,
        config=_CONFIG,
        alt=timeline_alt(drawn, limits, run.benchmark_name),
    )


def detail_row(run: Run, colours: Theme) -> None:
    """Draw the drawdown rule's curve beside what the rules did and where the money was."""
    curve, rules, sectors = st.columns((5, 6, 6), gap="large")
    with curve:
        show(heading_html("Drawdown scaling"))
        _scale_curve(run, colours)
    with rules:
        show(heading_html("Rules at work") + rules_table(run, colours))
    with sectors:
        show(heading_html("Sectors") + sectors_table(run, colours))


def _view_controls(frames: TimelineFrames, state: AppState) -> bool:
    index = frames.equity.index
    long = (index[-1] - index[0]).days >= LOG_FROM_DAYS
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.session_state[_WINDOW] = state.window
        st.segmented_control(
            "Period shown", WINDOWS, key=_WINDOW, required=True, label_visibility="collapsed",
            on_change=_take_view,
        )  # fmt: skip
        if long:
            st.session_state[_LOG] = state.log
            st.toggle("Log scale", key=_LOG, on_change=_take_view)
    return state.log and long


def _take_view() -> None:
    state = session.current()
    session.put(
        replace(
            state,
            window=st.session_state[_WINDOW],
            log=bool(st.session_state.get(_LOG, state.log)),
        )
    )


def _scale_curve(run: Run, colours: Theme) -> None:
    risk = run.scenario.risk
    if risk.max_allowed_drawdown is None:
        show('<div class="pl-box">Off: drawdowns do not change exposure.</div>')
        return
    worst = float(run.result.risk_drawdown.min())
    figure = scale_curve_figure(
        risk.max_allowed_drawdown, risk.min_position_scale, colours, worst=worst
    )
    alt = scale_curve_alt(risk.max_allowed_drawdown, risk.min_position_scale, worst)
    st.plotly_chart(figure, key="scale_curve", theme=None, config=_CONFIG, alt=alt)
