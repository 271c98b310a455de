"""The parts of the page Compare, each with its heading, words and file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.attribution import ACCOUNT_METRICS
from core.evidence.bootstrap import MIN_RETURNS
from dashboard import review_compare, session
from dashboard.charts.compare import compare_figure
from dashboard.format import count, percent
from dashboard.report.comparison_words import caution, verdict_words
from dashboard.report.faces import FACES
from dashboard.review_compare import OwnAccount, Pairs, Side
from dashboard.review_evidence import LEVEL, RESAMPLES, is_short
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.compare_words import (
    accounts_html,
    compare_alt,
    fields_html,
    metrics_frame,
    metrics_html,
    ranking_html,
)
from dashboard.views.compare_work import PENDING, account_study, verdict_study
from dashboard.views.page import is_phone, nothing
from dashboard.views.tables import bullets

__all__ = ["accounts", "luck", "overlay"]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_METRIC: Final = "plimsoll.compare_account_metric"
_UNSEEN_RANK: Final = "Which one is ahead is said once it is known how much of it is luck."


def overlay(sides: Sequence[Side], log: bool) -> None:
    """Draw growth, drawdowns and exposure on one axis."""
    curves = review_compare.curves(sides)
    table = pd.concat(
        [curves[name].add_suffix(f"_{name}") for name in ("growth", "drawdown", "exposure")], axis=1
    )
    others = [(side.letter, side.run.content_key) for side in sides]
    chart(
        lambda: compare_figure(
            curves["growth"],
            curves["drawdown"],
            curves["exposure"],
            session.colours(),
            log=log,
            benchmark_name=sides[0].run.benchmark_name,
            compact=is_phone(),
        ),
        table,
        key="compare",
        title="Growth, drawdown and exposure",
        alt=compare_alt(sides),
        content=view_of(sides[0].run, log, *others),
    )


def luck(sides: Sequence[Side]) -> None:
    """Draw metrics, verdicts and, once those are known, the ranking."""
    if is_short(sides[0].run):
        nothing(
            "Too short for a verdict",
            f"It needs {MIN_RETURNS} daily returns, the period has "
            f"{count(len(sides[0].run.dates) - 1)}. No ranking is shown without one.",
        )
        _metrics(sides, None)
        return
    pending = verdict_study(sides).status in PENDING
    st.fragment(_luck, run_every=_LOOK_AGAIN if pending else None)(sides, pending)


def _luck(sides: Sequence[Side], was_pending: bool) -> None:
    study = verdict_study(sides)
    if was_pending and study.status not in PENDING:
        st.rerun()  # the page then stops asking
    pairs = _named(study.result, sides) if study.status == "done" else None
    frame.show(frame.heading_html("Is the difference more than luck?"))
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    elif pairs is None:
        _progress("Resampling every pair", study)
        frame.show(frame.words_html(_UNSEEN_RANK))
    else:
        frame.show(bullets(verdict_words(sides, pairs)))
    _metrics(sides, pairs, waiting=study.status in PENDING)
    if pairs is not None:
        frame.show(frame.words_html("", _method(pairs)))


def _metrics(sides: Sequence[Side], pairs: Pairs | None, *, waiting: bool = False) -> None:
    left, right = st.columns((3, 2), gap="large")
    with left:
        heading("Metrics", metrics_frame(sides, pairs).rename_axis("row"), "compare-metrics")
        frame.show(metrics_html(sides, pairs, waiting=waiting))
    with right:
        _fields(sides)
        if pairs is not None:
            frame.show(frame.heading_html("Order, now that the noise is known"))
            frame.show(ranking_html(sides, pairs))


def _fields(sides: Sequence[Side]) -> None:
    table = review_compare.changed(sides)
    heading("Changed fields", table, "compare-fields")
    if len(table):
        frame.show(fields_html(table, sides))
    else:
        frame.show(frame.words_html("No field differs."))
    for side in sides:
        if side.control is not None:
            frame.show(frame.words_html("", _control_words(side)))


def accounts(sides: Sequence[Side]) -> None:
    """Draw the rule accounts beside each other."""
    own = [side for side in sides if side.control is None]
    pending = any(account_study(side).status in PENDING for side in own)
    st.fragment(_accounts, run_every=_LOOK_AGAIN if pending else None)(own, pending)


def _accounts(sides: Sequence[Side], was_pending: bool) -> None:
    studies = {side.letter: account_study(side) for side in sides}
    if was_pending and all(study.status not in PENDING for study in studies.values()):
        st.rerun()
    metric = st.session_state.get(_METRIC, ACCOUNT_METRICS[0])
    done: dict[str, OwnAccount | None] = {
        letter: study.result for letter, study in studies.items() if study.status not in PENDING
    }
    shares = {letter: account.shares.frame()[metric] for letter, account in done.items() if account}
    table = pd.DataFrame(shares).rename_axis("rule")
    heading("What each rule did", table, "compare-accounts")
    st.segmented_control(
        "Metric of the account",
        list(ACCOUNT_METRICS),
        format_func=lambda name: FACES[name].label,
        default=metric,
        key="compare-account-metric",
        required=True,
        on_change=_take_metric,
        label_visibility="collapsed",
    )
    for side in sides:
        study = studies[side.letter]
        if study.problem is not None:
            frame.show(frame.problem_html(study.problem))
        elif study.status in PENDING:
            _progress(f"Running every combination of the rules of {side.letter}", study)
    frame.show(accounts_html(sides, done, metric))
    frame.show(frame.words_html("", _ACCOUNT_NOTE))


_ACCOUNT_NOTE: Final = (
    "Shapley shares: what a rule added on average over all orders of adding the rules; a column "
    "sums from the bare book without rules and costs to the scenario. The control has no rules."
)


def _take_metric() -> None:
    st.session_state[_METRIC] = st.session_state["compare-account-metric"]


def _progress(words: str, study: Study) -> None:
    st.progress(study.share, text=f"{words}: {percent(study.share, 0)}")


def _named(pairs: Pairs, sides: Sequence[Side]) -> Pairs:
    # The study knows letters; sentences say what they stand for.
    names = {side.letter: side.named for side in sides}
    return {
        pair: {
            metric: dataclasses.replace(one, labels=(names[pair[0]], names[pair[1]]))
            for metric, one in found.items()
        }
        for pair, found in pairs.items()
    }


def _method(pairs: Pairs) -> str:
    return (
        f"Differences with {percent(LEVEL, 0)} of {count(RESAMPLES)} resampled histories between "
        "the ends: a stationary block bootstrap that draws the same sessions for both of a pair. "
        "Within noise: the interval holds 0. "
        f"{caution(pairs)} Turnover, costs and counts have no "
        "interval: they are counted, not estimated."
    )


def _control_words(side: Side) -> str:
    control = side.control
    assert control is not None  # the caller asked
    return (
        f"{side.named} has no fields of its own: the book of A at {percent(control.exposure)} of "
        f"NAV after every rebalance, with the costs of A and no rule, so that on average "
        f"{percent(control.average_exposure)} is invested, as in A."
    )
