"""The second detector on the Regimes page: asked for by a button, worked out behind the page."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd
import streamlit as st

from core.factors.names import REGIMES
from core.scenario import specs
from dashboard import session
from dashboard.format import DASH, count, percent, ratio
from dashboard.home import home_folder
from dashboard.review_markov import SecondDetector, detectors_frame, second_work
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.tables import html_table

__all__ = ["second_detector_part", "second_words"]

_WANTED: Final = "plimsoll.markov_wanted"
_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")
_WHAT: Final = (
    "A second opinion on “volatile”: Markov switching of the market's daily returns (Hamilton "
    "1989), fitted anew every {every} sessions on everything known by then. "
    "Probabilities are filtered, never smoothed, so the past only is used. The other labels "
    "follow the same rules. The setting “{label}” (markov) runs the book on it."
)


def second_detector_part(run: Run) -> None:
    """Draw the comparison of both detectors, or the button that asks for it."""
    frame.show(frame.heading_html("A second detector: Markov switching"))
    every = run.scenario.regimes.markov.refit_days
    label = specs()["regimes.detector"].label
    frame.show(frame.words_html("", _WHAT.format(every=every, label=label)))
    if not st.session_state.get(_WANTED, False):
        st.button(
            "Compare both detectors",
            key="markov-ask",
            on_click=lambda: st.session_state.update({_WANTED: True}),
            help="Takes a few seconds the first time, behind the page; then it is kept.",
        )
        return
    study = _ask(run)
    if study.status not in _ENDED:
        with st.container(key="waits-markov"):
            st.fragment(_look, run_every=_LOOK_AGAIN)(run)
        return
    if study.problem is not None:
        frame.show(frame.words_html(study.problem.title, study.problem.happened))
        return
    _table(study.result)


def _ask(run: Run) -> Study:
    return session.engine().studies.ask(
        session.token(),
        "regimes-markov",
        f"regimes-markov-{run.content_key}",
        second_work(run, home_folder()),
    )


def _look(run: Run) -> None:
    if not session.is_on("Regimes"):
        return  # a look of a page that was left: the browser has no place for it any more
    study = _ask(run)
    if study.status in _ENDED:
        st.rerun()
    told = f": {percent(study.share, 0)}" if study.share else " …"
    frame.show(
        f'<div class="pl-wait" role="status" style="height:120px">Fitting Markov switching{told}'
        "</div>"
    )


def second_words(found: SecondDetector) -> str:
    """Say how far both agree, what the states are, and what could not be fitted."""
    fits = found.filtered.converged
    levels = [percent(value, 0) for value in found.volatility if not math.isnan(value)]
    states = f" Its states in the last fit have {' and '.join(levels)} a year." if levels else ""
    failed = int((~fits).sum())
    converged = "all converged" if not failed else f"{failed} did not converge and changed nothing"
    times = "1 fit" if len(fits) == 1 else f"{count(len(fits))} fits"
    fitted = f" {times}, {converged}." if len(fits) else ""
    return (
        f"Both say the same on {percent(found.agreement, 0)} of sessions, and the same to the "
        f"question “volatile?” on {percent(found.agreement_volatile, 0)}.{states}{fitted} "
        f"{' '.join(found.filtered.notes)}"
    ).strip()


def _table(found: SecondDetector) -> None:
    table = detectors_frame(found)
    heading("Both detectors, by regime", table, "markov-detectors")
    frame.show(frame.words_html(second_words(found)))
    rows = [_row(str(name), row) for name, row in table.iterrows()]
    head = ("Regime", *(f"{who}: {what}" for what in _FIGURES for who in ("rules", "Markov")))
    frame.show(html_table(head, rows))
    matrix = pd.DataFrame(found.markov.stats.matrix, pd.Index(REGIMES, name="from"), list(REGIMES))
    heading("Markov: the next session, from row to column", matrix, "markov-transitions")
    rows = [
        (str(name), *(percent(value, 1) for value in row.tolist()))
        for name, row in matrix.iterrows()
        if not math.isnan(row.iloc[0])
    ]
    frame.show(html_table(("From", *REGIMES), rows))


_FIGURES: Final = ("share", "spells", "mean stay", "decisions", "sessions late, median")


def _row(name: str, row: pd.Series) -> tuple[str, ...]:
    cells = [
        _cell(figure, float(row[f"{who}_{figure}"]))
        for figure in ("share", "spells", "mean_dwell", "decisions", "median_lag")
        for who in ("rules", "markov")
    ]
    return ("unknown" if name == "default" else name, *cells)


def _cell(figure: str, value: float) -> str:
    if math.isnan(value):
        return DASH
    if figure == "share":
        return percent(value, 0)
    return ratio(value, 1) if figure in ("mean_dwell", "median_lag") else count(int(value))
