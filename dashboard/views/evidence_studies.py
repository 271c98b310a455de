"""What the Evidence page and the strip of every page work out behind it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import evidence_standing, session
from dashboard.evidence import Part, Tests, Tried, tests_work, tried_of
from dashboard.evidence_standing import Stood, standing_key, standing_work
from dashboard.format import percent
from dashboard.home import home_folder
from dashboard.review_data_health import health_of
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.studies import Pace, Study
from dashboard.views import frame

__all__ = [
    "Stood",
    "grade_study",
    "mark_of",
    "standing_study",
    "tests_study",
    "waiting",
]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")


def mark_of(run: Run) -> str:
    """Return a text that changes when another setting was tried on the market of `run`."""
    return evidence_standing.mark_of(run, session.engine().journal)


def standing_study(run: Run) -> Study:
    """Ask for the trials and the standing of `run`: a Stood."""
    journal = session.engine().journal
    work = standing_work(run, journal, home_folder())
    who = session.token(), "evidence-standing"
    return session.engine().studies.ask(*who, standing_key(run, journal), work, rank=1)


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

    key = f"evidence-tests-{run.content_key}-{mark_of(run)}"
    studies = session.engine().studies
    return studies.ask(session.token(), "evidence-tests", key, work, rank=2)


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
