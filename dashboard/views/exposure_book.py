"""The book of one date, and the log of weights above a cap that leads to its dates."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.market import FUND_SECTORS
from dashboard import review_exposure, review_holdings, session
from dashboard.charts.sector_names import sector_label
from dashboard.charts.treemap import treemap_figure
from dashboard.format import count, date, percent, points
from dashboard.review_holdings import BookOn
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.exposure_tables import names_table, sectors_on_table
from dashboard.views.exposure_words import book_words
from dashboard.views.keys import keys
from dashboard.views.page import is_phone, nothing

__all__ = ["book_and_breaches"]

_DATE: Final = "plimsoll.book_date"  # an ISO date: another setting has other sessions
_PREVIOUS, _NEXT, _LAST = "book-previous", "book-next", "book-last"
_SLIDER, _INPUT = "book-slider", "book-date"
_LOG_PX: Final = 36 * 6 + 3


@st.fragment
def book_and_breaches(run: Run) -> None:
    """Draw the log of breaches and the book of the chosen date; a row of the log is a choice."""
    _breaches(run)
    at = review_holdings.session_at(run, st.session_state.get(_DATE))
    frame.show(frame.heading_html("The book of a day"))
    _picker(run, at)
    book = review_holdings.book_on(run, at)
    frame.show(frame.words_html(book_words(book, run)))
    if len(book.names):
        _book(run, book)


def _breaches(run: Run) -> None:
    found = run.cap_breaches
    table = found.frame(run.dates)
    table["sessions"] = found.last_session - found.first_session + 1
    table["above"] = table["peak_weight"] - table["cap"]
    traded = run.result.turnover[found.first_session] > 0.0
    table["began"] = pd.Series(traded).map({True: "on a day of trades", False: "by prices alone"})
    heading("Weights above a cap", table.rename_axis("spell"), "breaches")
    if run.caps == (None, None):
        own = run.scenario.book.own_book is not None
        why = "Caps do not apply to a book of one's own." if own else "This scenario sets no cap."
        nothing("No cap is in force", why)
        return
    if not len(table):
        nothing("No weight passed a cap", _caps_words(run))
        return
    frame.show(frame.words_html("", f"{_caps_words(run)} {_LOG_NOTE}"))
    _log(run, table)


_LOG_NOTE: Final = (
    "Targets keep the caps; prices, the gate and leverage carry holdings above them until the next "
    "rebalance. Choose a row to see the book of its first day below."
)


_NAMES_NOTE: Final = (
    "Share of risk: of the volatility that these holdings had together over the year before. "
    "Brought: to the return of the whole period, before costs, in points of the first NAV."
)


def _caps_words(run: Run) -> str:
    position, sector = run.caps
    told = [
        f"{percent(cap)} a {name}"
        for name, cap in (("sector", sector), ("name", position))
        if cap is not None
    ]
    funds = review_exposure.sectors_table(run).index.isin(FUND_SECTORS).any()
    sleeves = " Sleeves of funds have bounds of their own." if funds else ""
    return f"Cap{'s' if len(told) > 1 else ''} of targets: {' and '.join(told)}.{sleeves}"


def _log(run: Run, table: pd.DataFrame) -> None:
    shown = pd.DataFrame(
        {
            "First day": table["first_date"],
            "Last day": table["last_date"],
            "Sessions": table["sessions"],
            "What": [
                sector_label(name) if kind == "sector" else name
                for kind, name in zip(table["kind"], table["name"], strict=True)
            ],
            "Most": table["peak_weight"],
            "Cap": table["cap"],
            "Above": table["above"],
            "Began": table["began"],
        }
    ).sort_values("First day", ascending=False, kind="stable")
    days = [date(day) for day in shown["First day"]]
    ways: dict[Any, Any] = {
        "First day": date, "Last day": date, "Sessions": count, "Most": percent, "Cap": percent,
        "Above": points,
    }  # fmt: skip
    st.dataframe(
        shown.style.format(ways),
        key="breach-rows",
        hide_index=True,
        height=min(_LOG_PX, 36 * (len(shown) + 1) + 3),
        on_select=lambda: _take_row(days),
        selection_mode="single-row",
    )


def _picker(run: Run, at: int) -> None:
    last = len(run.dates) - 1
    day: dt.date = run.dates[at].astype(dt.date)
    ends: tuple[dt.date, dt.date] = (run.dates[0].astype(dt.date), run.dates[-1].astype(dt.date))
    for key in (_SLIDER, _INPUT):
        st.session_state[key] = day
    with st.container(horizontal=True, gap="small", key="book-day", vertical_alignment="center"):
        st.button(
            "Previous", key=_PREVIOUS, icon=":material/chevron_left:", disabled=at == 0,
            on_click=_choose, args=(date(run.dates[max(at - 1, 0)]),),
            help="The session before. Key: [",
        )  # fmt: skip
        st.button(
            "Next", key=_NEXT, icon=":material/chevron_right:", disabled=at == last,
            on_click=_choose, args=(date(run.dates[min(at + 1, last)]),),
            help="The next session. Key: ]",
        )  # fmt: skip
        st.button(
            "Last session", key=_LAST, disabled=at == last, on_click=_choose, args=(None,),
            help="The end of the period. Key: Escape",
        )  # fmt: skip
        st.date_input(
            "Day", key=_INPUT, min_value=ends[0], max_value=ends[1], format="YYYY-MM-DD",
            on_change=_take, args=(_INPUT,), label_visibility="collapsed", width=150,
        )  # fmt: skip
        keys({"[": _PREVIOUS, "]": _NEXT, "Escape": _LAST}, key="book-keys")
    if ends[0] < ends[1]:
        st.slider(
            "Day of the book", *ends, key=_SLIDER, format="YYYY-MM-DD", on_change=_take,
            args=(_SLIDER,), label_visibility="collapsed",
        )  # fmt: skip


def _book(run: Run, book: BookOn) -> None:
    colours, cap = session.colours(), review_exposure.sector_cap(run)
    sectors, day = book.sectors(), date(run.dates[book.session])
    left, right = st.columns((3, 2), gap="large")
    with left:
        told = ", ".join(
            f"{sector_label(str(name))} {percent(row['weight'])}"
            for name, row in sectors.iterrows()
        )
        chart(
            lambda: treemap_figure(sectors, book.names, colours, cash=1.0 - book.invested),
            book.names,
            key="book",
            title=f"Weights on {day}",
            alt=f"{day}: {told}.",
            content=view_of(run, day),
        )
    with right:
        heading("Its sectors", sectors, "book-sectors")
        frame.show(sectors_on_table(book, cap, colours, compact=is_phone()))
    brought = review_holdings.brought_by_name(run)
    heading("Its largest names", book.names.assign(brought=brought), "book-names")
    frame.show(names_table(book, run.caps[0], brought, colours, compact=is_phone()))
    frame.show(frame.words_html("", _NAMES_NOTE))


def _choose(day: str | None) -> None:
    st.session_state[_DATE] = day


def _take(key: str) -> None:
    chosen = st.session_state.get(key)
    if isinstance(chosen, dt.date):
        _choose(chosen.isoformat())


def _take_row(days: list[str]) -> None:
    rows = st.session_state["breach-rows"]["selection"]["rows"]
    if rows and rows[0] < len(days):
        _choose(days[rows[0]])
