"""What the words of the Risk page need of a run: bare arrays, no frames, for every commit pays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.factors.names import REGIMES
from dashboard.charts.alt import TimelineFacts
from dashboard.charts.exposure import binding_codes
from dashboard.run import Run

__all__ = ["binding_of", "timeline_facts"]


def binding_of(run: Run) -> npt.NDArray[np.uint8]:
    """Return what held exposure on each session: places in ``charts.exposure.BINDING``."""
    result, risk = run.result, run.scenario.risk
    return binding_codes(
        result.dd_scale,
        result.vol_scale,
        result.leverage,
        result.wanted_exposure,
        floor=risk.min_position_scale,
        limit=risk.max_leverage,
    )


def timeline_facts(run: Run) -> TimelineFacts:
    """Return what there is to say of the main figure of `run`."""
    result, days = run.result, run.dates
    known = run.benchmark[np.isfinite(run.benchmark)]
    worst = int(result.drawdown.argmin())
    out = np.isnan(result.wanted_exposure)
    regimes = np.bincount(run.regime[run.first : run.first + len(days)], minlength=len(REGIMES))
    common = int(regimes.argmax())
    return TimelineFacts(
        first=days[0],
        last=days[-1],
        start=float(result.nav[0] / result.initial_nav),
        end=float(result.nav[-1] / result.initial_nav),
        benchmark=float(known[-1]) if len(known) else None,
        worst=float(result.drawdown[worst]),
        worst_on=days[worst],
        exposure=(float(result.applied_exposure.min()), float(result.applied_exposure.max())),
        spells_out=int(out[0]) + int(np.count_nonzero(np.diff(out.astype(np.int8)) == 1)),
        largest=_largest(run),
        regime=(REGIMES[common], float(regimes[common] / len(days))),
    )


def _largest(run: Run) -> tuple[str, float] | None:
    means = {name: float(weight.mean()) for name, weight in run.sector_weights.items()}
    name = max(means, key=lambda one: means[one], default="")
    return (name, means[name]) if name and means[name] > 0.0 else None
