"""What the Factors page works out behind itself, and the box that stands where it will be."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import session
from dashboard.format import percent
from dashboard.home import home_folder
from dashboard.review_factors import factors_work
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame

__all__ = ["asked_topology", "factors_study", "known_study", "waiting", "want_topology"]

_TOPOLOGY: Final = "plimsoll.factors.topology"
_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")


def asked_topology(run: Run) -> bool:
    """Return whether topology is to be judged although the scenario leaves it out."""
    if run.signals is None or "topology" in run.signals.panel.factors:
        return False
    return bool(st.session_state.get(_TOPOLOGY, False))


def want_topology() -> None:
    """Judge topology as well from now on."""
    st.session_state[_TOPOLOGY] = True


def factors_study(run: Run) -> Study:
    """Ask what the factors of `run` were worth: a FactorStudy."""
    also = asked_topology(run)
    work = factors_work(run, home_folder(), with_topology=also)
    return session.engine().studies.ask(session.token(), "factors", _key(run, also), work)


def known_study(run: Run) -> Study | None:
    """Return the finished study of the factors of the scenario alone, None where there is none."""
    return session.engine().studies.known(_key(run, False))


def waiting(run: Run, pixels: int) -> None:
    """Draw a box of `pixels` height that says how far the study is, and the page when it ends."""
    with st.container(key="waits-factors"):
        st.fragment(_look, run_every=_LOOK_AGAIN)(run, pixels)


def _look(run: Run, pixels: int) -> None:
    if not session.is_on("Factors"):
        return  # a look of a page that was left: the browser has no place for it any more
    study = factors_study(run)
    if study.status in _ENDED:
        st.rerun()
    words = "Finding the shape of returns" if asked_topology(run) else "Judging every score"
    told = f"{words}: {percent(study.share, 0)}" if study.share else f"{words} …"
    frame.show(f'<div class="pl-wait" role="status" style="height:{pixels}px">{told}</div>')


def _key(run: Run, also: bool) -> str:
    return f"factors-{run.content_key}{'-topology' if also else ''}"
