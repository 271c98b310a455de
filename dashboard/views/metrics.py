"""The numbers a page shows of a run: name, kind, direction and what they mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from core.metrics import CurveMetrics, Metrics
from dashboard.format import DASH, FORMATS

__all__ = ["CARDS", "TABLE", "MetricFace", "shown", "value_of"]


@dataclass(frozen=True, slots=True)
class MetricFace:
    """How one metric is shown.

    ``yearly`` ones grow with the period: a card shows them a year, a table in total. ``direction``
    is 1 where more is better, -1 where less is, 0 where it is neither; ``missing``
    says why the metric may be undefined.
    """

    name: str
    label: str
    kind: str
    direction: int
    help: str
    missing: str = "undefined for this run"
    yearly: bool = False


_FACES: Final = {
    face.name: face
    for face in (
        MetricFace("total_return", "Total return", "percent", 1, "NAV at the end over the start."),
        MetricFace("cagr", "CAGR", "percent", 1, "Return a year, by calendar time.",
                   "one date is no period"),
        MetricFace("cagr_sessions", "CAGR, by sessions", "percent", 1,
                   "Return a year, 252 sessions to the year.", "one session is no period"),
        MetricFace("sharpe_ratio", "Sharpe", "ratio", 1,
                   "Mean daily excess over cash by its standard deviation, a year.",
                   "returns do not vary"),
        MetricFace("sortino_ratio", "Sortino", "ratio", 1,
                   "Mean daily excess over cash by its downside deviation, a year.",
                   "no session below the cash rate"),
        MetricFace("max_drawdown", "Max drawdown", "percent", 1,
                   "Deepest fall below an earlier peak."),
        MetricFace("volatility", "Volatility", "percent", 0,
                   "Standard deviation of daily returns, a year.", "too few sessions"),
        MetricFace("calmar_ratio", "Calmar", "ratio", 1, "CAGR over the depth of max drawdown.",
                   "there was no drawdown"),
        MetricFace("turnover", "Turnover", "whole percent", -1,
                   "Traded dollars over NAV, buys and sells both counted.", yearly=True),
        MetricFace("cost_bps", "Costs", "bps", -1,
                   "Trading costs over NAV, in basis points.", yearly=True),
        MetricFace("win_rate", "Win rate", "percent", 1,
                   "Closed round trips with a profit after their costs.", "no trade was closed"),
        MetricFace("stop_hits", "Stop hits", "count", 0, "Position and trailing stops together."),
        MetricFace("average_exposure", "Average exposure", "percent", 0,
                   "Mean over sessions of what was held over NAV."),
        MetricFace("trades", "Closed trades", "count", 0, "Round trips that ended."),
        MetricFace("average_trade_return", "Average trade", "percent", 1,
                   "Mean return of closed round trips before costs.", "no trade was closed"),
        MetricFace("position_stops", "Position stops", "count", 0,
                   "Stops against the average entry price."),
        MetricFace("trailing_stops", "Trailing stops", "count", 0,
                   "Stops against the highest close since entry."),
        MetricFace("breaker_trips", "Breaker trips", "count", 0, "Exits of the whole portfolio."),
        MetricFace("rebalances", "Rebalances", "count", 0, "Rebalances that were filled."),
    )
}  # fmt: skip
CARDS: Final = tuple(
    _FACES[name]
    for name in (
        "total_return", "cagr", "sharpe_ratio", "sortino_ratio", "max_drawdown", "volatility",
        "calmar_ratio", "win_rate", "turnover", "cost_bps", "stop_hits", "average_exposure",
    )
)  # fmt: skip
TABLE: Final = tuple(_FACES.values())


def value_of(metrics: CurveMetrics | Metrics | None, face: MetricFace) -> float:
    """Return a metric as a number, NaN where it is undefined or the curve does not have it."""
    value = getattr(metrics, face.name, None)
    return math.nan if value is None else float(value)


def shown(face: MetricFace, value: float) -> str:
    """Return a metric as text, a dash where it is undefined."""
    return DASH if math.isnan(value) else FORMATS[face.kind](value)
