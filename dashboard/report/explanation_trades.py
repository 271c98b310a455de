"""The trades of an explained fill, name by name: what each step left of them, for every face."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.explain_filled import Fill
from core.units import Ints
from dashboard.format import money, ratio
from dashboard.report.explanation_fill import note_of

__all__ = ["WEIGHTS_CAPTION", "trade_cells", "trade_titles", "traded_rows"]

WEIGHTS_CAPTION: Final = "Weights in percent of NAV before the fill; traded and cost in dollars."
_STEPS: Final = ("target", "before", "risk", "gate", "cap", "after")
_PLAIN: Final = ("before", "after")
_DOLLARS: Final = ("traded", "cost", "")


def traded_rows(fill: Fill) -> Ints:
    """Return the rows of a fill in which something was traded, the largest first."""
    rows = np.flatnonzero(fill.traded != 0.0)
    ordered: Ints = rows[np.argsort(-np.abs(fill.traded[rows]), kind="stable")]
    return ordered


def trade_titles(fill: Fill) -> tuple[str, ...]:
    """Return the heads of :func:`trade_cells`."""
    return (*(_STEPS if fill.rebalance >= 0 else _PLAIN), *_DOLLARS)


def trade_cells(fill: Fill, row: int) -> tuple[str, ...]:
    """Return weights in percent after each step, dollars, cost, and what was special."""
    steps: tuple[np.ndarray, ...] = (fill.current, fill.final)
    if fill.rebalance >= 0:
        steps = (fill.target, fill.current, fill.risk, fill.wanted, fill.capped, fill.final)
    weights = (ratio(100.0 * float(step[row])) for step in steps)
    return (*weights, money(fill.traded[row]), ratio(fill.cost_of[row]), note_of(fill, row))
