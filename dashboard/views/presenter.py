"""The presenter: the story of the Overview, a step a screen; nothing can be changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final

import plotly.graph_objects as go
import streamlit as st

from dashboard import review_overview as numbers
from dashboard import session
from dashboard.charts.enlarged import enlarged
from dashboard.charts.overview import Part, overview_figure
from dashboard.charts.rows import rows_figure
from dashboard.format import date, percent
from dashboard.review_exposure import is_held, sector_cap
from dashboard.run import Run
from dashboard.state import STORY_STEPS, AppState
from dashboard.views import frame
from dashboard.views import overview_words as words
from dashboard.views.exposure_words import exposure_headline
from dashboard.views.figure import draw
from dashboard.views.frames import levels
from dashboard.views.keys import keys
from dashboard.views.overview_crises import crises_html, crises_sentence
from dashboard.views.overview_parts import crises_of
from dashboard.views.overview_rows import account_rows, sector_rows
from dashboard.views.overview_studies import (
    account_study,
    control_study,
    evidence_study,
    waiting,
)
from dashboard.views.overview_style import PRESENTER_CSS
from dashboard.views.page import is_phone

__all__ = ["present_button", "presented", "steps"]

_START, _BACK, _NEXT, _LEAVE = "present", "story-back", "story-next", "story-leave"
_PX: Final = 520
_FACTOR: Final = 1.5


def present_button() -> None:
    """Draw the button that starts the story; the key p presses it."""
    st.button(
        "Present", key=_START, icon=":material/slideshow:", on_click=_to, args=(1,),
        help="Large type, no controls, a step at a time. Key: p",
    )  # fmt: skip
    keys({"p": _START}, key="present-keys")


def steps(state: AppState) -> None:
    """Hide the controls, and draw the buttons of the story; keys press them."""
    frame.show(PRESENTER_CSS)
    with st.container(horizontal=True, key="steps", vertical_alignment="center"):
        st.button("Back", key=_BACK, icon=":material/chevron_left:", on_click=_to,
                  args=(max(state.story - 1, 1),), disabled=state.story == 1)  # fmt: skip
        st.button("Next", key=_NEXT, icon=":material/chevron_right:", on_click=_to,
                  args=(state.story + 1,), disabled=state.story == STORY_STEPS)  # fmt: skip
        frame.show(
            f'<div class="pl-steps">{state.story} of {STORY_STEPS} · {_TITLES[state.story - 1]}'
            " · arrows or space to step, Escape to leave</div>"
        )
        st.button("Leave", key=_LEAVE, icon=":material/close:", on_click=_to, args=(0,))
        pressed = dict.fromkeys(("ArrowRight", "ArrowDown", "PageDown", " "), _NEXT)
        pressed |= dict.fromkeys(("ArrowLeft", "ArrowUp", "PageUp"), _BACK)
        keys(pressed | dict.fromkeys(("Escape", "p"), _LEAVE), key="story-keys")


def presented(state: AppState, run: Run) -> None:
    """Draw the step that `state` is at."""
    with st.container(key="stage"):
        frame.show(frame.heading_html(_TITLES[state.story - 1]))
        _STORY[state.story - 1](run)


def _sentence(run: Run) -> None:
    _say(words.headline(run), lead=True)
    study = evidence_study(run)
    if study is None:
        return
    if study.status == "done":
        for text in words.evidence_words(study.result, run):
            _say(text)
    elif study.problem is None:
        waiting("evidence", run, "Working out what could be luck", 160)


def _equity(run: Run) -> None:
    _curves(run, ("equity", "regimes"))


def _drawdown(run: Run) -> None:
    _curves(run, ("drawdown", "regimes"))


def _curves(run: Run, parts: tuple[Part, ...]) -> None:
    study = control_study(run)
    control = study.result if study.status == "done" else None
    equity, drawdown = numbers.curves(run, control)
    figure = overview_figure(
        equity,
        drawdown,
        run.regime_series(),
        session.colours(),
        levels=levels(run.scenario),
        benchmark_name=run.benchmark_name,
        parts=parts,
        compact=is_phone(),
    )
    _draw(figure, "story-curves", words.overview_alt(equity, drawdown, run))
    if "equity" in parts:
        _say(words.growth_sentence(equity, run))
        if control is not None:
            _say(words.control_sentence(control.exposure, control.average))
    if "drawdown" in parts:
        worst = drawdown["portfolio"]
        told = words.worst_sentence(worst, drawdown["benchmark"], run.benchmark_name)
        invested = percent(float(run.result.invested[int(worst.argmin())]))
        _say(f"{told} On {date(worst.idxmin())} {invested} of NAV was invested.")
    if study.status in ("waiting", "running"):
        waiting("control", run, "", 0)


def _rules(run: Run) -> None:
    study = account_study(run)
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    elif study.status != "done":
        waiting("account", run, "Running every combination of the rules", _PX)
    else:
        account = numbers.account_of(study.result, 0)
        colours = session.colours()
        figure = rows_figure(
            account_rows(account, colours),
            colours,
            title="Total return, rule by rule",
            compact=is_phone(),
        )
        _draw(figure, "story-rules", words.account_alt(account))
        for text in study.result["words"][1:3]:
            _say(text)


def _sectors(run: Run) -> None:
    table, cap, colours = numbers.sector_book(run), run.caps[1], session.colours()
    if len(table):
        figure = rows_figure(
            sector_rows(table, cap, colours),
            colours,
            title="Share of NAV, diamond: target at full exposure"
            + ("" if cap is None else ", line: the cap"),
            limit=cap,
            compact=is_phone(),
        )
        _draw(figure, "story-sectors", words.sectors_alt(table, cap))
    if is_held(run):
        _say(exposure_headline(run, sector_cap(run)))
    _say(words.sectors_sentence(table, run))


def _never_saw(run: Run) -> None:
    table = crises_of(run)
    _say(crises_sentence(table, simulated=run.market.simulated))
    frame.show(crises_html(table, large=True))


_TITLES: Final = (
    "The result", "Growth", "Drawdown", "What each rule added", "Sectors of the last book",
    "What this period never saw",
)  # fmt: skip
_STORY: Final[tuple[Callable[[Run], None], ...]] = (
    _sentence, _equity, _drawdown, _rules, _sectors, _never_saw,
)  # fmt: skip


def _draw(figure: go.Figure, key: str, alt: str) -> None:
    # On a phone the figure has its own size already.
    shown = figure if is_phone() else enlarged(figure, _FACTOR, _PX)
    draw(shown, key=key, alt=alt)


def _say(text: str, *, lead: bool = False) -> None:
    frame.show(f'<p class="pl-story{" lead" if lead else ""}">{escape(text)}</p>')


def _to(step: int) -> None:
    session.put(session.current().with_story(step))
