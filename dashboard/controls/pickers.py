"""What is run and on what: preset, market, own book, period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Literal

import streamlit as st

from core.scenario import PRESETS, value_at
from dashboard import session
from dashboard.state import AppState

__all__ = ["ENSEMBLE", "period_pickers", "preset_picker", "scenario_pickers"]

ENSEMBLE: Final = "The ensemble's book"
_PRESET, _SOURCE, _BOOK = "pick:preset", "pick:source", "pick:book"


def preset_picker(state: AppState) -> None:
    """Draw the preset picker, and the way back to it."""
    _select("Scenario", _PRESET, list(PRESETS), state.preset_name, _take_preset, width=150)
    labels = state.changed_labels()
    differs = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
    st.button(
        "Reset",
        key="reset",
        icon=":material/restart_alt:",
        disabled=not labels,
        on_click=_reset,
        help=f"Differs from {state.preset_name}: {differs}."
        if labels
        else f"As {state.preset_name} defines it.",
    )


def scenario_pickers(state: AppState) -> None:
    """Draw market, own book where any was imported, and period."""
    source = state.scenario.universe.source
    known = session.sources()
    _select("Market", _SOURCE, _including(known, source), source, _take_source)
    books = session.books()
    own = state.scenario.book.own_book
    if books or own is not None:
        offered = [ENSEMBLE, *_including(books, own)]
        _select("Book", _BOOK, offered, own or ENSEMBLE, _take_book)
    period_pickers(state)


def period_pickers(state: AppState) -> None:
    """Draw first and last simulated date, within the data of the market."""
    window = session.data_window(state.scenario.universe.source)
    _date("Start", "period.start", state, window)
    _date("End", "period.end", state, window)
    if window is not None:
        st.caption(f"Data {window[0]} … {window[1]}. Empty: as far as the data reach.")
    period = state.scenario.period
    if period.start is not None or period.end is not None:
        st.button("Whole period", key="whole-period", width="stretch", on_click=_whole_period)


def _date(label: str, path: str, state: AppState, window: tuple[dt.date, dt.date] | None) -> None:
    key = f"pick:{path}"
    value = value_at(state.scenario, path)
    first, last = window or (dt.date(1960, 1, 1), dt.date(2100, 1, 1))
    if st.session_state.get(key) != value or key not in st.session_state:
        st.session_state[key] = value
    st.date_input(
        label,
        min_value=min(first, value or first),
        max_value=max(last, value or last),
        key=key,
        format="YYYY-MM-DD",
        on_change=_take_date,
        args=(path,),
    )


def _select(
    label: str,
    key: str,
    options: Sequence[str],
    value: str,
    take: Any,
    *,
    width: Literal["stretch"] | int = "stretch",
) -> None:
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    hidden: Literal["visible", "collapsed"] = "visible" if width == "stretch" else "collapsed"
    st.selectbox(label, options, key=key, on_change=take, width=width, label_visibility=hidden)


def _including(known: Sequence[str], value: str | None) -> list[str]:
    return [*known] if value is None or value in known else [*known, value]


def _take_preset() -> None:
    session.put(session.current().with_preset(st.session_state[_PRESET]))


def _take_source() -> None:
    session.put(session.current().with_source(st.session_state[_SOURCE]))


def _take_book() -> None:
    chosen = st.session_state[_BOOK]
    own = None if chosen == ENSEMBLE else chosen
    session.put(session.current().with_values({"book.own_book": own}))


def _take_date(path: str) -> None:
    session.put(session.current().with_values({path: st.session_state[f"pick:{path}"]}))


def _whole_period() -> None:
    session.put(session.current().with_values({"period.start": None, "period.end": None}))


def _reset() -> None:
    state = session.current()
    session.put(state.with_preset(state.preset_name))
