"""The Regimes page through the entry point: full, empty, short, broken, weights edited."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from core.errors import RuinError
from core.factors.names import FACTORS, REGIMES
from core.scenario import with_values
from dashboard.run import Run
from dashboard.session import Engine
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.test_review_regimes import with_regimes

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
LIMIT = 180.0  # seconds a run may take: the first one compiles


@pytest.fixture
def app(demo_home: Path) -> AppTest:
    assert demo_home.is_dir()
    return AppTest.from_file(APP, default_timeout=LIMIT).run()


def to(app: AppTest, name: str = "regimes") -> AppTest:
    return app.switch_page(f"views/{name}.py").run()


def page_text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.get("html"))


def heading(app: AppTest) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page_text(app))
    assert found is not None
    return found.group(1)


def healthy(app: AppTest) -> bool:
    return not app.exception and 'role="alert"' not in page_text(app)


def weigh(app: AppTest, regime: str, *weights: float) -> AppTest:
    for factor, weight in zip(FACTORS, weights, strict=True):
        app.number_input(key=f"weight-{regime}-{factor}").set_value(weight).run()
    return app


def said(app: AppTest) -> list[str]:
    return [one.value for one in app.main.get("caption")]


def given(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(Engine, "run", lambda _engine, _scenario: run)


def test_the_page_has_every_part_and_marks_what_knows_the_future(app: AppTest) -> None:
    text = page_text(to(app))
    assert healthy(app)
    assert heading(app) == "Regimes · Phase 8"
    parts = ("Regimes and what they are told from", "How often, and for how many sessions",
             "The next session, from row to column", "Bands of the VIX",
             "Weights of the factors by regime", "Returns by regime", "How late the labels were",
             "for diagnosis only: knows the future", "too few decisions")  # fmt: skip
    for words in parts:
        assert words in text
    assert re.search(r"was the most frequent regime: \d+", text)
    assert len(figures(app)) == 3
    assert len(app.number_input) == len(REGIMES) * len(FACTORS)


def test_weights_are_taken_together_and_undone_together(app: AppTest) -> None:
    to(app)
    weigh(app, "sideways", 70.0, 10.0, 10.0, 10.0)
    assert heading(app) == "Regimes · Phase 8"  # nothing is run yet
    assert "4 weights differ from those that are run." in said(app)
    app.button(key="weights-run").click().run()
    assert healthy(app)
    assert heading(app) == "Regimes · Phase 8, 4 changed"
    assert "These weights are run." in said(app)
    assert app.number_input(key="weight-sideways-momentum").value == 70.0
    assert app.query_params["w.side.m"] in ("0.7", ["0.7"])  # the address restores it
    to(app, "drawdowns")
    assert heading(app) == "Drawdowns · Phase 8, 4 changed"
    to(app)
    app.button(key="undo").click().run()
    assert heading(app) == "Regimes · Phase 8"
    assert app.number_input(key="weight-sideways-momentum").value == 25.0


def test_rows_that_do_not_sum_cannot_be_run_but_scaled(app: AppTest) -> None:
    to(app)
    app.number_input(key="weight-bull-momentum").set_value(60.0).run()
    assert "Not 100 % yet: bull." in said(app)
    assert app.button(key="weights-run").disabled
    assert any("≠ 100" in one.value for one in app.markdown)
    app.button(key="weights-scale").click().run()
    assert not app.button(key="weights-run").disabled
    assert app.number_input(key="weight-bull-momentum").value == 50.0
    app.button(key="weights-run").click().run()
    assert healthy(app)
    assert "changed" in heading(app)


def test_a_draft_is_kept_over_a_change_of_page_and_can_be_discarded(app: AppTest) -> None:
    to(app)
    app.number_input(key="weight-bear-quality").set_value(90.0).run()
    to(app, "returns")
    to(app)
    assert app.number_input(key="weight-bear-quality").value == 90.0
    app.button(key="weights-discard").click().run()
    assert app.number_input(key="weight-bear-quality").value == 35.0
    assert "These weights are run." in said(app)


def test_a_draft_does_not_outlive_the_weights_it_was_typed_over(app: AppTest) -> None:
    to(app)
    weigh(app, "bull", 70.0, 10.0, 10.0, 10.0)
    app.button(key="weights-run").click().run()
    app.number_input(key="weight-bear-quality").set_value(90.0).run()
    app.button(key="reset").click().run()
    assert app.number_input(key="weight-bear-quality").value == 35.0
    assert app.number_input(key="weight-bull-momentum").value == 40.0


def test_an_empty_period_is_explained_and_the_last_good_result_stays(app: AppTest) -> None:
    before = page_text(to(app))
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    assert not app.exception
    assert "Nothing to run in this period" in page_text(app)
    assert "the last good result" in page_text(app)
    sentence = re.search(r'<p class="pl-words">[^<]+', before)
    assert sentence is not None
    assert sentence.group() in page_text(app)


def test_a_market_that_is_gone_is_explained(app: AppTest, demo_home: Path) -> None:
    for folder in [path for path in demo_home.rglob("demo") if path.is_dir()]:
        shutil.rmtree(folder)
    assert "This market is not in the store" in page_text(to(app))
    assert not app.exception


def test_without_any_result_the_page_says_only_why(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruined(_engine: Engine, _scenario: Scenario) -> Run:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(Engine, "run", ruined)
    app = to(AppTest.from_file(APP, default_timeout=LIMIT).run())
    assert "The portfolio was ruined" in page_text(app)
    assert not figures(app)
    assert not app.exception


@pytest.mark.parametrize("sessions", [40, 320])
def test_a_short_run_without_an_index_says_what_is_missing(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sessions: int
) -> None:
    given(monkeypatch, with_regimes(fake_run(sessions=sessions), vix=False))
    text = page_text(to(app))
    assert not app.exception
    assert "This market has no volatility index" in text
    if sessions < 60:  # the window of the labels
        assert "No label (too little history) was the most frequent regime: 100" in text


def test_a_book_of_ones_own_says_that_it_does_not_use_the_weights(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = with_values(Scenario(), {"book.own_book": "mine"})
    given(monkeypatch, with_regimes(fake_run(scenario)))
    monkeypatch.setattr("dashboard.session._source", lambda: "demo")
    to(app)
    app.query_params["book"] = "mine"
    fresh = AppTest.from_file(APP, default_timeout=LIMIT)
    fresh.query_params["book"] = "mine"
    to(fresh.run())
    assert not fresh.exception
    assert "it does not use these weights" in page_text(fresh)
    assert all(field.disabled for field in fresh.number_input)
