"""The walk-forward of a page: asked for by a button, then curve, choices, drift and paths."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from html import escape
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from core.evidence.purged import PurgedPaths
from core.scenario import specs
from dashboard import session
from dashboard.charts.walkforward import curves_figure, drift_figure, paths_figure
from dashboard.definitions import term_html
from dashboard.format import FORMATS, count, date, percent, ratio
from dashboard.record import Recorded
from dashboard.report.comparison_words import field_text
from dashboard.report.faces import FACES
from dashboard.report.walkforward import HEADS, fold_frame, metric_rows, walk_words
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
from dashboard.views.page import is_phone, nothing
from dashboard.views.tables import bullets, html_table
from dashboard.views.walkforward_form import Chosen, walk_form
from dashboard.walkforward import WalkForward
from dashboard.walkforward_work import walk_work

__all__ = ["walk_forward_part"]

_SUBJECT: Final = "walk"
_TITLE: Final = "Would choosing on the past have worked?"
_WHAT: Final = (
    "At every choice the setting that was best on the rebalances before it is taken, and one "
    "portfolio follows the choices: what it earned is out of sample. Every setting is a trial."
)
_WAIT_PX: Final = 120
_TOLD: Final = 4  # sentences that stand open under the verdict: two pairs, efficiency, lead
_FOLDS_PX: Final = 320


def walk_forward_part(run: Run) -> None:
    """Draw the controls, the button, how far it is, and the last good result."""
    frame.show(frame.heading_html(_TITLE))
    frame.show(frame.words_html("", _WHAT))
    chosen = walk_form(run)
    asked = _asked(run, chosen)
    if asked is None:
        _before("")
        return
    if not is_asked(_SUBJECT, asked.key):
        pressed("Walk forward", asked, ":material/directions_walk:")
        _before(asked.key)
        return
    study = asked_for(asked)
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
        _before(asked.key)
    elif isinstance(study.result, Recorded):
        title = f"{title_of(run)}, {count(chosen.settings)} settings"
        keep(_SUBJECT, Kept(asked.key, title, run, study.result))
        _found(study.result)
    else:
        waiting(asked, _WAIT_PX)
        _before(asked.key)


def _asked(run: Run, chosen: Chosen) -> Asked | None:
    if chosen.choice is None:
        return None
    engine = session.engine()
    key = f"walk-{run.content_key}-{chosen.choice.key}"
    work = walk_work(run.scenario, chosen.choice, engine.pipeline, engine.journal)
    return Asked("Robustness", _SUBJECT, key, work, "Choosing and walking forward")


def _before(key: str) -> None:
    kept = last_good(_SUBJECT)
    if kept is None:
        return
    if kept.key != key:
        frame.show(frame.stale_html(kept.title))
    _found(kept.result)


def _found(walked: Recorded[WalkForward]) -> None:
    found = walked.found
    if walked.unrecorded:
        nothing("This walk-forward is not in the journal", walked.unrecorded)
        st.button("Record it now", key="walk-record", on_click=walked.try_again)
    _curves(found)
    _metrics(found)
    _folds(found)
    if len(found.folds) > 1:
        _drift(found)
    if found.paths is not None:
        _paths(found, found.paths)


def _curves(found: WalkForward) -> None:
    run, first = found.run, found.folds[0].test_first
    benchmark = run.benchmark[first : first + len(found.dates)]
    growth = pd.DataFrame(
        {
            "walk": found.result.nav / found.result.initial_nav,
            "base": found.base_nav / found.result.initial_nav,
            "benchmark": benchmark / benchmark[0],
        },
        index=pd.DatetimeIndex(found.dates.astype("datetime64[s]"), name="date"),
    )
    ends = growth.iloc[-1]
    alt = (
        f"Out of sample from {found.dates[0]} to {found.dates[-1]} the portfolio that follows the "
        f"choices grows to {ratio(ends['walk'])}, the scenario as it stands to "
        f"{ratio(ends['base'])}, {run.benchmark_name} to {ratio(ends['benchmark'])}."
    )
    chart(
        lambda: curves_figure(growth, session.colours(), run.benchmark_name, compact=is_phone()),
        growth,
        key="walk-curves",
        title="Out of sample",
        alt=alt,
        content=_content(found),
    )
    frame.show(frame.words_html(alt))


def _content(found: WalkForward) -> object:
    return view_of(found.run, found.plan.hash, repr(found.windows))


def _metrics(found: WalkForward) -> None:
    base, benchmark = found.run.scenario.name, found.run.benchmark_name
    head = ("Out of sample", HEADS[0], f"{base} as it stands", *HEADS[1:3], benchmark, HEADS[3])
    rows = [(term_html(row[0]), *row[1:]) for row in metric_rows(found)]
    table = pd.DataFrame([row for row in metric_rows(found)], columns=["metric", *head[1:]])
    heading("Side by side", table, "walk-metrics")
    frame.show(html_table(head, rows))
    verdict, *told = walk_words(found)
    frame.show(f'<p class="pl-words"><b>{escape(verdict)}</b></p>{bullets(told[:_TOLD])}')
    if told[_TOLD:]:
        with st.expander("Luck, other comparisons and what was chosen how often", key="walk-told"):
            frame.show(bullets(told[_TOLD:]))


def _folds(found: WalkForward) -> None:
    table = fold_frame(found)
    heading("Every choice", table, "walk-folds")
    label, rows = FACES[found.windows.metric].label, list(_fold_rows(found))
    head = (
        "Training", "Out of sample", *(specs()[axis.path].label for axis in found.plan.axes),
        f"{label} in training", "afterwards",
    )  # fmt: skip
    with st.container(height=_FOLDS_PX if len(rows) > 8 else "content", border=False,
                      key="walk-folds-table"):  # fmt: skip
        frame.show(html_table(head, rows))


def _fold_rows(found: WalkForward) -> Iterator[tuple[str, ...]]:
    dates, write = found.run.dates, FORMATS[FACES[found.windows.metric].kind]
    for n, fold in enumerate(found.folds):
        chosen = found.plan.values(int(found.chosen[n]))
        yield (
            f"{date(dates[fold.train_first])} … {date(dates[fold.train_last])}",
            f"{date(dates[fold.test_first])} … {date(dates[fold.test_last])}",
            *(field_text(specs()[path], value) for path, value in chosen.items()),
            write(float(found.chosen_in_sample[n])),
            write(float(found.by_fold[n])),
        )


def _drift(found: WalkForward) -> None:
    axes = found.plan.axes
    days = [found.run.dates[fold.test_first] for fold in found.folds]
    index = pd.DatetimeIndex(np.array([*days, found.dates[-1]]).astype("datetime64[s]"))
    codes = found.plan.codes[found.chosen]
    codes = np.vstack([codes, codes[-1:]])
    table = pd.DataFrame(codes, columns=[axis.path for axis in axes], index=index)
    levels = [
        [field_text(axis.spec, level) for level in found.plan.levels[n]]
        for n, axis in enumerate(axes)
    ]
    alt = " ".join(
        f"{specs()[one.path].label} changed {count(one.changes)} times in {count(len(days))} "
        f"choices, {field_text(specs()[one.path], one.commonest)} in {percent(one.share, 0)}."
        for one in found.drift
    )
    values = fold_frame(found)[["test_first", *(axis.path for axis in axes)]]
    chart(
        partial(
            drift_figure, table, levels, [axis.spec.label for axis in axes], session.colours(),
            compact=is_phone(),
        ),
        values, key="walk-drift", title="What was in force", alt=alt, content=_content(found),
    )  # fmt: skip


def _paths(found: WalkForward, paths: PurgedPaths) -> None:
    known = paths.sharpe[np.isfinite(paths.sharpe)]
    promised = ratio(float(np.mean(paths.in_sample)))
    if not len(known):
        nothing("No history has a Sharpe ratio", "Nothing moves on any path out of sample.")
        return
    alt = (
        f"{count(len(paths.splits))} splits make {count(len(paths.sharpe))} histories out of "
        f"sample; their Sharpe ratio lies between {ratio(float(known.min()))} and "
        f"{ratio(float(known.max()))}, median {ratio(float(np.median(known)))}, where training "
        f"promised {promised}."
    )
    chart(
        lambda: paths_figure(paths, session.colours()),
        pd.DataFrame({"sharpe_ratio": paths.sharpe}, index=pd.RangeIndex(1, len(paths.sharpe) + 1,
                                                                         name="path")),
        key="walk-paths", title="Combinatorial cross-validation", alt=alt, content=_content(found),
    )  # fmt: skip
    aside = "It trains on what came after as well: how much choosing varies, not what was earned."
    frame.show(frame.words_html(alt, aside))
