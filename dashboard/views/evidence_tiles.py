"""The tiles at the top of the Evidence page: each a number, and in words what it means."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from dashboard.evidence_words import chance_text, chances_text, deflated_tone, deflated_words
from dashboard.format import DASH, count, percent
from dashboard.holdout import holdout_words
from dashboard.review_data_health import GRADE_WORDS, HealthReport
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views.evidence_studies import Stood

__all__ = ["Tile", "tiles_html", "tiles_of"]

_SPENT = {True: "", False: "warn"}
_GRADE_TONES = {"A": "", "B": "", "C": "warn", "D": "bad"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; the tone is "", "warn" (amber) or "bad" (red)."""

    name: str
    value: str
    words: str
    tone: str = ""


def tiles_of(run: Run, stood: Stood | None, grade: Study | None) -> tuple[Tile, ...]:
    """Return the tiles, as far as they are known; `grade` is None for a simulated market."""
    return (
        _trials(stood), _deflated(run, stood), _holdout(stood), _data(run, grade), _books(run),
    )  # fmt: skip


def tiles_html(tiles: tuple[Tile, ...]) -> str:
    """Return the tiles side by side."""
    return '<div class="pl-tiles">' + "".join(map(_tile_html, tiles)) + "</div>"


def _tile_html(tile: Tile) -> str:
    return (
        f'<div class="pl-tile {tile.tone}"><span>{escape(tile.name)}</span>'
        f"<b>{escape(tile.value)}</b><p>{escape(tile.words)}</p></div>"
    )


def _trials(stood: Stood | None) -> Tile:
    if stood is None:
        return Tile("Settings tried", "…", "Reading the trials.")
    if stood.tried.found is None:
        return Tile("Settings tried", DASH, "They cannot be counted.", "bad")
    if stood.tried.found.fault:
        words = "The log was changed behind the program's back."
        return Tile("Settings tried", count(stood.tried.found.tally.trials), words, "bad")
    found, number = stood.standing.found, stood.tried.found.tally.trials
    words = "A single one: nothing was chosen."
    if number > 1:
        words = "How many chances they amount to is not known."
    if number > 1 and found is not None:
        words = f"As alike as they are, {chances_text(found)}."
    return Tile("Settings tried", count(number), words)


def _deflated(run: Run, stood: Stood | None) -> Tile:
    name = "Deflated Sharpe"
    if is_short(run):
        return Tile(name, DASH, "Too short to say.", "warn")
    found = None if stood is None else stood.standing.found
    if found is None:
        words = "Being worked out." if stood is None else "There is none here."
        return Tile(name, "…" if stood is None else DASH, words)
    said = deflated_words(found.deflated)
    words = (
        f"{said[0].upper()}{said[1:]}; {chance_text(found.deflated_all)} with every try as a "
        "chance of its own."
    )
    return Tile(name, chance_text(found.deflated), words, deflated_tone(found.deflated))


def _holdout(stood: Stood | None) -> Tile:
    if stood is None:
        return Tile("Holdout", "…", "Being read.")
    held, words = stood.holdout.held, holdout_words(stood.holdout)
    if stood.holdout.fault:
        return Tile("Holdout", DASH, words, "bad")
    if held is None:
        return Tile("Holdout", "none", words, "warn")
    return Tile("Holdout", "sealed" if held.is_sealed else "opened", words, _SPENT[held.is_sealed])


def _data(run: Run, grade: Study | None) -> Tile:
    if grade is None:
        words = "Simulated: kinder than real markets, and about no company."
        return Tile("Data", "simulated", words, "warn")
    report = grade.result
    if not isinstance(report, HealthReport):
        failed = grade.problem is not None
        words = "They could not be checked." if failed else "Being checked."
        return Tile("Data", DASH if failed else "…", words, "bad" if failed else "")
    worst = sum(one == "D" for one in report.grades.values())
    words = (
        f"{GRADE_WORDS[report.grade].capitalize()}: the best grade that {percent(0.95, 0)} of the "
        f"names reach. {count(worst)} have D."
    )
    return Tile("Data grade", report.grade, words, _GRADE_TONES[report.grade])


def _books(run: Run) -> Tile:
    residual = abs(run.result.books_residual)
    words = f"To {residual:.0e} of NAV after {count(len(run.dates))} sessions; 1e-9 is allowed."
    return Tile("Books", "balance ✓", words)
