"""What a walk-forward is given, and what it gives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from core.evidence.bootstrap import PairedDifference
from core.evidence.folds import Fold
from core.evidence.luck import Luck
from core.evidence.purged import PurgedPaths
from core.evidence.walkforward import Drift
from core.metrics import CurveMetrics, Metrics
from core.result import BacktestResult
from core.simulation import SweepResult
from core.surface import DIRECTIONS
from core.sweep_plan import SweepPlan
from core.units import Dates, Floats, Ints
from dashboard.run import Run

__all__ = ["WalkForward", "WalkWindows", "walk_hash"]


@dataclass(frozen=True, slots=True)
class WalkWindows:
    """How a walk-forward is laid out, see :func:`core.evidence.folds.lay_out`.

    Attributes
    ----------
    train, test : int
        Rebalances.
    anchored : bool
    purge, embargo : int
        Sessions; the embargo is for the combinatorial paths only.
    metric : str
        By which a setting is chosen.
    groups, tests : int
        Of the combinatorial paths; no groups, no paths.
    """

    train: int
    test: int = 1
    anchored: bool = False
    purge: int = 1
    embargo: int = 21
    metric: str = "sharpe_ratio"
    groups: int = 6
    tests: int = 2


@dataclass(frozen=True, eq=False)
class WalkForward:
    """What came of a walk-forward: F folds, K settings.

    Attributes
    ----------
    run : Run
        The scenario as it stands, over the whole period.
    in_sample : float64[F, K]
        The metric over each training window; NaN = undefined or refused.
    chosen : int64[F]
        Rows of the plan.
    dates : datetime64[D][U]
        Sessions out of sample.
    result, metrics
        The portfolio that followed the choices, from cash on the first of `dates`.
    by_fold : float64[F]
        The metric of that curve over each test; NaN where a curve alone does not have it.
    base, base_nav
        The scenario as it stands over the same sessions, from cash.
    benchmark : CurveMetrics
    fixed : SweepResult
        Every setting held over the same sessions: known only afterwards.
    efficiency : float
    drift : tuple of Drift
    against_base, against_benchmark : dict of PairedDifference or None
        Paired verdicts on the two curves by metric, on the same resampled sessions; None with
        fewer than ``core.evidence.bootstrap.MIN_RETURNS`` returns out of sample.
    paths : PurgedPaths or None
        None when not asked for, or with too few sessions or too many settings.
    luck : Luck or None
        What chance alone shows among the settings over the last training window; None as `paths`.
    deflated : float
        Deflated Sharpe ratio of what was chosen there: the probability that its true Sharpe ratio
        is above what chance gives the best of them; NaN without `luck`.
    sure : float
        Probability that the true Sharpe ratio of the curve out of sample is above 0; NaN where
        it does not vary.
    refused : int
        Settings that are not allowed.
    """

    plan: SweepPlan
    windows: WalkWindows
    run: Run
    folds: tuple[Fold, ...]
    in_sample: Floats
    chosen: Ints
    dates: Dates
    result: BacktestResult
    metrics: Metrics
    by_fold: Floats
    base: Metrics
    base_nav: Floats
    benchmark: CurveMetrics
    fixed: SweepResult
    efficiency: float
    drift: tuple[Drift, ...]
    against_base: dict[str, PairedDifference] | None
    against_benchmark: dict[str, PairedDifference] | None
    paths: PurgedPaths | None
    luck: Luck | None
    deflated: float
    sure: float
    refused: int

    @property
    def chosen_in_sample(self) -> Floats:
        """Value of the chosen setting over its training window, float64[F]."""
        found: Floats = self.in_sample[np.arange(len(self.chosen)), self.chosen]
        return found

    @property
    def lead(self) -> tuple[float, float]:
        """By how much the choice was above the median setting: in training, and afterwards.

        Every setting of a market that rises does well on both sides; what a choice adds is this.
        In the unit of the metric, NaN where undefined.
        """
        ran = self.in_sample[:, np.isfinite(self.in_sample).any(axis=0)]
        held = self.fixed.metric(self.windows.metric)
        if not np.isfinite(held).any():
            return float("nan"), float("nan")
        before = float(np.mean(self.chosen_in_sample - np.nanmedian(ran, axis=1)))
        after = getattr(self.metrics, self.windows.metric) - float(np.nanmedian(held))
        return before, after

    @property
    def beaten(self) -> float:
        """Share of the settings, held all along, that the portfolio beat by its metric."""
        sign = DIRECTIONS[self.windows.metric]
        column = sign * self.fixed.metric(self.windows.metric)
        known = column[np.isfinite(column)]
        mine = sign * getattr(self.metrics, self.windows.metric)
        return float((known < mine).mean()) if len(known) else float("nan")


def walk_hash(plan: SweepPlan, windows: WalkWindows) -> str:
    """Return 12 hex digits of settings and windows: other windows are another search."""
    return hashlib.sha256(f"{plan.hash} {windows!r}".encode()).hexdigest()[:12]
