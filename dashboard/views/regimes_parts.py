"""The parts of the Regimes page: the ribbon, counts, returns, and how late the labels were."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.regime_stats import MINIMUM_REBALANCES, RegimeStats
from dashboard import review_regimes, session
from dashboard.charts.regimes import (
    Thresholds,
    hindsight_figure,
    regimes_figure,
    transitions_figure,
)
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.page import is_phone, nothing
from dashboard.views.regimes_words import (
    bands_table,
    counts_table,
    hindsight_words,
    lag_table,
    regimes_alt,
    returns_table,
    rules_words,
    transitions_alt,
)

__all__ = ["counts_and_transitions", "late_labels", "returns_by_regime", "through_time"]


def through_time(run: Run, found: RegimeStats) -> None:
    """Draw the labels and what they are told from."""
    config = run.scenario.regimes
    drivers, day = review_regimes.drivers(run), run.regime_series()
    in_force = review_regimes.in_force(run)
    chart(
        lambda: regimes_figure(
            drivers,
            day,
            in_force,
            Thresholds(
                trend=config.trend_threshold,
                volatility=config.volatility_threshold,
                vix=config.vix_level,
                vix_override=config.vix_override,
                window=config.lookback_days,
            ),
            review_regimes.VIX_EDGES,
            session.colours(),
            compact=is_phone(),
        ),
        pd.concat([day, in_force, drivers], axis=1),
        key="regimes",
        title="Regimes and what they are told from",
        alt=regimes_alt(run, found),
        content=view_of(run),
    )
    frame.show(frame.words_html("", rules_words(config)))


def counts_and_transitions(run: Run, found: RegimeStats) -> None:
    """Draw how often, how long, what followed, and the bands of the volatility index."""
    colours = session.colours()
    left, right = st.columns((3, 2), gap="large")
    with left:
        heading("How often, and for how many sessions", found.frame(), "regime-counts")
        frame.show(counts_table(found, colours))
    with right:
        names = list(found.names)
        matrix = pd.DataFrame(found.matrix, pd.Index(names, name="from"), names)
        counts = pd.DataFrame(found.transitions, matrix.index, names)
        chart(
            lambda: transitions_figure(matrix, counts, colours, compact=is_phone()),
            matrix,
            key="transitions",
            title="The next session, from row to column",
            alt=transitions_alt(found),
            content=view_of(run),
        )
    bands = review_regimes.vix_bands(run)
    if bands is None:
        frame.show(frame.heading_html("Bands of the VIX"))
        nothing(
            "This market has no volatility index",
            "Import one (a table of indices with ^VIX) to see its bands and to use the override.",
        )
        return
    heading("Bands of the VIX, and the label of those days", bands, "vix-bands")
    frame.show(bands_table(bands, colours))


def returns_by_regime(run: Run) -> None:
    """Draw what was earned in each regime; too few observations are not shown."""
    table = review_regimes.returns(run)
    heading("Returns by regime", table, "regime-returns")
    frame.show(returns_table(table, run.benchmark_name, session.colours()))
    note = (
        "A session's return belongs to the label of the evening before. The sessions between two "
        "decisions share one book, so decisions are counted as observations (one at the last "
        f"session earned nothing yet): below {MINIMUM_REBALANCES} of them no return is shown."
    )
    frame.show(frame.words_html("", note))


def late_labels(run: Run) -> None:
    """Draw what regimes turned out to be, marked as what knows the future."""
    found, colours = review_regimes.hindsight(run), session.colours()
    day = run.regime_series()
    said = '<span class="pl-badge warn">for diagnosis only: knows the future</span>'
    chart(
        lambda: hindsight_figure(day, found.labels, colours, compact=is_phone()),
        pd.concat([day, found.labels], axis=1),
        key="hindsight",
        title="How late the labels were",
        alt=hindsight_words(found),
        content=view_of(run),
    )
    frame.show(f'<div class="pl-badges" style="margin-left:0">{said}</div>')
    frame.show(frame.words_html(hindsight_words(found)))
    heading("Sessions until a spell was told", found.lag.frame(), "lag")
    frame.show(lag_table(found, colours))
