"""Where a run stands among all trials on its market: one study, for pages and the lab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.evidence.standing import Standing
from dashboard.evidence import Part, Tried, standing_of, tried_of
from dashboard.holdout import HoldoutState, state_of
from dashboard.problems import EXPECTED
from dashboard.run import Run
from dashboard.studies import Pace, Work
from data.journal import Journal

__all__ = ["Stood", "mark_of", "standing_key", "standing_work"]


@dataclass(frozen=True, slots=True, eq=False)
class Stood:
    """The trials, where the run stands among them, and what is withheld of the market."""

    tried: Part[Tried]
    standing: Part[Standing]
    holdout: HoldoutState


def mark_of(run: Run, journal: Journal) -> str:
    """Return a text that changes when another setting was tried on the market of `run`."""
    try:
        number, last = journal.tried_mark(run.scenario.universe.source)
    except EXPECTED:
        return "unread"
    return f"{number}-{last}"


def standing_key(run: Run, journal: Journal) -> str:
    """Return the key of the study: of the run, and of what was tried by now."""
    return f"evidence-standing-{run.content_key}-{mark_of(run, journal)}"


def standing_work(run: Run, journal: Journal, home: Path) -> Work:
    """Return the work of the study: a Stood; a second at most."""

    def work(_pace: Pace) -> Stood:
        tried = tried_of(run, journal)
        holdout = state_of(home, journal, run.scenario.universe.source)
        if tried.found is None:
            return Stood(tried, Part(None, tried.why), holdout)
        return Stood(tried, standing_of(run, tried.found), holdout)

    return work
