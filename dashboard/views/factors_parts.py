"""The parts of the Factors page that follow from its study: tables and charts of every factor."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard import session
from dashboard.charts.factors import IC_HEIGHT_PX, ic_figure, spread_figure
from dashboard.charts.factors_across import correlations_figure, decay_figure, quantiles_figure
from dashboard.review_factors_found import COMPOSITE, FactorStudy
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.factors_study import (
    asked_topology,
    factors_study,
    known_study,
    waiting,
    want_topology,
)
from dashboard.views.factors_words import (
    correlations_alt,
    decay_alt,
    group_note,
    group_table,
    headline,
    ic_alt,
    quantiles_alt,
    reading_words,
    spread_alt,
    summary_table,
)
from dashboard.views.page import is_phone

__all__ = ["judged"]

_FACTOR: Final = "plimsoll.factors.factor"
_TOPOLOGY_HELP: Final = (
    "The scenario leaves topology out, its weight is spread. Finding the shape of every name's "
    "returns takes seconds to a minute the first time, behind the page; then it is kept."
)


def judged(run: Run) -> None:
    """Draw what the scores were worth, or how far it is worked out; the last answer stays."""
    study = factors_study(run)
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    before = known_study(run) if asked_topology(run) else None
    if study.status == "done":
        _judged(run, study.result)
    elif before is not None:
        if study.problem is None:
            waiting(run, 60)
        _judged(run, before.result)
    elif study.problem is None:
        waiting(run, 2 * IC_HEIGHT_PX)


def _judged(run: Run, found: FactorStudy) -> None:
    frame.show(frame.words_html(headline(found), reading_words(found)))
    heading("Side by side", found.summary(), "factors-summary")
    frame.show(summary_table(found))
    if "topology" not in found.names and not asked_topology(run):
        st.button(
            "Judge topology too",
            key="factors-topology",
            on_click=want_topology,
            help=_TOPOLOGY_HELP,
        )
    _one_factor(run, found)
    _groups(found)
    _correlations(run, found)


@st.fragment
def _one_factor(run: Run, found: FactorStudy) -> None:
    chosen = st.session_state.get(_FACTOR, COMPOSITE)
    chosen = chosen if chosen in found.names else COMPOSITE
    frame.show(frame.heading_html("One factor"))
    st.segmented_control(
        "Factor",
        list(found.names),
        default=chosen,
        key=f"factors-factor-{len(found.names)}",
        required=True,
        on_change=lambda: st.session_state.update(
            {_FACTOR: st.session_state[f"factors-factor-{len(found.names)}"]}
        ),
        label_visibility="collapsed",
    )
    _through_time(run, found, chosen)
    _across(run, found, chosen)


def _through_time(run: Run, found: FactorStudy, chosen: str) -> None:
    colours, phone = session.colours(), is_phone()
    series = {name: found.series(name) for name in found.names}
    mean = found.row(chosen)["rank_ic"]
    table = pd.concat(
        {
            name: each[["rank_ic", "cumulative_rank_ic", "coverage"]]
            for name, each in series.items()
        },
        axis=1,
    )
    table.columns = pd.Index(["_".join(pair) for pair in table.columns.to_flat_index()])
    chart(
        lambda: ic_figure(series, chosen, mean, colours, compact=phone),
        table,
        key="factors-ic",
        title="Rank IC through time",
        alt=ic_alt(found, chosen),
        content=view_of(run, chosen, found.names),
    )
    chart(
        lambda: spread_figure(series[chosen], chosen, colours, found.cost_bps, compact=phone),
        series[chosen],
        key="factors-spread",
        title="Long the highest fifth, short the lowest",
        alt=spread_alt(found, chosen),
        content=view_of(run, chosen, found.names),
    )


def _across(run: Run, found: FactorStudy, chosen: str) -> None:
    colours = session.colours()
    left, right = st.columns(2, gap="large")
    fifths, later = found.quantiles(chosen), found.decay_of(chosen)
    with left:
        chart(
            lambda: quantiles_figure(fifths, chosen, colours),
            fifths,
            key="factors-fifths",
            title="Return of each fifth",
            alt=quantiles_alt(found, chosen),
            content=view_of(run, chosen),
        )
    with right:
        chart(
            lambda: decay_figure(later, chosen, colours),
            found.decay_frame(),
            key="factors-decay",
            title="Decay",
            alt=decay_alt(found, chosen),
            content=view_of(run, chosen),
        )


def _groups(found: FactorStudy) -> None:
    for group in ("year", "regime"):
        heading(f"Rank IC by {group}", found.by(group), f"factors-by-{group}")
        frame.show(group_table(found, group))
        frame.show(frame.words_html("", group_note(group)))


def _correlations(run: Run, found: FactorStudy) -> None:
    table = found.correlation_frame()
    colours, phone = session.colours(), is_phone()
    left, _ = st.columns(2, gap="large")
    with left:
        chart(
            lambda: correlations_figure(table, colours, compact=phone),
            table,
            key="factors-correlations",
            title="Mean rank correlation of scores",
            alt=correlations_alt(found),
            content=view_of(run, found.names),
        )
