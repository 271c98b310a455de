"""Tune on the years before, read the years after: the tables of docs/results.md on tuning.

Usage: python -m scripts.walkforward_study [--source us] [--jobs 2]
Prints Markdown. Settings are chosen on 2016-07 … 2021-05 only, or on what came before each month,
and read on 2021-06 … 2024-05.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Final

from core.axes import parse_axes
from core.config import Scenario
from core.evidence.bootstrap import compare
from core.metrics import Metrics, daily_returns
from core.scenario import preset, with_values
from core.sweep_plan import SweepPlan, plan_sweep
from core.units import Floats
from dashboard.format import percent, ratio
from dashboard.home import home_folder
from dashboard.pipeline import Pipeline
from dashboard.sweep_backends import open_backend
from dashboard.walkforward import WalkForward, WalkWindows
from dashboard.walkforward_run import sure_of, walk_forward

START, END, TUNED = "2016-07-01", "2024-06-01", 58  # decisions before that of 2021-05-28
READ: Final = {"period.start": "2021-05-28", "period.end": END}

RISK: Final = (
    "risk.position_stop_loss=0.12,0.2,off",
    "risk.trailing_stop_pct=0.15,0.25,off",
    "risk.max_allowed_drawdown=0.2,0.3,off",
    "risk.target_annual_vol=0.12,0.15,0.18,off",
)
BOOK: Final = ("book.names_held=30,50,100",)
WIDE: Final = (
    "risk.position_stop_loss=0.05:0.4", "risk.trailing_stop_pct=0.05:0.4",
    "risk.max_allowed_drawdown=0.1:0.5", "risk.min_position_scale=0:0.9",
    "risk.target_annual_vol=0.08:0.3", "risk.vol_lookback_days=10:90",
    "risk.vol_rebalance_threshold=0.1:0.6", "risk.min_alpha_to_cost_ratio=0:4",
    "book.names_held=20,30,40,50,75,100",
)  # fmt: skip

#: Settings that need no search: what the literature and the accounts say of the rules.
REASONED: Final = {
    "Phase 8": {},
    "without both stops": {"risk.position_stop_loss": None, "risk.trailing_stop_pct": None},
    "without drawdown scaling": {"risk.max_allowed_drawdown": None},
    "volatility target alone, 15 %": {
        "risk.position_stop_loss": None, "risk.trailing_stop_pct": None,
        "risk.max_allowed_drawdown": None, "risk.target_annual_vol": 0.15,
        "risk.min_position_scale": 0.0,
    },
    "volatility target alone, 12 %": {
        "risk.position_stop_loss": None, "risk.trailing_stop_pct": None,
        "risk.max_allowed_drawdown": None, "risk.target_annual_vol": 0.12,
        "risk.min_position_scale": 0.0,
    },
}  # fmt: skip


def _base() -> Scenario:
    return with_values(
        preset("Phase 8"),
        {"universe.source": "us", "period.start": START, "period.end": END},
    )


def _plans(base: Scenario) -> Iterator[tuple[str, SweepPlan, WalkWindows]]:
    risk = plan_sweep(base, parse_axes(RISK))
    both = plan_sweep(base, parse_axes((*RISK, *BOOK)))
    wide = plan_sweep(base, parse_axes(WIDE), "sobol", count=512, seed=1)
    for metric in ("sharpe_ratio", "calmar_ratio", "cagr"):
        yield f"risk grid, once, by {metric}", risk, WalkWindows(TUNED, 36, metric=metric)
    yield "risk and book, once", both, WalkWindows(TUNED, 36)
    yield "nine fields, once", wide, WalkWindows(TUNED, 36)
    yield "risk and book, quarterly, 36 months", both, WalkWindows(36, 3)
    yield "risk and book, quarterly, anchored", both, WalkWindows(TUNED, 3, anchored=True)


def _cells(metrics: Metrics, sure: float) -> str:
    return (
        f"{percent(metrics.cagr)} | {percent(metrics.volatility)} | {ratio(metrics.sharpe_ratio)} "
        f"| {percent(metrics.max_drawdown)} | {ratio(metrics.calmar_ratio)} | {ratio(sure)}"
    )


def _walk_row(name: str, found: WalkForward) -> str:
    luck, metric = found.luck, found.windows.metric
    held = found.chosen_in_sample.mean()
    chosen = ", ".join(
        f"{one.path.partition('.')[2]} {one.commonest} ({percent(one.share, 0)})"
        for one in found.drift
    )
    said = "–" if luck is None else f"{luck.effective:.1f}"
    verdict = "" if found.against_base is None else str(
        found.against_base["sharpe_ratio"].verdict.value
    )  # fmt: skip
    return (
        f"| {name} | {len(found.plan)} | {said} | {metric} {held:.2f} | {ratio(found.deflated)} | "
        f"{_cells(found.metrics, found.sure)} | {ratio(found.efficiency)} | "
        f"{found.lead[0]:+.2f} → {found.lead[1]:+.2f} | {percent(found.beaten, 0)} | {verdict} |\n"
        f"<!-- {name}: {chosen}; out of sample {found.dates[0]} … {found.dates[-1]} -->"
    )


def _reasoned(pipeline: Pipeline, base: Scenario) -> Iterator[str]:
    first: Floats | None = None
    for name, values in REASONED.items():
        for label, period in (("before", {"period.end": "2021-05-31"}), ("after", READ)):
            run = pipeline.run(with_values(base, values | period))
            cash = run.inputs.market.cash_rate
            sure = sure_of(daily_returns(run.result.nav, run.result.initial_nav) - cash[1:])
            told = ""
            if label == "after":
                first = run.result.nav if first is None else first
                told = compare(run.result.nav, first, run.dates, cash)["sharpe_ratio"].verdict.value
            yield f"| {name}, {label} | {_cells(run.metrics, sure)} | {told} |"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    pipeline, base = Pipeline(home_folder()), _base()
    for line in _reasoned(pipeline, base):
        _say(line)
    place = open_backend("threads", None, options.jobs)
    try:
        for name, plan, windows in _plans(base):
            found = walk_forward(plan, windows, pipeline, place, lambda _n, _of: None)
            _say(_walk_row(name, found))
            if found.paths is not None:
                low, high = found.paths.sharpe.min(), found.paths.sharpe.max()
                _say(
                    f"<!-- paths {low:.2f} … {high:.2f}, in-sample "
                    f"{found.paths.in_sample.mean():.2f} -->"
                )
    finally:
        place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
