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
_COUNTS: Final = "plimsoll.pickers"


def preset_picker(state: AppState) -> None:
    """Draw the preset picker, and the way back to it."""
    _select("Scenario", _PRESET, list(PRESETS), state.preset_name, width=150)
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
    _select("Market", _SOURCE, _including(known, source), source)
    books = session.books()
    own = state.scenario.book.own_book
    if books or own is not None:
        offered = [ENSEMBLE, *_including(books, own)]
        _select("Book", _BOOK, offered, own or ENSEMBLE, "book.own_book")
    period_pickers(state)


def period_pickers(state: AppState) -> None:
    """Draw first and last simulated date, within the data of the market."""
    window = session.data_window(state.scenario.universe.source)
    _date("Start", "period.start", state, window)
    _date("End", "period.end", state, window)
    if window is not None:
        st.caption(
            f"Data {window[0]} … {window[1]}. Empty: from the first session with "
            "enough history for every score, to the last."
        )
    period = state.scenario.period
    if period.start is not None or period.end is not None:
        st.button("Whole period", key="whole-period", width="stretch", on_click=_whole_period)


def _date(label: str, path: str, state: AppState, window: tuple[dt.date, dt.date] | None) -> None:
    value = value_at(state.scenario, path)
    first, last = window or (dt.date(1960, 1, 1), dt.date(2100, 1, 1))
    key = f"pick:{path}"
    name = _key(key, value)
    st.date_input(
        label,
        value,
        min_value=min(first, value or first),
        max_value=max(last, value or last),
        key=name,
        format="YYYY-MM-DD",
        on_change=_take,
        args=(name, key, path),
    )


def _select(
    label: str,
    key: str,
    options: Sequence[str],
    value: str,
    path: str = "",
    *,
    width: Literal["stretch"] | int = "stretch",
) -> None:
    hidden: Literal["visible", "collapsed"] = "visible" if width == "stretch" else "collapsed"
    name = _key(key, value)
    st.selectbox(
        label,
        options,
        index=options.index(value),
        key=name,
        on_change=_take,
        args=(name, key, path),
        width=width,
        label_visibility=hidden,
    )


def _key(key: str, value: Any) -> str:
    """Return the key of the picker that shows `value`: a new one where another way led to it.

    Every request of the browser brings the values of all pickers, and one that was sent before the
    browser heard of an undo brings the value before it: that would be taken for a choice, and undo
    the undo. The value of a picker that is not there any more is nobody's choice.
    """
    name = _shown(key)
    if name in st.session_state and st.session_state[name] != value:
        counts = st.session_state.setdefault(_COUNTS, {})
        counts[key] = counts.get(key, 0) + 1
        name = _shown(key)
    return name


def _shown(key: str) -> str:
    count = st.session_state.get(_COUNTS, {}).get(key, 0)
    return f"{key}:{count}" if count else key


def _including(known: Sequence[str], value: str | None) -> list[str]:
    return [*known] if value is None or value in known else [*known, value]


def _take(name: str, key: str, path: str) -> None:
    if name != _shown(key) or name not in st.session_state:
        return  # of a picker that is not on the page any more
    state, chosen = session.current(), st.session_state[name]
    if chosen == _of(state, key, path):
        # Shown already, so nobody's choice: Streamlit forgets the values of a page that is left,
        # and takes those that come with a commit under way then for new ones.
        return
    if key == _PRESET:
        session.put(state.with_preset(chosen))
    elif key == _SOURCE:
        session.put(state.with_source(chosen))
    else:
        session.put(state.with_values({path: None if chosen == ENSEMBLE else chosen}))


def _of(state: AppState, key: str, path: str) -> Any:
    # What the picker called `key` shows of `state`.
    if key == _PRESET:
        return state.preset_name
    if key == _SOURCE:
        return state.scenario.universe.source
    value = value_at(state.scenario, path)
    return ENSEMBLE if key == _BOOK and value is None else value


def _whole_period() -> None:
    session.put(session.current().with_values({"period.start": None, "period.end": None}))


def _reset() -> None:
    state = session.current()
    session.put(state.with_preset(state.preset_name))
