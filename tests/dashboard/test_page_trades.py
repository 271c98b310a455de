"""Trades through the entry point: full, filtered, one day, empty, broken, source gone."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.explanation import explain_day
from dashboard.pipeline import Pipeline
from dashboard.report.explanation import day_words
from dashboard.report.explanation_fill import fill_words
from dashboard.review_trades import Kind, traded_sessions
from dashboard.run import Run
from dashboard.views import trades_parts
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import (
    after,
    given,
    healthy,
    page_text,
    plain,
    ruined,
    started,
    to,
    until,
)

pytestmark = pytest.mark.usefixtures("demo_home")

PERIOD = {"from": "2022-01-03"}


@pytest.fixture
def app() -> AppTest:
    return started("trades", **PERIOD)


def filled(app: AppTest) -> AppTest:
    """Wait for the blotter."""
    after(app, lambda now: now.dataframe, "a table of orders")
    return app


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
    to(app, "trades")
    assert app.date_input(key="trades-date").value == dt.date(2022, 6, 10)
    assert healthy(app)


def test_every_trade_of_the_day_has_its_ranks_and_the_weight_after_each_step(
    app: AppTest, demo_home: Path
) -> None:
    filled(app)
    run = Pipeline(demo_home).run(app.session_state["plimsoll.state"].scenario)
    decided = int(run.inputs.rebalance[1])
    day = run.dates[decided + run.scenario.risk.execution_lag_days].item()
    app.date_input(key="trades-date").set_value(day).run()
    assert healthy(app)
    found = explain_day(run, day)
    fill = found.day.fill
    assert fill is not None
    traded = np.flatnonzero(fill.traded != 0.0)
    assert len(traded) > 12
    words = " ".join(plain(app).split())
    assert "Rank Momentum Value Quality" in words
    assert "Target Before Risk Gate Cap After Traded Cost" in words
    assert f"{len(traded) - 12} smaller trade" in words
    assert f"Ranks of {run.dates[decided]}, 1 = best" in words
    for row in traded.tolist():
        i = int(fill.security[row])
        placed = found.placing_of(i, fill.rebalance)
        ranks = (placed.rank, *(rank for _, _, rank, _ in placed.scores))
        said = " ".join(str(rank) if rank else "–" for rank in ranks)
        assert f"{run.tickers[i]} {said}" in words


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


def test_a_blotter_that_fails_is_explained_beside_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trades_parts, "blotter", ruined)
    app = started("trades", **PERIOD)
    until(app, "The portfolio was ruined")
    assert "Decided at this close" in page_text(app)
    assert not app.exception


def test_a_blotter_that_fails_leaves_the_one_before_with_its_label(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(app)

    monkeypatch.setattr(trades_parts, "blotter", ruined)
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    until(app, "The portfolio was ruined")
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
    monkeypatch.setattr(trades_parts, "is_hidden", lambda _home, _run: True)  # sealed since
    app.run()
    assert "the last good result" not in page_text(app)
    assert not app.exception


def test_a_run_that_never_traded_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    short = fake_run(sessions=15)
    assert not len(traded_sessions(short))
    assert not np.any(short.result.turnover)
    given(monkeypatch, short)
    app = started("trades")
    assert "Nothing was traded" in page_text(app)
    assert not app.exception
