"""Metric cards: the number, its difference to the preset, the benchmark's, and the target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Final

import numpy as np

from core.metrics import CALENDAR_DAYS_PER_YEAR, CurveMetrics, Metrics
from dashboard.format import DASH, bps, count, difference, percent
from dashboard.report.faces import ANNUAL, MetricFace
from dashboard.report.targets import TARGETS
from dashboard.run import Run
from dashboard.views.metrics import CARDS, shown, value_of

__all__ = ["beside", "cards_html", "years_of"]

_LEAST_TRADES: Final = 30  # fewer say nothing of a win rate
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def cards_html(
    metrics: Metrics,
    *,
    years: float = 1.0,
    short: bool = False,
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
    years : float
        Length of the period, for what is shown a year.
    short : bool
        As :func:`dashboard.review_evidence.is_short` has it.
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
        span = years if face.yearly else 1.0
        value, base = value_of(metrics, face), value_of(baseline, face)
        other = escape(beside.get(face.name, ""))
        if short and (face.yearly or face.name in ANNUAL):
            why = other if face.yearly else "too short for a yearly figure"
            cards.append(_card(face, value, DASH, (why,)))
            continue
        delta = _delta(face, value / span, base / span, baseline_name)
        few = _too_few(face, metrics, short=short)
        more = (_target(face, value, few), _against(face, benchmark), other)
        cards.append(_card(face, value, shown(face, value / span) + delta, more))
    return f'<div class="pl-cards">{"".join(cards)}</div>'


def years_of(run: Run) -> float:
    """Return the calendar length of a run in years, never 0."""
    days = int((run.dates[-1] - run.dates[0]).astype(np.int64))
    return max(days, 1) / CALENDAR_DAYS_PER_YEAR


def beside(run: Run) -> dict[str, str]:
    """Return what stands beside the numbers that have neither target nor benchmark."""
    metrics = run.metrics
    stops = f"{count(metrics.position_stops)} position, {count(metrics.trailing_stops)} trailing"
    return {
        "win_rate": f"{count(metrics.trades)} closed trades",
        "turnover": f"{percent(metrics.turnover, 0)} of NAV in all",
        "cost_bps": f"{bps(metrics.cost_bps)} in all",
        "stop_hits": stops,
        "average_exposure": "of NAV, the rest is cash",
    }


def _card(face: MetricFace, value: float, written: str, more: Sequence[str]) -> str:
    undefined = math.isnan(value)
    lines = [escape(face.missing)] if undefined else [part for part in more if part]
    number = "" if undefined else f' data-value="{value!r}"'
    label = f"{face.label} a year" if face.yearly else face.label
    return (
        f'<div class="pl-card" data-metric="{face.name}"{number}>'
        f'<div class="pl-name">{escape(label)}</div>'
        f'<div class="pl-value">{written}</div>'
        f'<div class="pl-foot">{"<br>".join(lines)}</div></div>'
    )


def _delta(face: MetricFace, value: float, base: float, name: str) -> str:
    # Its sign says the direction, its colour whether that is better: there is no room for an arrow.
    text = difference(face.kind, value, base)
    if not text:
        return ""
    sign = 1 if value > base else -1
    tone = {1: " pl-better", -1: " pl-worse", 0: ""}[sign * face.direction]
    return f'<span class="pl-delta{tone}" title="against {escape(name)}">{text}</span>'


def _too_few(face: MetricFace, metrics: Metrics, *, short: bool) -> str:
    # Why a target is not judged; "" where it is.
    if short:
        return "too short"
    return "few trades" if face.name == "win_rate" and metrics.trades < _LEAST_TRADES else ""


def _target(face: MetricFace, value: float, few: str) -> str:
    target = TARGETS.get(face.name)
    if target is None:
        return ""
    met = target.met(value)
    text = escape(target.text.replace("better than", ">"))  # the card has little room
    if met is None:
        return f"target {text}"
    if few:
        return f"target {text}, {few}"
    mark, tone = ("✓", "pl-better") if met else ("✗", "pl-worse")
    words = "met" if met else "missed"
    return f'<span class="{tone}" title="target {words}">{mark}</span> target {text}'


def _against(face: MetricFace, benchmark: CurveMetrics | None) -> str:
    value = value_of(benchmark, face)
    return "" if math.isnan(value) else f"benchmark {shown(face, value)}"
