"""Every metric as people read it: order, name, kind, definition and direction, for all faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["FACES", "MetricFace"]


@dataclass(frozen=True, slots=True)
class MetricFace:
    """How one metric is called, written and judged, in the terminal as on a page.

    Attributes
    ----------
    name : str
        Name in ``core.metrics.Metrics``.
    label, help : str
        What people read; the help is the definition.
    kind : str
        Key into ``dashboard.format.FORMATS``.
    direction : int
        1 where more is better, -1 where less is, 0 where it is neither.
    missing : str
        Why the metric may be undefined.
    of_curve : bool
        Whether it is defined for a bare NAV curve, so for the benchmark as well.
    yearly : bool
        Whether it grows with the period: a card shows it a year, a table in total.
    """

    name: str
    label: str
    kind: str
    direction: int
    help: str
    missing: str = "undefined for this run"
    of_curve: bool = False
    yearly: bool = False


#: The lines of a report, in order. The key is the metric's name.
FACES: Final = {
    face.name: face
    for face in (
        MetricFace("total_return", "Total return", "percent", 1,
                   "NAV at the end over the start, minus 1.", of_curve=True),
        MetricFace("cagr", "CAGR", "percent", 1,
                   "Growth a year by calendar time: (end/start)^(365.25/days) − 1.",
                   "one date is no period", of_curve=True),
        MetricFace("cagr_sessions", "CAGR by sessions", "percent", 1,
                   "Growth a year by session count: (end/start)^(252/intervals) − 1.",
                   "one session is no period", of_curve=True),
        MetricFace("volatility", "Realised volatility", "percent", 0,
                   "Sample standard deviation of daily returns × √252.",
                   "too few sessions", of_curve=True),
        MetricFace("sharpe_ratio", "Sharpe", "ratio", 1,
                   "Mean daily return above cash over its standard deviation, × √252.",
                   "returns do not vary", of_curve=True),
        MetricFace("sortino_ratio", "Sortino", "ratio", 1,
                   "Mean daily return above cash over its downside deviation, × √252.",
                   "no session below the cash rate", of_curve=True),
        MetricFace("max_drawdown", "Max drawdown", "percent", 1,
                   "Deepest fall of NAV below its former peak, the start included.",
                   of_curve=True),
        MetricFace("calmar_ratio", "Calmar", "ratio", 1,
                   "CAGR over the depth of the max drawdown.",
                   "there was no drawdown", of_curve=True),
        MetricFace("win_rate", "Win rate", "percent", 1,
                   "Share of closed round trips with a profit after their costs.",
                   "no trade was closed"),
        MetricFace("trades", "Closed trades", "count", 0, "Round trips that were closed."),
        MetricFace("average_trade_return", "Average trade", "percent", 1,
                   "Mean of profit over dollars bought, before costs, over closed round trips.",
                   "no trade was closed"),
        MetricFace("turnover", "Turnover", "whole percent", -1,
                   "Traded dollars over NAV, buys and sells both counted, summed.", yearly=True),
        MetricFace("cost_bps", "Costs", "bps", -1,
                   "Trading costs over NAV in basis points, summed.", yearly=True),
        MetricFace("stop_hits", "Stop hits", "count", 0, "Position and trailing stops together."),
        MetricFace("position_stops", "of which position", "count", 0,
                   "Stops against the average entry price."),
        MetricFace("trailing_stops", "of which trailing", "count", 0,
                   "Stops against the highest close since entry."),
        MetricFace("breaker_trips", "Breaker trips", "count", 0,
                   "Times the circuit breaker sold everything."),
        MetricFace("average_exposure", "Average exposure", "percent", 0,
                   "Mean over sessions of held value over NAV."),
        MetricFace("rebalances", "Rebalances", "count", 0, "Rebalances that were filled."),
    )
}  # fmt: skip
