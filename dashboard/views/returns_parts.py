"""The parts of the Returns page, each a chart or table with its heading, words and file."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from core.distribution import describe, histogram
from dashboard import review, session
from dashboard.charts.calendar import months_figure, years_figure
from dashboard.charts.distribution import distribution_figure
from dashboard.charts.rolling import rolling_figure
from dashboard.format import count
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.page import is_phone, nothing
from dashboard.views.returns_words import (
    calendar_alt,
    distribution_alt,
    relative_html,
    rolling_alt,
    shape_table,
    tail_table,
    weight_words,
    years_alt,
)

__all__ = ["against_benchmark", "by_calendar", "distribution", "through_time"]

WINDOWS: Final = {63: "3 months", 126: "6 months", 252: "1 year"}
_WINDOW: Final = "plimsoll.rolling_window"
_DEFAULT_WINDOW: Final = 126
_CONFIDENCES: Final = (0.95, 0.99)


def by_calendar(run: Run) -> None:
    """Draw months and years."""
    calendar, colours = review.returns_calendar(run), session.colours()
    months = calendar.months
    left, right = st.columns((3, 2), gap="large")
    with left:
        chart(
            lambda: months_figure(months, calendar.partial, colours, compact=is_phone()),
            months,
            key="months",
            title="Months, %",
            alt=calendar_alt(calendar),
            content=view_of(run),
        )
        if calendar.partial.to_numpy().any():
            frame.show(frame.words_html("", "* The period covers only part of it."))
    with right:
        chart(
            lambda: years_figure(calendar.years, colours, benchmark_name=run.benchmark_name),
            calendar.years,
            key="years",
            title="Calendar years",
            alt=years_alt(calendar.years, run.benchmark_name),
            content=view_of(run),
        )


@st.fragment
def through_time(run: Run) -> None:
    """Draw the rolling measures over a window that can be chosen."""
    wanted = st.session_state.get(_WINDOW, _DEFAULT_WINDOW)
    st.segmented_control(
        "Window",
        list(WINDOWS),
        format_func=lambda sessions: WINDOWS[sessions],
        default=wanted,
        key="rolling-window",
        required=True,
        on_change=_take_window,
        label_visibility="collapsed",
    )
    if len(run.dates) <= wanted:
        nothing(
            "Too short for this window",
            f"It needs more than {wanted} sessions, the period has {count(len(run.dates))}.",
        )
        return
    frames = review.rolling(run, wanted)
    table = pd.concat(frames, axis=1)
    table.columns = pd.Index(["_".join(pair) for pair in table.columns.to_flat_index()])
    chart(
        lambda: rolling_figure(
            frames,
            session.colours(),
            window=wanted,
            target=run.scenario.risk.target_annual_vol,
            compact=is_phone(),
        ),
        table,
        key="rolling",
        title="Sharpe ratio, volatility and beta",
        alt=rolling_alt(frames, wanted),
        content=view_of(run, wanted),
    )


def distribution(run: Run) -> None:
    """Draw the histogram of daily returns, and the tail in numbers."""
    returns = review.daily(run)
    bins, shape = histogram(returns), describe(returns)
    tails = [review.tail(run, confidence) for confidence in _CONFIDENCES]
    left, right = st.columns((3, 2), gap="large")
    with left:
        chart(
            lambda: distribution_figure(bins, tails[0].risk, session.colours()),
            pd.DataFrame(
                {
                    "from": bins.edges[:-1],
                    "to": bins.edges[1:],
                    "sessions": bins.counts,
                    "normal": bins.normal,
                }
            ).rename_axis("bin"),
            key="distribution",
            title="Daily returns",
            alt=distribution_alt(shape, tails[0]),
            content=view_of(run),
        )
    with right:
        heading("Tail risk", _breaches(run, tails[0]), "value-at-risk")
        frame.show(tail_table(tails))
        frame.show(frame.words_html("", _TAIL_NOTE) + shape_table(shape))


_TAIL_NOTE: Final = (
    "Losses are positive. VaR and CVaR are of all returns of the period; a breach is a session "
    "that lost more than was estimated from the 252 returns before it. A p below 0.05 says that "
    "breaches did not come at the expected rate. It tests the rate only, not whether they came "
    "together; few breaches can hardly tell."
)


def against_benchmark(run: Run) -> None:
    """Draw the table beside the benchmark."""
    table, weight = review.relative(run)
    heading("Beside the benchmark", table.rename_axis("line"), "relative")
    frame.show(relative_html(table, weight, run.benchmark_name, short=is_short(run)))
    frame.show(frame.words_html("", weight_words(weight, run.benchmark_name)))


def _breaches(run: Run, tail: review.Tail) -> pd.DataFrame:
    columns = {"return": np.concatenate(([np.nan], review.daily(run)))}
    for name, test in (("historical", tail.historical), ("normal", tail.normal)):
        columns |= {f"var_{name}": test.var, f"breach_{name}": test.breach}
    return pd.DataFrame(columns, index=run.index)


def _take_window() -> None:
    st.session_state[_WINDOW] = st.session_state["rolling-window"]
