"""What a figure shows in words, from the same numbers, for those who do not see it."""

from __future__ import annotations

from dashboard.charts.exposure import spells
from dashboard.charts.frames import TimelineFrames
from dashboard.charts.scale_curve import floor_binds_at
from dashboard.charts.sectors import stack_order
from dashboard.charts.timeline import Levels
from dashboard.format import date, percent, ratio

__all__ = ["scale_curve_alt", "timeline_alt"]


def timeline_alt(frames: TimelineFrames, levels: Levels, benchmark_name: str = "") -> str:
    """Describe the main figure."""
    equity, drawdown, exposure = frames.equity, frames.drawdown, frames.exposure
    first, last = date(equity.index[0]), date(equity.index[-1])
    parts = [
        f"From {first} to {last} the portfolio grew from {ratio(equity['portfolio'].iloc[0])} "
        f"to {ratio(equity['portfolio'].iloc[-1])} times its start."
    ]
    if "benchmark" in equity.columns:
        ends = ratio(equity["benchmark"].ffill().iloc[-1])
        parts.append(f"The benchmark, {benchmark_name}, ended at {ends}.")
    worst = drawdown["portfolio"]
    parts.append(f"The deepest drawdown was {percent(worst.min())} on {date(worst.idxmin())}.")
    parts.append(
        f"Applied exposure was between {percent(exposure['applied'].min(), 0)} and "
        f"{percent(exposure['applied'].max(), 0)}."
    )
    out = spells(exposure["wanted"].isna())
    if out:
        times = "once" if len(out) == 1 else f"{len(out)} times"
        parts.append(f"The circuit breaker was out of the market {times}.")
    order = stack_order(frames.sectors)
    if order:
        share = percent(frames.sectors[order[0]].mean(), 0)
        parts.append(f"The largest sector was {order[0]}, {share} of NAV on average.")
    if levels.sector_cap is not None:
        parts.append(f"A sector's target is capped at {percent(levels.sector_cap, 0)}.")
    common = frames.regimes.value_counts()
    parts.append(
        f"The most frequent regime was {common.index[0]}, "
        f"{percent(common.iloc[0] / len(frames.regimes), 0)} of sessions."
    )
    return " ".join(parts)


def scale_curve_alt(maximum: float, floor: float, worst: float | None = None) -> str:
    """Describe the curve of the drawdown rule."""
    text = (
        f"Exposure falls with the square of the room left to a drawdown of {percent(-maximum, 0)}."
    )
    if 0.0 < floor < 1.0:
        text += (
            f" The floor of {percent(floor, 0)} holds it from a drawdown of "
            f"{percent(floor_binds_at(maximum, floor))}."
        )
    if worst is not None:
        text += f" The run went down to {percent(worst)}."
    return text
