"""The evidence in the strip of every page, and the page anew when it is known."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import session
from dashboard.data_grade import kept_grade
from dashboard.evidence_badges import Badge, badges_of, unread_badges
from dashboard.evidence_standing import Stood
from dashboard.problems import EXPECTED
from dashboard.run import Run
from dashboard.views.evidence_studies import standing_study

__all__ = ["evidence_badges", "grade_of", "until_known"]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")


def evidence_badges(run: Run) -> list[Badge]:
    """Return what the strip says of `run`; of what is not known yet that it is being worked out."""
    try:
        study = standing_study(run)
    except EXPECTED as error:
        return unread_badges(str(error))
    if study.problem is not None:
        return unread_badges(study.problem.happened)
    stood = study.result
    return badges_of(run, stood if isinstance(stood, Stood) else None, grade_of(run))


def grade_of(run: Run) -> str | None:
    """Return the grade of the data of `run`, None where they were not checked yet."""
    catalog = session.engine().pipeline.catalog
    try:
        return kept_grade(catalog.home, catalog.snapshot(run.scenario.universe.source))
    except EXPECTED:
        return None


def until_known(run: Run, page: str) -> None:
    """Draw the page called `page` once more when the strip's evidence is there, if it is not."""
    # A place of its own whatever it holds: were it gone, all below would be drawn one place further
    # up, each into the remains of the one before, and stand too low until the run ends.
    place = st.container(key="strip-place")
    if standing_study(run).status not in _ENDED:
        with place.container(key="waits-strip"):
            st.fragment(_look, run_every=_LOOK_AGAIN)(run, page)


def _look(run: Run, page: str) -> None:
    if not session.is_on(page):
        return  # a look of a page that was left: the browser has no place for it any more
    if not session.is_drawn() or standing_study(run).status in _ENDED:
        st.rerun()
