"""Tables of a report that no page has: metrics with verdicts, evidence, the rule account."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import numpy as np

from core.attribution import NO_RULES, SCENARIO, RuleAccount, Shares
from core.control import Control
from core.evidence.bootstrap import Interval, PairedDifference
from core.rule_health import RuleHealth
from core.rules import Rule
from core.scenario import specs, value_at
from dashboard.definitions import term_html
from dashboard.format import DASH, FORMATS, compared, count, date, percent, points, ratio
from dashboard.report.account import CONTROL_METRICS
from dashboard.report.breaches import apart, breach_rows
from dashboard.report.faces import FACES
from dashboard.report.health import CLOSEST, counted_words
from dashboard.report.targets import TARGETS
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.views.metrics import shown, value_of
from dashboard.views.tables import html_table

__all__ = [
    "account_table",
    "against_table",
    "breaches_table",
    "control_table",
    "fields_rows",
    "health_table",
    "intervals_table",
    "metrics_table",
    "regimes_table",
    "years_table",
]

_MOST_BREACHES = 15


def metrics_table(run: Run) -> str:
    """Return every metric beside the benchmark's and the target with its verdict."""
    rows = []
    for face in FACES.values():
        mine = value_of(run.metrics, face)
        label = f"{face.label}, total" if face.yearly else face.label
        other = shown(face, value_of(run.benchmark_metrics, face)) if face.of_curve else ""
        target, verdict = TARGETS.get(face.name), ""
        if target is not None:
            met = target.met(mine)
            word = DASH if met is None else "met" if met else "missed"
            word = "too short to judge" if is_short(run) else word
            verdict = f"{escape(target.text)}, {word}"
        rows.append((term_html(face.name, label), shown(face, mine), other, verdict))
    return html_table(("Metric", "Portfolio", escape(run.benchmark_name), "Target"), rows)


def intervals_table(found: dict[str, Interval]) -> str:
    """Return each metric with the range of its resamples."""
    rows = []
    for name, one in found.items():
        write = FORMATS[FACES[name].kind]
        span = f"{write(one.low)} … {write(one.high)}" if one.low is not None else DASH
        rows.append((term_html(name), write(one.estimate), span))
    return html_table(("Metric", "Estimate", "95 % of resampled histories"), rows)


def against_table(found: dict[str, PairedDifference]) -> str:
    """Return each metric of the run, of the control, their difference and the verdict."""
    rows = []
    for name, one in found.items():
        kind = FACES[name].kind
        write = FORMATS[kind]
        span = DASH if one.low is None else f"{_change(kind, one.low)} … {_change(kind, one.high)}"
        rows.append(
            (
                term_html(name),
                write(one.value_a),
                write(one.value_b),
                _change(kind, one.estimate),
                span,
                escape(str(one.verdict)),
            )
        )
    head = (
        "Metric",
        "Portfolio",
        "Exposure-matched control",
        "Difference",
        "95 % interval",
        "Verdict",
    )
    return html_table(head, rows)


def account_table(account: RuleAccount) -> str:
    """Return the shares of every rule in each metric; a column sums exactly."""
    shares = account.shares()
    kinds = [FACES[name].kind for name in shares.names]
    heads = ("Rule", *(term_html(name) for name in shares.names))
    return html_table(heads, _share_rows(account, shares, kinds))


def years_table(account: RuleAccount) -> str:
    """Return the shares of every rule in the return of each calendar year."""
    shares = account.by_year()
    return html_table(
        ("Rule", *shares.names), _share_rows(account, shares, ["percent"] * len(shares.names))
    )


def _share_rows(account: RuleAccount, shares: Shares, kinds: list[str]) -> list[list[str]]:
    def ends(label: str, values: Any) -> list[str]:
        written = [FORMATS[k](float(v)) for k, v in zip(kinds, values, strict=True)]
        return [f"<b>{label}</b>", *(f"<b>{text}</b>" for text in written)]

    rows = [ends(NO_RULES, shares.without)]
    for rule in Rule:
        note = "" if rule in account.rules else " (off)"
        cells = [
            DASH if value == 0.0 else _change(kind, float(value))
            for kind, value in zip(kinds, shares.of(rule), strict=True)
        ]
        rows.append([f"{rule.label}{note}", *cells])
    return [*rows, ends(SCENARIO, shares.scenario)]


def control_table(control: Control) -> str:
    """Return the run beside the same book at the same exposure without rules."""
    own, other = control.scenario.as_dict(), control.metrics.as_dict()
    rows = [
        (term_html(name), *compared(FACES[name].kind, own[name], other[name]))
        for name in CONTROL_METRICS
    ]
    return html_table(("Metric", "Portfolio", "Exposure-matched control", "Difference"), rows)


def health_table(run: Run, health: tuple[RuleHealth, ...]) -> str:
    """Return how often each rule was asked, how often it acted, and how near it came."""
    rows = []
    for row in health:
        if row.status == "off":
            rows.append((row.rule.counted_as, "off", "", "", "", ""))
            continue
        what, write = CLOSEST[row.rule]
        when = date(run.dates[row.session]) if row.session >= 0 else DASH
        name = f" {escape(run.tickers[row.security])}" if row.security >= 0 else ""
        closest = f"{what} {write(row.closest)} against {write(row.threshold)}"
        rows.append((row.rule.counted_as, row.status, *counted_words(row), closest, when + name))
    return html_table(("Rule", "State", "Asked", "Acted", "Closest", "When"), rows)


def breaches_table(run: Run) -> str:
    """Return the spells that went furthest above a cap; "" when there were none."""
    found = run.cap_breaches
    furthest = np.argsort(found.cap - found.peak_weight, kind="stable")[:_MOST_BREACHES]
    rows = [
        (
            escape(str(row["name"])),
            escape(str(row["kind"])),
            date(row["first_date"]),
            date(row["last_date"]),
            *apart(row["peak_weight"], row["cap"]),
        )
        for row in (breach_rows(run)[i] for i in furthest)
    ]
    head = ("Name", "Cap of a", "From", "To", "Highest", "Cap")
    return html_table(head, rows) if rows else ""


def regimes_table(run: Run, regimes: dict[str, dict[str, int]]) -> str:
    """Return how many sessions and rebalances fell into each regime."""
    total = len(run.dates)
    rows = [
        (
            "unknown" if name == "default" else name,
            count(one["sessions"]),
            percent(one["sessions"] / total),
            count(one["rebalances"]),
        )
        for name, one in regimes.items()
    ]
    return html_table(("Regime", "Sessions", "Share", "Rebalances"), rows)


def fields_rows(run: Run, changed: dict[str, tuple[Any, Any]], section: str) -> str:
    """Return every field of one section: value, unit, and what the preset has where it differs."""
    rows = []
    for path, spec in specs().items():
        if spec.section != section:
            continue
        value = _value(value_at(run.scenario, path))
        if path in changed:
            value = f"<b>{value}</b>"
            other = f"changed, preset: {_value(changed[path][0])}"
        else:
            other = ""
        label = f"{escape(spec.label)} <code>{escape(path)}</code>"
        rows.append((label, value, escape(spec.unit), other))
    return html_table(("Field", "Value", "Unit", ""), rows)


def _value(value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(f"{value:g}" if isinstance(value, float) else str(value))


def _change(kind: str, value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return DASH
    if kind == "ratio":
        return ratio(value, signed=True)
    return points(value, 0 if kind == "whole percent" else 1)
