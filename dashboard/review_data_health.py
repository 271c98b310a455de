"""Numbers of the Data page's findings: grades, the table, and entries that overrule a finding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.data_grade import GRADE_WORDS, keep_grade
from data.catalog import Catalog
from data.health import HealthReport, check_market
from data.health_kinds import KINDS, Finding
from data.snapshot import Snapshot

__all__ = [
    "COLUMNS",
    "DONE_WORDS",
    "GRADES",
    "GRADE_WORDS",
    "Filter",
    "Finding",
    "HealthReport",
    "chosen",
    "entries",
    "findings_frame",
    "health_of",
    "kind_words",
]

GRADES: Final = ("A", "B", "C", "D")
DONE_WORDS: Final = {
    "nothing": "left as it is",
    "quarantined": "kept out by the import",
    "excluded": "left out by the overrides file",
    "stated": "answered by the securities table",
    "accepted": "accepted by the overrides file",
}
COLUMNS: Final = ("grade", "kind", "name", "first", "last", "count", "detail", "done")
_SECURITY: Final = ("ends_after_crash", "ends_while_member", "ends_early")
_AT_THE_SOURCE: Final = ("without_prices", "odd_lag", "assumed_date", "quarantined", "excluded")
_FILINGS: Final = ("early_filing",)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which findings are wanted; empty = all.

    `open_only`: only those about which nothing was done; `text` is sought in name and detail.
    """

    grades: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    text: str = ""
    open_only: bool = False


def health_of(catalog: Catalog, snapshot: Snapshot) -> HealthReport:
    """Check a stored market; seconds for a large one. Raises StoreCorruptError, …."""
    report = check_market(catalog, snapshot)
    keep_grade(catalog.home, snapshot, report.grade)  # for the strip of every page
    return report


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return one row a finding, in the order given; columns COLUMNS, days as dates or None."""
    rows = [
        (
            KINDS[one.kind].grade,
            one.kind,
            one.ticker,
            one.first,
            one.last or one.first,
            one.count,
            one.detail,
            one.done,
        )
        for one in findings
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def chosen(findings: Iterable[Finding], wanted: Filter) -> list[Finding]:
    """Return the findings that `wanted` lets through, in their order."""
    text = wanted.text.strip().casefold()
    return [
        one
        for one in findings
        if (not wanted.grades or KINDS[one.kind].grade in wanted.grades)
        and (not wanted.kinds or one.kind in wanted.kinds)
        and (not wanted.open_only or one.done == "nothing")
        and (not text or text in one.ticker.casefold() or text in one.detail.casefold())
    ]


def kind_words(kind: str) -> tuple[str, str]:
    """Return what a kind of finding means, and how it is overruled."""
    return KINDS[kind].meaning, KINDS[kind].overrule


def entries(finding: Finding) -> dict[str, str]:
    """Return entries for the overrides file that answer a finding, by what they say of it.

    Empty where only the source can be mended. Each is TOML that data/overrides.py reads; its
    reason is a place to write one.
    """
    if finding.kind in _AT_THE_SOURCE or not finding.ticker:
        return {}
    days = _days(finding.first, finding.last or finding.first)
    accept = _toml("accept", {"kind": finding.kind, "ticker": finding.ticker}, days, "right")
    if finding.kind in _SECURITY:
        last = finding.last or finding.first
        fact: dict[str, object] = {"ticker": finding.ticker}
        fact |= {"last_session": last} if last is not None else {}
        fact |= {"delisting_return": 0.0, "data_ended": False}
        return {
            "State what happened": _toml("security", fact, {}, "known"),
            "It is right": accept,
        }
    if finding.kind == "no_sector":
        fact = {"ticker": finding.ticker, "sector": "Industrials"}
        return {"State the sector": _toml("security", fact, {}, "known"), "It is right": accept}
    table = "fundamentals" if finding.kind in _FILINGS else "prices"
    rows = {"table": table, "ticker": finding.ticker}
    return {"It is right": accept, "It is wrong": _toml("exclude", rows, days, "wrong")}


def _days(first: dt.date | None, last: dt.date | None) -> dict[str, object]:
    found: dict[str, object] = {}
    if first is not None:
        found["from"] = first
    if last is not None:
        found["to"] = last
    return found


def _toml(kind: str, facts: Mapping[str, object], days: Mapping[str, object], why: str) -> str:
    lines = [f"{key} = {_value(value)}" for key, value in {**facts, **days}.items()]
    reason = {
        "right": "say how you know that it is right",
        "wrong": "say how you know that it is wrong",
        "known": "say where this is known from",
    }[why]
    return "\n".join([f"[[{kind}]]", *lines, f'reason = "{reason}"'])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return value.isoformat() if isinstance(value, dt.date) else str(value)
