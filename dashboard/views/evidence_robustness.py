"""Robustness on the Evidence page: a button, how far it is, and what other histories did."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from core.crises import Seen
from core.evidence.perturb import KINDS
from core.simulation import METRICS
from dashboard import session
from dashboard.charts.fan import FAN_HEIGHT_PX, fan_alt, fan_figure, fan_table
from dashboard.format import DASH, FORMATS, count, date, percent
from dashboard.report.faces import FACES
from dashboard.robust import Robustness
from dashboard.robust_work import DRAWS, robust_words, robust_work
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.tables import html_table

__all__ = ["robust"]

_ASKED: Final = "plimsoll.robust"
_LOOK_AGAIN: Final = 1.0  # seconds
_ENDED: Final = ("done", "failed")
_SHOWN: Final = ("cagr", "sharpe_ratio", "max_drawdown")
_TITLE: Final = "Would another history have said the same?"
_WHAT: Final = (
    f"Runs this setting over {DRAWS} other orders of its months, other costs, later fills, later "
    "starts and without a tenth of the names; lets sectors fall and everything move together; and "
    "draws a fan of futures. `plimsoll robust` does the same."
)


def robust(run: Run) -> None:
    """Draw the button or, once it was pressed for this run, what came of it."""
    if st.session_state.get(_ASKED) != run.content_key:
        frame.show(frame.heading_html(_TITLE))
        frame.show(frame.words_html("", _WHAT.replace("`", "")))
        st.button(
            "Disturb the history", key="robust", icon=":material/shuffle:",
            on_click=_ask, args=(run.content_key,),
        )  # fmt: skip
        return
    study = _study(run)
    if study.problem is not None:
        frame.show(frame.heading_html(_TITLE))
        frame.show(frame.problem_html(study.problem))
    elif isinstance(study.result, Robustness):
        _found(study.result)
    else:
        frame.show(frame.heading_html(_TITLE))
        with st.container(key="waits-robust"):
            st.fragment(_look, run_every=_LOOK_AGAIN)(run)


def _ask(key: str) -> None:
    session.changed()
    st.session_state[_ASKED] = key


def _study(run: Run) -> Study:
    key = f"evidence-robust-{run.content_key}"
    studies = session.engine().studies
    return studies.ask(session.token(), "evidence-robust", key, robust_work(run), rank=4)


def _look(run: Run) -> None:
    study = _study(run)
    if study.status in _ENDED:
        st.rerun()
    told = f"Running over other histories: {percent(study.share, 0)}"
    frame.show(f'<div class="pl-wait" role="status" style="height:{FAN_HEIGHT_PX}px">{told}</div>')


def _found(found: Robustness) -> None:
    heading(_TITLE, _kinds_frame(found), "robust")
    frame.show(frame.words_html(robust_words(found), "5 % … median … 95 % of the runs."))
    head = ("Disturbed", "Runs", *(FACES[name].label for name in _SHOWN),
            "Rules better: Sharpe", "drawdown")  # fmt: skip
    frame.show(html_table(head, _kinds(found)))
    with st.expander("What each line disturbs", key="robust-kinds"):
        frame.show(html_table(("Line", "What"), KINDS.items()))
    with st.expander("Shocks and crises", key="robust-shocks"):
        labels = (FACES[name].label for name in _SHOWN)
        frame.show(html_table(("Shock", "Day", "At once", *labels), _shocks(found)))
        frame.show(html_table(
            ("Fall of the S&amp;P 500", "Seen", escape(found.run.benchmark_name), "Portfolio"),
            _crises(found),
        ))  # fmt: skip
    if found.fan is not None:
        chart(
            partial(fan_figure, found.fan, session.colours()), fan_table(found.fan), key="fan",
            title="Where NAV may go within a year", alt=fan_alt(found.fan),
            content=view_of(found.run, "fan"),
        )  # fmt: skip
        frame.show(
            frame.words_html(
                fan_alt(found.fan), "Drawn from this run's sessions: what is not in them is not in "
                "the fan.",
            )
        )  # fmt: skip


def _kinds(found: Robustness) -> Iterator[tuple[str, ...]]:
    base = (_value(name, found.base[METRICS.index(name)]) for name in _SHOWN)
    yield ("as it happened", "1", *base, "", "")
    for row in found.kinds:
        yield (
            row.kind,
            count(len(row.values)),
            *(" … ".join(_value(name, q) for q in row.quantiles(name)) for name in _SHOWN),
            percent(row.better("sharpe_ratio"), 0),
            percent(row.better("max_drawdown"), 0),
        )


def _kinds_frame(found: Robustness) -> pd.DataFrame:
    rows = []
    for row in found.kinds:
        cells: dict[str, object] = {"disturbed": row.kind, "runs": len(row.values)}
        for name in _SHOWN:
            marks = zip(("5 %", "median", "95 %"), row.quantiles(name), strict=True)
            cells |= {f"{name} {mark}": value for mark, value in marks}
        rows.append(cells)
    return pd.DataFrame(rows)


def _shocks(found: Robustness) -> Iterator[tuple[str, ...]]:
    for row in found.shocks:
        yield (
            escape(row.label[0].upper() + row.label[1:]),
            DASH if row.date is None else date(row.date),
            percent(row.at_once),
            *(_value(name, row.values[METRICS.index(name)]) for name in _SHOWN),
        )


def _crises(found: Robustness) -> Iterator[tuple[str, ...]]:
    for row in found.crises:
        never = row.seen is Seen.NEVER
        yield (
            escape(f"{row.crisis.name}, {row.crisis.peak.year}"),
            "never" if never else row.seen.value,
            percent(row.benchmark),
            percent(row.portfolio),
        )


def _value(name: str, value: float) -> str:
    return FORMATS[FACES[name].kind](float(value))
