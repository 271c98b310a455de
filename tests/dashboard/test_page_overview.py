"""The Overview through the entry point: full, empty, short, broken, source gone, presented."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from core.errors import RuinError
from dashboard import review_today
from dashboard.address import query_of, state_of
from dashboard.run import Run
from dashboard.session import Engine
from dashboard.state import STORY_STEPS, AppState
from dashboard.studies import Pace
from dashboard.views import overview_studies
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
LIMIT = 180.0  # seconds a run may take: the first one compiles
PARTS = ("Today", "Growth, drawdown and regime", "What each rule added", "Sectors of the last book",
         "Targets", "What this period never saw")  # fmt: skip


@pytest.fixture
def app(demo_home: Path) -> AppTest:
    assert demo_home.is_dir()
    return AppTest.from_file(APP, default_timeout=LIMIT).run()


def overview(app: AppTest) -> AppTest:
    return app.switch_page("views/overview.py").run()


def page_text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.get("html"))


def healthy(app: AppTest) -> bool:
    return not app.exception and 'role="alert"' not in page_text(app)


def until(app: AppTest, words: str) -> str:
    """Let the page draw until it says `words`; return its text."""
    for _ in range(600):
        if words in page_text(app):
            break
        time.sleep(0.2)
        app.run()
    assert words in page_text(app)
    return page_text(app)


def complete(app: AppTest) -> str:
    """Let the page draw until nothing is under way."""
    for _ in range(600):
        if "pl-wait" not in page_text(app) and "being worked out" not in page_text(app):
            return page_text(app)
        time.sleep(0.2)
        app.run()
    raise AssertionError("a study never ended")


def lead(app: AppTest) -> str:
    found = re.search(r'<p class="pl-lead">(.*?)</p>', page_text(app))
    assert found is not None
    return found.group(1)


def test_every_part_is_there_for_the_demo_market(app: AppTest) -> None:
    text = page_text(overview(app))
    assert healthy(app)
    assert "<h1>Overview · Phase 8</h1>" in text
    assert "Simulated market" in text
    for part in PARTS:
        assert part in text


def test_what_is_worked_out_behind_the_page_arrives(app: AppTest) -> None:
    overview(app)
    text = complete(app)
    assert healthy(app)
    for words in ("years are one history", "Against the same average exposure, no rules:",
                  "256 runs", "Control: the same book held at"):  # fmt: skip
        assert words in text
    assert len(figures(app)) == 3
    assert {button.key for button in app.main.get("download_button")} >= {
        f"csv-{name}" for name in ("overview", "rule-account", "sectors", "targets", "crises")
    }


def test_the_strip_says_when_the_period_ends_before_the_data(app: AppTest) -> None:
    overview(app)
    complete(app)
    assert "the last session of the data and of this period" in page_text(app)
    app.date_input(key="pick:period.end").set_value(dt.date(2024, 6, 28)).run()
    text = complete(app)
    assert "The period of this page ends on 2024-06-28" in text
    assert "run on to the end of the data" in text
    for tile in ("Exposure", "To the breaker", "Drawdown scale", "Nearest stop", "Data end"):
        assert f"<span>{tile}</span>" in text


def test_a_simulated_market_saw_no_crisis(app: AppTest) -> None:
    assert "no fall of a real market is in it" in page_text(overview(app))
    assert "✓ whole" not in page_text(app)


def test_a_study_that_fails_is_explained(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def ruined(_run: Run) -> Any:
        def work(_pace: Pace) -> Any:
            raise RuinError(12, -5.0)

        return work

    for name in ("account_work", "evidence_work", "control_once"):
        monkeypatch.setattr(overview_studies, name, ruined)
    overview(app)
    text = until(app, "The portfolio was ruined")
    for part in PARTS:
        assert part in text
    assert not app.exception


def test_a_run_on_to_the_end_that_fails_is_explained(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    overview(app)
    app.date_input(key="pick:period.end").set_value(dt.date(2024, 6, 28)).run()

    def ruined(_run: Run, _running: Any) -> Any:
        def work(_pace: Pace) -> Any:
            raise RuinError(12, -5.0)

        return work

    monkeypatch.setattr(overview_studies, "today_work", ruined)
    app.date_input(key="pick:period.end").set_value(dt.date(2024, 5, 31)).run()
    assert "Growth, drawdown and regime" in until(app, "The portfolio was ruined")


def test_where_a_run_ends_with_the_data_today_is_worked_out_behind_the_page_too(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    whole = review_today.today_of

    def noted(*asked: Any) -> review_today.Today:
        threads.append(threading.current_thread().name)
        return whole(*asked)

    monkeypatch.setattr(review_today, "today_of", noted)
    overview(app)
    assert "the last session of the data and of this period" in complete(app)
    assert threads == ["studies"]


def test_an_empty_period_is_explained_and_the_last_good_result_stays(app: AppTest) -> None:
    overview(app)
    before = lead(app)
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    assert not app.exception
    assert "Nothing to run in this period" in page_text(app)
    assert "the last good result" in page_text(app)
    assert lead(app) == before


def test_a_market_that_is_gone_is_explained(app: AppTest, demo_home: Path) -> None:
    for folder in [path for path in demo_home.rglob("demo") if path.is_dir()]:
        shutil.rmtree(folder)
    overview(app)
    assert "This market is not in the store" in page_text(app)
    assert not app.exception


def test_without_any_result_the_page_says_only_why(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruined(_engine: Engine, _scenario: Scenario) -> Run:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(Engine, "run", ruined)
    app = overview(AppTest.from_file(APP, default_timeout=LIMIT).run())
    assert "The portfolio was ruined" in page_text(app)
    assert not figures(app)
    assert not app.exception


@pytest.mark.parametrize("sessions", [2, 30, 61])
def test_a_short_run_names_no_yearly_figure(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sessions: int
) -> None:
    short = fake_run(sessions=sessions)
    monkeypatch.setattr(Engine, "run", lambda _engine, _scenario: short)
    overview(app)
    complete(app)
    assert not app.exception
    assert ("a year and" in lead(app)) == (sessions > 60)
    assert ("too short for a yearly figure" in lead(app)) == (sessions <= 60)


def test_a_single_session_is_said_to_be_too_short(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = fake_run(sessions=40)
    monkeypatch.setattr(Run, "dates", property(lambda _run: np.array(["2024-01-02"], "M8[D]")))
    monkeypatch.setattr(Engine, "run", lambda _engine, _scenario: one)
    assert "a single session" in page_text(overview(app))
    assert not app.exception


def test_the_story_goes_from_the_sentence_to_what_it_never_saw(app: AppTest) -> None:
    overview(app)
    complete(app)
    app.button(key="present").click().run()
    titles = ("The result", "Growth", "Drawdown", "What each rule added",
              "Sectors of the last book", "What this period never saw")  # fmt: skip
    assert len(titles) == STORY_STEPS
    for step, title in enumerate(titles, 1):
        text = complete(app)
        assert healthy(app)
        assert f'<h2 class="pl-h2">{title}</h2>' in text
        assert f"{step} of {STORY_STEPS}" in text
        assert app.query_params["present"] in (str(step), [str(step)])
        assert app.button(key="story-back").disabled == (step == 1)
        assert app.button(key="story-next").disabled == (step == STORY_STEPS)
        if step < STORY_STEPS:
            app.button(key="story-next").click().run()
    app.button(key="story-back").click().run()
    assert f"{STORY_STEPS - 1} of {STORY_STEPS}" in page_text(app)
    app.button(key="story-leave").click().run()
    assert "Targets" in page_text(app)
    assert "present" not in app.query_params


def test_a_story_can_be_left_where_there_is_no_result(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruined(_engine: Engine, _scenario: Scenario) -> Run:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(Engine, "run", ruined)
    app = AppTest.from_file(APP, default_timeout=LIMIT)
    app.query_params["present"] = "3"
    overview(app.run())
    assert "The portfolio was ruined" in page_text(app)
    app.button(key="story-leave").click().run()
    assert "story-leave" not in {button.key for button in app.button}
    assert not app.exception


def test_the_address_carries_the_step_and_refuses_what_is_none() -> None:
    state = AppState(Scenario()).with_story(4)
    assert query_of(state)["present"] == "4"
    assert state_of(query_of(state), "demo").story == 4
    assert "present" not in query_of(state.with_story(0))
    assert [state.with_story(step).story for step in (-1, 99)] == [0, STORY_STEPS]
    for wrong in ("0", "7", "on", "²", "1e0", ""):
        found = state_of({"present": wrong}, "demo")
        assert found.story == 0
        assert found.notices == ("present must be a step from 1 to 6.",)
    twice = state_of({"present": ["1", "2"]}, "demo")
    assert twice.notices == ("present must be given once, was given 2 times.",)


def test_the_scenario_is_kept_through_the_story(app: AppTest) -> None:
    overview(app)
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    before = lead(app)
    app.button(key="present").click().run()
    assert "<h1>Overview · No overlay</h1>" in page_text(app)
    app.button(key="story-leave").click().run()
    assert lead(app) == before
