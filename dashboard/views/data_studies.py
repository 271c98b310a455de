"""What the Data page works out behind itself, and the box that stands where it will be."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import session
from dashboard.home import home_folder
from dashboard.review_data import Snapshot
from dashboard.review_data_coverage import coverage_months
from dashboard.review_data_health import health_of
from dashboard.review_data_reconcile import reconcile_home, state_of
from dashboard.studies import Study
from dashboard.views import frame

__all__ = ["coverage_study", "health_study", "reconcile_study", "waiting"]

_LOOK_AGAIN: Final = 0.5  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")


def coverage_study(market: Snapshot) -> Study:
    """Ask for the bars by name and month: a CoverageMonths."""
    catalog = session.engine().pipeline.catalog
    key = f"data-coverage-{market.name}-{market.snapshot_id}-{market.fingerprint}"
    return session.engine().studies.ask(
        session.token(), "data-coverage", key, lambda _pace: coverage_months(catalog, market)
    )


def health_study(market: Snapshot) -> Study:
    """Ask for what looks wrong: a HealthReport."""
    catalog = session.engine().pipeline.catalog
    key = f"data-health-{market.name}-{market.snapshot_id}-{market.fingerprint}"
    return session.engine().studies.ask(
        session.token(), "data-health", key, lambda _pace: health_of(catalog, market), rank=1
    )


def reconcile_study() -> Study:
    """Ask where two providers disagree: a StoredReconciliation."""
    home = home_folder()
    key = f"data-reconcile-{home}-{state_of(home)}"
    return session.engine().studies.ask(
        session.token(), "data-reconcile", key, lambda _pace: reconcile_home(home), rank=2
    )


def waiting(subject: str, market: Snapshot | None, words: str, pixels: int) -> None:
    """Draw a box of `pixels` height, and the page anew when the study ends.

    Parameters
    ----------
    subject : {"coverage", "health", "reconcile"}
    market : Snapshot or None
        None for what is not about one market.
    words : str
        What is being worked out.
    pixels : int
        Height of what will stand there.
    """
    with st.container(key=f"waits-{subject}"):
        st.fragment(_look, run_every=_LOOK_AGAIN)(subject, market, words, pixels)


def _look(subject: str, market: Snapshot | None, words: str, pixels: int) -> None:
    if not session.is_on("Data"):
        return  # a look of a page that was left: the browser has no place for it any more
    if _ask(subject, market).status in _ENDED:
        st.rerun()
    frame.show(f'<div class="pl-wait" role="status" style="height:{pixels}px">{words} …</div>')


def _ask(subject: str, market: Snapshot | None) -> Study:
    if market is None:
        return reconcile_study()
    return coverage_study(market) if subject == "coverage" else health_study(market)
