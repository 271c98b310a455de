"""What pages and files share when they ask what is luck: the same intervals, one rule of length."""

from __future__ import annotations

import pytest

from core.config import Scenario
from core.control import Control
from core.evidence.bootstrap import MIN_RETURNS
from dashboard import review_compare, review_overview, review_report
from dashboard.handout import tables
from dashboard.lab.payload import _numbers
from dashboard.report.comparison_words import headline
from dashboard.review_compare import Side
from dashboard.review_evidence import is_short
from dashboard.studies import Pace
from dashboard.views import findings, overview_words
from tests.dashboard.fakes import fake_run

METRICS = ("cagr", "sharpe_ratio", "max_drawdown", "volatility")


def test_a_pair_has_the_same_interval_on_every_page_and_in_the_report() -> None:
    run = fake_run(sessions=200, seed=3)
    control, held = review_compare.control_of(run)
    sides = [Side("A", "held", held, control), Side("B", "run", run)]
    page = review_compare.judge_pairs(sides)["B", "A"]
    overview = review_overview.evidence_work(run)(Pace(lambda: False, lambda _share: None))
    report = review_report.study(run, ("evidence",))
    assert isinstance(report.control, Control)
    assert overview.control is not None
    assert isinstance(report.against, dict)
    assert isinstance(report.intervals, dict)
    for metric in METRICS:
        known = page[metric]
        assert known.low is not None
        for found in (overview.control[metric], report.against[metric]):
            ends = (found.low, found.high, found.p_value)
            assert ends == pytest.approx((known.low, known.high, known.p_value), abs=1e-9)
            assert found.verdict is known.verdict
    for metric in ("cagr", "sharpe_ratio"):
        own, told = overview.ranges[metric], report.intervals[metric]
        assert (own.low, own.high) == pytest.approx((told.low, told.high), abs=1e-9)


@pytest.mark.parametrize("sessions", [MIN_RETURNS, MIN_RETURNS + 1])
def test_every_page_calls_the_same_runs_short(sessions: int) -> None:
    run = fake_run(Scenario(), sessions=sessions)
    short = sessions == MIN_RETURNS
    assert is_short(run) is short
    assert _numbers(run, None, [])["short"] is short
    side = Side("A", "one", run)
    for told in (findings.headline(run), overview_words.headline(run), headline([side])):
        assert ("oo short for" in told) is short
        assert ("\u202f% a year" in told) is not short
    assert ("too short to judge" in tables.metrics_table(run)) is short
    assert (review_overview.target_rows(run)[0].value is None) is short
