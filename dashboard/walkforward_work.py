"""A walk-forward behind a page: what can be chosen from, the work, and its row in the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.axes import parse_axes
from core.config import Scenario
from core.sweep import SweepTable
from core.sweep_plan import Design, SweepPlan, plan_sweep
from dashboard.evidence_trials import sweep_returns
from dashboard.pipeline import Pipeline
from dashboard.record import Recorded
from dashboard.robust_work import Here
from dashboard.studies import Pace, Work
from dashboard.sweep_memory import available_memory
from dashboard.sweep_run import Books, record_sweep
from dashboard.walkforward import WalkForward, WalkWindows, walk_hash
from dashboard.walkforward_run import walk_forward
from data.journal import Journal

__all__ = ["OFFERED", "WalkChoice", "plan_of", "walk_work"]

#: What a page offers to choose from; the axes are those of `plimsoll walkforward --axis`.
OFFERED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Stops, drawdown scaling, volatility target": (
            "risk.position_stop_loss=0.12,0.2,off",
            "risk.trailing_stop_pct=0.15,0.25,off",
            "risk.max_allowed_drawdown=0.2,0.3,off",
            "risk.target_annual_vol=0.12,0.15,0.18,off",
        ),
        "Both stops": (
            "risk.position_stop_loss=0.08,0.12,0.2,0.3,off",
            "risk.trailing_stop_pct=0.1,0.15,0.25,0.35,off",
        ),
        "Volatility target": (
            "risk.target_annual_vol=0.1,0.12,0.15,0.18,0.22,off",
            "risk.vol_lookback_days=20,40,63",
        ),
        "Names held and their weighting": (
            "book.names_held=30,50,100",
            "book.weighting=equal,inverse_volatility",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class WalkChoice:
    """What is asked for: the settings there are to choose from, and how.

    Attributes
    ----------
    axes : tuple of str
        As ``core.axes.parse_axes`` reads them.
    windows : WalkWindows
    design : str
        "grid", "random" or "sobol"; the latter two need `number`.
    number : int or None
        Settings of a design that is drawn.
    seed : int
    """

    axes: tuple[str, ...]
    windows: WalkWindows
    design: Design = "grid"
    number: int | None = None
    seed: int = 0

    @property
    def key(self) -> str:
        """Return 12 hex digits of everything in it."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]


def plan_of(scenario: Scenario, choice: WalkChoice) -> SweepPlan:
    """Return the settings there are to choose from.

    Raises
    ------
    core.errors.ConfigError
    """
    return plan_sweep(
        scenario, parse_axes(choice.axes), choice.design,
        count=None if choice.design == "grid" else choice.number, seed=choice.seed,
        memory=available_memory() / 2,
    )  # fmt: skip


def walk_work(scenario: Scenario, choice: WalkChoice, pipeline: Pipeline, journal: Journal) -> Work:
    """Return the work of a study: a walk-forward, in the journal before anybody sees it.

    Its result is a ``dashboard.record.Recorded`` of a ``dashboard.walkforward.WalkForward``.

    Raises
    ------
    core.errors.CoreError, data.errors.DataError
        From the work; CancelledError between two blocks of runs, and nothing is recorded then.
    """

    def work(pace: Pace) -> Recorded[WalkForward]:
        plan = plan_of(scenario, choice)
        here = Here(pace.cancelled, len(plan))
        found = walk_forward(
            plan, choice.windows, pipeline, here, lambda n, of: pace.share(0.95 * n / of)
        )
        tried = SweepTable(plan, found.fixed, ("",) * len(plan))
        returns = sweep_returns(tried, Books(pipeline).get)

        def record() -> str:
            return record_sweep(
                journal, plan, found.run.market.fingerprint, scenario.name, tried, returns,
                setting=walk_hash(plan, choice.windows),
            )  # fmt: skip

        return Recorded(found, record)

    return work
