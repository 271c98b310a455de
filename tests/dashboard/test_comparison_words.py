"""What a comparison says of odd names, of short periods, and where no verdict comes."""

from __future__ import annotations

import dataclasses
import re

from core.presets import preset
from dashboard.format import percent
from dashboard.report.comparison_words import difference_text, headline
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
