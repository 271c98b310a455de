"""The Overview through the entry point: full, empty, short, broken, source gone, presented."""

from __future__ import annotations

import datetime as dt
import re
import threading
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from dashboard import review_today
from dashboard.address import query_of, state_of
from dashboard.definitions import labelled_html
from dashboard.run import Run
from dashboard.session import Engine
from dashboard.state import STORY_STEPS, AppState
from dashboard.views import overview_studies
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import after, given, healthy, page_text, ruined, started, until

PARTS = ("Today", "Growth, drawdown and regime", "What each rule added", "Sectors of the last book",
         "Targets", "What this period never saw")  # fmt: skip

pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def app() -> AppTest:
    return started("overview")


def complete(app: AppTest) -> str:
    """Let the page draw until nothing is under way."""

    def ready(now: AppTest) -> bool:
        text = page_text(now)
        return "pl-wait" not in text and "being worked out" not in text

    return after(app, ready, "the end of its studies")


def lead(app: AppTest) -> str:
    found = re.search(r'<p class="pl-lead">(.*?)</p>', page_text(app))
    assert found is not None
    return found.group(1)


def test_every_part_is_there_for_the_demo_market(app: AppTest) -> None:
    text = page_text(app)
    assert healthy(app)
    assert "<h1>Overview · Phase 8</h1>" in text
    assert "Simulated market" in text
    for part in PARTS:
        assert part in text


def test_what_is_worked_out_behind_the_page_arrives(app: AppTest) -> None:
    text = complete(app)
    assert healthy(app)
    for words in ("years are one history", "Against the same average exposure, no rules:",
                  "256 runs", "Control: the same book at"):  # fmt: skip
        assert words in text
    assert len(figures(app)) == 3
    assert {button.key for button in app.main.get("download_button")} >= {
        f"csv-{name}" for name in ("overview", "rule-account", "last-book", "targets", "crises")
    }


def test_the_strip_says_when_the_period_ends_before_the_data(app: AppTest) -> None:
    complete(app)
    assert "the last session of the data and of this period" in page_text(app)
    app.date_input(key="pick:period.end").set_value(dt.date(2024, 6, 28)).run()
    text = complete(app)
    assert "The period of this page ends on 2024-06-28" in text
    assert "run on to the end of the data" in text
    for tile in ("Exposure", "To the breaker", "Drawdown scale", "Nearest stop"):
        assert f"<span>{labelled_html(tile)}</span>" in text
        assert "data-definition" in labelled_html(tile)
    assert "<span>Data end</span>" in text


def test_a_simulated_market_saw_no_crisis(app: AppTest) -> None:
    assert "no fall of a real market is in it" in page_text(app)
    assert "✓ whole" not in page_text(app)


def test_a_study_that_fails_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("account_work", "evidence_work", "control_once"):
        monkeypatch.setattr(overview_studies, name, lambda _run: ruined)
    app = started("overview")
    text = until(app, "The portfolio was ruined")
    for part in PARTS:
        assert part in text
    assert not app.exception


def test_a_run_on_to_the_end_that_fails_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    app = started("overview")
    app.date_input(key="pick:period.end").set_value(dt.date(2024, 6, 28)).run()

    monkeypatch.setattr(overview_studies, "today_work", lambda _run, _running: ruined)
    app.date_input(key="pick:period.end").set_value(dt.date(2024, 5, 31)).run()
    assert "Growth, drawdown and regime" in until(app, "The portfolio was ruined")


def test_where_a_run_ends_with_the_data_today_is_worked_out_behind_the_page_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[str] = []
    whole = review_today.today_of

    def noted(*asked: Any) -> review_today.Today:
        threads.append(threading.current_thread().name)
        return whole(*asked)

    monkeypatch.setattr(review_today, "today_of", noted)
    app = started("overview")
    assert "the last session of the data and of this period" in complete(app)
    assert threads == ["studies"]


@pytest.mark.parametrize("sessions", [2, 30, 61])
def test_a_short_run_names_no_yearly_figure(monkeypatch: pytest.MonkeyPatch, sessions: int) -> None:
    short = fake_run(sessions=sessions)
    given(monkeypatch, short)
    app = started("overview")
    complete(app)
    assert not app.exception
    assert ("a year and" in lead(app)) == (sessions > 60)
    assert ("too short for a yearly figure" in lead(app)) == (sessions <= 60)


def test_a_single_session_is_said_to_be_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    one = fake_run(sessions=40)
    monkeypatch.setattr(Run, "dates", property(lambda _run: np.array(["2024-01-02"], "M8[D]")))
    given(monkeypatch, one)
    app = started("overview")
    assert "a single session" in page_text(app)
    assert not app.exception


def test_the_story_goes_from_the_sentence_to_what_it_never_saw(app: AppTest) -> None:
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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Engine, "run", ruined)
    app = started("overview", present="3")
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
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    before = lead(app)
    app.button(key="present").click().run()
    assert "<h1>Overview · No overlay</h1>" in page_text(app)
    app.button(key="story-leave").click().run()
    assert lead(app) == before
