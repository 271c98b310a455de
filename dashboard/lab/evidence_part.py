"""What the strip above the lab hears after a commit: what is left of the result, of its lead."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from core.evidence.verdict import Verdict
from core.scenario import scenario_hash
from dashboard.data_grade import kept_grade
from dashboard.evidence_badges import Badge, badges_of
from dashboard.evidence_standing import standing_key, standing_work
from dashboard.pipeline import Pipeline
from dashboard.review_evidence import compare, is_short
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.studies import Pace, Studies, Study, Work
from data.journal import Journal

__all__ = ["ask_evidence", "noise_work"]

_BEFORE_PANELS: Final = -9  # but after the control, which draws a curve
_PENDING: Final = ("waiting", "running")


def ask_evidence(
    studies: Studies,
    session: str,
    pipeline: Pipeline,
    run: Run,
    journal: Journal | None,
    state: AppState,
) -> Study:
    """Return how far it is; the result of the study is what the browser writes into the strip.

    Where the setting is not its baseline, the verdict on their Sharpe ratios is among it: two
    numbers that stand side by side are compared by whoever sees them.
    """
    if journal is None:
        return Study("done", 1.0, {"badges": []})
    rank = _BEFORE_PANELS
    work = standing_work(run, journal, pipeline.home)
    study = studies.ask(session, "evidence", standing_key(run, journal), work, rank=rank)
    badges: list[Badge] = []
    if state.differs():
        key = f"noise-{run.content_key}-{scenario_hash(state.baseline())}"
        judged = studies.ask(session, "noise", key, noise_work(run, pipeline, state), rank=rank)
        if judged.status in _PENDING and study.status == "done":
            return judged
        badges = judged.result or []
    if study.status != "done":
        return study
    market = pipeline.catalog.snapshot(run.scenario.universe.source)
    said = [*badges_of(run, study.result, kept_grade(pipeline.home, market)), *badges]
    return replace(study, result={"badges": said})


def noise_work(run: Run, pipeline: Pipeline, state: AppState) -> Work:
    """Return the work that says whether the Sharpe ratio is beyond noise of the baseline's."""

    def work(_pace: Pace) -> list[Badge]:
        base = pipeline.run(state.baseline())
        if is_short(run) or not np.array_equal(base.dates, run.dates):
            return []
        found = compare(
            run.result.nav, base.result.nav, run.dates, run.inputs.cash_rate,
            metrics=("sharpe_ratio",), initial_nav=run.result.initial_nav,
            labels=("this setting", state.baseline_name()),
        )["sharpe_ratio"]  # fmt: skip
        beyond = found.verdict in (Verdict.BETTER, Verdict.WORSE)
        told = f"{found.verdict.value}{' beyond noise' if beyond else ''}"
        return [(f"Sharpe against {state.baseline_name()}: {told}", "", found.sentence)]

    return work
