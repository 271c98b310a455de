"""What the Overview works out behind the page, and the box that stands where it will be."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import session
from dashboard.format import percent
from dashboard.lab.panel_work import account_work
from dashboard.review_evidence import is_short
from dashboard.review_overview import control_once, evidence_work
from dashboard.review_today import today_work
from dashboard.run import Run
from dashboard.studies import Study, Work
from dashboard.views import frame

__all__ = ["account_study", "control_study", "evidence_study", "today_study", "waiting"]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")


def control_study(run: Run) -> Study:
    """Ask for the exposure-matched control: a lab's ControlStudy."""
    return _ask(run, "control", control_once(run), rank=0)


def today_study(run: Run) -> Study:
    """Ask where the scenario stands at the last session of the data: a Today."""
    return _ask(run, "today", today_work(run, session.engine().run), rank=1)


def evidence_study(run: Run) -> Study | None:
    """Ask what could be luck: an Evidence; None for a run too short to ask."""
    return None if is_short(run) else _ask(run, "evidence", evidence_work(run), rank=2)


def account_study(run: Run) -> Study:
    """Ask for the rule account, as ``account_work`` tells it."""
    return _ask(run, "account", account_work(run), rank=3)


def waiting(subject: str, run: Run, words: str, pixels: int) -> None:
    """Draw a box of `pixels` height that says how far a study is, and draw the page when it ends.

    Parameters
    ----------
    subject : {"control", "today", "evidence", "account"}
    run : Run
    words : str
        What is being worked out.
    pixels : int
        Height of what will stand there.
    """
    with st.container(key=f"waits-{subject}"):
        st.fragment(_look, run_every=_LOOK_AGAIN)(subject, run, words, pixels)


def _look(subject: str, run: Run, words: str, pixels: int) -> None:
    asks = {
        "control": control_study,
        "today": today_study,
        "evidence": evidence_study,
        "account": account_study,
    }
    study = asks[subject](run)
    if study is None or study.status in _ENDED:
        st.rerun()
    if pixels:
        bar = f'<i><u style="width:{100.0 * study.share:.0f}%"></u></i>'
        told = f"{words}: {percent(study.share, 0)}" if study.share else f"{words} …"
        frame.show(
            f'<div class="pl-wait" role="status" style="height:{pixels}px">{told}{bar}</div>'
        )


def _ask(run: Run, subject: str, work: Work, *, rank: int) -> Study:
    # By content, not by the scenario alone: the last good result may be of data that are gone.
    key = f"overview-{subject}-{run.content_key}"
    studies = session.engine().studies
    return studies.ask(session.token(), f"overview-{subject}", key, work, rank=rank)
