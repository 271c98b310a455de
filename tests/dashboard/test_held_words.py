"""What is said of a setting inside an opened holdout: its figures, or why there are none."""

from __future__ import annotations

import datetime as dt

import numpy as np

from core.metrics import curve_metrics
from dashboard.format import ratio
from dashboard.holdout import held_words
from data.holdout import Holdout
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=120, names=6)


def held(session: int) -> Holdout:
    first: dt.date = (RUN.dates[-1] + np.timedelta64(session, "D")).astype(dt.date)
    return Holdout("demo", first, "2025-01-01", 0, "2025-02-01", "as decided")


def test_inside_the_figures_are_those_of_the_sessions_inside() -> None:
    first = 80
    opened = Holdout("demo", RUN.dates[first].astype(dt.date), "2025-01-01", 0, "2025-02-01", "x")
    rates = RUN.inputs.cash_rate
    assert rates is not None
    inside = curve_metrics(RUN.result.nav[first - 1 :], RUN.dates[first - 1 :], rates[first - 1 :])
    assert f"Sharpe {ratio(inside.sharpe_ratio)}" in held_words(RUN, opened)


def test_a_period_that_ends_before_it_and_one_that_just_reaches_it_are_told() -> None:
    assert "clear the end of the period" in held_words(RUN, held(1))
    assert "one session only" in held_words(RUN, held(0))
