"""What was set aside, and where two providers disagree, on the Data page."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import review_data, session
from dashboard import review_data_reconcile as reconciled
from dashboard.format import count, percent
from dashboard.home import home_folder
from dashboard.problems import EXPECTED, explain
from dashboard.review_data import Snapshot
from dashboard.review_data_reconcile import StoredReconciliation
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.data_studies import reconcile_study, waiting
from dashboard.views.data_words import NAMES
from dashboard.views.tables import bullets, html_table

__all__ = ["quarantine_part", "reconcile_part"]

_GRID_PX: Final = 240
_MOST: Final = 500  # rows that a table on the page shows; the file has all
_FATES: Final = {"quarantined": "not in the tables", "flagged": "kept and flagged"}


def quarantine_part(market: Snapshot) -> None:
    """List the rows of `market` that were kept out or flagged, and fetched files set aside."""
    try:
        rows = review_data.quarantined_rows(session.engine().pipeline.catalog, market)
        files = review_data.quarantined_files(home_folder())
    except EXPECTED as error:
        frame.show(frame.heading_html("Set aside"))
        frame.show(frame.problem_html(explain(error)))
        return
    if not len(rows) and not len(files):
        frame.show(frame.heading_html("Set aside"))
        frame.show(frame.words_html("Nothing is in quarantine.", "No row, and no fetched file."))
    if len(rows):
        _rows(market.name, rows)
    if len(files):
        _files(files)


def reconcile_part() -> None:
    """Say where the providers disagree, over the names of which the store has both."""
    frame_heading = "Where Polygon and Yahoo disagree"
    try:
        two = reconciled.has_two_providers(home_folder())
    except EXPECTED:
        two = False
    if not two:
        frame.show(frame.heading_html(frame_heading))
        frame.show(
            frame.words_html(
                "There is nothing to compare:",
                "only names that were fetched from both providers can be. With a key set, fetch "
                "once with provider Polygon and once with Yahoo.",
            )
        )
        return
    study = reconcile_study()
    if study.status != "done":
        frame.show(frame.heading_html(frame_heading))
        if study.problem is not None:
            frame.show(frame.problem_html(study.problem))
        else:
            waiting("reconcile", None, "Comparing the providers", _GRID_PX)
        return
    _reconciled(frame_heading, study.result)


def _reconciled(title: str, found: StoredReconciliation) -> None:
    table, rows = reconciled.summary(found), reconciled.differences(found)
    heading(title, rows, "reconcile")
    left, right = NAMES[found.left], NAMES[found.right]
    days, agreeing = int(table["days"].sum()), int(table["agreeing"].sum())
    share = percent(agreeing / days, 2) if days else "None"
    frame.show(
        frame.words_html(
            f"{count(len(table))} names have bars of both; {share} of {count(days)} common days "
            f"agree within 0.2 %, and {count(len(rows))} differences are found.",
            "Compared as traded; neither is taken for right, and no series mixes the two. First "
            f"is {left}, second {right}.",
        )
    )
    if found.faults:
        frame.show(bullets(found.faults))
    kinds = rows["kind"].value_counts() if len(rows) else pd.Series(dtype=int)
    if len(kinds):
        cells = [
            (reconciled.kind_meaning(str(kind)).capitalize(), count(int(number)))
            for kind, number in kinds.items()
        ]
        frame.show(html_table(("Difference", "Times"), cells))
    config = st.column_config
    shown = table.assign(share=100.0 * table["share"], worst=100.0 * table["worst"])
    numbers: dict[str, Any] = {
        "share": config.NumberColumn("Days agreeing, %", format="%.2f"),
        "worst": config.NumberColumn("Greatest difference, %", format="%.2f"),
    }
    st.dataframe(
        shown.head(_MOST), height=_GRID_PX, hide_index=True, key="reconcile-names",
        column_config=numbers,
    )  # fmt: skip
    if len(rows):
        st.dataframe(
            rows.head(_MOST), height=_GRID_PX, hide_index=True, key="reconcile-days"
        )  # fmt: skip


def _rows(name: str, rows: pd.DataFrame) -> None:
    heading(f"Rows of {name} that were set aside", rows, "quarantine")
    out = int((rows["fate"] == "quarantined").sum())
    frame.show(
        frame.words_html(
            f"{count(out)} rows are not in the tables; {count(len(rows) - out)} are, and flagged.",
            "To overrule: mend the rows in the file and import again.",
        )
    )
    cells = [
        (_label(reason), table, _FATES.get(fate, fate), count(number))
        for fate, table, reason, number in review_data.reasons(rows)
    ]
    frame.show(html_table(("Reason", "Table", "What was done", "Rows"), cells))
    kept_out = rows[rows["fate"] == "quarantined"].drop(columns="fate")
    if len(kept_out):
        st.dataframe(kept_out.head(_MOST), height=_GRID_PX, hide_index=True, key="quarantine-grid")


def _label(reason: str) -> str:
    label = reason.replace("_", " ").capitalize()
    return label.replace("Ohlc", "OHLC").replace("ohl", "open, high or low")


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
