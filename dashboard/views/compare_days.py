"""The days on which two of those compared parted most, and the explanation of one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import session
from dashboard.charts.disagreement import disagreement_figure
from dashboard.explanation import explain_day
from dashboard.format import date, percent, points
from dashboard.memo import keep
from dashboard.problems import EXPECTED, explain
from dashboard.report.comparison_words import day_sentence, held_text, listed
from dashboard.report.explanation import day_words, decision_words
from dashboard.report.explanation_fill import fill_words
from dashboard.review_compare import Side
from dashboard.review_disagreement import (
    Disagreement,
    disagreements,
    disagreements_frame,
    gaps,
)
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.compare_words import disagreement_alt
from dashboard.views.figure import Point
from dashboard.views.page import is_phone
from dashboard.views.tables import bullets

__all__ = ["days"]

_PAIR: Final = "plimsoll.compare_pair"
_DAY: Final = "plimsoll.compare_day"
_ROW_PX: Final = 35
_CHART: Final = "compare-days"


@st.fragment
def days(sides: Sequence[Side]) -> None:
    """Draw the calendar of a pair, its largest gaps, and the day that was chosen."""
    frame.show(frame.heading_html("When they parted"))
    one, other = sides[0], _other(sides)
    gap, found = gaps(one, other), _parted(one, other)
    if not found:
        frame.show(frame.words_html(f"{other.named} returns the same as {one.named} every day."))
        return
    index = one.run.index[[day.session for day in found]]
    asked = st.session_state.get(_DAY)
    chosen = next((row for row, day in enumerate(index) if date(day) == asked), None)
    chart(
        lambda: disagreement_figure(
            gap,
            index,
            session.colours(),
            selected=None if chosen is None else index[chosen],
            compact=is_phone(),
        ),
        gap.to_frame(),
        key=_CHART,
        title=f"Return of {other.letter} minus {one.letter}, day by day",
        alt=disagreement_alt(gap, one, other),
        content=view_of(one.run, other.letter, other.run.content_key, chosen),
        on_click=_take_mark,
    )
    frame.show(frame.words_html(_calendar_words(one, other)))
    _grid(found, one, other, chosen)
    _explained(found[chosen or 0], one, other)


def _parted(one: Side, other: Side) -> tuple[Disagreement, ...]:
    with session.engine().studies.page():
        return keep(
            one.run, f"parted from {other.run.content_key}", lambda: disagreements(one, other)
        )


def _other(sides: Sequence[Side]) -> Side:
    others = {side.letter: side for side in sides[1:]}
    letter = st.session_state.get(_PAIR)
    if letter not in others:
        letter = sides[1].letter
    if len(others) > 1:
        st.segmented_control(
            "Beside A",
            list(others),
            format_func=lambda letter: f"A and {others[letter].named}",
            default=letter,
            key=f"compare-pair-{'-'.join(others)}",
            required=True,
            on_change=_take_pair,
            args=(f"compare-pair-{'-'.join(others)}",),
            label_visibility="collapsed",
        )
    return others[letter]


def _calendar_words(one: Side, other: Side) -> str:
    return (
        f"Blue: {other.letter} did better. Orange: {one.letter} did. The deeper, the larger the "
        "gap. Framed: the largest; a click explains the day."
    )


def _grid(found: Sequence[Disagreement], one: Side, other: Side, chosen: int | None) -> None:
    table = disagreements_frame(tuple(found), one, other)
    heading("The largest gaps", table, "compare-gaps")
    a, b = one.letter, other.letter
    shown = pd.DataFrame(
        {
            "Date": [date(day) for day in table.index],
            f"{b} − {a}": [points(day.gap, 2) for day in found],
            "Exposure": [points(day.by_exposure, 2) for day in found],
            "Names": [points(day.by_names, 2) for day in found],
            "Costs, cash": [points(day.by_rest, 2) for day in found],
            f"{a} invested": [percent(day.one.exposure, 0) for day in found],
            f"{b} invested": [percent(day.other.exposure, 0) for day in found],
            f"{a} set by": [held_text(day.one.binding) for day in found],
            f"{b} set by": [held_text(day.other.binding) for day in found],
            f"Stopped in {a}": [listed(day.one.stopped) for day in found],
            f"Stopped in {b}": [listed(day.other.stopped) for day in found],
        },
        index=pd.RangeIndex(1, len(found) + 1, name="Rank"),
    )
    choice: Any = {"selection": {"rows": [] if chosen is None else [chosen]}}
    key = f"compare-rows-{a}{b}-{chosen}"  # a new one each time: the row marked follows the chart
    st.dataframe(
        shown,
        key=key,
        on_select=lambda: _take_row(table.index, key),
        selection_mode="single-row",
        selection_default=choice,
        height=_ROW_PX * (len(found) + 1) + 3,
    )


def _explained(day: Disagreement, one: Side, other: Side) -> None:
    letters = (one.letter, other.letter)
    frame.show(frame.words_html(day_sentence(day, one.run, letters)))
    asked: dt.date = one.run.dates[day.session].astype(object)
    for column, side in zip(st.columns(2, gap="large"), (one, other), strict=True):
        with column:
            frame.show(frame.heading_html(f"{side.named} on {date(asked)}"))
            frame.show(_words(side.run, asked))


def _words(run: Run, asked: dt.date) -> str:
    with session.engine().studies.page():
        return keep(run, f"compared on {asked}", lambda: _explanation(run, asked))


def _explanation(run: Run, asked: dt.date) -> str:
    try:
        found = explain_day(run, asked)
    except EXPECTED as error:
        return frame.problem_html(explain(error))
    parts = {
        "": day_words(found),
        "Filled in this session": fill_words(found),
        "Decided at this close": decision_words(found),
    }
    return "".join(
        (frame.words_html(f"{title}:") if title else "") + bullets(lines)
        for title, lines in parts.items()
    )


def _take_pair(key: str) -> None:
    st.session_state[_PAIR] = st.session_state[key]
    st.session_state[_DAY] = None


def _take_row(index: pd.Index, key: str) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    st.session_state[_DAY] = date(index[int(rows[0])]) if rows else None


def _take_mark(point: Point) -> None:
    if point.mark:
        st.session_state[_DAY] = point.mark
