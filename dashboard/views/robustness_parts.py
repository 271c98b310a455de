"""What other histories, shocks and crises do to a run: a button, how far it is, what was found."""

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
from dashboard.charts.fan import fan_alt, fan_figure, fan_table
from dashboard.format import DASH, FORMATS, count, date, percent
from dashboard.report.faces import FACES
from dashboard.robust import Robustness
from dashboard.robust_work import DRAWS, robust_words, robust_work
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
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.tables import html_table

__all__ = ["robust"]

_SUBJECT: Final = "robust"
_WAIT_PX: Final = 120
_SHOWN: Final = ("cagr", "sharpe_ratio", "max_drawdown")
_TITLE: Final = "Would another history have said the same?"
_WHAT: Final = (
    f"Runs this setting over {DRAWS} other orders of its months, other costs, later fills, later "
    "starts and without a tenth of the names; lets sectors fall and everything move together; and "
    "draws a fan of futures."
)


def robust(run: Run) -> None:
    """Draw the button, how far it is, and the last good result."""
    asked = Asked(
        "Robustness", _SUBJECT, f"robust-{run.content_key}", robust_work(run),
        "Running over other histories",
    )  # fmt: skip
    if not is_asked(_SUBJECT, asked.key):
        _headed()
        frame.show(frame.words_html("", _WHAT))
        pressed("Disturb the history", asked, ":material/shuffle:")
        _before(asked.key)
        return
    study = asked_for(asked)
    if isinstance(study.result, Robustness):
        keep(_SUBJECT, Kept(asked.key, title_of(run), run, study.result))
        _found(study.result)
        return
    _headed()
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    else:
        waiting(asked, _WAIT_PX)
    _before(asked.key)


def _headed() -> None:
    frame.show(frame.heading_html(_TITLE))


def _before(key: str) -> None:
    kept = last_good(_SUBJECT)
    if kept is None:
        return
    if kept.key != key:
        frame.show(frame.stale_html(kept.title))
    _found(kept.result)


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
                fan_alt(found.fan), "Shaded: half, and nine tenths of them. Drawn from this run's "
                "sessions: what is not in them is not in the fan.",
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
