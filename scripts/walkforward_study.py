"""Print the tables of docs/results.md on tuning: chosen on the years before, read on those after.

Usage: python -m scripts.walkforward_study [--jobs 2] [--reasoned]
Settings found by reasoning stand beside settings that a walk-forward chose, on 2016-07 … 2021-05
once or each quarter on what came before; all are read from the close of 2021-05-28 to 2024-05-31.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from core.axes import parse_axes
from core.config import Scenario
from core.evidence.bootstrap import PairedDifference, compare
from core.evidence.standing import standing
from core.metrics import Metrics, daily_returns
from core.scenario import preset, with_values
from core.sweep_plan import SweepPlan, plan_sweep
from core.units import Floats
from dashboard.format import percent, ratio
from dashboard.home import home_folder
from dashboard.pipeline import Pipeline
from dashboard.review_evidence import SEED
from dashboard.run import Run
from dashboard.sweep_backends import open_backend
from dashboard.walkforward import WalkForward, WalkWindows
from dashboard.walkforward_run import sure_of, walk_forward

START: Final = "2016-07-01"
TUNED: Final = {"period.start": START, "period.end": "2021-05-31"}
READ: Final = {"period.start": "2021-05-28", "period.end": "2024-06-01"}
WHOLE: Final = {"period.start": START, "period.end": "2024-06-01"}
LATE: Final = {"period.start": "2018-05-01", "period.end": "2024-06-01"}  # 36 decisions before READ
DECISIONS: Final = 58  # of WHOLE that lie before READ
TRIED: Final = 1172  # settings in all: 12 by reasoning, 1 160 different ones by search
ONCE: Final = 60  # more than there are left

RULES: Final = (
    "risk.position_stop_loss=0.12,0.2,off",
    "risk.trailing_stop_pct=0.15,0.25,off",
    "risk.max_allowed_drawdown=0.2,0.3,off",
    "risk.target_annual_vol=0.12,0.15,0.18,off",
)
BOOK: Final = (
    "book.names_held=50,100",
    "book.weighting=equal,inverse_volatility,minimum_variance",
)
WIDE: Final = (
    "risk.position_stop_loss=0.05:0.4", "risk.trailing_stop_pct=0.05:0.4",
    "risk.max_allowed_drawdown=0.1:0.5", "risk.min_position_scale=0:0.9",
    "risk.target_annual_vol=0.08:0.3", "risk.vol_lookback_days=10:90",
    "risk.vol_rebalance_threshold=0.1:0.6", "risk.min_alpha_to_cost_ratio=0:4",
    "book.names_held=20,30,40,50,75,100",
)  # fmt: skip

NO_STOPS: Final = {"risk.position_stop_loss": None, "risk.trailing_stop_pct": None}
TARGET_ONLY: Final = NO_STOPS | {
    "risk.max_allowed_drawdown": None, "risk.min_position_scale": 0.0,
    "risk.target_annual_vol": 0.15, "risk.min_alpha_to_cost_ratio": None,
    "risk.max_turnover_per_rebal": None, "risk.circuit_breaker_dd": None,
}  # fmt: skip

#: Name → preset and changes, each for a reason that needs no search (docs/results.md).
REASONED: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "Phase 8": ("Phase 8", {}),
    "Phase 8.1": ("Phase 8.1", {}),
    "Phase 9": ("Phase 9", {}),
    "No overlay": ("No overlay", {}),
    "without stops": ("Phase 8", NO_STOPS),
    "without stops and drawdown scaling": (
        "Phase 8",
        NO_STOPS | {"risk.max_allowed_drawdown": None},
    ),
    "volatility target of 15 % alone": ("Phase 8", TARGET_ONLY),
    "volatility target of 12 % alone": (
        "Phase 8",
        TARGET_ONLY | {"risk.target_annual_vol": 0.12},
    ),
    "target of 15 %, inverse volatility": (
        "Phase 8",
        TARGET_ONLY | {"book.weighting": "inverse_volatility"},
    ),
    "target of 15 %, least variance": (
        "Phase 8",
        TARGET_ONLY | {"book.weighting": "minimum_variance"},
    ),
    "least variance, no overlay": ("No overlay", {"book.weighting": "minimum_variance"}),
    "100 names, no overlay": ("No overlay", {"book.names_held": 100}),
}


def _base(period: dict[str, str], name: str = "Phase 8") -> Scenario:
    return with_values(preset(name), {"universe.source": "us", **period})


def _plans() -> Iterator[tuple[str, SweepPlan, WalkWindows]]:
    base, late = _base(WHOLE), _base(LATE)
    rules, both = parse_axes(RULES), parse_axes((*RULES, *BOOK))
    for metric in ("sharpe_ratio", "calmar_ratio", "cagr"):
        windows = WalkWindows(DECISIONS, ONCE, metric=metric)
        yield f"rules, once, by {metric}", plan_sweep(base, rules), windows
    yield "weighting alone, once", plan_sweep(base, parse_axes(BOOK)), WalkWindows(DECISIONS, ONCE)
    yield "rules and book, once", plan_sweep(base, both), WalkWindows(DECISIONS, ONCE)
    wide = plan_sweep(base, parse_axes(WIDE), "sobol", count=512, seed=1)
    yield "nine fields, once", wide, WalkWindows(DECISIONS, ONCE)
    anchored = WalkWindows(DECISIONS, 3, anchored=True)
    yield "rules and book, quarterly, all the past", plan_sweep(base, both), anchored
    yield "rules and book, quarterly, three years", plan_sweep(late, both), WalkWindows(36, 3)


def _cells(metrics: Metrics) -> str:
    return " | ".join(
        (
            percent(metrics.cagr),
            percent(metrics.volatility),
            ratio(metrics.sharpe_ratio),
            percent(metrics.max_drawdown),
        )
    )


def _verdict(found: PairedDifference) -> str:
    return (
        f"{ratio(found.estimate, signed=True)} ({ratio(found.low, signed=True)} … "
        f"{ratio(found.high, signed=True)}) {found.verdict.value}"
    )


def _sure(run: Run) -> float:
    return sure_of(_excess(run))


def _excess(run: Run) -> Floats:
    excess = daily_returns(run.result.nav, run.result.initial_nav)
    found: Floats = excess - run.inputs.market.cash_rate[1:]
    return found


def _deflated(read: dict[str, Floats]) -> Iterator[str]:
    # Each among the settings by reasoning alone, and among everything that was run.
    for name, mine in read.items():
        others = np.column_stack([each for other, each in read.items() if other != name])
        own = standing(mine, others, len(read), seed=SEED)
        whole = standing(mine, others, TRIED, seed=SEED)
        yield (
            f"| {name} | {percent(own.probabilistic, 0)} | {own.effective:.1f} | "
            f"{percent(own.deflated, 0)} | {whole.effective:.1f} | {percent(whole.deflated, 0)} | "
            f"{percent(whole.deflated_all, 1)} |"
        )


def _reasoned(pipeline: Pipeline) -> Iterator[str]:
    phase_8: Floats | None = None
    read: dict[str, Floats] = {}
    for name, (start, values) in REASONED.items():
        before = pipeline.run(with_values(_base(TUNED, start), values))
        after = pipeline.run(with_values(_base(READ, start), values))
        phase_8 = after.result.nav if phase_8 is None else phase_8
        read[name] = _excess(after)
        told = compare(
            after.result.nav, phase_8, after.dates, after.inputs.market.cash_rate,
            metrics=("sharpe_ratio",), initial_nav=after.result.initial_nav,
        )["sharpe_ratio"]  # fmt: skip
        yield (
            f"| {name} | {_cells(before.metrics)} | {_cells(after.metrics)} | "
            f"{percent(_sure(after), 0)} | {_verdict(told)} |"
        )
    yield from _deflated(read)


def _walked(name: str, found: WalkForward) -> Iterator[str]:
    luck = "–" if found.luck is None else f"{found.luck.effective:.1f}"
    told = "" if found.against_base is None else _verdict(found.against_base["sharpe_ratio"])
    metric = found.windows.metric
    yield (
        f"| {name} | {len(found.plan)} ({luck}) | {found.chosen_in_sample.mean():.2f} | "
        f"{ratio(found.deflated)} | {_cells(found.metrics)} | {percent(found.sure, 0)} | "
        f"{ratio(found.efficiency)} | {found.lead[0]:+.2f} → {found.lead[1]:+.2f} | "
        f"{percent(found.beaten, 0)} | {told} |"
    )
    chosen = "; ".join(
        f"{one.path.partition('.')[2]} {one.commonest} in {percent(one.share, 0)}, "
        f"{one.changes} changes"
        for one in found.drift
    )
    paths = found.paths
    spread = "" if paths is None else (
        f"; paths by Sharpe {paths.sharpe.min():.2f} … {paths.sharpe.max():.2f} against "
        f"{paths.in_sample.mean():.2f} in training"
    )  # fmt: skip
    held = found.fixed.metric(metric)
    yield (
        f"<!-- {name}: {found.dates[0]} … {found.dates[-1]}, {len(found.folds)} choices: {chosen}"
        f"{spread}; held all along {held.min():.2f} … {held.max():.2f} -->"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--reasoned", action="store_true", help="only the settings by reasoning")
    options = parser.parse_args(arguments)
    pipeline = Pipeline(home_folder())
    for line in _reasoned(pipeline):
        _say(line)
    if options.reasoned:
        return 0
    place = open_backend("threads", None, options.jobs)
    try:
        for name, plan, windows in _plans():
            found = walk_forward(plan, windows, pipeline, place, lambda _n, _of: None)
            for line in _walked(name, found):
                _say(line)
    finally:
        place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
