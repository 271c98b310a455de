"""Risk: move a rule and see what it does."""

from __future__ import annotations

from contextlib import nullcontext
from html import escape

import streamlit as st

from dashboard import saved, session
from dashboard.charts.alt import facts_alt, scale_curve_alt
from dashboard.controls.pickers import preset_picker, scenario_pickers
from dashboard.lab import component
from dashboard.lab.answers import begin_hints
from dashboard.lab.payload import run_frame
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.session import Outcome
from dashboard.state import AppState
from dashboard.views import frame
from dashboard.views.cards import beside, cards_html, years_of
from dashboard.views.facts import timeline_facts
from dashboard.views.findings import findings, headline
from dashboard.views.frames import levels
from dashboard.views.help import help_overlay
from dashboard.views.rules import rules_in_words
from dashboard.views.sleeve_off import sleeve_off_button
from dashboard.views.style import apply_style
from dashboard.views.surface_choice import chosen_surface
from dashboard.views.tables import (
    bullets,
    coverage_table,
    data_table,
    metrics_table,
    rules_table,
    sectors_table,
    timings_table,
)
from dashboard.views.toolbar import notices, toolbar


def _frame(state: AppState, found: Outcome) -> bytes:
    return run_frame(
        state,
        _shown(found),
        found.baseline,
        session.colours(),
        acknowledged=component.acknowledged(),
        stale=found.run is None,
        held=component.held(),
        token=session.token(),
        surface=chosen_surface(),
    )


def _shown(found: Outcome) -> Run | None:
    return found.run or (found.last_good[1] if found.last_good else None)


def _head(state: AppState, found: Outcome) -> None:
    frame.head("Risk", state, found)  # the browser asks for the evidence when the hand is still
    if found.problem is not None:
        sleeve_off_button(state)
    with st.container(horizontal=True, gap="small", key="setting", vertical_alignment="center"):
        preset_picker(state)
        with st.popover("Market and period", icon=":material/database:", key="data"):
            scenario_pickers(state)
            st.page_link("views/data.py", label="Age, grade and origin", icon=":material/info:")
        toolbar(state, notes=False)


def _words(state: AppState, found: Outcome) -> None:
    """Say in words and tables what the component shows."""
    run = _shown(found)
    if run is None:
        return
    base = None if found.baseline is None else found.baseline.metrics
    cards = cards_html(
        run.metrics,
        years=years_of(run),
        short=is_short(run),
        benchmark=run.benchmark_metrics,
        beside=beside(run),
        baseline=base,
        baseline_name=state.baseline_name(),
    )
    risk = run.scenario.risk
    words = [facts_alt(timeline_facts(run), levels(run.scenario), run.benchmark_name)]
    if risk.max_allowed_drawdown is not None:
        worst = float(run.result.risk_drawdown.min())
        words.append(scale_curve_alt(risk.max_allowed_drawdown, risk.min_position_scale, worst))
    compared = "" if base is None else f"Small + and − compare with {state.baseline_name()}."
    # One piece: each message to the browser costs the server as much as making all of this.
    parts = (
        frame.unseen_html(cards + "".join(f"<p>{escape(text)}</p>" for text in words))
        + frame.words_html(headline(run), compared),
        "<div>" + frame.heading_html("What stands out") + bullets(findings(run)) + "</div>",
        _tables(run),
    )
    frame.show(f'<div class="pl-stack">{"".join(parts)}</div>')
    rules_in_words(run)
    _all_numbers(state, run, found.baseline)


def _tables(run: Run) -> str:
    colours = session.colours()
    rules = frame.heading_html("Rules at work") + rules_table(run, colours)
    sectors = frame.heading_html("Sectors") + sectors_table(run, colours)
    return f'<div class="pl-two"><div>{rules}</div><div>{sectors}</div></div>'


def _all_numbers(state: AppState, run: Run, baseline: Run | None) -> None:
    # Closed, its tables are not sent.
    title = "All numbers, timings and notes"
    with st.expander(title, key="all-numbers", on_change=session.changed) as part:
        if not part.open:
            return
        base = None if baseline is None else baseline.metrics
        left, right = st.columns((3, 2), gap="large")
        with left:
            frame.show(metrics_table(run, base, state.baseline_name()))
        with right:
            frame.show(data_table(run) + coverage_table(run) + timings_table(run))
            frame.show(bullets(run.notes))


component.page_begins()
state = session.current()
turns, quick = session.engine().turns, session.is_quick(state)
# Whatever goes out makes the browser lay the page out, and the charts wait for that: so a commit
# is computed before the first message, and the lab goes out before what stands above it.
with turns.first() if quick else nullcontext():
    early = session.outcome(state) if quick else None
    data = _frame(state, early) if early else b""
    apply_style(session.colours(), lab=True)
    waiting = st.empty()
    if early is None:
        problem = frame.prepare(waiting)
        state = session.current()  # the market may not have been there before
        outcome = Outcome(None, problem=problem) if problem else frame.run(state, waiting)
        data = _frame(state, outcome)
    else:
        outcome = early
    head, said = st.container(key="head"), st.container(key="said")
    component.lab(data)
with turns.after() as pause:
    with head:
        _head(state, outcome)
    begin_hints(outcome.run)
    pause()
    if outcome.run is not None:
        saved.record(state, outcome.run)
    with said:
        notices(state)
    pause()
    _words(state, outcome)
    help_overlay("Risk")
component.page_asks_for_curves(outcome.run)
component.page_is_complete()
