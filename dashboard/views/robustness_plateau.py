"""What a setting stands on: a button, how far it is, and the plateau score of every pair."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from dashboard import session
from dashboard.format import count
from dashboard.lab.panel_work import SURFACE_SIZE
from dashboard.report.plateau import (
    HEADS,
    pair_title,
    plateau_frame,
    plateau_headline,
    plateau_rows,
    plateau_words,
)
from dashboard.robust_plateau import Plateaus, pairs_of, plateau_work
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.behind import (
    Asked,
    Kept,
    asked_for,
    is_asked,
    keep,
    last_good,
    pressed,
    title_of,
    waiting,
)
from dashboard.views.chart import heading
from dashboard.views.surface_choice import chosen_surface, lead_to_surface
from dashboard.views.tables import bullets, html_table

__all__ = ["plateau"]

_SUBJECT: Final = "plateau"
_WAIT_PX: Final = 120
_TITLE: Final = "Would a slightly different setting have done as well?"


def plateau(run: Run) -> None:
    """Draw the button, how far it is, and the last good result."""
    pairs, _ = pairs_of(run)
    engine = session.engine()
    asked = Asked(
        "Robustness", _SUBJECT, f"plateau-{run.content_key}",
        plateau_work(engine.pipeline, run, engine.journal), "Running the settings around this one",
    )  # fmt: skip
    if not is_asked(_SUBJECT, asked.key):
        frame.show(frame.heading_html(_TITLE))
        frame.show(frame.words_html("", _what(len(pairs))))
        if pairs:
            pressed("Look around this setting", asked, ":material/landscape:")
        _before(asked.key)
        return
    study = asked_for(asked)
    if isinstance(study.result, Plateaus):
        keep(_SUBJECT, Kept(asked.key, title_of(run), run, study.result))
        _found(study.result)
        return
    frame.show(frame.heading_html(_TITLE))
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    else:
        waiting(asked, _WAIT_PX)
    _before(asked.key)


def _what(pairs: int) -> str:
    if not pairs:
        return (
            "No rule is on that has a second field to move with it, so there is no plateau to "
            "stand on or to fall from."
        )
    told = "1 surface" if pairs == 1 else f"{count(pairs)} surfaces"
    return (
        f"Runs {told} of up to {SURFACE_SIZE} × {SURFACE_SIZE} settings over pairs of rules that "
        "are on, and scores how many neighbours keep nine tenths of the Sharpe ratio. Every "
        "different result counts as a trial, once: these are the surfaces of the Risk page."
    )


def _before(key: str) -> None:
    kept = last_good(_SUBJECT)
    if kept is None:
        return
    if kept.key != key:
        frame.show(frame.stale_html(kept.title))
    _found(kept.result)


def _found(found: Plateaus) -> None:
    rows = list(plateau_rows(found))
    heading(_TITLE, plateau_frame(found), "plateau")
    frame.show(frame.words_html(plateau_headline(found)))
    frame.show(html_table(HEADS, [tuple(map(escape, row)) for row in rows]))
    frame.show(bullets(plateau_words(found)))
    _to_surface(found)


def _to_surface(found: Plateaus) -> None:
    # The browser goes to the other page by a link: what it is to show there is chosen before.
    pairs = {pair_title(pair): (pair.x, pair.y) for pair in found.pairs}
    before, places = chosen_surface() or {}, list(pairs.values())
    led = (before.get("x"), before.get("y"))
    at = places.index(led) if led in places else 0
    with st.container(horizontal=True, vertical_alignment="bottom", key="plateau-surface"):
        title = st.selectbox("Surface", list(pairs), at, key="plateau-pair", width=360)
        lead_to_surface(*pairs[title])
        st.page_link("views/risk.py", label="See it on the Risk page", icon=":material/landscape:")
