"""What is said of a setting inside an opened holdout: its figures, or why there are none."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.metrics import curve_metrics
from dashboard.format import ratio
from dashboard.holdout import held_words, is_hidden, is_withheld, sealed_for
from data.holdout import Holdout, open_holdout
from data.journal import Journal
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


def test_what_reaches_into_sealed_months_is_withheld_until_they_are_opened(demo_home: Path) -> None:
    inside, before = np.datetime64("2024-07-01"), np.datetime64("2024-06-30")
    assert not is_withheld(demo_home, "demo", inside)
    with Journal(demo_home) as journal:
        sealed_for(demo_home, journal, "demo", 6)
        assert is_withheld(demo_home, "demo", inside)
        assert not is_withheld(demo_home, "demo", before)
        assert not is_withheld(demo_home, "other", inside)
        # Its data count, not its period: a run that ends earlier was still read from all of them.
        days = RUN.market.sessions + (inside - RUN.market.sessions[-1])
        assert not is_hidden(demo_home, replace(RUN, market=replace(RUN.market, source="demo")))
        market = replace(RUN.market, source="demo", sessions=days)
        assert is_hidden(demo_home, replace(RUN, market=market))
        open_holdout(demo_home, journal, "demo", "kept whatever comes of it", {"hash": "h"})
    assert not is_withheld(demo_home, "demo", inside)
    (demo_home / "holdout" / "demo.json").write_text("{", encoding="utf-8")
    assert is_withheld(demo_home, "demo", before)
