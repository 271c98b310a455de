"""The report of a run as text in a terminal.

Names come from files and people: they are printed as they are, never read as markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.factors.names import REGIMES
from core.metrics import CurveMetrics
from core.scenario import scenario_hash
from dashboard.format import DASH, FORMATS, percent, seconds
from dashboard.report.breaches import largest_breaches
from dashboard.report.coverage import coverage_of, coverage_text
from dashboard.report.faces import ANNUAL, FACES, MetricFace
from dashboard.report.targets import TARGETS
from dashboard.review_evidence import is_short
from dashboard.run import Run

__all__ = ["comparison_table", "print_run"]


def print_run(run: Run, console: Console) -> None:
    """Print the report: metrics beside targets and benchmark, sectors, regimes, checks, timing."""
    console.print(_heading(run))
    console.print(comparison_table({run.scenario.name: run}))
    if is_short(run):
        console.print(Text("Too short for yearly figures: none is shown."))
    shares = run.sector_shares()
    lines = (
        f"Sectors, average share of what was invested (not of NAV): {_shares(shares)}",
        f"Other share of what was invested: {percent(shares.get('Other', 0.0))}",
        _regimes(run),
        f"Returns: {run.market.return_basis or DASH}",
        _universe(run),
        *_coverage(run),
        *_caps(run),
        _checks(run),
        _timing(run),
        *(f"· {note}" for note in run.notes),
    )
    for line in lines:
        console.print(Text(line))


def comparison_table(runs: Mapping[str, Run]) -> Table:
    """Return a table of metrics: a column a run, the benchmark of the first, the targets."""
    first = next(iter(runs.values()))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in (*runs, first.benchmark_name, "Target"):
        table.add_column(Text(name), justify="right")
    for face in FACES.values():
        values = [_value(run, run.metrics, face) for run in runs.values()]
        benchmark = _value(first, first.benchmark_metrics, face) if face.of_curve else ""
        label = f"{face.label}, total" if face.yearly else face.label
        table.add_row(label, *values, benchmark, _target(face, runs))
    return table


def _heading(run: Run) -> Text:
    window = f"{run.dates[0]} … {run.dates[-1]} · {len(run.dates)} sessions"
    simulated = ("  [SIMULATED MARKET]", "bold") if run.market.simulated else ""
    return Text.assemble(
        (run.scenario.name, "bold"),
        f" · {run.market.source} · {window} · scenario {scenario_hash(run.scenario)}",
        simulated,
    )


def _value(run: Run, metrics: CurveMetrics, face: MetricFace) -> str:
    return DASH if _is_withheld(run, face) else FORMATS[face.kind](metrics.as_dict()[face.name])


def _is_withheld(run: Run, face: MetricFace) -> bool:
    return face.name in ANNUAL and is_short(run)


def _target(face: MetricFace, runs: Mapping[str, Run]) -> str:
    target = TARGETS.get(face.name)
    if target is None:
        return ""
    marks = {True: "met", False: "missed", None: DASH}
    measured = [
        None if _is_withheld(run, face) else run.metrics.as_dict()[face.name]
        for run in runs.values()
    ]
    met = [marks[target.met(value)] for value in measured]
    return f"{target.text} ({', '.join(met)})"


def _shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {percent(share)}" for name, share in shares.items()) or DASH


def _regimes(run: Run) -> str:
    decided = Counter(REGIMES[code] for code in run.book.regime)
    return "Regimes at decisions: " + (
        ", ".join(f"{name} {decided[name]}" for name in REGIMES if decided[name]) or DASH
    )


def _universe(run: Run) -> str:
    if run.signals is None:
        return f"Book: {run.scenario.book.own_book} (own weights), {len(run.columns)} names"
    sizes = run.signals.universe.sum(axis=1)
    held = (run.book.target > 0.0).sum(axis=1)
    return (
        f"Universe: {np.min(sizes)} … {np.max(sizes)} names at each of {len(sizes)} decisions, "
        f"{np.min(held)} … {np.max(held)} held"
    )


def _coverage(run: Run) -> tuple[str, ...]:
    coverage = coverage_of(run)
    if not coverage.factors:
        return ()
    return (
        f"Coverage: {coverage_text(coverage.factors)}",
        f"Coverage of ingredients: {coverage_text(coverage.ingredients)}",
    )


def _caps(run: Run) -> tuple[str, ...]:
    above = largest_breaches(run)
    return (f"Above a cap: {above}",) if above else ()


def _checks(run: Run) -> str:
    return f"Books balance to {abs(run.result.books_residual):.1e} of NAV"


def _timing(run: Run) -> str:
    stages = run.timing.as_dict()
    return "Time: " + " · ".join(f"{name} {seconds(value)}" for name, value in stages.items())
