"""Print the phase ladder of docs/results.md as Markdown: each change of a phase, one at a time.

The numbers are those of `plimsoll compare --presets` and of the page Ladder.

Usage: python -m scripts.results_ladder [--source us]
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from core.evidence.verdict import PairedDifference
from dashboard.format import FORMATS
from dashboard.home import home_folder
from dashboard.ladder import JUDGED, PERIODS, Ladder, Step, climb
from dashboard.pipeline import Pipeline
from dashboard.report.faces import FACES
from dashboard.report.ladder import SHOWN, caution_words, judged_text
from scripts.results_rules import markdown_row, markdown_rule

__all__ = ["ladder", "main"]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="us")
    arguments = parser.parse_args()
    for line in ladder(Pipeline(home_folder()), arguments.source):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
