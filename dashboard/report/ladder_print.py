"""The phase ladder in a terminal: what each change added, phases against yardsticks, targets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.evidence.verdict import PairedDifference
from dashboard.format import DASH, FORMATS, date
from dashboard.ladder import JUDGED, Ladder, Step
from dashboard.report.faces import FACES
from dashboard.report.ladder import (
    SHOWN,
    caution_words,
    judged_text,
    ladder_headline,
    targets_words,
)
from dashboard.report.targets import TARGETS

__all__ = ["print_ladder"]


def print_ladder(found: Ladder, console: Console) -> None:
    """Print one period."""
    window = f"{date(found.dates[0])} … {date(found.dates[-1])} · {len(found.dates)} sessions"
    simulated = ("  [SIMULATED MARKET]", "bold") if found.simulated else ""
    title = f"\nThe ladder {' → '.join(found.presets)}"
    console.print(Text(title, style="bold"))
    console.print(Text.assemble(f"{found.source} · {window}", simulated))
    for text in (*found.notes, ladder_headline(found)):
        console.print(Text(text))
    console.print(Text("\nWhat each change added to the step above it", style="bold"))
    console.print(_table(("step", *(FACES[name].label for name in JUDGED)), _added(found)))
    console.print(Text("\nEvery step, with all those before it", style="bold"))
    console.print(_table(("step", *(FACES[name].label for name in SHOWN)), _steps(found)))
    for step in found.steps:
        if step.problem:
            console.print(Text(f"{step.rung.title} was not run: {step.problem}"))
    if any(step.against for step in found.phases):
        console.print(Text("\nEach phase minus its yardsticks", style="bold"))
        console.print(_table(("", *(FACES[name].label for name in JUDGED)), _against(found)))
        console.print(Text(caution_words(found)))
    console.print(Text("\nThe origin report's targets", style="bold"))
    yardsticks = [one.name for one in found.yardsticks]
    console.print(_table(("", "target", *found.presets, *yardsticks), _targets(found)))
    console.print(Text(targets_words(found)))


def _added(found: Ladder) -> Iterator[tuple[str, ...]]:
    for step in found.steps[1:]:
        yield (step.rung.label, *(_judged(step.added.get(name)) for name in JUDGED))


def _steps(found: Ladder) -> Iterator[tuple[str, ...]]:
    for step in found.steps:
        yield (step.rung.label, *(_value(step, name) for name in SHOWN))


def _against(found: Ladder) -> Iterator[tuple[str, ...]]:
    for step in found.phases:
        for name, differences in step.against.items():
            own = (_judged(differences.get(one)) for one in JUDGED)
            yield (f"{step.rung.toward} − {name}", *own)


def _targets(found: Ladder) -> Iterator[tuple[str, ...]]:
    for metric, target in TARGETS.items():
        write = FORMATS[FACES[metric].kind]
        curves = (getattr(one.metrics, metric, None) for one in found.yardsticks)
        yield (
            FACES[metric].label,
            target.text,
            *(_value(step, metric) for step in found.phases),
            *("" if value is None else write(value) for value in curves),
        )


def _value(step: Step, metric: str) -> str:
    if step.metrics is None:
        return DASH
    return FORMATS[FACES[metric].kind](step.metrics.as_dict()[metric])


def _judged(one: PairedDifference | None) -> str:
    number, span, verdict = judged_text(one)
    return "\n".join(part for part in (number, f"({span})" if span else "", verdict) if part)


def _table(titles: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, title in enumerate(titles):
        table.add_column(Text(title), justify="right" if column else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
