"""The report of a run as text in a terminal."""

from __future__ import annotations

from collections import Counter

import numpy as np
from rich.console import Console
from rich.table import Table

from core.factors.names import REGIMES
from core.metrics import CurveMetrics
from core.scenario import scenario_hash
from dashboard.format import DASH, FORMATS, percent, seconds
from dashboard.report.lines import LINES
from dashboard.report.targets import TARGETS
from dashboard.run import Run

__all__ = ["comparison_table", "print_run"]


def print_run(run: Run, console: Console) -> None:
    """Print the report: metrics beside targets and benchmark, sectors, regimes, checks, timing."""
    label = "  [SIMULATED MARKET]" if run.market.simulated else ""
    console.print(
        f"[bold]{run.scenario.name}[/bold] · {run.market.source} · {run.dates[0]} … "
        f"{run.dates[-1]} · {len(run.dates)} sessions · scenario {scenario_hash(run.scenario)}",
        f"[bold]{label.replace('[', chr(92) + '[')}[/bold]",
    )
    console.print(comparison_table({run.scenario.name: run}))
    console.print(_shares("Sectors", run.sector_shares()))
    console.print(f"Other share: {percent(run.sector_shares().get('Other', 0.0))}")
    console.print(_regimes(run))
    for line in (_universe(run), _checks(run), _timing(run)):
        console.print(line)
    for note in run.notes:
        console.print(f"· {note}", markup=False, highlight=False)


def comparison_table(runs: dict[str, Run]) -> Table:
    """Return a table of metrics: a column a run, the benchmark of the first, the targets."""
    first = next(iter(runs.values()))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in runs:
        table.add_column(name, justify="right")
    table.add_column(first.benchmark_name, justify="right")
    table.add_column("Target", justify="right")
    for line in LINES:
        values = [_value(run.metrics, line.metric, line.kind) for run in runs.values()]
        benchmark = _value(first.benchmark_metrics, line.metric, line.kind) if line.of_curve else ""
        table.add_row(line.label, *values, benchmark, _target(line.metric, runs))
    return table


def _value(metrics: CurveMetrics, name: str, kind: str) -> str:
    return FORMATS[kind](metrics.as_dict()[name])


def _target(metric: str, runs: dict[str, Run]) -> str:
    target = TARGETS.get(metric)
    if target is None:
        return ""
    marks = {True: "met", False: "missed", None: DASH}
    met = [marks[target.met(run.metrics.as_dict()[metric])] for run in runs.values()]
    return f"{target.text} ({', '.join(met)})"


def _shares(title: str, shares: object) -> str:
    parts = dict(shares) if isinstance(shares, dict) else {}
    return f"{title}: " + (", ".join(f"{n} {percent(v)}" for n, v in parts.items()) or DASH)


def _regimes(run: Run) -> str:
    decided = Counter(REGIMES[code] for code in run.book.regime)
    return "Regimes at rebalances: " + (
        ", ".join(f"{name} {decided[name]}" for name in REGIMES if decided[name]) or DASH
    )


def _universe(run: Run) -> str:
    if run.signals is None:
        return f"Book: {run.scenario.book.own_book} (own weights), {len(run.columns)} names"
    sizes = run.signals.universe.sum(axis=1)
    held = (run.book.target > 0.0).sum(axis=1)
    return (
        f"Universe: {np.min(sizes)} … {np.max(sizes)} names at each of {len(sizes)} rebalances, "
        f"{np.min(held)} … {np.max(held)} held"
    )


def _checks(run: Run) -> str:
    return f"Books balance to {abs(run.result.books_residual):.1e} of NAV"


def _timing(run: Run) -> str:
    stages = run.timing.as_dict()
    return "Time: " + " · ".join(f"{name} {seconds(value)}" for name, value in stages.items())
