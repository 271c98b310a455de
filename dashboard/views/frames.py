"""From a run to what the charts draw."""

from __future__ import annotations

import pandas as pd

from core.config import Scenario
from dashboard.charts.exposure import binding_rule
from dashboard.charts.frames import TimelineFrames
from dashboard.charts.timeline import Levels
from dashboard.run import Run

__all__ = ["LOG_FROM_DAYS", "levels", "timeline_frames"]

LOG_FROM_DAYS = 5 * 365


def timeline_frames(run: Run, baseline: Run | None = None) -> TimelineFrames:
    """Return the frames of the main figure; the untouched preset's curves as ``baseline``."""
    equity, drawdown = run.equity_frame(), run.underwater_frame()
    if baseline is not None:
        ghost = baseline.equity_frame()["portfolio"].reindex(equity.index)
        if ghost.notna().any():
            equity["baseline"] = ghost
            drawdown["baseline"] = baseline.underwater_frame()["portfolio"].reindex(equity.index)
    risk, result = run.scenario.risk, run.result
    scales = pd.DataFrame(
        {
            "dd_scale": result.dd_scale,
            "vol_scale": result.vol_scale,
            "leverage": result.leverage,
            "wanted": result.wanted_exposure,
        },
        index=equity.index,
    )
    return TimelineFrames(
        equity=equity,
        drawdown=drawdown,
        exposure=run.exposure_frame(),
        binding=binding_rule(scales, risk.min_position_scale, risk.max_leverage),
        sectors=run.sector_frame(),
        regimes=run.regime_series(),
    )


def levels(scenario: Scenario) -> Levels:
    """Return the lines that the rules of `scenario` draw."""
    risk = scenario.risk
    scaling = risk.max_allowed_drawdown is not None or risk.target_annual_vol is not None
    return Levels(
        reference=risk.max_allowed_drawdown,
        breaker=risk.circuit_breaker_dd,
        floor=risk.min_position_scale if scaling else None,
        sector_cap=scenario.book.sector_cap,
    )
