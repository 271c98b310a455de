"""What a figure shows in words, from the same numbers, for those who do not see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.charts.exposure import spells
from dashboard.charts.frames import TimelineFrames
from dashboard.charts.scale_curve import floor_binds_at
from dashboard.charts.sectors import stack_order
from dashboard.charts.timeline import Levels
from dashboard.format import date, percent, percent_as_set, ratio

__all__ = ["TimelineFacts", "facts_alt", "scale_curve_alt", "timeline_alt"]


@dataclass(frozen=True, slots=True)
class TimelineFacts:
    """What there is to say of the main figure; fractions, drawdowns in [−1, 0].

    Attributes
    ----------
    first, last : datetime64
    start, end : float
        Growth of 1 at both ends.
    benchmark : float, optional
        Growth of 1 of the benchmark at the end.
    worst, worst_on : float, datetime64
        Deepest drawdown.
    exposure : (float, float)
        Least and most that was applied.
    spells_out : int
        Stretches that the breaker was out.
    largest : (str, float), optional
        The largest sector and its mean share of NAV.
    regime : (str, float)
        The most frequent regime and its share of sessions.
    """

    first: np.datetime64
    last: np.datetime64
    start: float
    end: float
    benchmark: float | None
    worst: float
    worst_on: np.datetime64
    exposure: tuple[float, float]
    spells_out: int
    largest: tuple[str, float] | None
    regime: tuple[str, float]


def timeline_alt(frames: TimelineFrames, levels: Levels, benchmark_name: str = "") -> str:
    """Describe the main figure."""
    equity, worst, exposure = frames.equity, frames.drawdown["portfolio"], frames.exposure
    order, common = stack_order(frames.sectors), frames.regimes.value_counts()
    benchmark = equity["benchmark"].ffill().iloc[-1] if "benchmark" in equity.columns else None
    days: npt.NDArray[np.datetime64] = equity.index.to_numpy()
    facts = TimelineFacts(
        first=days[0],
        last=days[-1],
        start=float(equity["portfolio"].iloc[0]),
        end=float(equity["portfolio"].iloc[-1]),
        benchmark=benchmark,
        worst=float(worst.min()),
        worst_on=days[int(worst.argmin())],
        exposure=(float(exposure["applied"].min()), float(exposure["applied"].max())),
        spells_out=len(spells(exposure["wanted"].isna())),
        largest=(order[0], float(frames.sectors[order[0]].mean())) if order else None,
        regime=(str(common.index[0]), float(common.iloc[0] / len(frames.regimes))),
    )
    return facts_alt(facts, levels, benchmark_name)


def facts_alt(facts: TimelineFacts, levels: Levels, benchmark_name: str = "") -> str:
    """Describe the main figure from bare numbers."""
    parts = [
        f"From {date(facts.first)} to {date(facts.last)} the portfolio grew from "
        f"{ratio(facts.start)} to {ratio(facts.end)} times its start."
    ]
    if facts.benchmark is not None:
        parts.append(f"The benchmark, {benchmark_name}, ended at {ratio(facts.benchmark)}.")
    parts.append(f"The deepest drawdown was {percent(facts.worst)} on {date(facts.worst_on)}.")
    low, high = facts.exposure
    parts.append(f"Applied exposure was between {percent(low, 0)} and {percent(high, 0)}.")
    if facts.spells_out:
        times = "once" if facts.spells_out == 1 else f"{facts.spells_out} times"
        parts.append(f"The circuit breaker was out of the market {times}.")
    if facts.largest is not None:
        name, share = facts.largest
        parts.append(f"The largest sector was {name}, {percent(share, 0)} of NAV on average.")
    if levels.sector_cap is not None:
        parts.append(f"A sector's target is capped at {percent_as_set(levels.sector_cap)}.")
    regime, share = facts.regime
    parts.append(f"The most frequent regime was {regime}, {percent(share, 0)} of sessions.")
    return " ".join(parts)


def scale_curve_alt(maximum: float, floor: float, worst: float | None = None) -> str:
    """Describe the curve of the drawdown rule."""
    room = f"the room left to a drawdown of {percent_as_set(-maximum)}"
    text = f"Exposure falls with the square of {room}."
    if 0.0 < floor < 1.0:
        text += (
            f" The floor of {percent_as_set(floor)} holds it from a drawdown of "
            f"{percent(floor_binds_at(maximum, floor))}."
        )
    if worst is not None:
        text += f" The run went down to {percent(worst)}."
    return text
