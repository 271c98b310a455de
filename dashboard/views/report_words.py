"""The Report page in words: what a report is, what it holds, and what the last one was."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from dashboard.format import percent
from dashboard.handout.page import Report
from dashboard.handout.parts import PARTS

__all__ = ["ALWAYS", "INTRODUCTION", "VERIFY", "building", "built_html", "megabytes"]

INTRODUCTION: Final = (
    "One file with the result, its charts and the reasons, for someone who does not have this "
    "program: it opens in any browser without a network, prints to PDF from there, and can be "
    "checked number by number by whoever has the same data."
)
ALWAYS: Final = (
    "Always in: the result with its chart and every metric, all settings with the changed ones "
    "marked, definitions, where data and program come from, and what a hypothetical result is not."
)
VERIFY: Final = (
    "Type it in the folder of Plimsoll, as .venv/bin/plimsoll where the shell does not know "
    "plimsoll, and give the path to which the file was saved. It runs the "
    "setting of the file again on the data of the store and compares every number, "
    "table and chart point. It ends with status 0 when all agree, 1 with the first difference "
    "(section, metric, expected, found), and 2 when it cannot compare: other data, a file that is "
    "not whole or not a report. A report holds no keys and no paths of this machine."
)


def building(title: str, share: float) -> str:
    """Return the words beside the bar of progress."""
    return f"Building the report of {title}: {percent(share, 0)}"


def megabytes(report: Report) -> str:
    """Return the size of the file."""
    return f"{len(report.html().encode('utf-8')) / 1e6:.1f} MB"


def built_html(title: str, window: str, parts: Sequence[str], size: str, present: bool) -> str:
    """Return what the last report is; one of other settings says so."""
    names = ", ".join(PARTS[part] for part in parts) or "only what is always in"
    state = (
        "It shows the present settings."
        if present
        else "It does not show the present settings or parts: build it again for those."
    )
    return (
        '<div class="pl-box" role="status"><h2>The report is ready</h2>'
        f"<p><b>{escape(title)}</b>, {escape(window)}. Parts: {escape(names)}.</p>"
        f"<p>{size}, most of it the program that draws the charts, so that the file needs no "
        f"network. {state}</p></div>"
    )
