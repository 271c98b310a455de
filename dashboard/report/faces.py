"""Every metric as people read it: order, kind and direction, for all faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboard.definitions import DEFINITIONS

__all__ = ["ANNUAL", "FACES", "MetricFace"]


@dataclass(frozen=True, slots=True)
class MetricFace:
    """How one metric is called, written and judged, in the terminal as on a page.

    Attributes
    ----------
    name : str
        Name in ``core.metrics.Metrics``.
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
    kind: str
    direction: int
    missing: str = "undefined for this run"
    of_curve: bool = False
    yearly: bool = False

    @property
    def label(self) -> str:
        """What people call it."""
        return DEFINITIONS[self.name].label

    @property
    def help(self) -> str:
        """What it is, in one sentence."""
        return DEFINITIONS[self.name].what


#: Scaled to a year: of a period of weeks they say nothing.
ANNUAL: Final = frozenset(
    {"cagr", "cagr_sessions", "volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio"}
)
#: The lines of a report, in order. The key is the metric's name.
FACES: Final = {
    face.name: face
    for face in (
        MetricFace("total_return", "percent", 1, of_curve=True),
        MetricFace("cagr", "percent", 1, "one date is no period", of_curve=True),
        MetricFace("cagr_sessions", "percent", 1, "one session is no period", of_curve=True),
        MetricFace("volatility", "percent", 0, "too few sessions", of_curve=True),
        MetricFace("sharpe_ratio", "ratio", 1, "returns do not vary", of_curve=True),
        MetricFace("sortino_ratio", "ratio", 1, "no session below the cash rate", of_curve=True),
        MetricFace("max_drawdown", "percent", 1, of_curve=True),
        MetricFace("calmar_ratio", "ratio", 1, "there was no drawdown", of_curve=True),
        MetricFace("win_rate", "percent", 1, "no trade was closed"),
        MetricFace("trades", "count", 0),
        MetricFace("average_trade_return", "percent", 1, "no trade was closed"),
        MetricFace("turnover", "whole percent", -1, yearly=True),
        MetricFace("cost_bps", "bps", -1, yearly=True),
        MetricFace("stop_hits", "count", 0),
        MetricFace("position_stops", "count", 0),
        MetricFace("trailing_stops", "count", 0),
        MetricFace("breaker_trips", "count", 0),
        MetricFace("average_exposure", "percent", 0),
        MetricFace("rebalances", "count", 0),
    )
}  # fmt: skip
