"""The parts of the Evidence page, each with its heading, words and numbers as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.evidence.bootstrap import Interval
from core.evidence.standing import Standing
from dashboard import session
from dashboard.charts.luck import LUCK_HEIGHT_PX, luck_figure
from dashboard.definitions import term_html
from dashboard.evidence import Tests, curve_of_luck
from dashboard.evidence_log import log_table
from dashboard.evidence_words import (
    chances_text,
    chances_words,
    standing_words,
    tests_words,
    tried_fault,
    tried_words,
    yearly,
)
from dashboard.format import DASH, FORMATS, count, percent, ratio
from dashboard.report.faces import FACES
from dashboard.review_evidence import is_short
from dashboard.review_overview import years
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.evidence_studies import (
    Stood,
    grade_study,
    mark_of,
    standing_study,
    tests_study,
    waiting,
)
from dashboard.views.evidence_tiles import tiles_html, tiles_of
from dashboard.views.page import is_phone, nothing
from dashboard.views.tables import bullets, html_table

__all__ = ["log", "standing", "state_of", "tests"]

_TESTS_PX: Final = 120
_GRID_PX: Final = 320
_HEADS: Final = {
    "tried": "Tried (UTC)", "by": "By", "from": "Preset", "changed": "Changed", "runs": "Runs",
    "sharpe": "Sharpe", "cagr": "CAGR", "max_drawdown": "Max drawdown",
}  # fmt: skip
_WIDTHS: Final[dict[str, Any]] = {
    "tried": 130, "by": 60, "from": 90, "changed": "large", "runs": 60, "sharpe": 70, "cagr": 70,
    "max_drawdown": 100,
}  # fmt: skip
_WRITTEN: Final[dict[Any, Any]] = {
    "Runs": count, "Sharpe": ratio, "CAGR": percent, "Max drawdown": percent,
}  # fmt: skip
_BROKEN: Final = "The trial log cannot be trusted"
_UNREAD: Final = "The trials cannot be counted"


def state_of(run: Run) -> None:
    """Draw the tiles: trials, what is left, data, books."""
    stood = _stood(run)
    grade = None if run.market.simulated else grade_study(run)  # made without a fault
    frame.show(tiles_html(tiles_of(run, stood, grade)))
    if grade is not None and grade.status in ("waiting", "running"):
        waiting("grade", run, "", 0)
    if stood is not None and (fault := tried_fault(stood.tried)):
        title = _BROKEN if stood.tried.found is not None else _UNREAD
        nothing(title, fault)


def standing(run: Run) -> None:
    """Draw where the result stands among all that was tried."""
    study = standing_study(run)
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
        return
    stood = _stood(run)
    if stood is None:
        waiting("standing", run, "Reading the trials", LUCK_HEIGHT_PX)
        return
    found = stood.standing.found
    if stood.tried.found is None:
        return  # said above
    if is_short(run):
        nothing("Too short", "The Sharpe ratio of fewer than 61 sessions says nothing of skill.")
        return
    if found is None:
        nothing("No verdict on the Sharpe ratio", stood.standing.why)
        return
    _luck(run, found)
    words = (tried_words(stood.tried.found.tally), chances_words(found))
    frame.show(bullets((*words, *standing_words(found, years(run)))))


def _stood(run: Run) -> Stood | None:
    study: Study = standing_study(run)
    return study.result if isinstance(study.result, Stood) else None


def _luck(run: Run, found: Standing) -> None:
    trials, best = curve_of_luck(found)
    table = pd.DataFrame({"luck": best}, index=pd.Index(trials, name="trials"))
    sharpe = (yearly(found.moments.sharpe), yearly(found.standard_error))
    chart(
        lambda: luck_figure(
            table, sharpe, found.effective, found.trials, session.colours(), compact=is_phone()
        ),
        table,
        key="luck",
        title="Sharpe ratio that luck gives the best of so many tries",
        alt=(
            f"The best of {count(found.trials)} tries without skill shows "
            f"{ratio(yearly(found.expected_best_all))} a year if each is a chance of its own, of "
            f"{chances_text(found)} {ratio(yearly(found.expected_best))}. "
            f"This result has {ratio(sharpe[0])} with a standard error of {ratio(sharpe[1])}."
        ),
        content=view_of(run, found.trials, found.effective),
    )


def tests(run: Run) -> None:
    """Draw the tests of all trials and the interval of every headline metric."""
    study = tests_study(run)
    if study is None:
        return
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
        return
    if not isinstance(study.result, Tests):
        frame.show(frame.heading_html("Tests of all trials"))
        waiting("tests", run, "Resampling the trials", _TESTS_PX)
        return
    left, right = st.columns(2, gap="large")
    with left:
        with st.container(key="tests-heading"):  # level with the other, which has buttons
            frame.show(frame.heading_html("Tests of all trials"))
        frame.show(bullets(tests_words(study.result, run.benchmark_name)))
    with right:
        found = study.result.intervals
        if found.found is None:
            nothing("No intervals", found.why)
        else:
            _intervals(found.found)


def _intervals(found: Mapping[str, Interval]) -> None:
    table = pd.DataFrame(
        {name: (one.estimate, one.low, one.high) for name, one in found.items()},
        index=["estimate", "low", "high"],
    ).T.rename_axis("metric")
    heading("95 of 100 resampled histories", table, "intervals")
    rows = []
    for name, one in found.items():
        write = FORMATS[FACES[name].kind]
        ends = (write(one.low), write(one.high))
        rows.append((term_html(name), write(one.estimate), *ends))
    frame.show(html_table(("Metric", "Here", "From", "To"), rows))


def log(run: Run) -> None:
    """Draw every setting that was tried on this market."""
    stood = _stood(run)
    if stood is None or stood.tried.found is None:
        return
    table = log_table(stood.tried.found.rows)
    heading("Everything that was tried on this market", table, "trials")
    if not len(table):
        nothing("Nothing was tried yet", "Every setting whose result is shown is recorded.")
        return
    shown = table.rename(columns=_HEADS).style.format(_WRITTEN)
    widths = {_HEADS[name]: st.column_config.Column(width=px) for name, px in _WIDTHS.items()}
    st.dataframe(
        shown,
        height=_GRID_PX,
        hide_index=True,
        key=f"trials-grid-{mark_of(run)}",
        column_config=widths,
        placeholder=DASH,  # or the metrics of a sweep would say None
    )
