"""Coverage: the share of the universe for which factors and their ingredients are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.factors.panel import INGREDIENTS
from dashboard.format import percent
from dashboard.run import Run

__all__ = ["Coverage", "coverage_of", "coverage_text", "readable"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of the universe over all rebalances, fractions; empty for a book of one's own.

    Attributes
    ----------
    factors : mapping of factor to share
    ingredients : mapping of ``factor.ingredient`` to share
        Before any is left out for being known of too few names.
    """

    factors: Mapping[str, float]
    ingredients: Mapping[str, float]


def coverage_of(run: Run) -> Coverage:
    """Return the coverage of `run`; a rebalance counts with the names it has in its universe."""
    if run.signals is None:
        return Coverage({}, {})
    names = run.signals.universe.sum(axis=1)
    shares = {
        name: float(np.dot(share, names)) / max(int(names.sum()), 1)
        for name, share in run.signals.panel.coverage.items()
    }
    return Coverage(
        factors={name: shares[name] for name in run.signals.panel.factors},
        ingredients={name: shares[name] for name in INGREDIENTS},
    )


def coverage_text(shares: Mapping[str, float]) -> str:
    """Return shares as one line.

    Examples
    --------
    >>> coverage_text({"value": 0.72, "quality.cash_flow_to_assets": 1.0})
    'value 72\u202f%, quality cash flow to assets 100\u202f%'
    """
    return ", ".join(f"{readable(name)} {percent(share, 0)}" for name, share in shares.items())


def readable(name: str) -> str:
    """Return a factor or ``factor.ingredient`` as people read it."""
    return name.replace("12_1", "12-1").replace(".", " ").replace("_", " ")
