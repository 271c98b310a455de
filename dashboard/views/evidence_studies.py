"""What the Evidence page and the strip of every page work out behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.evidence.standing import Standing
from dashboard import session
from dashboard.evidence import Part, Tests, Tried, standing_of, tests_work, tried_of
from dashboard.format import percent
from dashboard.holdout import HoldoutState, state_of
from dashboard.home import home_folder
from dashboard.problems import EXPECTED
from dashboard.review_data_health import health_of
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.studies import Pace, Study, Work
from dashboard.views import frame

__all__ = [
    "Stood",
    "grade_study",
    "known_standing",
    "mark_of",
    "standing_study",
    "tests_study",
    "waiting",
]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")


@dataclass(frozen=True, slots=True, eq=False)
class Stood:
    """What is quick to know: the trials, and where the run stands among them."""

    tried: Part[Tried]
    standing: Part[Standing]
    holdout: HoldoutState


def mark_of(run: Run) -> str:
    """Return a text that changes when another setting was tried on the market of `run`."""
    try:
        number, last = session.engine().journal.tried_mark(run.scenario.universe.source)
    except EXPECTED:
        return "unread"
    return f"{number}-{last}"


def standing_study(run: Run) -> Study:
    """Ask for the trials and the standing of `run`: a Stood."""
    journal = session.engine().journal

    def work(_pace: Pace) -> Stood:
        tried = tried_of(run, journal)
        holdout = state_of(home_folder(), journal, run.scenario.universe.source)
        if tried.found is None:
            return Stood(tried, Part(None, tried.why), holdout)
        return Stood(tried, standing_of(run, tried.found), holdout)

    return _ask("standing", run, work, rank=1)


def known_standing(run: Run) -> Study | None:
    """Return the standing of `run` where some page had it worked out, None where none did."""
    return session.engine().studies.known(_key("standing", run))


def tests_study(run: Run) -> Study | None:
    """Ask for the tests of all trials: Tests; None for a run too short to ask."""
    if is_short(run):
        return None
    journal = session.engine().journal

    def work(pace: Pace) -> Tests:
        tried = tried_of(run, journal)
        if tried.found is None:
            missing: Part[Tried] = Part(None, tried.why)
            return Tests(*(Part(None, missing.why) for _ in range(4)))
        return tests_work(run, tried.found)(pace)

    return _ask("tests", run, work, rank=2)


def grade_study(run: Run) -> Study:
    """Ask how good the data are: a HealthReport, the one of the Data page."""
    catalog = session.engine().pipeline.catalog
    market = catalog.snapshot(run.scenario.universe.source)
    key = f"data-health-{market.name}-{market.snapshot_id}-{market.fingerprint}"
    return session.engine().studies.ask(
        session.token(), "evidence-grade", key, lambda _pace: health_of(catalog, market), rank=3
    )


def waiting(subject: str, run: Run, words: str, pixels: int) -> None:
    """Draw a box of `pixels` height that says how far a study is, and draw the page when it ends.

    Parameters
    ----------
    subject : {"standing", "tests", "grade"}
    run : Run
    words : str
        What is being worked out.
    pixels : int
        Height of what will stand there; 0 draws nothing.
    """
    with st.container(key=f"waits-{subject}"):
        st.fragment(_look, run_every=_LOOK_AGAIN)(subject, run, words, pixels)


def _look(subject: str, run: Run, words: str, pixels: int) -> None:
    asks = {"standing": standing_study, "tests": tests_study, "grade": grade_study}
    study = asks[subject](run)
    if study is None or study.status in _ENDED:
        st.rerun()
    if pixels:
        told = f"{words}: {percent(study.share, 0)}" if study.share else f"{words} …"
        frame.show(f'<div class="pl-wait" role="status" style="height:{pixels}px">{told}</div>')


def _ask(subject: str, run: Run, work: Work, *, rank: int) -> Study:
    studies = session.engine().studies
    who = session.token(), f"evidence-{subject}"
    return studies.ask(*who, _key(subject, run), work, rank=rank)


def _key(subject: str, run: Run) -> str:
    return f"evidence-{subject}-{run.content_key}-{mark_of(run)}"
