"""Drawdowns and Returns through the entry point: full, empty, short, broken, source gone."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import review
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import given, heading, healthy, page_text, ruined, started, to, until

pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def app() -> AppTest:
    return started("drawdowns")


def test_drawdowns_says_when_from_what_and_by_which_rule(app: AppTest) -> None:
    text = page_text(app)
    for words in (
        "Number 1 by depth: ",
        "scenario&#x27;s own: under another setting",
        "Sectors, peak to trough",
        "Names, peak to trough",
    ):
        assert words in text
    assert "What each rule did" in text
    assert len(app.dataframe[0].value) == review.EPISODES
    assert len(figures(app)) == 1
    assert {button.key for button in app.main.get("download_button")} >= {
        "csv-underwater",
        "csv-falls",
        "parquet-underwater",
        "csv-episode-sectors",
        "csv-episode-names",
    }


def test_steps_go_through_the_episodes_and_back_to_the_whole(app: AppTest) -> None:
    app.button(key="episode-next").click().run()
    assert "Number 1 by depth" in page_text(app)
    assert app.button(key="episode-previous").disabled
    app.button(key="episode-next").click().run()
    assert "Number 2 by depth" in page_text(app)
    assert "number 2 by depth" in page_text(app)  # the chart's own words
    app.button(key="episode-whole").click().run()
    assert "The whole period is shown" in page_text(app)


def test_the_episode_is_remembered_over_a_change_of_page(app: AppTest) -> None:
    app.button(key="episode-next").click().run()
    app.button(key="episode-next").click().run()
    to(app, "returns")
    assert "Number 2 by depth" in page_text(to(app, "drawdowns"))


def test_the_fall_that_is_looked_at_is_in_the_address(app: AppTest) -> None:
    for _ in range(2):
        app.button(key="episode-next").click().run()
    assert list(app.query_params["fall"]) == ["2"]
    shared = started("drawdowns", fall="2")
    assert "Number 2 by depth: " in page_text(shared)
    assert "number 2 by depth" in page_text(shared)  # and the figure shows it
    app.button(key="episode-whole").click().run()
    assert "fall" not in app.query_params
    assert "Number 1 by depth: " in page_text(app)


def test_the_rule_account_is_worked_out_behind_the_page(app: AppTest) -> None:
    until(app, "Shapley shares over 256 runs")
    assert healthy(app)
    assert "<td>…</td>" not in page_text(app)
    assert "csv-episode-rules" in {button.key for button in app.main.get("download_button")}


def test_a_rule_account_that_fails_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(review, "episode_account", ruined)
    app = started("drawdowns")
    assert "Sectors, peak to trough" in until(app, "The portfolio was ruined")
    assert not app.exception


def test_returns_has_every_part() -> None:
    app = started("returns")
    text = page_text(app)
    parts = ("Months", "Calendar years", "Sharpe ratio, volatility and beta", "Daily returns",
             "Tail risk", "Beside the benchmark")  # fmt: skip
    for words in (*parts, "at equal volatility", "Kupiec", "Information ratio"):
        assert words in text
    assert len(figures(app)) == 4
    assert len(app.main.get("download_button")) == 2 * len(parts)  # CSV and parquet


def test_the_rolling_window_can_be_chosen() -> None:
    app = started("returns")
    assert "Over the last 126 sessions" in page_text(app)
    app.main.get("button_group")[0].set_value(252).run()
    assert healthy(app)
    assert "Over the last 252 sessions" in page_text(app)
    to(app, "drawdowns")
    assert "Over the last 252 sessions" in page_text(to(app, "returns"))


def test_the_scenario_goes_along_both_ways() -> None:
    app = started("returns")
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    for name in ("drawdowns", "risk", "returns"):
        to(app, name)
        assert healthy(app)
        assert heading(app) == f"{name.capitalize()} · No overlay"


def test_a_run_that_never_fell_has_no_drawdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "episodes", lambda _run, _top=None: ())
    app = started("drawdowns")
    assert "NAV never fell below its peak" in page_text(app)
    assert healthy(app)


def test_a_short_run_says_what_it_is_too_short_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, fake_run(sessions=60))
    app = started("returns")
    text = page_text(app)
    assert "Too short for this window" in text
    assert "needs 254 sessions" in text
    assert not app.exception


def test_a_single_session_has_no_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "daily", lambda _run: np.zeros(1))
    app = started("returns")
    assert "fewer than two daily returns" in page_text(app)
    assert not app.exception
