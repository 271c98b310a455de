"""What was set aside on the Data page, and where two providers disagree."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard import review_data, session
from dashboard.format import count
from dashboard.home import home_folder
from dashboard.problems import EXPECTED, explain
from dashboard.review_data import Snapshot
from dashboard.views import frame
from dashboard.views.chart import heading

__all__ = ["quarantine_part", "reconcile_part"]

_GRID_PX: Final = 240


def quarantine_part(market: Snapshot) -> None:
    """List the rows of `market` that were kept out or flagged, and fetched files set aside."""
    try:
        rows = review_data.quarantined_rows(session.engine().pipeline.catalog, market)
    except EXPECTED as error:
        frame.show(frame.heading_html("Set aside"))
        frame.show(frame.problem_html(explain(error)))
        return
    files = review_data.quarantined_files(home_folder())
    if not len(rows) and not len(files):
        frame.show(frame.heading_html("Set aside"))
        frame.show(frame.words_html("Nothing is in quarantine.", "No row, and no fetched file."))
        return
    if len(rows):
        _rows(market.name, rows)
    if len(files):
        _files(files)


def _rows(name: str, rows: pd.DataFrame) -> None:
    out = int((rows["fate"] == "quarantined").sum())
    heading(f"Rows of {name} that were set aside", rows, "quarantine")
    kept = len(rows) - out
    frame.show(
        frame.words_html(
            f"{count(out)} rows are not in the tables; {count(kept)} were kept and flagged.",
            "To overrule: mend the rows in the file and import again.",
        )
    )
    st.dataframe(rows, height=_GRID_PX, hide_index=True, key="quarantine-grid")


def _files(files: pd.DataFrame) -> None:
    heading("Fetched files that were set aside", files, "quarantine-files")
    again = int(files["refetch"].sum())
    frame.show(
        frame.words_html(
            f"{count(len(files))} files were damaged or not ours; {count(again)} wait to be "
            "fetched again.",
            "They are never read as data. Fetch or Refresh asks for them.",
        )
    )
    st.dataframe(files, height=_GRID_PX, hide_index=True, key="quarantine-files-grid")


def reconcile_part() -> None:
    """Compare the providers where both have data."""
