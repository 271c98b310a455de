"""Print the tables of docs/results.md and README.md as Markdown, from a market in the store.

Usage: python -m scripts.results_tables [--source us] [--write | --check]
With --write they are put in the place of the tables that stand in the files; with --check nothing
is printed but the lines that the files have otherwise, and there must be none. Every run of the
tests holds the files to those tables that take little time: see :func:`blocks`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.config import Scenario
from core.metrics import CurveMetrics
from core.scenario import preset, with_values
from dashboard.format import FORMATS, percent, points, ratio
from dashboard.home import home_folder
from dashboard.pipeline import Pipeline
from dashboard.report.faces import FACES, MetricFace
from dashboard.report.targets import TARGETS
from dashboard.run import Run
from scripts.results_rules import (
    EXECUTIONS,
    account_of,
    account_table,
    control_of,
    control_table,
    days_table,
    execution_table,
    markdown_row,
    markdown_rule,
    verdict_table,
    years_table,
)

__all__ = ["PERIODS", "Block", "blocks", "differing", "publish", "with_blocks"]

ROOT: Final = Path(__file__).resolve().parents[1]
PERIODS: Final = (
    (dt.date(2021, 6, 1), dt.date(2024, 6, 1)),
    (dt.date(2016, 7, 1), dt.date(2021, 5, 31)),
)
STOPS: Final = {"risk.position_stop_loss": None, "risk.trailing_stop_pct": None}
DRAWDOWN: Final = {"risk.max_allowed_drawdown": None}
VOLATILITY: Final = {"risk.target_annual_vol": None}
SWITCHED_OFF: Final[Mapping[str, Mapping[str, Any]]] = {
    "both stops": STOPS,
    "position stop": {"risk.position_stop_loss": None},
    "trailing stop": {"risk.trailing_stop_pct": None},
    "drawdown scaling": DRAWDOWN,
    "volatility target": VOLATILITY,
    "both scalings": DRAWDOWN | VOLATILITY,
    "rescale threshold": {"risk.vol_rebalance_threshold": None},
    "alpha gate": {"risk.min_alpha_to_cost_ratio": None},
    "turnover cap": {"risk.max_turnover_per_rebal": None},
    "breaker": {"risk.circuit_breaker_dd": None},
    "costs (0 bps)": {"risk.cost_per_trade_bps": 0.0},
}
README_ROWS: Final = (
    "cagr", "volatility", "sharpe_ratio", "max_drawdown", "win_rate", "stop_hits",
    "average_exposure",
)  # fmt: skip
_DEFAULT: Final = "Phase 8"
_PLAIN: Final = "No overlay"
_SHOWN: Final = (_DEFAULT, "Phase 8.1", _PLAIN)  # Phase 9 is in the ladder


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together in `file`, one below the other."""

    file: str
    lines: tuple[str, ...]


def blocks(pipeline: Pipeline, source: str, *, sample: bool = False) -> Iterator[Block]:
    """Run everything and yield the heading and the tables of each period, then README's rows.

    A `sample` is without the accounts, whose intervals resample every combination of rules, and
    without the days, which run everything 21 times: four fifths of the time.
    """
    for start, end in PERIODS:
        period = {"universe.source": source, "period.start": start, "period.end": end}

        def run(scenario: Scenario, period: Mapping[str, Any] = period) -> Run:
            return pipeline.run(with_values(scenario, period))

        runs = {name: run(preset(name)) for name in _SHOWN}
        base = runs[_DEFAULT]
        heading = f"## {base.dates[0]} … {base.dates[-1]}, {len(base.dates)} sessions"
        yield Block("docs/results.md", (heading,))
        yield Block("docs/results.md", tuple(_presets_table(runs)))
        for table in _rule_tables(runs, sample):
            yield Block("docs/results.md", tuple(table))
        off = {n: run(with_values(base.scenario, v)) for n, v in SWITCHED_OFF.items()}
        yield Block("docs/results.md", tuple(_rules_table(base, off)))
        filled = {n: run(with_values(base.scenario, v)) for n, v in EXECUTIONS.items()}
        yield Block("docs/results.md", tuple(execution_table(_DEFAULT, filled)))
        if (start, end) == PERIODS[0]:
            yield Block("README.md", tuple(_readme_rows(runs)))


