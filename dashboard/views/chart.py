"""One chart on a page: the figure, its words for those who do not see it, its numbers as a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable
from functools import partial
from html import escape
from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import session
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.figure import Point, draw
from dashboard.views.page import is_phone

__all__ = ["chart", "files", "heading", "table_csv", "table_parquet", "view_of"]


def chart(
    figure: Callable[[], go.Figure],
    table: pd.DataFrame,
    *,
    key: str,
    title: str,
    alt: str,
    content: Hashable = None,
    on_click: Callable[[Point], None] | None = None,
) -> None:
    """Draw a chart with its heading and buttons that save its numbers.

    Parameters
    ----------
    figure : callable
        Makes the figure; not called where one of the same `content` was made before.
    table : DataFrame
        What is drawn: fractions, ISO dates.
    key : str
        Of the chart, and name of the file.
    title, alt : str
    content : hashable, optional
        Everything the figure follows from besides `key`; see :func:`view_of`.
    on_click : callable, optional
        Called with the point that was clicked.
    """
    heading(title, table, key, unseen=f"<p>{escape(alt)}</p>")
    draw(figure, key=key, alt=alt, content=content, on_click=on_click)


def view_of(run: Run, *more: Hashable) -> Hashable:
    """Return what a figure of `run` follows from: the run, the colours, the kind of screen."""
    return (run.content_key, session.colours(), is_phone(), *more)


def heading(title: str, table: pd.DataFrame, key: str, *, unseen: str = "") -> None:
    """Write the heading of a part, its numbers as a file at the right end."""
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"head-{key}"):
        frame.show(frame.heading_html(title) + frame.unseen_html(unseen))
        files(table, key)


def files(table: pd.DataFrame, key: str) -> None:
    """Draw the buttons that save `table` as ``plimsoll-{key}.csv`` and ``.parquet``.

    A file is written when it is asked for: `table` must not be changed afterwards.
    """
    for label, ending, mime, write, dates in _FORMS:
        st.download_button(
            label,
            partial(write, table),
            file_name=f"plimsoll-{key}.{ending}",
            mime=mime,
            key=f"{ending}-{key}",
            icon=":material/download:" if ending == "csv" else None,
            type="tertiary",
            on_click="ignore",
            help=f"The numbers of this chart as {label}: fractions, not percent; {dates}.",
        )


def table_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV, every digit kept, its index first."""
    return _named(table).to_csv(date_format="%Y-%m-%d", lineterminator="\n").encode("utf-8")


def table_parquet(table: pd.DataFrame) -> bytes:
    """Return a table as parquet with its types: the index is its first columns, as in the CSV."""
    flat = _named(table).reset_index()
    flat.columns = pd.Index([str(name) for name in flat.columns])
    file = io.BytesIO()
    flat.to_parquet(file, index=False)
    return file.getvalue()


_FORMS: Final = (
    ("CSV", "csv", "text/csv", table_csv, "dates as YYYY-MM-DD"),
    ("Parquet", "parquet", "application/vnd.apache.parquet", table_parquet, "every type kept"),
)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    return table if table.index.name else table.rename_axis("row")
