"""Metric cards: the number, its difference to the preset, the benchmark's, and the target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Final

from core.metrics import CALENDAR_DAYS_PER_YEAR, CurveMetrics, Metrics
from dashboard.format import bps, count, difference, percent
from dashboard.report.targets import TARGETS
from dashboard.run import Run
from dashboard.views.metrics import CARDS, MetricFace, shown, value_of

__all__ = ["beside", "cards_html"]

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_ARROWS = {1: "▲", -1: "▼"}


def cards_html(
    metrics: Metrics,
    *,
    benchmark: CurveMetrics | None = None,
    beside: Mapping[str, str] = _NOTHING,
    baseline: Metrics | None = None,
    baseline_name: str = "",
) -> str:
    """Return the cards as one piece of HTML; every number is text.

    Parameters
    ----------
    metrics : Metrics
        Of the run.
    benchmark : CurveMetrics, optional
        Of the benchmark; what it does not have is not shown.
    beside : mapping of metric to text
        What else stands in the card of a metric.
    baseline : Metrics, optional
        Of the untouched preset, for the difference.
    baseline_name : str
    """
    cards = []
    for face in CARDS:
        value = value_of(metrics, face)
        delta = _delta(face, value, value_of(baseline, face), baseline_name)
        more = (_target(face, value), _against(face, benchmark), escape(beside.get(face.name, "")))
        cards.append(_card(face, value, delta, more))
    return f'<div class="pl-cards">{"".join(cards)}</div>'


def beside(run: Run) -> dict[str, str]:
    """Return what stands beside the numbers that have neither target nor benchmark."""
    metrics = run.metrics
    years = max((run.dates[-1] - run.dates[0]).astype(int) / CALENDAR_DAYS_PER_YEAR, 1.0 / 252.0)
    stops = f"{count(metrics.position_stops)} position, {count(metrics.trailing_stops)} trailing"
    return {
        "win_rate": f"{count(metrics.trades)} closed trades",
        "turnover": f"{percent(metrics.turnover / years, 0)} of NAV a year",
        "cost_bps": f"{bps(metrics.cost_bps / years)} a year",
        "stop_hits": stops,
        "average_exposure": "of NAV, the rest is cash",
    }


def _card(face: MetricFace, value: float, delta: str, more: Sequence[str]) -> str:
    undefined = math.isnan(value)
    hint = f"{face.help} Not shown: {face.missing}." if undefined else face.help
    lines = [escape(face.missing)] if undefined else [part for part in more if part]
    number = "" if undefined else f' data-value="{value!r}"'
    return (
        f'<div class="pl-card" data-metric="{face.name}"{number} title="{escape(hint)}">'
        f'<div class="pl-name">{escape(face.label)}</div>'
        f'<div class="pl-value">{shown(face, value)}{delta}</div>'
        f'<div class="pl-foot">{"<br>".join(lines)}</div></div>'
    )


def _delta(face: MetricFace, value: float, base: float, name: str) -> str:
    text = difference(face.kind, value, base)
    if not text:
        return ""
    sign = 1 if value > base else -1
    tone = {1: " pl-better", -1: " pl-worse", 0: ""}[sign * face.direction]
    return (
        f'<span class="pl-delta{tone}" title="against {escape(name)}">{_ARROWS[sign]} {text}</span>'
    )


def _target(face: MetricFace, value: float) -> str:
    target = TARGETS.get(face.name)
    if target is None:
        return ""
    met = target.met(value)
    text = escape(target.text.removeprefix("better than "))  # the card has little room
    if met is None:
        return f"target {text}"
    mark, tone = ("✓", "pl-better") if met else ("✗", "pl-worse")
    words = "met" if met else "missed"
    return f'<span class="{tone}" title="target {words}">{mark}</span> target {text}'


def _against(face: MetricFace, benchmark: CurveMetrics | None) -> str:
    value = value_of(benchmark, face)
    return "" if math.isnan(value) else f"benchmark {shown(face, value)}"
