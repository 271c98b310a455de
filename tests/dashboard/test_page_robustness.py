"""Robustness on the Evidence page: asked for by a button, whole, and too short."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import CancelledError
from core.evidence.fans import fan
from core.metrics import daily_returns
from dashboard import robust_work
from dashboard.charts.fan import fan_alt, fan_figure, fan_table
from dashboard.robust_work import Here, robust_words
from dashboard.studies import Pace
from dashboard.theme import DARK, LIGHT
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import after, given, healthy, page_text, plain, started


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robust_work, "DRAWS", 3)


@pytest.mark.usefixtures("demo_home")
def test_nothing_is_run_until_asked_and_then_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("evidence")
    after(app, lambda now: "pl-wait" not in page_text(now), "the end of its studies")
    assert "Would another history have said the same?" in plain(app)
    assert "as it happened" not in plain(app)
    before = len(figures(app))
    app.button(key="robust").click().run()
    after(app, lambda now: "as it happened" in plain(now), "the disturbed histories")
    words = plain(app)
    assert healthy(app)
    for part in ("in nine of ten histories", "prices", "delays", "Volatility 2 times as high",
                 "Where NAV may go within a year", "never"):  # fmt: skip
        assert part in words, part
    assert "nan" not in words.casefold().split()
    assert len(figures(app)) == before + 1
    assert {button.key for button in app.main.get("download_button")} >= {"csv-robust", "csv-fan"}


@pytest.mark.usefixtures("demo_home")
def test_a_run_too_short_for_it_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    given(monkeypatch, fake_run(sessions=40))
    app = started("evidence")
    app.button(key="robust").click().run()
    after(app, lambda now: "at least 2 rebalances" in plain(now), "the refusal")
    assert not app.exception


def test_what_nobody_wants_any_more_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    work = robust_work.robust_work(fake_run(sessions=120))
    told: list[float] = []
    found = work(Pace(lambda: False, told.append))
    assert told == sorted(told)
    assert max(told) <= 1.0
    with pytest.raises(CancelledError):
        work(Pace(lambda: True, told.append))
    assert "Sharpe ratio" in robust_words(found)
    assert Here(lambda: False).slots == 1


def test_a_fan_is_drawn_with_its_own_numbers() -> None:
    run = fake_run(sessions=120)
    found = fan(daily_returns(run.result.nav, run.result.initial_nav), block=5.0)
    table = fan_table(found)
    assert len(table) == 253
    np.testing.assert_array_equal(table["nav 50%"], found.nav[2])
    for colours in (LIGHT, DARK):
        figure = fan_figure(found, colours)
        medians = [trace for trace in figure.data if "median" in trace.name]
        np.testing.assert_allclose(medians[0].y, found.nav[2] - 1.0)
        np.testing.assert_allclose(medians[1].y, found.drawdown[2])
    assert "2000 futures of 252 sessions" in fan_alt(found)
