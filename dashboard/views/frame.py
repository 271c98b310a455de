"""The frame of every page: header strip, notices, explained problems, skeleton."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.factors.names import WITHOUT_TOPOLOGY
from dashboard import session
from dashboard.caveats import caveats
from dashboard.charts.timeline import TIMELINE_HEIGHT_PX
from dashboard.evidence_badges import Badge
from dashboard.format import date
from dashboard.problems import Problem
from dashboard.run import Run
from dashboard.session import Outcome
from dashboard.state import AppState

__all__ = [
    "Badge",
    "head",
    "header_html",
    "heading_html",
    "prepare",
    "problem_html",
    "refusal_html",
    "run",
    "show",
    "skeleton_html",
    "stale_html",
    "unseen_html",
    "words_html",
]


def prepare(waiting: DeltaGenerator) -> Problem | None:
    """See that there is a market; the first start makes the simulated one, with progress."""
    if session.engine().prepared:
        return None
    with waiting.container():
        bar = st.empty()
        if session.is_first():
            show(skeleton_html())

        def progress(text: str, share: float) -> None:
            bar.progress(share, text=text)

        return session.prepare(progress)


def run(state: AppState, waiting: DeltaGenerator) -> Outcome:
    """Run the scenario of `state`; a long run says so, over boxes of the final size."""
    first = session.is_first()
    with waiting.container(key=None if first else "waiting"):  # later it floats: nothing moves
        if first:
            show(skeleton_html())
        with st.spinner(f"Running {state.title()} …", show_time=True):
            found = session.outcome(state)
    waiting.empty()
    return found


def head(
    page: str,
    state: AppState,
    found: Outcome,
    evidence: Callable[[Run], Sequence[Badge]] = lambda _run: (),
    *,
    names_setting: bool = True,
) -> None:
    """Draw the header strip and whatever must be said before any number.

    `evidence` returns what the strip says of how far a run can be trusted: text, tone, hint.
    """
    title, run = state.title(), found.run
    if run is None and found.last_good is not None:
        title, run = found.last_good
    named = title if names_setting else ""
    show(header_html(page, named, run, () if run is None else evidence(run)))
    if state.refused:
        show(refusal_html(state.refused))
    if found.problem is not None:
        show(problem_html(found.problem))
        if found.last_good is not None:
            show(stale_html(found.last_good[0]))


def show(html: str) -> None:
    """Put a piece of HTML on the page."""
    st.html(html)


def header_html(page: str, title: str, run: Run | None, evidence: Sequence[Badge] = ()) -> str:
    """Return the strip at the top: what is looked at, over which data, and what to know of it."""
    if run is None:
        return (
            f'<div class="pl-strip"><h1>{escape(page)}</h1>'
            f'<span class="pl-quiet">{escape(title)}</span></div>'
        )
    heading = " · ".join(escape(part) for part in (page, title) if part)
    book = run.scenario.book.own_book
    window = f"{date(run.dates[0])} … {date(run.dates[-1])}"
    parts = [
        run.market.source,
        *([f"book: {book}"] if book else []),
        window,
    ]
    return (
        f'<div class="pl-strip"><h1>{heading}</h1>'
        f'<span class="pl-quiet">{escape(" · ".join(parts))}</span>'
        f'<span class="pl-badges">{_badges(run, evidence)}</span></div>'
    )


def _badges(run: Run, evidence: Sequence[Badge]) -> str:
    residual = abs(run.result.books_residual)
    badges = [
        _badge(f"books balance ✓ {residual:.0e}", "", "residual over NAV; at most 1e-9 is allowed")
    ]
    if WITHOUT_TOPOLOGY in run.notes:
        badges.append(_badge("without topology", "", WITHOUT_TOPOLOGY))
    badges[:0] = [_badge(lack.badge, "warn", lack.text) for lack in caveats(run)]
    if run.market.simulated:
        hint = "No figure here is about real companies."
        badges.insert(0, _badge("Simulated market", "warn", hint))
    # In a box of its own: the lab's browser side writes there what it hears later. Last, so that
    # nothing moves when it does.
    own = "".join(_badge(*badge) for badge in evidence)
    return "".join((*badges, f'<span class="pl-evidence">{own}</span>'))


#: Definitions that badges open, by their first word.
_TERMS: Final = {
    "trials": "trials_counted",
    "deflated": "deflated_sharpe",
    "books": "books_balance",
    "without": "topology_off",
}


def _badge(text: str, tone: str, hint: str) -> str:
    term = _TERMS.get(text.split(" ", 1)[0])
    kind = f"pl-badge {tone}".rstrip()
    if term is not None:
        return (
            f'<button class="{kind}" data-definition="{term}" '
            f'title="{escape(hint)}">{escape(text)}</button>'
        )
    return f'<span class="{kind}" title="{escape(hint)}">{escape(text)}</span>'


def problem_html(problem: Problem) -> str:
    """Return an explained error: what happened, what is safe, what to do."""
    happened = problem.happened
    # The engine's messages continue a line on a terminal; a field's path keeps its letters.
    if happened.split(" ", 1)[0].isalpha():
        happened = f"{happened[0].upper()}{happened[1:]}"
    return (
        f'<div class="pl-box bad" role="alert"><h2>{escape(problem.title)}</h2>'
        f"<p>{escape(happened)}</p>"
        f"<p><b>{escape(problem.action)}</b> {escape(problem.safe)}</p></div>"
    )


def refusal_html(reason: str) -> str:
    """Return why the last change was not taken."""
    return (
        '<div class="pl-box warn" role="alert"><h2>This change was not taken</h2>'
        f"<p>{escape(reason)}</p><p>The setting before it is still in force.</p></div>"
    )


def stale_html(title: str) -> str:
    """Return the label over a result that is not that of the present settings."""
    return (
        '<div class="pl-stale">Below: the last good result, '
        f"<b>{escape(title)}</b>. It does not show the present settings.</div>"
    )


def words_html(sentence: str, aside: str = "") -> str:
    """Return the sentence that says it all, and how to read what stands above it."""
    more = f" <span>{escape(aside)}</span>" if aside else ""
    return f'<p class="pl-words">{escape(sentence)}{more}</p>'


def heading_html(text: str) -> str:
    """Return the heading of a part of the page."""
    return f'<h2 class="pl-h2">{escape(text)}</h2>'


def skeleton_html() -> str:
    """Return grey boxes of the final size, for the first run of a session."""
    cards = '<div class="pl-skeleton" style="height:94px"></div>' * 12
    return (
        f'<div class="pl-cards" aria-hidden="true">{cards}</div>'
        f'<div class="pl-skeleton" style="height:{TIMELINE_HEIGHT_PX}px;margin-top:16px"></div>'
    )


def unseen_html(html: str) -> str:
    """Return `html` for those who cannot see the charts: read aloud, not drawn."""
    return f'<div class="pl-unseen">{html}</div>'
