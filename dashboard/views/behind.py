"""Work that a button asks for: how far it is, a way to stop it, and the last good result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from core.scenario import scenario_hash
from dashboard import session
from dashboard.format import percent
from dashboard.holdout import is_hidden
from dashboard.run import Run
from dashboard.studies import Study, Work
from dashboard.views import frame

__all__ = [
    "Asked",
    "Kept",
    "asked_for",
    "is_asked",
    "keep",
    "last_good",
    "pressed",
    "title_of",
    "waiting",
    "want",
]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a button asked for, of one page.

    Attributes
    ----------
    page : str
        Title of the page: a look of one that was left says nothing.
    subject : str
        Of the study, and of what is kept of it in the session.
    key : str
        Of the content.
    work : Work
    words : str
        What is being done.
    """

    page: str
    subject: str
    key: str
    work: Work
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A result of this session and of what it was.

    Attributes
    ----------
    key : str
        Of its content.
    title : str
        In words.
    run : Run
        That it is of.
    result : object
    """

    key: str
    title: str
    run: Run
    result: Any


def want(subject: str, key: str) -> None:
    """Ask for the work `key` about `subject` from now on; "" asks for nothing."""
    session.changed()
    st.session_state[_name(subject)] = key
    st.session_state.pop(f"{_name(subject)}.stopped", None)


def is_asked(subject: str, key: str) -> bool:
    """Return whether exactly this was asked for."""
    return bool(st.session_state.get(_name(subject)) == key)


def asked_for(asked: Asked) -> Study:
    """See that it is worked on and return how far it is."""
    studies = session.engine().studies
    return studies.ask(session.token(), asked.subject, asked.key, asked.work, rank=4)


def keep(subject: str, kept: Kept) -> None:
    """Keep a result as the last one about `subject`."""
    st.session_state[f"{_name(subject)}.good"] = kept


def last_good(subject: str) -> Kept | None:
    """Return the last result about `subject`, unless it shows what was sealed since."""
    found = st.session_state.get(f"{_name(subject)}.good")
    home = session.engine().pipeline.home
    return found if isinstance(found, Kept) and not is_hidden(home, found.run) else None


def waiting(asked: Asked, pixels: int) -> None:
    """Draw a box of `pixels` height that says how far it is and ends it; the page when it ends."""
    with st.container(key=f"waits-{asked.subject}"):
        st.fragment(_look, run_every=_LOOK_AGAIN)(asked, pixels)


def title_of(run: Run) -> str:
    """Return what a result is of, for the label over one that is not of the present setting."""
    return (
        f"{run.scenario.name}, {run.market.source}, {run.dates[0]} … {run.dates[-1]}, setting "
        f"{scenario_hash(run.scenario)[:8]}"
    )


def _name(subject: str) -> str:
    return f"plimsoll.asked.{subject}"


def _look(asked: Asked, pixels: int) -> None:
    if not session.is_on(asked.page):
        return  # a look of a page that was left: the browser has no place for it any more
    if not is_asked(asked.subject, asked.key):
        st.rerun()  # it was stopped
    study = asked_for(asked)
    if study.status in _ENDED:
        st.rerun()
    told = f"{asked.words}: {percent(study.share, 0)}" if study.share else f"{asked.words} …"
    frame.show(f'<div class="pl-wait" role="status" style="height:{pixels}px">{told}</div>')
    st.button(
        "Stop", key=f"stop-{asked.subject}", icon=":material/stop_circle:", type="tertiary",
        help="Ends the work; nothing of it is kept or recorded.",
        on_click=_stop, args=(asked,),
    )  # fmt: skip


def _stop(asked: Asked) -> None:
    studies = session.engine().studies
    if studies.known(asked.key) is not None:
        session.changed()  # it ended before this arrived: the page shows what was found
        return
    want(asked.subject, "")
    studies.leave(session.token(), asked.subject)
    st.session_state[f"{_name(asked.subject)}.stopped"] = asked.key


def pressed(
    label: str, asked: Asked, icon: str, on_press: Callable[[], None] | None = None
) -> None:
    """Draw the button that asks for it; after a stop, what became of the work."""

    def press() -> None:
        want(asked.subject, asked.key)
        if on_press is not None:
            on_press()

    st.button(label, key=f"ask-{asked.subject}", icon=icon, on_click=press)
    if st.session_state.get(f"{_name(asked.subject)}.stopped") == asked.key:
        frame.show('<p class="pl-words" role="status">Stopped; nothing was kept.</p>')
