"""The lines of the report: which metrics, in which order, called and written how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["LINES", "Line"]


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of ORIGIN §3's table.

    Attributes
    ----------
    metric : str
        Name in ``core.metrics.Metrics``.
    label, help : str
        What people read; the help is the definition.
    kind : str
        Key into ``dashboard.format.FORMATS``.
    of_curve : bool
        Whether the metric is defined for a bare NAV curve, so for the benchmark as well.
    """

    metric: str
    label: str
    kind: str
    help: str
    of_curve: bool = False


LINES: Final = (
    Line(
        "total_return", "Total return", "percent", "NAV at the end over the start, minus 1.", True
    ),
    Line(
        "cagr",
        "CAGR",
        "percent",
        "Growth a year by calendar time: (end/start)^(365.25/days) − 1.",
        True,
    ),
    Line(
        "cagr_sessions",
        "CAGR by sessions",
        "percent",
        "Growth a year by session count: (end/start)^(252/sessions) − 1.",
        True,
    ),
    Line(
        "volatility",
        "Realised volatility",
        "percent",
        "Sample standard deviation of daily returns × √252.",
        True,
    ),
    Line(
        "sharpe_ratio",
        "Sharpe",
        "ratio",
        "Mean daily return above cash over its standard deviation, × √252.",
        True,
    ),
    Line(
        "sortino_ratio",
        "Sortino",
        "ratio",
        "Mean daily return above cash over its downside deviation, × √252.",
        True,
    ),
    Line(
        "max_drawdown",
        "Max drawdown",
        "percent",
        "Deepest fall of NAV below its former peak, the start included.",
        True,
    ),
    Line("calmar_ratio", "Calmar", "ratio", "CAGR over the depth of the max drawdown.", True),
    Line(
        "win_rate",
        "Win rate",
        "percent",
        "Share of closed round trips with a profit after their costs.",
    ),
    Line("trades", "Closed trades", "count", "Round trips that were closed."),
    Line(
        "average_trade_return",
        "Average trade",
        "percent",
        "Mean of profit over dollars bought, before costs, over closed round trips.",
    ),
    Line(
        "turnover",
        "Turnover",
        "percent",
        "Traded dollars over NAV, buys and sells both, summed over the period.",
    ),
    Line("cost_bps", "Costs", "bps", "Costs over NAV, summed over the period."),
    Line("stop_hits", "Stop hits", "count", "Exits by position stop and by trailing stop."),
    Line("position_stops", "of which position", "count", "Exits by the position stop."),
    Line("trailing_stops", "of which trailing", "count", "Exits by the trailing stop."),
    Line("breaker_trips", "Breaker trips", "count", "Times the circuit breaker sold everything."),
    Line(
        "average_exposure",
        "Average exposure",
        "percent",
        "Mean over sessions of held value over NAV.",
    ),
    Line("rebalances", "Rebalances", "count", "Decisions about the book."),
)
