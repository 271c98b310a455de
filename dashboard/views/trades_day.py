"""Which day of a run is explained, and its explanation."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import Final

import numpy as np
import streamlit as st

from core.explain_filled import Fill
from dashboard import session
from dashboard.explanation import ExplainedDay, explain_day
from dashboard.format import date
from dashboard.memo import Memo, keep
from dashboard.problems import EXPECTED, explain
from dashboard.review_trades import traded_sessions
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.figure import Point
from dashboard.views.keys import keys
from dashboard.views.page import is_phone
from dashboard.views.trades_words import FILLED, day_sections, day_text, scale_table, traded_table

__all__ = ["choose_day", "chosen_day", "click_day", "day_card", "day_picker"]

_DAY: Final = "plimsoll.trades.day"
_NAME: Final = "plimsoll.trades.name"
_PREVIOUS, _NEXT, _DATE, _WHO = "trades-previous", "trades-next", "trades-date", "trades-name"
_CARD_PX: Final = 560
_DAYS_KEPT: Final = 8  # explained, of one run


def chosen_day(run: Run) -> int:
    """Return the session that is looked at; the last one with a trade until one is chosen."""
    choice, traded = st.session_state.get(_DAY), traded_sessions(run)
    last = int(traded[-1]) if len(traded) else len(run.dates) - 1
    if choice is None or not run.dates[0] <= np.datetime64(choice, "D") <= run.dates[-1]:
        return last
    return int(np.searchsorted(run.dates, np.datetime64(choice, "D"), side="right")) - 1


def choose_day(when: object, name: str | None = None) -> None:
    """Look at a day from now on, and at a name on it."""
    st.session_state[_DAY] = date(when)
    if name is not None:
        st.session_state[_NAME] = name


def click_day(point: Point) -> None:
    """Take a click into a chart."""
    when = point.date()
    if when is not None:
        choose_day(when)


def day_picker(run: Run, day: int) -> None:
    """Draw the date, and the steps to the sessions with a trade before and after it."""
    traded = traded_sessions(run)
    before, after = traded[traded < day], traded[traded > day]
    frame.show(frame.heading_html("A day explained"))
    with st.container(horizontal=True, gap="small", key="trades-day", vertical_alignment="bottom"):
        for key, found, icon, words in (
            (_PREVIOUS, before[-1:], "chevron_left", "The session with a trade before. Key: ["),
            (_NEXT, after[:1], "chevron_right", "The next session with a trade. Key: ]"),
        ):
            st.button(
                "", key=key, icon=f":material/{icon}:", disabled=not len(found), help=words,
                on_click=choose_day, args=(run.dates[int(found[0])] if len(found) else None,),
            )  # fmt: skip
        st.session_state[_DATE] = run.dates[day].astype(dt.date)
        st.date_input(
            "Day", key=_DATE, label_visibility="collapsed", width=130, format="YYYY-MM-DD",
            min_value=run.dates[0].astype(dt.date), max_value=run.dates[-1].astype(dt.date),
            on_change=lambda: choose_day(st.session_state[_DATE]),
        )  # fmt: skip
        _name_picker(run)
        keys({"[": _PREVIOUS, "]": _NEXT}, key="trades-keys")


def _name_picker(run: Run) -> None:
    names = sorted(run.market.tickers)
    held = st.session_state.get(_NAME)
    st.session_state[_WHO] = held if held in names else None
    st.selectbox(
        "Why is a name held, or not?", names, key=_WHO, placeholder="Why is … held, or not?",
        label_visibility="collapsed", on_change=_take_name, width="stretch",
        help="Any name of the market: since when it is held, or the reason why it is not.",
    )  # fmt: skip


def _take_name() -> None:
    st.session_state[_NAME] = st.session_state[_WHO]


def _explained(run: Run, day: dt.date, name: str | None) -> ExplainedDay:
    def explained() -> ExplainedDay:
        with session.engine().studies.page():
            return explain_day(run, day, name)

    days: Memo[tuple[dt.date, str | None], ExplainedDay] = keep(
        run, "explained days", lambda: Memo(_DAYS_KEPT)
    )
    return days.get((day, name), explained)


def _trades(run: Run, day: dt.date, found: ExplainedDay, fill: Fill) -> str:
    # Ranking every name of a rebalance takes tens of milliseconds: once a day, not a rerun.
    tables: Memo[dt.date, str] = keep(run, "trades of days", lambda: Memo(_DAYS_KEPT))
    return tables.get(day, lambda: traded_table(found, fill))


def day_card(run: Run, day: int) -> None:
    """Draw the explanation of a session, in the words of `plimsoll explain`."""
    name = st.session_state.get(_NAME)
    name = name if name in run.market.tickers else None
    when = run.dates[day].astype(dt.date)
    try:
        found = _explained(run, when, name)
    except EXPECTED as error:
        frame.show(frame.problem_html(explain(error)))
        return
    with st.container(height="content" if is_phone() else _CARD_PX, key="trades-card"):
        for title, words in day_sections(found):
            heading = frame.heading_html(title) if title else ""
            lines = "".join(f'<p class="pl-words">{escape(line)}</p>' for line in words)
            fill = found.day.fill if title == FILLED else None
            trades = "" if fill is None else _trades(run, when, found, fill)
            frame.show(heading + lines + trades)
        applied = float(run.result.applied_exposure[day])
        frame.show(scale_table(found.day.decision.exposure, applied))
    with st.popover("Copy as text", icon=":material/content_copy:", key="trades-copy"):
        st.code(day_text(found), language=None, wrap_lines=True)
