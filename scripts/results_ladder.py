"""Print the phase ladder of docs/results.md as Markdown: each change of a phase, one at a time.

Usage: python -m scripts.results_ladder [--source us]
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from core.config import Scenario
from core.evidence.bootstrap import compare
from core.evidence.verdict import PairedDifference
from core.regimes import market_returns
from core.scenario import changed_fields, preset, value_at, with_values
from core.units import Floats
from dashboard.format import FORMATS
from dashboard.home import home_folder
from dashboard.pipeline import Pipeline
from dashboard.report.faces import FACES
from dashboard.run import Run
from scripts.results_rules import LEVEL, SEED, control_of, markdown_row, markdown_rule, said
from scripts.results_tables import PERIODS

__all__ = ["STEPS", "ladder", "main", "scenarios"]

#: What each step of a phase switches on, in order: where it ends, and the fields it takes from it.
STEPS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "8.1: sectors at most 25 %": ("Phase 8.1", ("book.sector_cap",)),
    "8.1: gentler scaling": (
        "Phase 8.1",
        ("risk.min_position_scale", "risk.max_allowed_drawdown"),
    ),
    "8.1: regime window of 30 days": ("Phase 8.1", ("regimes.lookback_days",)),
    "8.1: VIX override = **Phase 8.1**": ("Phase 8.1", ("regimes.vix_override",)),
    "9: factor timing": ("Phase 9", ("factors.timing.",)),
    "9: stops by regime": ("Phase 9", ("regimes.stop_scale.",)),
    "9: 500 names, balanced": ("Phase 9", ("universe.",)),
    "9: balanced selection": ("Phase 9", ("book.selection",)),
    "9: leverage = **Phase 9**": ("Phase 9", ("regimes.leverage.", "risk.max_leverage")),
}
_FACES: Final = (
    "cagr", "volatility", "sharpe_ratio", "max_drawdown", "average_exposure", "turnover",
)  # fmt: skip
_ADDED: Final = ("cagr", "sharpe_ratio")
_PHASES: Final = ("No overlay", "Phase 8", "Phase 8.1", "Phase 9")


def scenarios() -> dict[str, Scenario]:
    """Return the steps by name, from No overlay to Phase 9, each with all those before it.

    Raises
    ------
    ValueError
        The steps do not end at Phase 9: a field of it is in none of them.
    """
    found = {"**No overlay**": preset("No overlay"), "the overlay = **Phase 8**": preset("Phase 8")}
    now = preset("Phase 8")
    for name, (phase, parts) in STEPS.items():
        goal = preset(phase)
        paths = [p for p in changed_fields(now, goal) if p.startswith(parts)]
        now = with_values(now, {path: value_at(goal, path) for path in paths})
        found[name] = now
    missing = changed_fields(now, preset("Phase 9"))
    if missing:
        raise ValueError(f"the steps must end at Phase 9, they lack {', '.join(missing)}")
    return found


def ladder(pipeline: Pipeline, source: str) -> Iterator[str]:
    """Yield heading, steps and comparisons of each period."""
    for start, end in PERIODS:
        runs = _runs(pipeline, source, start, end)
        first = next(iter(runs.values()))
        yield f"### {first.dates[0]} … {first.dates[-1]}, {len(first.dates)} sessions\n"
        yield from _steps(runs)
        yield ""
        yield from _against(runs)
        yield ""


def _runs(pipeline: Pipeline, source: str, start: dt.date, end: dt.date) -> dict[str, Run]:
    period: dict[str, Any] = {
        "universe.source": source,
        "period.start": start,
        "period.end": end,
    }
    return {name: pipeline.run(with_values(one, period)) for name, one in scenarios().items()}


def _steps(runs: Mapping[str, Run]) -> Iterator[str]:
    faces = [FACES[name] for name in _FACES]
    added = [f"{FACES[name].label}, added" for name in _ADDED]
    yield markdown_row("step", *(face.label for face in faces), *added)
    yield markdown_rule(len(faces) + len(added))
    before: Run | None = None
    for name, run in runs.items():
        values = run.metrics.as_dict()
        cells = [FORMATS[face.kind](values[face.name]) for face in faces]
        differences = ["", ""] if before is None else _differences(run, before.result.nav)
        yield markdown_row(name, *cells, *differences)
        before = run


def _against(runs: Mapping[str, Run]) -> Iterator[str]:
    titles = [f"{FACES[metric].label}, {other}" for other in _YARDSTICKS for metric in _ADDED]
    yield markdown_row("minus", *titles)
    yield markdown_rule(len(titles))
    for name, run in runs.items():
        if not any(f"**{phase}**" in name for phase in _PHASES):
            continue
        cells = [cell for nav in _yardsticks(run) for cell in _differences(run, nav)]
        yield markdown_row(name.partition("**")[2].rstrip("*"), *cells)


_YARDSTICKS: Final = ("SPY", "equal weight", "holding as much")


def _yardsticks(run: Run) -> Iterator[Floats]:
    initial = run.result.initial_nav
    yield run.benchmark * initial
    rows = slice(run.first, run.first + len(run.dates))
    members = market_returns(run.market.close, run.market.member)[rows]
    yield initial * np.cumprod(1.0 + np.r_[0.0, np.nan_to_num(members[1:])])
    yield control_of(run).nav


def _differences(run: Run, nav: Floats) -> list[str]:
    found: dict[str, PairedDifference] = compare(
        run.result.nav,
        nav,
        run.dates,
        run.inputs.cash_rate,
        metrics=_ADDED,
        level=LEVEL,
        seed=SEED,
        initial_nav=run.result.initial_nav,
    )
    return [said(found[metric]) for metric in _ADDED]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="us")
    arguments = parser.parse_args()
    for line in ladder(Pipeline(home_folder()), arguments.source):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
