"""The parts of the Trades page: blotter, round trips, and the distance to every trigger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from core.ledger import EventKind
from dashboard import session
from dashboard.charts.triggers import triggers_figure
from dashboard.format import DASH, count, date, money, percent, ratio
from dashboard.holdout import is_hidden
from dashboard.review_fills import blotter
from dashboard.review_trades import Filters, Kind, filtered, round_trips, triggers
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.page import is_phone
from dashboard.views.trades_day import choose_day, click_day
from dashboard.views.trades_words import approaches_table, books_words, fills_words, triggers_alt

__all__ = ["blotter_study", "distances", "ledger"]

_LOOK_AGAIN: Final = 0.7  # seconds between two looks at a study under way
_SHOWN: Final = 150  # rows of a table; its file has all
_TABLE_PX, _TABLE_PHONE_PX = 500, 316  # on a phone the day that a row opens begins in sight
_LAST: Final = "plimsoll.trades.blotter"
_FILLS, _TRIPS = "Orders", "Round trips"
_SIDES: Final = {"Buys": "buy", "Sales": "sell", "Not traded": "none"}
_RESULTS: Final = {"Profit": "profit", "Loss": "loss"}
_KINDS: Final = tuple(Kind)
_ACTS: Final = {
    "breaker": EventKind.BREAKER,
    "stop": EventKind.STOP,
    "trailing": EventKind.TRAILING,
    "rescale": EventKind.RESCALE,
}
_WIDTHS: Final = {
    "Date": 96, "Entry": 96, "Exit": 96, "Name": 64, "Kind": 108, "Ended by": 108, "Also": 150,
    "Sector": 150, "Before": 66, "After": 66, "Cost": 66, "Price": 70, "Dollars": 74,
}  # fmt: skip
_HELP: Final = {
    "Kind": "What ordered it: the rebalance, a rescale, a stop, the breaker or the end of a name.",
    "Dollars": "Traded: bought above 0, sold below.",
    "Price": "Of the fill, adjusted for splits and dividends.",
    "Before": "Weight before the fill, of NAV.",
    "After": "Weight after the fill, of the NAV before it.",
    "Cost": "Dollars paid for the fill.",
    "Realised": "What a sale made over the average entry, before costs.",
    "Also": "What else acted: cut by the turnover cap, left alone by the gate, waits for a bar.",
    "Ended by": "What sold the last of it.",
    "Return": "P&L over the dollars bought, before costs.",
    "P&L": "Sales and the last value less what was bought, before costs.",
    "After costs": "P&L less the costs of its buys and sales.",
}
_Write = Callable[[Any], str]
#: Column → its title and how it is written, of either table.
_FILL_FACES: Final[dict[str, tuple[str, _Write]]] = {
    "date": ("Date", date),
    "ticker": ("Name", str),
    "kind": ("Kind", lambda kind: Kind(kind).label),
    "dollars": ("Dollars", money),
    "price": ("Price", ratio),
    "before": ("Before", lambda x: percent(x, 2)),
    "after": ("After", lambda x: percent(x, 2)),
    "cost": ("Cost", ratio),
    "profit": ("Realised", money),
    "also": ("Also", lambda also: Kind(also).label if also in set(Kind) else also),
    "sector": ("Sector", str),
}
_TRIP_FACES: Final[dict[str, tuple[str, _Write]]] = {
    "ticker": ("Name", str),
    "entry_date": ("Entry", date),
    "exit_date": ("Exit", lambda day: DASH if pd.isna(day) else date(day)),
    "kind": ("Ended by", lambda kind: Kind(kind).label if kind in set(Kind) else "still open"),
    "holding_sessions": ("Sessions", count),
    "entry_price": ("Bought at", ratio),
    "exit_price": ("Sold at", ratio),
    "trade_return": ("Return", percent),
    "pnl": ("P&L", money),
    "costs": ("Costs", ratio),
    "profit": ("After costs", money),
    "sector": ("Sector", str),
}


def ledger(run: Run, title: str) -> None:
    """Draw the orders or the round trips that pass the filters; a row opens its day."""
    shown = st.segmented_control(
        "Table", (_FILLS, _TRIPS), default=_FILLS, required=True, key="trades-table",
        label_visibility="collapsed",
    )  # fmt: skip
    chosen = _filters(run, fills=shown == _FILLS)
    if shown == _TRIPS:
        table = filtered(round_trips(run), chosen)
        _table(table, _TRIP_FACES, "trips", "Round trips", books_words(run))
        return
    _fills(run, title, chosen)


def blotter_study(run: Run) -> Study:
    """Ask for the blotter of `run`."""
    return session.engine().studies.ask(
        session.token(), "blotter", f"blotter-{run.content_key}", lambda pace: blotter(run, pace)
    )


def _fills(run: Run, title: str, chosen: Filters) -> None:
    study = blotter_study(run)
    if study.status == "done":
        st.session_state[_LAST] = (title, study.result, run)
    last = st.session_state.get(_LAST)
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    elif study.status != "done":  # looks again by itself; the table below is drawn once
        st.fragment(_progress, run_every=_LOOK_AGAIN)(run)
    if last is None or is_hidden(session.engine().pipeline.home, last[2]):
        frame.show(f'<div class="pl-skeleton" style="height:{_TABLE_PX}px"></div>')
        return
    if study.status != "done":
        frame.show(frame.stale_html(last[0]))
    table = filtered(last[1], chosen)
    latest = np.lexsort((-table["dollars"].abs(), -table["date"].astype("int64")))
    table = table.iloc[latest]
    _table(table, _FILL_FACES, "orders", "Orders, the latest and largest first",
           fills_words(table, min(len(table), _SHOWN)))  # fmt: skip


def _progress(run: Run) -> None:
    study = blotter_study(run)
    if study.status in ("done", "failed"):
        st.rerun()  # the page then stops asking
    st.progress(study.share, text=f"Going through every fill: {percent(study.share, 0)}")


def _filters(run: Run, *, fills: bool) -> Filters:
    with st.container(horizontal=True, gap="small", key="trades-filters"):
        names = st.multiselect("Names", run.tickers, key="trades-names", placeholder="All names",
                               label_visibility="collapsed", width=150)  # fmt: skip
        kinds = st.multiselect("Kinds", _KINDS, key="trades-kinds", placeholder="All kinds",
                               format_func=lambda kind: kind.label, label_visibility="collapsed",
                               width=160)  # fmt: skip
        sides = {"Both sides": "", **_SIDES}
        side = st.selectbox("Side", list(sides), key="trades-side", label_visibility="collapsed",
                            disabled=not fills, width=110)  # fmt: skip
        results = {"Any result": "", **_RESULTS}
        result = st.selectbox("Result", list(results), key="trades-result", width=110,
                              label_visibility="collapsed")  # fmt: skip
        first, last = (day.item() for day in (run.dates[0], run.dates[-1]))
        dates = st.date_input("Dates", (first, last), min_value=first, max_value=last,
                              key=f"trades-dates-{first}-{last}", label_visibility="collapsed",
                              format="YYYY-MM-DD", width=215)  # fmt: skip
    since = dates[0] if dates else first
    until = dates[1] if len(dates) == 2 else last  # the end of a range comes with a second click
    return Filters(
        names=tuple(names),
        kinds=tuple(kinds),
        side=sides[side],
        first=since if since > first else None,
        last=until if until < last else None,
        result=results[result],
    )


def _table(
    table: pd.DataFrame, faces: dict[str, tuple[str, _Write]], key: str, title: str, words: str
) -> None:
    heading(title, table, f"trades-{key}")
    shown = table.head(_SHOWN)
    titles = {column: face for column, (face, _) in faces.items()}
    written: Any = {face: write for face, write in faces.values()}
    grid = shown[list(faces)].rename(columns=titles).reset_index(drop=True)
    place = f"trades-{key}"
    st.dataframe(
        grid.style.format(written),
        key=place,
        on_select=lambda: _take_row(shown, place),
        selection_mode="single-row",
        hide_index=True,
        height=_TABLE_PHONE_PX if is_phone() else _TABLE_PX,
        placeholder=DASH,
        column_config={
            face: st.column_config.Column(width=_WIDTHS.get(face, 76), help=_HELP.get(face))
            for face in titles.values()
        },
    )
    frame.show(frame.words_html(words))


def _take_row(shown: pd.DataFrame, key: str) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        row = shown.iloc[int(rows[0])]
        when = row["date"] if "date" in shown else row["exit_date"]
        choose_day(row["entry_date"] if pd.isna(when) else when, str(row["ticker"]))


def distances(run: Run, day: int) -> None:
    """Draw how near every rule came through time; a click opens that day."""
    with session.engine().studies.page():
        table = triggers(run)
    risk, events = run.scenario.risk, run.result.events
    acts = {name: run.index[events.session[events.kind == kind]] for name, kind in _ACTS.items()}
    chart(
        lambda: triggers_figure(
            table, acts, risk, session.colours(), day=run.index[day], compact=is_phone()
        ),
        table,
        key="triggers",
        title="Distance to every trigger",
        alt=triggers_alt(table, acts),
        content=view_of(run, day),
        on_click=click_day,
    )
    frame.show(approaches_table(run, table))
