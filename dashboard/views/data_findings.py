"""Findings on the Data page: grades, a table with filters, and how one finding is overruled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import review_data
from dashboard import review_data_health as health
from dashboard.format import count
from dashboard.home import home_folder
from dashboard.review_data import Snapshot
from dashboard.review_data_health import DONE_WORDS, GRADE_WORDS, GRADES, Filter, HealthReport
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.data_studies import health_study, waiting
from dashboard.views.page import is_phone

__all__ = ["findings_part"]

_WAIT_PX: Final = 745  # of the grades, and of what is kept for the findings
_GRID_PX: Final = 320
_GRID: Final = "findings-grid"
_NONE_CHOSEN: Final = (
    '<div class="pl-here">No finding is chosen. A row that is chosen is explained here, with the '
    "entry that overrules it.</div>"
)


def findings_part(market: Snapshot) -> None:
    """Draw the grades of `market` and its findings."""
    study = health_study(market)
    if study.status != "done" or study.problem is not None:
        frame.show(frame.heading_html(f"What looks wrong in {market.name}"))
        if study.problem is not None:
            frame.show(frame.problem_html(study.problem))
        else:
            waiting("health", market, "Looking at every bar, action and filing", _WAIT_PX)
        return
    report: HealthReport = study.result
    table = health.findings_frame(report.findings)
    heading(f"What looks wrong in {market.name}", table, "findings-all")
    frame.show(_grades_html(report))
    if not report.findings:
        frame.show(frame.words_html("Nothing was found.", _not_looked_for(report)))
        return
    with st.container(key="findings"):
        st.fragment(_findings)(report, market.name)


def _findings(report: HealthReport, name: str) -> None:
    found = health.chosen(report.findings, _filters(report))
    words = f"{count(len(found))} of {count(len(report.findings))} findings."
    frame.show(
        frame.words_html(words, f"Choose a row to overrule it. {_not_looked_for(report)}".strip())
    )
    table = health.findings_frame(found)
    event = st.dataframe(
        _shown(table),
        key=f"{_GRID}-{name}",
        height=_GRID_PX,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_columns(),
        column_order=_order(),
    )
    rows = event.selection.rows if event is not None else []
    _one(found[rows[0]] if rows and rows[0] < len(found) else None, _where(name))


def _filters(report: HealthReport) -> Filter:
    counts = report.counts()
    with st.container(horizontal=True, vertical_alignment="bottom", key="findings-filters"):
        grades = st.pills(
            "Grade it takes a name to",
            [grade for grade in reversed(GRADES)],
            selection_mode="multi",
            key="findings-grades",
        )
        kinds = st.multiselect(
            "Kind",
            list(counts),
            format_func=lambda kind: f"{_label(kind)} ({count(counts[kind])})",
            key="findings-kinds",
            placeholder="All kinds",
            width=300,
        )
        text = st.text_input(
            "Name or words", key="findings-text", placeholder="AAPL, gap, 2020-03", width=200
        )
        open_only = st.toggle("Only what was left as it is", key="findings-open")
    return Filter(tuple(grades or ()), tuple(kinds), text or "", open_only)


def _one(finding: health.Finding | None, where: str) -> None:
    if finding is None:
        frame.show(_NONE_CHOSEN)
        return
    meaning, overrule = health.kind_words(finding.kind)
    who = finding.ticker or "The market"
    done = DONE_WORDS[finding.done]
    frame.show(
        frame.words_html(
            f"{who}: {_label(finding.kind)}. {finding.detail}.",
            f"{meaning[:1].upper()}{meaning[1:]}. What was done: {done}.",
        )
    )
    entries = health.entries(finding)
    if not entries:
        frame.show(frame.words_html("", f"To overrule it: {overrule}."))
        return
    for column, (words, entry) in zip(st.columns(2), entries.items(), strict=False):
        with column:
            st.caption(f"{words}: {where}")
            st.code(entry, language="toml")


def _where(name: str) -> str:
    if review_data.fetched_with(home_folder(), name) is None:
        return "with your reason into the overrides file (--overrides), and import again"
    return f"with your reason into overrides/{name}.toml of the store, and press Refresh"


def _grades_html(report: HealthReport) -> str:
    grades = Counter(report.grades.values())
    parts = "".join(
        f"<span><b>{count(grades[grade])}</b> names {grade}: {escape(GRADE_WORDS[grade])}</span>"
        for grade in GRADES
    )
    return (
        f'<p class="pl-words">Grade <b>{report.grade}</b>: the best one that 95 % of the names '
        f'reach. <span>{escape(_worst(report))}</span></p><div class="pl-grades">{parts}</div>'
    )


_OF_WRONG_BARS: Final = (
    "Grades are of bars that look wrong: gaps lower one to B at most, and what is missing stands "
    "on the map of coverage."
)


def _worst(report: HealthReport) -> str:
    worst = sorted(name for name, grade in report.grades.items() if grade == "D")
    if not worst:
        return f"No name has grade D. {_OF_WRONG_BARS}"
    return f"Grade D: {', '.join(worst[:12])}{' …' if len(worst) > 12 else ''}. {_OF_WRONG_BARS}"


def _not_looked_for(report: HealthReport) -> str:
    told = "; ".join(report.not_looked_for)
    return f"Not looked for: {told}." if told else ""


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    shown = table.copy()
    shown["kind"] = [_label(kind) for kind in table["kind"]]
    shown["done"] = [DONE_WORDS[done] for done in table["done"]]
    shown["name"] = shown["name"].replace("", "the market")
    return shown


def _label(kind: str) -> str:
    return kind.replace("_", " ").capitalize().replace("Ohlc", "OHLC")


def _order() -> Sequence[str]:
    return ("grade", "name", "kind", "detail") if is_phone() else health.COLUMNS


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "grade": config.TextColumn("Grade", width=60),
        "kind": config.TextColumn("What", width=150),
        "name": config.TextColumn("Name", width=80),
        "first": config.DateColumn("From", width=95, format="YYYY-MM-DD"),
        "last": config.DateColumn("To", width=95, format="YYYY-MM-DD"),
        "count": config.NumberColumn("How many", width=80),
        "detail": config.TextColumn("Evidence", width="large"),
        "done": config.TextColumn("What was done", width=190),
    }
