"""The Report page through the entry point: built, kept, labelled, failed, without a run."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import RuinError
from dashboard.handout import make
from dashboard.holdout import sealed_for
from dashboard.run import Run
from dashboard.views import report_parts
from data.journal import Journal
from tests.dashboard.pages import (
    after,
    heading,
    healthy,
    lost,
    page_text,
    ruined,
    started,
    to,
    until,
)

pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def app() -> AppTest:
    return started("report")


def buttons(app: AppTest) -> set[str | None]:
    return {button.key for button in app.main.get("download_button")}


def built(app: AppTest) -> AppTest:
    app.button(key="report-build").click().run()
    after(app, lambda now: "report-download" in buttons(now), "a report to download")
    return app


def only(app: AppTest, *parts: str) -> AppTest:
    return app.main.get("button_group")[0].set_value(list(parts)).run()


def test_the_page_says_what_a_report_is(app: AppTest) -> None:
    assert healthy(app)
    assert heading(app) == "Report · Phase 8"
    assert "opens in any browser without a network" in page_text(app)
    assert "plimsoll verify report.html" in [one.value for one in app.main.get("code")]
    assert buttons(app) == set()
    assert not app.button(key="report-build").disabled


def test_a_report_is_built_behind_the_page_and_offered(app: AppTest) -> None:
    only(app, "returns", "book")
    built(app)
    text = page_text(app)
    assert healthy(app)
    assert "The report is ready" in text
    assert "Parts: Returns, Regimes and coverage." in text
    assert "It shows the present settings." in text
    assert app.main.get("code")[-1].value.startswith("plimsoll verify plimsoll-phase-8-demo-")
    assert not app.button(key="report-build").disabled


def test_the_last_report_stays_and_is_labelled(app: AppTest) -> None:
    only(app, "book")
    built(app)
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    assert "report-download" in buttons(app)
    assert "<b>Phase 8</b>" in page_text(app)
    assert "It does not show the present settings or parts" in page_text(app)
    app.selectbox(key="pick:preset").set_value("Phase 8").run()
    assert "It shows the present settings." in page_text(app)
    only(app, "book", "returns")
    assert "It does not show the present settings or parts" in page_text(app)


def test_parts_and_report_survive_a_change_of_page(app: AppTest, demo_home: Path) -> None:
    only(app, "book")
    built(app)
    to(app, "returns")
    to(app, "report")
    assert app.main.get("button_group")[0].value == ["book"]
    assert "report-download" in buttons(app)
    assert "It shows the present settings." in page_text(app)
    # Months that are sealed now are in it: it is not handed out any more.
    sealed_for(demo_home, Journal(demo_home), "demo", 6)
    app.run()
    assert healthy(app)
    assert "report-download" not in buttons(app)
    assert "The report is ready" not in page_text(app)


def test_without_parts_only_the_frame_is_made(app: AppTest) -> None:
    only(app)
    built(app)
    assert "Parts: only what is always in." in page_text(app)


def test_work_under_way_can_be_cancelled(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_run: Run, _recipe: make.Recipe, _home: Path, *, cancelled, share):  # noqa: ANN001, ANN202
        share(0.5)
        while not cancelled():
            time.sleep(0.01)
        raise RuinError(1, -1.0)

    monkeypatch.setattr(report_parts, "make_report", slow)
    app.button(key="report-build").click().run()
    assert app.button(key="report-build").disabled
    app.button(key="report-cancel").click().run()
    assert not app.button(key="report-build").disabled
    assert healthy(app)


def test_a_failure_is_explained(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_parts, "make_report", ruined)
    app.button(key="report-build").click().run()
    until(app, "The portfolio was ruined")
    assert not app.exception
    assert not app.button(key="report-build").disabled


def test_the_last_good_result_is_not_reported_as_the_present_one(app: AppTest) -> None:
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    assert "Nothing to run in this period" in page_text(app)
    assert app.button(key="report-build").disabled
    assert not app.exception


def test_a_market_that_is_gone_is_explained(app: AppTest, demo_home: Path) -> None:
    lost(demo_home)
    app.run()
    told = page_text(app).count("This market is not in the store")
    assert told == 1
    app.button(key="report-build").click().run()
    until(app, "This market is not in the store", times=2)  # and the study's own words
    assert page_text(app).count("This market is not in the store") == 2
    assert "report-download" not in buttons(app)
    assert not app.exception
