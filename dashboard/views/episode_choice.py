"""Which drawdown episode is looked at: by a click, a key, a button or a row of the table."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import session
from dashboard.format import DASH, count, date, percent
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.episode_words import COLUMNS, shown_episodes
from dashboard.views.figure import Point
from dashboard.views.keys import keys
from dashboard.views.page import is_phone

__all__ = ["choose", "chosen", "click", "episode_at", "episode_picker", "episodes_grid"]

# The number in the address and the date of its peak: under another setting the same fall may have
# another number, or not be there.
_CHOICE: Final = "plimsoll.episode"
_DATES: Final = ("Peak", "Trough", "Recovery")
_HELP: Final = {
    "Peak": "Last session at the high before the fall.",
    "Trough": "Session of its lowest NAV.",
    "Recovery": "First session back at the high.",
    "Depth": "NAV at the trough over NAV at the peak, less 1.",
    "Days down": "Calendar days from peak to trough.",
    "Days back": "Calendar days from trough to recovery.",
    "Days in all": "Calendar days from peak to recovery, or to the end of the period.",
}
_DATE_PX: Final = 100
_PREVIOUS, _NEXT, _WHOLE = "episode-previous", "episode-next", "episode-whole"


def chosen(table: pd.DataFrame) -> int | None:
    """Return the row of `table` that is looked at, None for the whole period."""
    fall = session.current().fall
    number, known = st.session_state.get(_CHOICE, (0, ""))
    row = fall - 1 if 0 < fall <= len(table) else None
    if fall and number == fall:  # not from an address just opened
        rows = [i for i, peak in enumerate(table["peak"]) if date(peak) == known]
        row = rows[0] if rows else None
    _look(table, row)
    return row


def choose(table: pd.DataFrame, row: int | None) -> None:
    """Look at a row of `table` from now on, or at the whole period."""
    _look(table, row)


def _look(table: pd.DataFrame, row: int | None) -> None:
    number = 0 if row is None else row + 1
    st.session_state[_CHOICE] = (number, "" if row is None else date(table["peak"].iloc[row]))
    state = session.current()
    if state.fall != number:
        session.put(state.with_fall(number), redraw=False)  # whoever chose draws it


def click(table: pd.DataFrame, point: Point) -> None:
    """Take a click into a chart: the episode at that date, if there is one."""
    when = point.date()
    if when is not None and (row := episode_at(table, when)) is not None:
        choose(table, row)


def episode_at(table: pd.DataFrame, when: pd.Timestamp) -> int | None:
    """Return the row of the episode that `when` falls into, the deepest of those that touch it."""
    after = table["recovery"].isna() | (table["recovery"] >= when)
    rows = (table["peak"].le(when) & after).to_numpy().nonzero()[0]
    return int(rows[0]) if len(rows) else None


def episode_picker(table: pd.DataFrame, selected: int | None) -> None:
    """Draw the buttons to the previous, the next and no episode; [ ] and Escape press them."""
    last = len(table) - 1
    back = last if selected is None else max(selected - 1, 0)
    forth = 0 if selected is None else min(selected + 1, last)
    with st.container(horizontal=True, gap="small", key="episodes", vertical_alignment="center"):
        st.button(
            "Previous", key=_PREVIOUS, icon=":material/chevron_left:", disabled=selected == 0,
            on_click=choose, args=(table, back), help="To the next deeper one. Key: [",
        )  # fmt: skip
        st.button(
            "Next", key=_NEXT, icon=":material/chevron_right:", disabled=selected == last,
            on_click=choose, args=(table, forth), help="To the next shallower one. Key: ]",
        )  # fmt: skip
        st.button(
            "Whole period", key=_WHOLE, disabled=selected is None,
            on_click=choose, args=(table, None), help="Show everything again. Key: Escape",
        )  # fmt: skip
        frame.show(frame.words_html("", _said(table, selected)))
        keys({"[": _PREVIOUS, "]": _NEXT, "Escape": _WHOLE}, key="episode-keys")


def episodes_grid(table: pd.DataFrame, selected: int | None) -> None:
    """Draw the table of episodes; a row that is clicked is looked at."""
    words = "The one fall" if len(table) == 1 else f"The {count(len(table))} deepest"
    heading(words, table, "falls")
    shown = shown_episodes(table)
    shown["Open"] = shown["Open"].map({True: "open", False: ""})
    # A phone shows the first columns: how deep and since when before the rest.
    order = ("Depth", *(n for n in shown.columns if n != "Depth")) if is_phone() else None
    written: dict[Any, Any] = dict.fromkeys(_DATES, date) | {"Depth": percent}
    written |= dict.fromkeys((name for name in COLUMNS.values() if name.startswith("Days")), _days)
    choice: Any = {"selection": {"rows": [] if selected is None else [selected]}}
    key = f"episode-rows-{selected}"  # a new one each time: the row marked follows the chart
    st.dataframe(
        shown.style.format(written),
        key=key,
        on_select=lambda: _take_row(table, key),
        selection_mode="single-row",
        selection_default=choice,
        column_config={
            name: st.column_config.Column(
                width=_DATE_PX if name in _DATES else "small", help=_HELP.get(name)
            )
            for name in shown.columns
        },
        column_order=order,
        placeholder=DASH,  # or the cells of a fall that is open would say None
    )


def _days(value: Any) -> str:
    return DASH if pd.isna(value) else count(int(value))


def _said(table: pd.DataFrame, selected: int | None) -> str:
    if selected is None:
        return (
            "Whole period. Tap a fall in the chart or a row of the table."
            if is_phone()
            else "Whole period. Click a fall in the chart or a row of the table, or press ]."
        )
    return f"Number {selected + 1} of {len(table)} by depth."


def _take_row(table: pd.DataFrame, key: str) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    choose(table, int(rows[0]) if rows else None)
