"""What the strip above the lab hears after a commit: tries, deflated Sharpe ratio, holdout."""

from __future__ import annotations

from dataclasses import replace

from dashboard.data_grade import kept_grade
from dashboard.evidence_badges import badges_of
from dashboard.evidence_standing import standing_key, standing_work
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from dashboard.studies import Studies, Study
from data.journal import Journal

__all__ = ["ask_evidence"]


def ask_evidence(
    studies: Studies, session: str, pipeline: Pipeline, run: Run, journal: Journal, rank: int
) -> Study:
    """Return how far it is; the result of the study is what the browser writes into the strip."""
    work = standing_work(run, journal, pipeline.home)
    study = studies.ask(session, "evidence", standing_key(run, journal), work, rank=rank)
    if study.status != "done":
        return study
    market = pipeline.catalog.snapshot(run.scenario.universe.source)
    badges = badges_of(run, study.result, kept_grade(pipeline.home, market))
    return replace(study, result={"badges": badges})
