"""Rule account, control and rule health as text and tables: the same numbers that the lab shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.format import DASH, FORMATS, compared, count, percent, points, ratio
from dashboard.lab.panel_work import ControlStudy
from dashboard.lab.panels import SURFACE_AXES, ask_part
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.tables import bullets, html_table

__all__ = ["account_html", "control_html", "health_html", "rules_in_words"]

_PARTS = (
    ("account", "What each rule cost or saved"),
    ("control", "Exposure-matched control"),
    ("health", "Rule health"),
)


def rules_in_words(run: Run) -> None:
    """Offer the tables behind the lab's panels; closed, nothing is asked for or sent."""
    title = "What the rules did: account, control and health in tables"
    with st.expander(title, key="rules", on_change=session.changed) as part:
        if not part.open:
            return
        engine, (x, y) = session.engine(), SURFACE_AXES
        found = {
            name: ask_part(engine.studies, session.token(), engine.pipeline, run, name, x=x, y=y)
            for name, _ in _PARTS
        }
        for name, words in _PARTS:
            frame.show(frame.heading_html(words) + _part_html(name, found[name]))
        if any(study.status in ("waiting", "running") for study in found.values()):
            st.button("Look again", key="rules-again", on_click=session.changed)


def _part_html(name: str, study: Study) -> str:
    if study.problem is not None:
        return frame.problem_html(study.problem)
    if study.status != "done":
        return f'<p class="pl-words">Being computed: {percent(study.share, 0)} done.</p>'
    if name == "account":
        return account_html(study.result)
    return control_html(study.result) if name == "control" else health_html(study.result)


def account_html(told: Mapping[str, Any]) -> str:
    """Return the shares of every rule in every metric, the ends first and last, and words."""
    shares = told["by"]["total"]
    kinds = shares["kinds"]
    rows = [_ends("No rules", shares["without"], kinds)]
    for _, label, on, values in shares["rules"]:
        parts = [_share(kind, value) for kind, value in zip(kinds, values, strict=True)]
        rows.append((escape(label if on else f"{label} (off)"), *parts))
    rows.append(_ends("Scenario", shares["scenario"], kinds))
    head = ("", *(escape(name) for name in shares["names"]))
    return html_table(head, rows) + bullets(told["words"])


def _ends(label: str, values: Sequence[float], kinds: Sequence[str]) -> tuple[str, ...]:
    return (label, *(FORMATS[kind](value) for kind, value in zip(kinds, values, strict=True)))


def _share(kind: str, value: float) -> str:
    if value == 0.0:
        return DASH  # exactly nothing, not something that rounds to it
    return ratio(value, signed=True) if kind == "ratio" else points(value)


def control_html(study: ControlStudy) -> str:
    """Return scenario and control side by side, exact numbers as data, and words."""
    rows = []
    for row in study.rows():
        own, control, change = compared(row["kind"], row["scenario"], row["control"])
        cell = f'<span data-control="{row["name"]}" data-value="{row["control"]!r}">'
        rows.append((escape(row["label"]), own, f"{cell}{control}</span>", change))
    head = ("", "Scenario", "Exposure-matched control", "Difference")
    return html_table(head, rows) + bullets(study.words)


def health_html(told: Mapping[str, Any]) -> str:
    """Return one row a rule: asked, acted, how near it came, and words."""
    rows = []
    for row in told["rows"]:
        if row["status"] == "off":
            rows.append((escape(row["label"]), "off", "", "", "", "", ""))
            continue
        where = f"{row['date']} {row['ticker']}".strip()
        asked, acted = row["counted"]
        numbers = (f"{count(row['evaluations'])} {asked}", f"{count(row['triggers'])} {acted}")
        texts = (row["closest"], row["threshold"], where)
        rows.append(
            (escape(row["label"]), row["status"], *numbers, *(escape(text) for text in texts))
        )
    head = ("Rule", "", "Asked", "Acted", "Closest", "Against", "When")
    return html_table(head, rows) + bullets(told["words"])
