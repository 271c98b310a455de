"""The line above what a command prints: whose numbers they are."""

from __future__ import annotations

from typing import Final

from core.sweep_plan import SweepPlan
from dashboard.format import count
from dashboard.home import DEMO
from dashboard.run import Run

__all__ = ["run_heading", "sweep_heading"]

_MARK: Final = "  [SIMULATED MARKET]"


def run_heading(run: Run) -> str:
    """Return setting, market, sessions simulated, and the mark of a simulated market."""
    window = f"{run.dates[0]} … {run.dates[-1]} · {count(len(run.dates))} sessions"
    mark = _MARK if run.market.simulated else ""
    return f"{run.scenario.name} · {run.market.source} · {window}{mark}"


def sweep_heading(plan: SweepPlan) -> str:
    """Return setting and market that a sweep departs from, and the same mark."""
    source = plan.base.universe.source
    return f"{plan.base.name} · {source}{_MARK if source == DEMO else ''}"
