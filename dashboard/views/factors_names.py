"""The explorer of the Factors page: any name on any rebalance date, and everyone beside it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import streamlit as st

from core.signals import Signals
from dashboard.charts.sector_names import sector_label
from dashboard.format import DASH, count, date, percent, ratio
from dashboard.review_factors_names import name_on, ranking_on
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.factors_name_words import (
    ingredients_table,
    name_words,
    scores_table,
    weights_words,
)
from dashboard.views.keys import keys

__all__ = ["name_explorer"]

_DATE: Final = "plimsoll.factors.date"
_NAME: Final = "plimsoll.factors.name"
_PREVIOUS, _NEXT, _WHEN, _WHO = "factors-previous", "factors-next", "factors-date", "factors-who"
_GRID_PX: Final = 36 * 9 + 3


@st.fragment
def name_explorer(run: Run, signals: Signals) -> None:
    """Draw the choice of a date and a name, what the scores said, and the whole cross-section."""
    days = [date(day) for day in run.market.sessions[signals.rebalance]]
    row = _row(days)
    ranking = ranking_on(run, signals, row)
    ticker = _ticker(run, [str(name) for name in ranking.index])
    frame.show(frame.heading_html("A name on a rebalance date"))
    _picker(run, days, row, ticker)
    found = name_on(run, signals, row, run.market.tickers.index(ticker))
    frame.show(frame.words_html(name_words(run, found), weights_words(run, found)))
    left, right = st.columns(2, gap="large")
    with left:
        frame.show(scores_table(found))
    with right:
        frame.show(ingredients_table(found))
    _grid(ranking, days[row])


def _row(days: list[str]) -> int:
    # An ISO date: another setting has other decisions, the last one before it is meant.
    wanted = st.session_state.get(_DATE)
    if wanted is None or wanted < days[0]:
        return len(days) - 1
    return int(np.searchsorted(np.array(days), wanted, side="right")) - 1


def _ticker(run: Run, ranked: list[str]) -> str:
    wanted = st.session_state.get(_NAME)
    if wanted in run.market.tickers:
        return str(wanted)
    return ranked[0] if ranked else run.market.tickers[0]


def _look_at(day: str | None) -> None:
    if day is not None:
        st.session_state[_DATE] = day


def _picker(run: Run, days: list[str], row: int, ticker: str) -> None:
    with st.container(
        horizontal=True, gap="small", key="factors-name", vertical_alignment="bottom"
    ):
        for key, at, icon, words in (
            (_PREVIOUS, row - 1, "chevron_left", "The decision before. Key: ["),
            (_NEXT, row + 1, "chevron_right", "The next decision. Key: ]"),
        ):
            there = 0 <= at < len(days)
            st.button(
                "", key=key, icon=f":material/{icon}:", disabled=not there, help=words,
                on_click=_look_at, args=(days[at] if there else None,),
            )  # fmt: skip
        st.session_state[_WHEN] = days[row]
        st.selectbox(
            "Decision", days[::-1], key=_WHEN, label_visibility="collapsed", width=150,
            on_change=lambda: _look_at(st.session_state[_WHEN]),
        )  # fmt: skip
        st.session_state[_WHO] = ticker
        st.selectbox(
            "Name", sorted(run.market.tickers), key=_WHO, label_visibility="collapsed", width=180,
            on_change=lambda: st.session_state.update({_NAME: st.session_state[_WHO]}),
            help="Any name of the market, also one that was not in the universe.",
        )  # fmt: skip
        keys({"[": _PREVIOUS, "]": _NEXT}, key="factors-keys")


def _grid(ranking: Any, day: str) -> None:
    heading(f"The universe of {day}, best first", ranking, "factors-ranking")
    tickers = [str(name) for name in ranking.index]
    shown = ranking.reset_index()
    shown["sector"] = [sector_label(str(name)) for name in shown["sector"]]
    shown.columns = [str(name).capitalize() for name in shown.columns]
    ways: dict[str, Any] = {
        name: lambda value: ratio(value, signed=True)
        for name in shown.columns
        if name not in ("Ticker", "Sector", "Rank", "Target")
    }
    st.dataframe(
        shown.style.format(ways | {"Rank": count, "Target": percent}),
        key="factors-rows",
        hide_index=True,
        height=_GRID_PX,
        placeholder=DASH,
        on_select=lambda: _take_row(tickers),
        selection_mode="single-row",
    )


def _take_row(tickers: list[str]) -> None:
    rows = st.session_state["factors-rows"].selection.rows
    if rows and rows[0] < len(tickers):
        st.session_state[_NAME] = tickers[rows[0]]
