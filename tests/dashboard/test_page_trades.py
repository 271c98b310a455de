"""Trades through the entry point: full, filtered, one day, empty, broken, source gone."""

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
from dashboard.explanation import explain_day
from dashboard.pipeline import Pipeline
from dashboard.report.explanation import day_words
from dashboard.report.explanation_fill import fill_words
from dashboard.review_trades import Kind, traded_sessions
from dashboard.run import Run
from dashboard.session import Engine
from dashboard.views import trades_parts
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
LIMIT = 180.0  # seconds a run may take: the first one compiles


@pytest.fixture
def app(demo_home: Path) -> AppTest:
    assert demo_home.is_dir()
    app = AppTest.from_file(APP, default_timeout=LIMIT).run()
    app.date_input(key="pick:period.start").set_value(dt.date(2022, 1, 3)).run()
    return app


def to(app: AppTest, name: str = "trades") -> AppTest:
    return app.switch_page(f"views/{name}.py").run()


def filled(app: AppTest) -> AppTest:
    """Open the page and wait for its blotter."""
    to(app)
    for _ in range(600):
        if app.dataframe:
            break
        time.sleep(0.1)
        app.run()
    return app


def page_text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.get("html"))


def plain(app: AppTest) -> str:
    text = re.sub(r"<[^>]+>", " ", page_text(app))
    return text.replace("&#x27;", "'").replace("&amp;", "&")


def healthy(app: AppTest) -> bool:
    return not app.exception and 'role="alert"' not in page_text(app)


def test_the_page_shows_orders_a_day_and_every_trigger(app: AppTest) -> None:
    filled(app)
    assert healthy(app)
    text = plain(app)
    for words in ("round trips", "A day explained", "Filled in this session",
                  "Decided at this close", "Scale of the book at this close",
                  "Distance to every trigger", "Circuit breaker"):  # fmt: skip
        assert words in text
    assert {button.key for button in app.main.get("download_button")} == {
        f"{kind}-{name}" for kind in ("csv", "parquet") for name in ("trades-orders", "triggers")
    }
    assert len(figures(app)) == 1
    assert len(app.dataframe[0].value) <= 150


def test_the_day_is_that_of_plimsoll_explain(app: AppTest, demo_home: Path) -> None:
    filled(app)
    day = app.date_input(key="trades-date").value
    scenario = app.session_state["plimsoll.state"].scenario
    found = explain_day(Pipeline(demo_home).run(scenario), day)
    for line in (*day_words(found), *fill_words(found)):
        assert line in plain(app)
    (text,) = [code.value for code in app.code if code.value.startswith(str(day))]
    assert all(line in text for line in (*day_words(found), *fill_words(found)))
    assert text.startswith(f"{day} · {scenario.name} · demo [SIMULATED MARKET]")


def test_steps_go_from_trade_to_trade_and_any_day_can_be_chosen(app: AppTest) -> None:
    filled(app)
    last = app.date_input(key="trades-date").value
    assert app.button(key="trades-next").disabled
    app.button(key="trades-previous").click().run()
    before = app.date_input(key="trades-date").value
    assert before < last
    app.button(key="trades-next").click().run()
    assert app.date_input(key="trades-date").value == last
    app.date_input(key="trades-date").set_value(dt.date(2022, 6, 11)).run()  # a Saturday
    assert app.date_input(key="trades-date").value == dt.date(2022, 6, 10)
    to(app, "returns")
    to(app)
    assert app.date_input(key="trades-date").value == dt.date(2022, 6, 10)
    assert healthy(app)


def test_a_quiet_day_is_explained_too(app: AppTest, demo_home: Path) -> None:
    filled(app)
    run = Pipeline(demo_home).run(app.session_state["plimsoll.state"].scenario)
    quiet = np.flatnonzero(run.result.turnover == 0.0)
    for t in (int(quiet[0]), int(quiet[len(quiet) // 2])):
        app.date_input(key="trades-date").set_value(run.dates[t].item()).run()
        assert healthy(app)
        assert "no trade" in plain(app)
        assert "Decided at this close" in plain(app)


def test_any_name_is_answered(app: AppTest) -> None:
    filled(app)
    names = app.selectbox(key="trades-name").options
    app.selectbox(key="trades-name").set_value(names[0]).run()
    assert re.search(rf"{re.escape(names[0])} is (not )?held on ", plain(app))
    assert healthy(app)


def test_filters_and_round_trips(app: AppTest) -> None:
    filled(app)
    app.multiselect(key="trades-kinds").set_value([Kind.STOP]).run()
    assert set(app.dataframe[0].value["Kind"]) == {"stop"}
    app.selectbox(key="trades-result").set_value("Profit").run()
    assert healthy(app)
    app.multiselect(key="trades-kinds").set_value([]).run()
    app.main.get("button_group")[0].set_value("Round trips").run()
    assert (app.dataframe[0].value["After costs"] > 0.0).all()
    assert "P&L of all round trips" in plain(app)
    assert healthy(app)


def test_an_empty_filter_says_so_in_numbers(app: AppTest) -> None:
    filled(app)
    app.selectbox(key="trades-side").set_value("Buys").run()
    app.selectbox(key="trades-result").set_value("Loss").run()  # a buy realises nothing
    assert "0 orders: bought 0" in plain(app)
    assert healthy(app)


def test_a_blotter_that_fails_is_explained_beside_the_rest(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_run: Run, _pace: object) -> None:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(trades_parts, "blotter", broken)
    to(app)
    for _ in range(100):
        if "The portfolio was ruined" in page_text(app):
            break
        time.sleep(0.05)
        app.run()
    assert "The portfolio was ruined" in page_text(app)
    assert "Decided at this close" in page_text(app)
    assert not app.exception


def test_a_blotter_that_fails_leaves_the_one_before_with_its_label(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(app)

    def broken(_run: Run, _pace: object) -> None:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(trades_parts, "blotter", broken)
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    for _ in range(100):
        if "The portfolio was ruined" in page_text(app):
            break
        time.sleep(0.05)
        app.run()
    assert "The portfolio was ruined" in page_text(app)
    assert "the last good result, <b>Phase 8" in page_text(app)
    assert app.dataframe
    assert not app.exception


def test_the_blotter_of_the_setting_before_is_labelled(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(app)

    def slow(run: Run, pace: trades_parts.Study) -> None:
        while not pace.cancelled():  # type: ignore[attr-defined]
            time.sleep(0.02)

    monkeypatch.setattr(trades_parts, "blotter", slow)
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    assert "the last good result" in page_text(app)
    assert app.dataframe
    assert not app.exception


def test_an_empty_period_keeps_the_last_good_result(app: AppTest) -> None:
    filled(app)
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    assert "Nothing to run in this period" in page_text(app)
    assert "the last good result" in page_text(app)
    assert "Decided at this close" in page_text(app)
    assert not app.exception


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


def test_a_run_that_never_traded_says_so(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    short = fake_run(sessions=15)
    assert not len(traded_sessions(short))
    assert not np.any(short.result.turnover)
    monkeypatch.setattr(Engine, "run", lambda _engine, _scenario: short)
    assert "Nothing was traded" in page_text(to(app))
    assert not app.exception
