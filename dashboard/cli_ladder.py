"""The part of `plimsoll compare --presets` that goes from phase to phase, one change at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from core.errors import HistoryError
from core.presets import PRESETS
from core.scenario import value_at, with_values
from dashboard.ladder import PERIODS, Ladder, climb
from dashboard.ladder_record import record_ladder
from dashboard.pipeline import Pipeline, Progress
from dashboard.report.ladder import ladder_document
from dashboard.report.ladder_print import print_ladder
from dashboard.studies import Pace
from data.journal import Journal

__all__ = ["Climbed", "climbed", "is_ladder", "ladders_document", "preset_named", "print_ladders"]


@dataclass(frozen=True, slots=True)
class Climbed:
    """Ladders over the periods that the market covers, and why not over the others."""

    ladders: tuple[Ladder, ...]
    not_covered: tuple[str, ...]


def is_ladder(presets: str | None, settings: Sequence[str]) -> bool:
    """Return whether presets alone were named, none twice: there is a way from one to the next."""
    names = [preset_named(name) for name in (presets or "").split(",") if name.strip()]
    is_way = len(names) > 1 and all(names) and len(set(names)) == len(names)
    return is_way and not settings


def preset_named(text: str) -> str:
    """Return the name of the preset that a person means, "phase-8" as well; "" for none."""
    plain = text.strip().casefold().replace("-", " ")
    return next((name for name in PRESETS if name.casefold() == plain), "")


def climbed(
    pipeline: Pipeline,
    journal: Journal,
    source: str,
    names: Sequence[str],
    start: str | None,
    end: str | None,
    progress: Progress,
) -> Climbed:
    """Climb over the two periods of the plan, or over the one that was asked for."""
    own = [preset_named(name) for name in names]
    ladders, missing = _climb_periods(pipeline, source, _periods(start, end), own, progress)
    for found in ladders:
        unrecorded = record_ladder(journal, found)
        if unrecorded:
            click.echo(f"plimsoll: not in the journal: {unrecorded}", err=True)
    return Climbed(ladders, missing)


def ladders_document(found: Climbed) -> dict[str, Any]:
    """Return every ladder as JSON."""
    return {
        "periods": [ladder_document(one) for one in found.ladders],
        "not_covered": list(found.not_covered),
    }


def print_ladders(found: Climbed, console: Console) -> None:
    """Print every ladder, and the periods that the market does not cover."""
    for one in found.ladders:
        print_ladder(one, console)
    for why in found.not_covered:
        console.print(Text(why))


def _periods(start: str | None, end: str | None) -> Sequence[tuple[dt.date | None, dt.date | None]]:
    if start is None and end is None:
        return PERIODS
    # Read and validated as every other date.
    given = {"period.start": start, "period.end": end}
    values = {path: value for path, value in given.items() if value is not None}
    asked = with_values(next(iter(PRESETS.values())), values)
    return [(value_at(asked, "period.start"), value_at(asked, "period.end"))]


def _climb_periods(
    pipeline: Pipeline,
    source: str,
    periods: Sequence[tuple[dt.date | None, dt.date | None]],
    names: Sequence[str],
    say: Progress,
) -> tuple[tuple[Ladder, ...], tuple[str, ...]]:
    """Climb over each period that the market covers; say why of those that it does not."""
    found: list[Ladder] = []
    missing: list[str] = []
    for number, period in enumerate(periods):
        base = number / len(periods)

        def share(done: float, base: float = base) -> None:
            say("Climbing from phase to phase", base + done / len(periods))

        try:
            found.append(climb(pipeline, source, period, names, Pace(lambda: False, share)))
        except HistoryError as error:
            missing.append(str(error))
    return tuple(found), tuple(missing)
