"""Print the tables of docs/results.md as Markdown, from a store that holds the market `us`.

Usage: python -m scripts.results_tables [--source us]
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Mapping
from typing import Any

from core.config import Scenario
from core.metrics import CurveMetrics
from core.scenario import PRESETS, preset, with_values
from dashboard.format import FORMATS, percent, points, ratio
from dashboard.home import home_folder
from dashboard.pipeline import Pipeline
from dashboard.report.lines import LINES
from dashboard.report.targets import TARGETS
from dashboard.run import Run

PERIODS = (
    (dt.date(2021, 6, 1), dt.date(2024, 6, 1)),
    (dt.date(2016, 7, 1), dt.date(2021, 5, 31)),
)
STOPS = {"risk.position_stop_loss": None, "risk.trailing_stop_pct": None}
DRAWDOWN = {"risk.max_allowed_drawdown": None}
VOLATILITY = {"risk.target_annual_vol": None, "risk.vol_rebalance_threshold": None}
SWITCHED_OFF: Mapping[str, Mapping[str, Any]] = {
    "both stops": STOPS,
    "position stop": {"risk.position_stop_loss": None},
    "trailing stop": {"risk.trailing_stop_pct": None},
    "drawdown scaling": DRAWDOWN,
    "volatility target": VOLATILITY,
    "both scalings": DRAWDOWN | VOLATILITY,
    "alpha gate": {"risk.min_alpha_to_cost_ratio": None},
    "turnover cap": {"risk.max_turnover_per_rebal": None},
    "breaker": {"risk.circuit_breaker_dd": None},
    "costs (0 bps)": {"risk.cost_per_trade_bps": 0.0},
}


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")


def row(*cells: str) -> None:
    say("| " + " | ".join(cells) + " |")


def written(metrics: CurveMetrics, name: str, kind: str) -> str:
    return FORMATS[kind](metrics.as_dict()[name])


def presets_table(runs: Mapping[str, Run]) -> None:
    first = next(iter(runs.values()))
    row("", *runs, first.benchmark_name, "Target")
    row("---", *["---:"] * (len(runs) + 2))
    for line in LINES:
        values = [written(run.metrics, line.metric, line.kind) for run in runs.values()]
        curve = written(first.benchmark_metrics, line.metric, line.kind) if line.of_curve else ""
        target = TARGETS[line.metric].text if line.metric in TARGETS else ""
        row(line.label, *values, curve, target)
    for title, index in (("Largest sector", 0), ("Second sector", 1)):
        top = [list(run.sector_shares().items())[index] for run in runs.values()]
        row(title, *[f"{name} {percent(share)}" for name, share in top], "", "")
    row("Other share", *[percent(r.sector_shares().get("Other", 0)) for r in runs.values()], "", "")


def rules_table(base: Run, runs: Mapping[str, Run]) -> None:
    titles = ("total return", "CAGR", "volatility", "Sharpe", "max drawdown", "average exposure")
    row("switched off", *titles)
    row("---", *["---:"] * 6)
    for name, run in runs.items():
        now, was = run.metrics, base.metrics
        row(
            name,
            points(now.total_return - was.total_return),
            points(now.cagr - was.cagr),
            points(now.volatility - was.volatility),
            ratio(now.sharpe_ratio - was.sharpe_ratio, signed=True),
            points(now.max_drawdown - was.max_drawdown),
            points(now.average_exposure - was.average_exposure),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="us")
    source = parser.parse_args().source
    pipeline = Pipeline(home_folder())
    for start, end in PERIODS:
        period = {"universe.source": source, "period.start": start, "period.end": end}

        def run(scenario: Scenario, period: Mapping[str, Any] = period) -> Run:
            return pipeline.run(with_values(scenario, period))

        runs = {name: run(preset(name)) for name in PRESETS}
        phase_8 = runs["Phase 8"]
        say(f"### {phase_8.dates[0]} … {phase_8.dates[-1]}, {len(phase_8.dates)} sessions\n")
        presets_table(runs)
        say("\nPhase 8 with one rule switched off, minus Phase 8:\n")
        rules_table(
            phase_8,
            {n: run(with_values(preset("Phase 8"), v)) for n, v in SWITCHED_OFF.items()},
        )
        say()


if __name__ == "__main__":
    main()
