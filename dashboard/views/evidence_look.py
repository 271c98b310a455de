"""The look-ahead test on the Evidence page: a button, how far it is, and what was found."""

from __future__ import annotations

from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import session
from dashboard.format import DASH, count, date, percent
from dashboard.lookahead import DATES, LookAhead, Looked, look_ahead_work, look_words
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.tables import html_table

__all__ = ["look_ahead"]

_ASKED: Final = "plimsoll.look_ahead"
_LOOK_AGAIN: Final = 1.0  # seconds
_PX: Final = 48
_ENDED: Final = ("done", "failed")
_WHAT: Final = (
    f"Runs this setting again on data that end at {DATES} ends of months, and holds every past "
    "decision against the one that was made on all data: each factor, the regime, the book, each "
    "rule."
)


def look_ahead(run: Run) -> None:
    """Draw the button or, once it was pressed for this run, the test."""
    if st.session_state.get(_ASKED) != run.content_key:
        frame.show(frame.heading_html("Does any past decision know what came later?"))
        frame.show(frame.words_html("", _WHAT))
        st.button(
            "Run the look-ahead test", key="look-ahead", icon=":material/visibility:",
            on_click=_ask, args=(run.content_key,),
        )  # fmt: skip
        return
    study = _study(run)
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    elif isinstance(study.result, LookAhead):
        _found(study.result)
    else:
        frame.show(frame.heading_html("Does any past decision know what came later?"))
        with st.container(key="waits-look-ahead"):
            st.fragment(_look, run_every=_LOOK_AGAIN)(run)


def _ask(key: str) -> None:
    session.changed()
    st.session_state[_ASKED] = key


def _study(run: Run) -> Study:
    engine = session.engine()
    key = f"evidence-look-{run.content_key}"
    work = look_ahead_work(run, engine.pipeline)
    return engine.studies.ask(session.token(), "evidence-look", key, work, rank=4)


def _look(run: Run) -> None:
    study = _study(run)
    if study.status in _ENDED:
        st.rerun()
    told = f"Running on shorter data: {percent(study.share, 0)}"
    frame.show(f'<div class="pl-wait" role="status" style="height:{_PX}px">{told}</div>')


def _found(found: LookAhead) -> None:
    table = pd.DataFrame(
        [(row.kind, row.name, row.compared, row.different, row.first) for row in found.rows],
        columns=["kind", "name", "compared", "different", "first"],
    )
    heading("Does any past decision know what came later?", table, "look-ahead")
    tone = "" if found.passed else ' class="pl-box bad" role="alert"'
    frame.show(f"<div{tone}>{frame.words_html(look_words(found))}</div>")
    with st.expander("Every kind of decision", key="look-ahead-table"):
        frame.show(
            html_table(("Decision", "Compared", "Different", "First"), map(_row, found.rows))
        )


def _row(row: Looked) -> tuple[str, ...]:
    name = row.name if row.kind == row.name else f"{row.kind}: {row.name}"
    first = DASH if row.first is None else date(row.first)
    return (escape(name.replace("_", " ")), count(row.compared), count(row.different), first)
