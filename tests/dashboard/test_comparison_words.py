"""What a comparison says of odd names, of short periods, and where no verdict comes."""

from __future__ import annotations

import dataclasses
import re

import pytest

from core.evidence.verdict import PairedDifference, Verdict
from core.presets import preset
from dashboard.format import percent
from dashboard.report.comparison_words import difference_text, headline, interval_text
from dashboard.report.faces import FACES
from dashboard.review_compare import JUDGED, Side
from dashboard.views.compare_words import metrics_html
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=120, seed=3)
OTHER = fake_run(preset("No overlay"), sessions=120, seed=3)
SIDES = [Side("A", "Phase 8", RUN), Side("B", "No overlay", OTHER), Side("C", "again", OTHER)]


def test_a_name_may_hold_brackets() -> None:
    sides = [dataclasses.replace(SIDES[0], label="my (v2) idea"), SIDES[1]]
    assert re.search(r" A \(my \(v2\) idea\) made \S+\s% a year with a worst", headline(sides))
    assert headline(sides).count(" made ") == 1


def test_a_short_period_is_told_without_a_yearly_figure() -> None:
    short = fake_run(sessions=60)
    told = headline([Side("A", "one", short), Side("B", "two", short)])
    assert told.count(f"{percent(short.metrics.total_return)} in all") == 2
    assert "a year" not in told
    assert told.endswith("Too short for yearly figures.")


def test_what_is_judged_has_its_difference_where_no_verdict_comes() -> None:
    judged = [face for face in FACES if face in JUDGED]
    for told, words in ((metrics_html(SIDES, None), ", no verdict"),
                        (metrics_html(SIDES, None, waiting=True), "…</div>")):  # fmt: skip
        assert told.count(words) == len(judged) * (len(SIDES) - 1)
    gap = OTHER.metrics.max_drawdown - RUN.metrics.max_drawdown
    assert f"{difference_text('max_drawdown', gap)}, no verdict" in metrics_html(SIDES, None)


@pytest.mark.parametrize(
    ("metric", "ends", "verdict", "told"),
    [
        ("sharpe_ratio", (-0.05, -0.001), Verdict.WORSE, "−0.05 … −0.001"),
        ("sharpe_ratio", (-0.05, 0.001), Verdict.NOISE, "−0.05 … 0.00"),
        ("cagr", (-0.116, -0.0003), Verdict.WORSE, "−11.6 … −0.03 pt"),
        ("cagr", (0.00002, 0.02), Verdict.BETTER, "+0.002 … +2.0 pt"),
        ("cagr", (0.0, 0.02), Verdict.BETTER, "0.0 … +2.0 pt"),
    ],
)
def test_what_is_beyond_noise_does_not_end_at_zero(
    metric: str, ends: tuple[float, float], verdict: Verdict, told: str
) -> None:
    one = PairedDifference(
        metric, ("A", "B"), 0.0, 0.0, sum(ends) / 2, *ends, 0.95, 0.04, 9.0, 2000, 0, 0, verdict
    )
    assert interval_text(one).replace("\u202f", " ") == told
