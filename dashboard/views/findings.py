"""What stands out, in words, generated from the numbers of the run."""

from __future__ import annotations

from typing import Final

import numpy as np

from dashboard.caveats import caveats
from dashboard.charts.exposure import BINDING
from dashboard.charts.scale_curve import floor_binds_at
from dashboard.format import count, date, percent
from dashboard.report.breaches import largest_breaches
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.views.facts import binding_of

__all__ = ["findings", "headline"]

_LONG_EMPTY: Final = 21  # sessions


def headline(run: Run) -> str:
    """Return one sentence: what it made, what it lost at worst, against what."""
    mine, other = run.metrics, run.benchmark_metrics
    if is_short(run):
        return (
            f"From {date(run.dates[0])} to {date(run.dates[-1])} the portfolio made "
            f"{percent(mine.total_return)} in all with a worst loss of "
            f"{percent(-mine.max_drawdown)}; {run.benchmark_name} made "
            f"{percent(other.total_return)} and lost {percent(-other.max_drawdown)} at worst. "
            "Too short for yearly figures."
        )
    return (
        f"From {date(run.dates[0])} to {date(run.dates[-1])} the portfolio made "
        f"{percent(mine.cagr)} a year with a worst loss of {percent(-mine.max_drawdown)}; "
        f"{run.benchmark_name} made {percent(other.cagr)} a year "
        f"and lost {percent(-other.max_drawdown)} at worst."
    )


def findings(run: Run) -> tuple[str, ...]:
    """Return what is likely to mislead, then what each rule did, one sentence each."""
    short = (note for note in run.notes if note.startswith(("little history", "in cash until")))
    found = (
        *(lack.text for lack in caveats(run)),
        *(f"{note[0].upper()}{note[1:]}." for note in short),
        *run.scenario.warnings(),
        _nothing_held(run),
        _floor(run),
        _volatility(run),
        _stops(run),
        _breaker(run),
        _caps(run),
    )
    return tuple(text for text in found if text)


def _sessions(number: int, total: int) -> str:
    return f"{count(number)} of {count(total)} sessions ({percent(number / total, 0)})"


def _nothing_held(run: Run) -> str:
    # A book of one's own may end with everything sold, while exposure looks as if it were used.
    held = np.flatnonzero(run.result.invested)
    left = len(run.dates) - (int(held[-1]) + 1 if len(held) else 0)
    if not len(held) or left < _LONG_EMPTY:
        return ""
    return (
        f"Nothing was held on the last {count(left)} sessions, from "
        f"{date(run.dates[len(run.dates) - left])} on: all was sold, and nothing bought again."
    )


def _floor(run: Run) -> str:
    risk = run.scenario.risk
    if risk.max_allowed_drawdown is None:
        return "Drawdown scaling is off."
    binding = binding_of(run)
    floored = binding == BINDING.index("floor")
    held, scaled = int(floored.sum()), int((binding == BINDING.index("drawdown")).sum())
    if not 0.0 < risk.min_position_scale < 1.0:
        return f"Drawdown scaling held exposure on {_sessions(scaled, len(binding))}."
    at = percent(floor_binds_at(risk.max_allowed_drawdown, risk.min_position_scale))
    told = (
        f"The floor binds from {at} of drawdown: exposure stood on it on "
        f"{_sessions(held, len(binding))}"
    )
    deeper = run.result.drawdown <= floor_binds_at(
        risk.max_allowed_drawdown, risk.min_position_scale
    )
    above = int((deeper & ~floored).sum())
    if risk.target_annual_vol is None or not above:
        return f"{told}."
    return (
        f"{told}. On {count(above)} sessions below that depth something else held it: calm markets "
        "let the volatility scale lift exposure above the floor, or the last rescale still held."
    )


def _volatility(run: Run) -> str:
    target = run.scenario.risk.target_annual_vol
    if target is None:
        return "The volatility target is off."
    return (
        f"Realised volatility was {percent(run.metrics.volatility)} "
        f"against a target of {percent(target, 0)}."
    )


def _stops(run: Run) -> str:
    risk, metrics = run.scenario.risk, run.metrics
    if risk.position_stop_loss is None and risk.trailing_stop_pct is None:
        return "Both stops are off."
    if metrics.stop_hits == 0:
        return "No stop was hit."
    return (
        f"Stops sold {count(metrics.stop_hits)} positions: {count(metrics.position_stops)} by the "
        f"position stop, {count(metrics.trailing_stops)} by the trailing stop."
    )


def _breaker(run: Run) -> str:
    level = run.scenario.risk.circuit_breaker_dd
    if level is None:
        return "The breaker is off."
    if run.metrics.breaker_trips == 0:
        depth = run.result.risk_drawdown
        worst = int(depth.argmin())
        return (
            f"The breaker at {percent(-level, 0)} never tripped; it came closest on "
            f"{date(run.dates[worst])} at {percent(float(depth[worst]))}."
        )
    out = np.isnan(run.result.wanted_exposure)
    times = "once" if run.metrics.breaker_trips == 1 else f"{run.metrics.breaker_trips} times"
    return (
        f"The breaker tripped {times}, first on {date(run.dates[int(out.argmax())])}, "
        f"and kept the portfolio out on {_sessions(int(out.sum()), len(out))}."
    )


def _caps(run: Run) -> str:
    if run.caps == (None, None):
        return ""
    above = largest_breaches(run, 1)
    position, sector = run.caps
    if not above:
        within = [
            f"no name above its cap of {percent(position)}" if position is not None else "",
            f"no sector above its cap of {percent(sector, 0)}" if sector is not None else "",
        ]
        unset = "" if sector is not None else "; no sector cap is set"
        told = " and ".join(part for part in within if part)
        return f"There was {told}{unset}." if told else ""
    return f"Targets keep the caps, holdings passed them at times: {above}."
