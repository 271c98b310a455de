"""Print the phase ladder of docs/results.md as Markdown: each change of a phase, one at a time.

The numbers are those of `plimsoll compare --presets` and of the page Ladder.

Usage: python -m scripts.results_ladder [--source us] [--check]
With --check nothing is printed but the lines that are not in the file, and there must be none.
Every run of the tests checks the first period.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.evidence.verdict import PairedDifference
from dashboard.format import FORMATS
from dashboard.home import home_folder
from dashboard.ladder import JUDGED, PERIODS, Ladder, Step, climb
from dashboard.pipeline import Pipeline
from dashboard.report.faces import FACES
from dashboard.report.ladder import SHOWN, caution_words, judged_text
from scripts.results_rules import markdown_row, markdown_rule
from scripts.results_tables import ROOT

__all__ = ["ladder", "main", "missing"]


def ladder(
    pipeline: Pipeline, source: str, periods: Sequence[tuple[dt.date, dt.date]] = PERIODS
) -> Iterator[str]:
    """Yield heading, steps and comparisons of each period."""
    for period in periods:
        found = climb(pipeline, source, period)
        yield f"### {found.dates[0]} … {found.dates[-1]}, {len(found.dates)} sessions"
        yield ""
        yield from _steps(found)
        yield ""
        yield from _against(found)
        yield ""
        yield caution_words(found)
        yield ""


_ADDED: Final = ("cagr", "sharpe_ratio", "max_drawdown")


def _steps(found: Ladder) -> Iterator[str]:
    labels = [FACES[name].label for name in SHOWN]
    added = [f"{FACES[name].label}, added" for name in _ADDED]
    yield markdown_row("step", *labels, *added)
    yield markdown_rule(len(labels) + len(added))
    for step in found.steps:
        values = {} if step.metrics is None else step.metrics.as_dict()
        cells = [FORMATS[FACES[name].kind](values.get(name)) for name in SHOWN]
        judged = [_said(step.added.get(name)) for name in _ADDED]
        yield markdown_row(_title(step), *cells, *judged)


def _title(step: Step) -> str:
    if not step.rung.fields:
        return f"**{step.rung.title}**"
    told = f"{step.rung.toward.removeprefix('Phase ')}: {step.rung.title.lower()}"
    return f"{told} = **{step.rung.toward}**" if step.rung.is_phase else told


def _against(found: Ladder) -> Iterator[str]:
    yield markdown_row("phase", "minus", *(FACES[name].label for name in JUDGED))
    yield markdown_rule(len(JUDGED) + 1)
    for step in found.phases:
        for name, differences in step.against.items():
            cells = (_said(differences.get(metric)) for metric in JUDGED)
            yield markdown_row(step.rung.toward, name, *cells)


def _said(one: PairedDifference | None) -> str:
    number, span, verdict = judged_text(one)
    return f"{number} ({span}) {verdict}" if number else verdict


def missing(lines: Iterable[str]) -> list[str]:
    """Return those of `lines` that docs/results.md does not have."""
    text = (ROOT / "docs/results.md").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and line not in text]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="us")
    parser.add_argument("--check", action="store_true", help="fail where the file has others")
    arguments = parser.parse_args()
    lines = ladder(Pipeline(home_folder()), arguments.source)
    if arguments.check:
        lost = missing(lines)
        sys.stdout.write("".join(f"{line}\n" for line in lost))
        return 1 if lost else 0
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
