"""Drawdowns: every fall of the portfolio, from what it came and what the rules did."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.episodes import Episode
from dashboard import review, session
from dashboard.charts.episodes import episodes_figure
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import chart, view_of
from dashboard.views.episode_choice import chosen, click, episode_picker, episodes_grid
from dashboard.views.episode_detail import detail
from dashboard.views.episode_words import episode_sentence, episodes_alt, falls_words
from dashboard.views.frames import levels
from dashboard.views.page import is_phone, nothing, opened


@st.fragment
def episodes(run: Run, found: Sequence[Episode]) -> None:
    """Draw what a choice of an episode changes, and nothing else."""
    table = review.episodes_table(run, found)
    selected = chosen(table)
    looked_at = selected or 0  # the deepest, until one is chosen
    causes = review.episode_contributions(run, found[looked_at])
    sentence = episode_sentence(found[looked_at], run, *causes, looked_at + 1)
    number = len(review.episodes(run, None))
    frame.show(frame.words_html(sentence, falls_words(run, number)))
    episode_picker(table, selected)
    chart(
        lambda: episodes_figure(
            run.equity_frame(),
            run.underwater_frame(),
            run.exposure_frame(),
            run.regime_series(),
            table,
            session.colours(),
            levels=levels(run.scenario),
            selected=selected,
            benchmark_name=run.benchmark_name,
            compact=is_phone(),
        ),
        review.curves(run),
        key="underwater",
        title="Growth and drawdown",
        alt=episodes_alt(table, selected),
        content=view_of(run, selected),
        on_click=lambda point: click(table, point),
    )
    episodes_grid(table, selected)
    detail(run, found, looked_at)


view = opened("Drawdowns")
run = view.run
if run is None:
    st.stop()  # the head has said why
found = review.episodes(run)
if not found:
    nothing("There is no drawdown", "NAV never fell below its peak in this period.")
    st.stop()
episodes(run, found)
