"""Drawdowns and Returns through the entry point: full, empty, short, broken, source gone."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from core.errors import RuinError
from dashboard import review
from dashboard.run import Run
from dashboard.session import Engine
from dashboard.studies import Pace
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
LIMIT = 180.0  # seconds a run may take: the first one compiles
PAGES = ("drawdowns", "returns")


@pytest.fixture
def app(demo_home: Path) -> AppTest:
    assert demo_home.is_dir()
    return AppTest.from_file(APP, default_timeout=LIMIT).run()


def to(app: AppTest, name: str) -> AppTest:
    return app.switch_page(f"views/{name}.py").run()


def page_text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.get("html"))


def healthy(app: AppTest) -> bool:
    return not app.exception and 'role="alert"' not in page_text(app)


def heading(app: AppTest) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page_text(app))
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_the_demo_market(app: AppTest, name: str) -> None:
    to(app, name)
    assert healthy(app)
    assert heading(app) == f"{name.capitalize()} · Phase 8"
    assert "Simulated market" in page_text(app)


def test_drawdowns_says_when_from_what_and_by_which_rule(app: AppTest) -> None:
    text = page_text(to(app, "drawdowns"))
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
        "parquet-underwater",
        "csv-episode-sectors",
        "csv-episode-names",
    }


def test_steps_go_through_the_episodes_and_back_to_the_whole(app: AppTest) -> None:
    to(app, "drawdowns")
    app.button(key="episode-next").click().run()
    assert "Number 1 by depth" in page_text(app)
    assert app.button(key="episode-previous").disabled
    app.button(key="episode-next").click().run()
    assert "Number 2 by depth" in page_text(app)
    assert "number 2 by depth" in page_text(app)  # the chart's own words
    app.button(key="episode-whole").click().run()
    assert "The whole period is shown" in page_text(app)


def test_the_episode_is_remembered_over_a_change_of_page(app: AppTest) -> None:
    to(app, "drawdowns")
    app.button(key="episode-next").click().run()
    app.button(key="episode-next").click().run()
    to(app, "returns")
    assert "Number 2 by depth" in page_text(to(app, "drawdowns"))


def test_the_fall_that_is_looked_at_is_in_the_address(app: AppTest) -> None:
    to(app, "drawdowns")
    for _ in range(2):
        app.button(key="episode-next").click().run()
    assert list(app.query_params["fall"]) == ["2"]
    shared = AppTest.from_file(APP, default_timeout=LIMIT)
    shared.query_params["fall"] = "2"
    assert "Number 2 by depth: " in page_text(to(shared.run(), "drawdowns"))
    assert "number 2 by depth" in page_text(shared)  # and the figure shows it
    app.button(key="episode-whole").click().run()
    assert "fall" not in app.query_params
    assert "Number 1 by depth: " in page_text(app)


def test_the_rule_account_is_worked_out_behind_the_page(app: AppTest) -> None:
    to(app, "drawdowns")
    for _ in range(600):
        if "Shapley shares over 256 runs" in page_text(app):
            break
        time.sleep(0.2)
        app.run()
    assert healthy(app)
    assert "Shapley shares over 256 runs" in page_text(app)
    assert "<td>…</td>" not in page_text(app)
    assert "csv-episode-rules" in {button.key for button in app.main.get("download_button")}


def test_a_rule_account_that_fails_is_explained(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruined(_run: Run, _found: object, _pace: Pace) -> review.EpisodeAccount:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(review, "episode_account", ruined)
    to(app, "drawdowns")
    for _ in range(100):
        if "The portfolio was ruined" in page_text(app):
            break
        time.sleep(0.05)
        app.run()
    assert "The portfolio was ruined" in page_text(app)
    assert "Sectors, peak to trough" in page_text(app)
    assert not app.exception


def test_returns_has_every_part(app: AppTest) -> None:
    text = page_text(to(app, "returns"))
    parts = ("Months", "Calendar years", "Sharpe ratio, volatility and beta", "Daily returns",
             "Tail risk", "Beside the benchmark")  # fmt: skip
    for words in (*parts, "at equal volatility", "Kupiec", "Information ratio"):
        assert words in text
    assert len(figures(app)) == 4
    assert len(app.main.get("download_button")) == 2 * len(parts)  # CSV and parquet


def test_the_rolling_window_can_be_chosen(app: AppTest) -> None:
    to(app, "returns")
    assert "Over the last 126 sessions" in page_text(app)
    app.main.get("button_group")[0].set_value(252).run()
    assert healthy(app)
    assert "Over the last 252 sessions" in page_text(app)
    to(app, "drawdowns")
    assert "Over the last 252 sessions" in page_text(to(app, "returns"))


def test_the_scenario_goes_along_both_ways(app: AppTest) -> None:
    to(app, "returns")
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    for name in ("drawdowns", "risk", "returns"):
        to(app, name)
        assert healthy(app)
        assert heading(app) == f"{name.capitalize()} · No overlay"


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_period_is_explained_and_the_last_good_result_stays(
    app: AppTest, name: str
) -> None:
    to(app, name)
    before = page_text(app)
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    assert not app.exception
    assert "Nothing to run in this period" in page_text(app)
    assert "the last good result" in page_text(app)
    sentence = re.search(r'<p class="pl-words">[^<]+', before)
    assert sentence is not None
    assert sentence.group() in page_text(app)


@pytest.mark.parametrize("name", PAGES)
def test_a_market_that_is_gone_is_explained(app: AppTest, demo_home: Path, name: str) -> None:
    for folder in [path for path in demo_home.rglob("demo") if path.is_dir()]:
        shutil.rmtree(folder)
    to(app, name)
    assert "This market is not in the store" in page_text(app)
    assert not app.exception


@pytest.mark.parametrize("name", PAGES)
def test_without_any_result_a_page_says_only_why(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def ruined(_engine: Engine, _scenario: Scenario) -> Run:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(Engine, "run", ruined)
    app = to(AppTest.from_file(APP, default_timeout=LIMIT).run(), name)
    assert "The portfolio was ruined" in page_text(app)
    assert not figures(app)
    assert not app.exception


def test_a_run_that_never_fell_has_no_drawdown(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "episodes", lambda _run, _top=None: ())
    assert "NAV never fell below its peak" in page_text(to(app, "drawdowns"))
    assert healthy(app)


def test_a_short_run_says_what_it_is_too_short_for(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = fake_run(sessions=60)
    monkeypatch.setattr(Engine, "run", lambda _engine, _scenario: short)
    text = page_text(to(app, "returns"))
    assert "Too short for this window" in text
    assert "needs 254 sessions" in text
    assert not app.exception


def test_a_single_session_has_no_returns(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "daily", lambda _run: np.zeros(1))
    assert "fewer than two daily returns" in page_text(to(app, "returns"))
    assert not app.exception
