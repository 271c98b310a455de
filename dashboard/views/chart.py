"""One chart on a page: the figure, its words for those who do not see it, its numbers as a file."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.views import frame

__all__ = ["chart", "csv_button", "heading", "table_csv"]

_CONFIG: Final[dict[str, Any]] = {"displayModeBar": False, "doubleClick": False}


def chart(
    figure: go.Figure,
    table: pd.DataFrame,
    *,
    key: str,
    title: str,
    alt: str,
    on_select: Callable[[], None] | None = None,
) -> None:
    """Draw a chart with its heading and a button that saves its numbers.

    Parameters
    ----------
    figure : go.Figure
    table : DataFrame
        What is drawn: fractions, ISO dates.
    key : str
        Of the chart, and name of the file.
    title, alt : str
    on_select : callable, optional
        Called when a point was clicked; the event is in ``st.session_state[key]``.
    """
    heading(title, table, key, unseen=f"<p>{escape(alt)}</p>")
    drawn: dict[str, Any] = {"key": key, "theme": None, "config": _CONFIG, "alt": alt}
    if on_select is None:
        st.plotly_chart(figure, **drawn)
        return
    st.plotly_chart(figure, on_select=on_select, selection_mode="points", **drawn)


def heading(title: str, table: pd.DataFrame, key: str, *, unseen: str = "") -> None:
    """Write the heading of a part, its numbers as a file at the right end."""
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"head-{key}"):
        frame.show(frame.heading_html(title) + frame.unseen_html(unseen))
        csv_button(table, key)


def csv_button(table: pd.DataFrame, key: str) -> None:
    """Draw the button that saves `table` as ``plimsoll-{key}.csv``."""
    st.download_button(
        "CSV",
        table_csv(table),
        file_name=f"plimsoll-{key}.csv",
        mime="text/csv",
        key=f"csv-{key}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="The numbers of this chart: fractions, not percent; dates as YYYY-MM-DD.",
    )


def table_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV, every digit kept, its index first."""
    named = table if table.index.name else table.rename_axis("row")
    return named.to_csv(date_format="%Y-%m-%d", lineterminator="\n").encode("utf-8")
