"""The numbers a page shows as cards, and how a value of any of them is written."""

from __future__ import annotations

import math
from typing import Final

from core.metrics import CurveMetrics, Metrics
from dashboard.format import DASH, FORMATS
from dashboard.report.faces import FACES, MetricFace

__all__ = ["CARDS", "shown", "value_of"]

CARDS: Final = tuple(
    FACES[name]
    for name in (
        "total_return", "cagr", "sharpe_ratio", "sortino_ratio", "max_drawdown", "volatility",
        "calmar_ratio", "win_rate", "turnover", "cost_bps", "stop_hits", "average_exposure",
    )
)  # fmt: skip


def value_of(metrics: CurveMetrics | Metrics | None, face: MetricFace) -> float:
    """Return a metric as a number, NaN where it is undefined or the curve does not have it."""
    value = getattr(metrics, face.name, None)
    return math.nan if value is None else float(value)


def shown(face: MetricFace, value: float) -> str:
    """Return a metric as text, a dash where it is undefined."""
    return DASH if math.isnan(value) else FORMATS[face.kind](value)
