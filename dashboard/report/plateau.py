"""Plateau scores for people and as JSON: the same words in a terminal and on a page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.scenario import specs
from core.surface import KEPT
from dashboard.format import DASH, count, percent, ratio
from dashboard.report.comparison_words import field_text
from dashboard.report.faces import FACES
from dashboard.robust_plateau import METRIC, PLATEAU, RADIUS, SLOPE, Dead, Plateau, Plateaus

__all__ = [
    "HEADS",
    "pair_title",
    "plateau_document",
    "plateau_frame",
    "plateau_headline",
    "plateau_rows",
    "plateau_words",
    "print_plateaus",
]

HEADS: Final = ("Around", "Plateau score", "Stands", "Sharpe here", "Best cell", "at", "its score",
                "Trials")  # fmt: skip
_STANDS: Final = {
    "plateau": "on a plateau",
    "slope": "on a slope",
    "spike": "on a spike",
    "dead": "where nothing changes",
    None: "not known",
}
_NEIGHBOURS: Final = (2 * RADIUS + 1) ** 2 - 1


def pair_title(pair: Plateau) -> str:
    """Return the names of the two fields."""
    return f"{specs()[pair.x].label} × {specs()[pair.y].label}"


def plateau_rows(found: Plateaus) -> Iterator[tuple[str, ...]]:
    """Yield a row a pair, one text a column of ``HEADS``."""
    for pair in found.pairs:
        yield (
            pair_title(pair),
            percent(pair.score, 0),
            _STANDS[pair.verdict],
            ratio(pair.here),
            ratio(pair.best_value),
            DASH if pair.best is None else _place(pair, pair.best),
            percent(pair.best_score, 0),
            count(pair.different),
        )


def plateau_frame(found: Plateaus) -> pd.DataFrame:
    """Return a row a pair in numbers: fractions, NaN where nothing is known."""
    columns = {
        "x": "str", "y": "str", "x_at": "float64", "y_at": "float64", "sharpe_ratio": "float64",
        "plateau": "float64", "stands": "str", "best": "float64", "best_x": "float64",
        "best_y": "float64", "best_plateau": "float64", "settings": "int64", "trials": "int64",
    }  # fmt: skip
    rows = [
        (pair.x, pair.y, *pair.at, pair.here, pair.score, _STANDS[pair.verdict], pair.best_value,
         *(pair.best or (math.nan, math.nan)), pair.best_score, pair.settings, pair.different)
        for pair in found.pairs
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def plateau_headline(found: Plateaus) -> str:
    """Say on how many surfaces the setting stands on what."""
    if not found.pairs:
        return "No rule is on that has a second field to move with it: there is no surface."
    number = Counter(_STANDS[pair.verdict] for pair in found.pairs)
    first, *more = (f"{stands} on {number[stands]}" for stands in _STANDS.values()
                    if number[stands])  # fmt: skip
    return f"The setting stands {', '.join((f'{first} of {_surfaces(len(found.pairs))}', *more))}."


def plateau_words(found: Plateaus) -> Iterator[str]:
    """Yield the sentences below the table: thresholds, doubts, dead fields, trials."""
    label = FACES[METRIC].label
    if found.pairs:
        yield (
            f"Plateau score: share of the up to {_NEIGHBOURS} cells at most {RADIUS} steps away "
            f"that keep {percent(KEPT, 0)} of the {label}. From {percent(PLATEAU, 0)} on it is a "
            f"plateau, from {percent(SLOPE, 0)} on a slope, below that a spike; a straight slope "
            f"too steep to keep it has {percent(14 / _NEIGHBOURS, 0)}, a ridge one step wide "
            f"{percent(4 / _NEIGHBOURS, 0)}."
        )
    yield from _doubts(found)
    for dead, others in _dead(found).items():
        yield _dead_words(dead, others)
    if found.left_out:
        names = ", ".join(rule.label for rule in found.left_out)
        yield f"Not scored, because no second field goes with it: {names}."
    if found.pairs:
        yield (
            f"{count(found.settings)} settings were run. The {count(found.trials)} with different "
            "results count as trials, once, as the surface on the Risk page does. The best cell "
            "is the luckiest of them as well."
        )


def _doubts(found: Plateaus) -> Iterator[str]:
    label = FACES[METRIC].label
    here = found.pairs[0].here if found.pairs else math.nan
    if abs(here) < found.error:
        yield (
            f"The {label} of {ratio(here)} is within its standard error of {ratio(found.error)} "
            "from zero. A tenth of it is far less than chance, so that a low score says little."
        )
    for pair in found.pairs:
        if not pair.exact and ratio(pair.value) != ratio(pair.here):
            yield (
                f"{pair_title(pair)}: the setting is no cell itself; the nearest, "
                f"{_place(pair, pair.cell)}, is scored and has {ratio(pair.value)}."
            )


def _dead(found: Plateaus) -> dict[Dead, list[str]]:
    # A field that is dead on two surfaces, over the same levels, is told once.
    told: dict[Dead, list[str]] = {}
    for pair in found.pairs:
        for dead in pair.dead:
            told.setdefault(dead, []).append(pair_title(pair))
    return told


def _dead_words(dead: Dead, pairs: list[str]) -> str:
    spec = specs()[dead.path]
    low, high = field_text(spec, dead.low), field_text(spec, dead.high)
    where = "anywhere on the surface" if dead.whole else "around the setting"
    why = f": {dead.reason}" if dead.reason else ""
    return (
        f"{spec.label} changes nothing {where}, from {low} to {high}{why}. The score of "
        f"{' and of '.join(pairs)} says nothing about it."
    )


def _place(pair: Plateau, cell: tuple[float, float]) -> str:
    return ", ".join(
        field_text(specs()[path], value) for path, value in zip((pair.x, pair.y), cell, strict=True)
    )


def _surfaces(number: int) -> str:
    return "1 surface" if number == 1 else f"{count(number)} surfaces"


def print_plateaus(found: Plateaus, console: Console) -> None:
    """Print the table and what to think of it."""
    console.print(Text(plateau_headline(found)))
    if found.pairs:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for n, name in enumerate(HEADS):
            table.add_column(Text(name), justify="left" if n in (0, 2) else "right")
        for row in plateau_rows(found):
            table.add_row(*map(Text, row))
        console.print(table)
    for line in plateau_words(found):
        console.print(Text(line))


def plateau_document(found: Plateaus) -> dict[str, Any]:
    """Return all of it: fractions, None for NaN."""
    return {
        "metric": METRIC,
        "kept": KEPT,
        "radius": RADIUS,
        "thresholds": {"plateau": PLATEAU, "slope": SLOPE},
        "standard_error": _number(found.error),
        "settings": found.settings,
        "trials": found.trials,
        "not_scored": [str(rule) for rule in found.left_out],
        "pairs": [_pair(pair) for pair in found.pairs],
    }


def _pair(pair: Plateau) -> dict[str, Any]:
    def of(cell: tuple[float, float]) -> dict[str, float]:
        return {pair.x: cell[0], pair.y: cell[1]}

    return {
        "at": of(pair.at),
        "here": _number(pair.here),
        "cell": of(pair.cell),
        "cell_value": _number(pair.value),
        "exact": pair.exact,
        "score": _number(pair.score),
        "verdict": pair.verdict,
        "best": None if pair.best is None else {
            "at": of(pair.best), "value": _number(pair.best_value),
            "score": _number(pair.best_score),
        },
        "settings": pair.settings,
        "trials": pair.different,
        "dead": [
            {"path": one.path, "low": one.low, "high": one.high, "whole": one.whole,
             "reason": one.reason}
            for one in pair.dead
        ],
    }  # fmt: skip


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