def _rule_tables(runs: Mapping[str, Run], sample: bool) -> Iterator[Iterator[str]]:
    with_rules = {name: run for name, run in runs.items() if name != _PLAIN}
    accounts = {name: account_of(run) for name, run in with_rules.items()}
    for name, account in accounts.items():
        if not sample:
            yield account_table(name, account, runs[name].inputs.cash_rate)
    yield years_table(_DEFAULT, accounts[_DEFAULT])
    controls = {name: control_of(run) for name, run in with_rules.items()}
    yield control_table(runs, controls)
    yield verdict_table(runs, controls, _PLAIN)
    if not sample:
        yield days_table(_DEFAULT, runs[_DEFAULT])


def _written(metrics: CurveMetrics, face: MetricFace) -> str:
    return FORMATS[face.kind](metrics.as_dict()[face.name])


def _values(runs: Mapping[str, Run], face: MetricFace) -> list[str]:
    first = next(iter(runs.values()))
    curve = _written(first.benchmark_metrics, face) if face.of_curve else ""
    return [*(_written(run.metrics, face) for run in runs.values()), curve]


def _presets_table(runs: Mapping[str, Run]) -> Iterator[str]:
    first = next(iter(runs.values()))
    yield markdown_row("", *runs, first.benchmark_name, "Target")
    yield markdown_rule(len(runs) + 2)
    for face in FACES.values():
        target = TARGETS[face.name].text if face.name in TARGETS else ""
        yield markdown_row(face.label, *_values(runs, face), target)
    for title, index in (("Largest sector, of what was invested", 0), ("Second sector, same", 1)):
        top = [list(run.sector_shares().items())[index] for run in runs.values()]
        yield markdown_row(title, *[f"{name} {percent(share)}" for name, share in top], "", "")
    other = [percent(run.sector_shares().get("Other", 0.0)) for run in runs.values()]
    yield markdown_row("Other share, same", *other, "", "")


def _rules_table(base: Run, runs: Mapping[str, Run]) -> Iterator[str]:
    titles = ("total return", "CAGR", "volatility", "Sharpe", "max drawdown", "average exposure")
    yield markdown_row("switched off", *titles)
    yield markdown_rule(len(titles))
    for name, run in runs.items():
        now, was = run.metrics, base.metrics
        yield markdown_row(
            name,
            points(now.total_return - was.total_return),
            points(now.cagr - was.cagr),
            points(now.volatility - was.volatility),
            ratio(now.sharpe_ratio - was.sharpe_ratio, signed=True),
            points(now.max_drawdown - was.max_drawdown),
            points(now.average_exposure - was.average_exposure),
        )


def _readme_rows(runs: Mapping[str, Run]) -> Iterator[str]:
    for name in README_ROWS:
        yield markdown_row(FACES[name].label, *_values(runs, FACES[name]))


def with_blocks(text: str, own: Iterable[Block]) -> str:
    """Return `text` with each block in the place of the table that begins alike, in order.

    Raises
    ------
    ValueError
        A line that begins a block is not there, or not in this order.
    """
    lines, place = text.splitlines(), 0
    for block in own:
        first = block.lines[0]
        opening = "|".join(first.split("|")[:2]) + "|" if first.startswith("|") else first
        starts = [i for i in range(place, len(lines)) if lines[i].startswith(opening)]
        if not starts:
            raise ValueError(f"{block.file} must have a line “{opening}” after line {place}")
        start = end = starts[0]
        while end < len(lines) and lines[end].startswith("|"):
            end += 1
        lines[start : max(end, start + 1)] = block.lines
        place = start + len(block.lines)
    return "\n".join(lines) + "\n"


def differing(own: Iterable[Block]) -> list[str]:
    """Return the lines, with - and +, that the files have otherwise than `own`."""
    found = []
    for path, now, then in _files(tuple(own)):
        found += difflib.unified_diff(now.splitlines(), then.splitlines(), str(path), "computed")
    return found


def _files(own: Sequence[Block]) -> Iterator[tuple[Path, str, str]]:
    # Of each file its path, what stands in it and what should.
    for file in dict.fromkeys(block.file for block in own):
        text = (ROOT / file).read_text(encoding="utf-8")
        yield ROOT / file, text, with_blocks(text, [block for block in own if block.file == file])


def publish(about: str, made: Callable[[Pipeline, str], Iterable[Block]]) -> int:
    """Print, write or check what is `made` of the market that the command line names."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--source", default="us")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="put the tables into the files")
    what.add_argument("--check", action="store_true", help="fail where the files have others")
    arguments = parser.parse_args()
    own = tuple(made(Pipeline(home_folder()), arguments.source))
    if arguments.check:
        lines = differing(own)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        return 1 if lines else 0
    for block in own:
        sys.stdout.write(f"<!-- {block.file} -->\n" + "\n".join(block.lines) + "\n\n")
    if arguments.write:
        for path, _, text in _files(own):
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(publish(__doc__, blocks))
