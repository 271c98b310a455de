"""The origin report's targets, which docs/results.md holds the results against."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a metric; `text` is for people, fractions inside."""

    metric: str
    bound: float
    text: str

    def met(self, value: float | None) -> bool | None:
        """Return whether `value` is beyond the bound, None for an undefined value."""
        return None if value is None or math.isnan(value) else value > self.bound


TARGETS: Final = {
    target.metric: target
    for target in (
        Target("cagr", 0.18, "> 18 %"),
        Target("sharpe_ratio", 1.2, "> 1.2"),
        Target("max_drawdown", -0.15, "better than −15 %"),
        Target("win_rate", 0.55, "> 55 %"),
        Target("calmar_ratio", 1.5, "> 1.5"),
    )
}
