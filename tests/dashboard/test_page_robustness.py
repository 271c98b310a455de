"""The page Robustness: both parts asked for by a button, whole, stopped, kept, refused."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import CancelledError
from core.evidence.fans import fan
from core.metrics import daily_returns
from core.presets import preset
from core.scenario import scenario_hash, specs
from dashboard import robust_work, walkforward_work
from dashboard.charts.fan import fan_alt, fan_figure, fan_table
from dashboard.holdout import sealed_for
from dashboard.robust_work import Here, robust_words
from dashboard.session import Engine
from dashboard.studies import Pace
from dashboard.theme import DARK, LIGHT
from dashboard.views import walkforward_parts
from data.journal import Journal
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import after, given, healthy, page_text, plain, ruined, started, to


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robust_work, "DRAWS", 3)


@pytest.mark.usefixtures("demo_home")
def test_nothing_is_run_until_asked_and_then_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("robustness")
    assert "Would another history have said the same?" in plain(app)
    assert "as it happened" not in plain(app)
    before = len(figures(app))
    app.button(key="ask-robust").click().run()
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
    app = started("robustness")
    app.button(key="ask-robust").click().run()
    after(app, lambda now: "at least 2 rebalances" in plain(now), "the refusal")
    assert not app.exception


PERIOD = {"from": "2021-06-01", "to": "2022-06-01"}


@pytest.mark.usefixtures("demo_home")
def test_a_walk_forward_is_a_result_like_any_other(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path
) -> None:
    said = ["the disk is full", "", ""]
    written = walkforward_work.record_sweep
    monkeypatch.setattr(
        walkforward_work, "record_sweep", lambda *a, **k: said.pop(0) or written(*a, **k)
    )
    app = started("robustness", **PERIOD)
    app.selectbox(key="walk-offer").set_value("Volatility target").run()
    assert "18 settings, 2 choices." in plain(app)
    app.button(key="ask-walk").click().run()
    after(app, lambda now: "Side by side" in plain(now), "the walk-forward")
    assert not app.exception
    words = plain(app)
    for part in ("the scenario as it stands to", "Median setting held", "> 18 %", "Every choice",
                 "What was in force", "Combinatorial cross-validation", "no test stands behind it",
                 specs()["risk.vol_lookback_days"].label, "settings held all along"):  # fmt: skip
        assert part in words, part
    # Beside the scenario as it stands and beside the benchmark: more than noise, or not.
    assert len(re.findall(r"Sharpe ratio: The walk-forward .*? between .*? noise\.", words)) == 2
    assert "nan" not in words.casefold().split()
    assert len(figures(app)) == 3
    assert {button.key for button in app.main.get("download_button")} >= {
        "csv-walk-curves", "csv-walk-metrics", "csv-walk-folds", "csv-walk-drift", "csv-walk-paths"
    }  # fmt: skip
    assert "This walk-forward is not in the journal" in words
    app.button(key="walk-record").click().run()
    assert "not in the journal" not in plain(app)
    assert Journal(demo_home).trials()[-1]["metrics"]["runs"] == 18
    # Another choice: the last good result stays, and says that it is not of it.
    app.selectbox(key="walk-metric").set_value("cagr").run()
    stale = re.search(r'<div class="pl-stale">(.*?)</div>', page_text(app))
    assert stale is not None
    assert "18 settings</b>. It does not show the present settings" in stale.group(1)
    scenario = app.session_state["plimsoll.state"].scenario
    assert f"setting {scenario_hash(scenario)[:8]}, 18 settings" in stale.group(1)
    assert len(figures(app)) == 3
    app.button(key="ask-walk").click().run()
    after(app, lambda now: "CAGR in training" in plain(now), "the other walk-forward")
    assert "It does not show the present settings" not in plain(app)
    # Months that are sealed now were in all of it.
    sealed_for(demo_home, Journal(demo_home), "demo", 6)
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "run", ruined)
        app.run()
        assert 'role="alert"' in page_text(app)
        assert "pl-stale" not in page_text(app)
    app.run()
    assert healthy(app)
    assert "Walk forward" in {button.label for button in app.main.button}
    assert "Side by side" not in plain(app)


@pytest.mark.usefixtures("demo_home")
def test_work_can_be_stopped_and_is_then_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(*_given: object) -> Any:
        def work(pace: Pace) -> None:
            begun.set()
            while not pace.cancelled():
                ended.wait(0.01)
            ended.set()
            raise CancelledError(0, 1)

        return work

    monkeypatch.setattr(walkforward_parts, "walk_work", endless)
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("robustness")
    app.button(key="ask-walk").click().run()
    assert begun.wait(60.0)
    after(app, lambda now: "Choosing and walking forward" in plain(now), "the box that waits")
    app.button(key="stop-walk").click().run()
    assert ended.wait(60.0)
    assert not app.exception
    assert app.button(key="ask-walk").label == "Walk forward"
    assert plain(app).count("Stopped; nothing was kept.") == 1
    # Of another choice nothing was stopped.
    app.selectbox(key="walk-metric").set_value("cagr").run()
    assert "nothing was kept" not in plain(app)


@pytest.mark.usefixtures("demo_home")
def test_what_the_setting_stands_on_is_scored_and_leads_to_the_surface(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path
) -> None:
    monkeypatch.setattr("dashboard.lab.panel_work.SURFACE_SIZE", 5)
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("robustness")
    assert "Every different result counts as a trial, once" in plain(app)
    assert not [row for row in Journal(demo_home).tried("demo") if row["origin"] == "sweep"]
    app.button(key="ask-plateau").click().run()
    after(app, lambda now: "Stands" in plain(now), "the plateau scores")
    assert healthy(app)
    words = plain(app)
    for part in ("Position stop × Volatility target", "The setting stands", "From 80",
                 "changes nothing", "count as trials, once"):  # fmt: skip
        assert part in words, part
    assert "nan" not in words.casefold().split()
    rows = [row for row in Journal(demo_home).tried("demo") if row["origin"] == "sweep"]
    assert {row["values"]["sweep.design"] for row in rows} == {"surface"}
    assert len(rows) == len(app.selectbox(key="plateau-pair").options) == 4
    assert "csv-plateau" in {button.key for button in app.main.get("download_button")}
    first = dict(app.session_state["plimsoll.surface"])
    assert (first["x"], first["y"]) == ("risk.position_stop_loss", "risk.target_annual_vol")
    app.run()
    assert app.session_state["plimsoll.surface"] == first, "led to once"
    app.selectbox(key="plateau-pair").set_value("Position stop × Trailing stop").run()
    other = app.session_state["plimsoll.surface"]
    assert other["y"] == "risk.trailing_stop_pct"
    assert other["asked"] != first["asked"]
    to(app, "drawdowns")
    to(app, "robustness")
    assert app.selectbox(key="plateau-pair").value == "Position stop × Trailing stop"
    assert app.session_state["plimsoll.surface"] == other


@pytest.mark.usefixtures("demo_home")
def test_without_a_rule_there_is_nothing_to_stand_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, fake_run(preset("No overlay"), sessions=60))
    app = started("robustness")
    assert "there is no plateau to stand on" in plain(app)
    assert "ask-plateau" not in {button.key for button in app.main.button}
    assert not app.exception


@pytest.mark.usefixtures("demo_home")
def test_what_cannot_be_walked_is_explained_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("robustness")
    app.selectbox(key="walk-offer").set_value("Axes of your own").run()
    for text, told in (("risk.nope=1,2", "risk.nope"), ("", "at least one"),
                       ("risk.execution_lag_days=0,1", "must be the same all along")):  # fmt: skip
        app.text_area(key="walk-axes").set_value(text).run()
        assert "This cannot be walked" in plain(app)
        assert told in plain(app), plain(app)
        assert "ask-walk" not in {button.key for button in app.main.button}
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
