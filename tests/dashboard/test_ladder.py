"""The phase ladder: one change at a time, numbers of the engine, honest about what is missing."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import CancelledError, ConfigError, HistoryError
from core.presets import preset
from core.scenario import changed_fields, value_at, with_values
from dashboard import ladder_steps
from dashboard.benchmark import EQUAL_WEIGHTED
from dashboard.charts.ladder import added_figure, growth_figure
from dashboard.cli import main
from dashboard.cli_ladder import is_ladder, preset_named
from dashboard.ladder import CONTROL, EQUAL_WEIGHT, JUDGED, PERIODS, Ladder, climb, covered
from dashboard.ladder_record import record_ladder
from dashboard.ladder_steps import PHASES, changes, rungs
from dashboard.memo import Memo
from dashboard.pipeline import Pipeline
from dashboard.report.comparison_words import difference_text, interval_text
from dashboard.report.ladder import (
    against_frame,
    beyond_noise,
    curves_frame,
    ladder_headline,
    looked_at,
    steps_frame,
    targets_frame,
)
from dashboard.review_compare import control_of
from dashboard.review_evidence import compare
from dashboard.state import AppState
from dashboard.studies import Pace
from dashboard.theme import LIGHT
from dashboard.views.ladder_work import chosen_period
from data.journal import Journal
from tests.dashboard.pages import APP, LIMIT, healthy, page_text, until

FIRST, LAST = dt.date(2022, 1, 3), dt.date(2022, 12, 30)
SHORT = ("No overlay", "Phase 8")


@pytest.fixture(scope="module")
def pipeline(shared_demo_home: Path) -> Pipeline:
    return Pipeline(shared_demo_home)


@pytest.fixture(scope="module")
def found(pipeline: Pipeline) -> Ladder:
    return climb(pipeline, "demo", (FIRST, LAST), SHORT)


def test_steps_go_from_preset_to_preset_and_lose_no_field() -> None:
    own = rungs(PHASES)
    assert [one.toward for one in own if one.is_phase] == list(PHASES)
    for name, one in zip(PHASES, (r for r in own if r.is_phase), strict=True):
        assert changed_fields(one.scenario, preset(name)) == {}
    for before, after in itertools.pairwise(own):
        assert changed_fields(before.scenario, after.scenario) == dict(after.fields)
        assert after.fields
        assert after.detail
    titles = [one.title for one in own]
    assert titles[1:8] == [
        "Drawdown scaling", "Volatility target", "Position stop", "Trailing stop",
        "Circuit breaker", "Turnover cap", "Alpha gate",
    ]  # fmt: skip
    assert [len(list(group)) for _, group in itertools.groupby(own, lambda r: r.toward)] == [
        1, 7, 4, 5,
    ]  # fmt: skip


def test_a_field_of_no_known_change_is_a_step_of_its_own() -> None:
    other = with_values(
        preset("Phase 8"), {"factors.winsor_limit": 2.0, "book.no_trade_band": 0.01}
    )
    assert set(changes(preset("Phase 8"), other).values()) == {
        ("factors.winsor_limit",), ("book.no_trade_band",),
    }  # fmt: skip


def test_what_cannot_be_alone_is_switched_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    # A floor of 1.4 is above a limit of 1: the floor has to wait for the limit.
    goal = with_values(
        preset("Phase 8"), {"risk.min_position_scale": 1.4, "risk.max_leverage": 1.5}
    )
    known = ladder_steps.preset
    monkeypatch.setattr(
        ladder_steps, "preset", lambda name: goal if name == "High" else known(name)
    )
    own = rungs(("Phase 8", "High"))
    assert [one.title for one in own] == ["Phase 8", "Drawdown scaling and Leverage by regime"]
    assert own[1].scenario == goal
    assert len(own[1].fields) == 2


@pytest.mark.parametrize("names", [("Phase 8",), ("Phase 8", "Phase 8"), ("Phase 8", "Phase 7")])
def test_what_is_no_ladder_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="must"):
        rungs(names)


def test_periods_outside_the_data_are_said() -> None:
    first, last = dt.date(2018, 1, 2), dt.date(2024, 12, 31)
    assert covered(first, last, (dt.date(2021, 6, 1), dt.date(2024, 6, 1))) == ""
    assert covered(first, last, (None, None)) == ""
    assert "begins on 2018-01-02" in covered(first, last, (dt.date(2016, 7, 1), last))
    assert "ends on 2024-12-31" in covered(first, last, (first, dt.date(2025, 7, 1)))
    with pytest.raises(HistoryError, match="needs a market with 2010-01-01 … 2017-01-01"):
        covered(first, last, (dt.date(2010, 1, 1), dt.date(2017, 1, 1)))


def test_every_number_is_that_of_the_engine(pipeline: Pipeline, found: Ladder) -> None:
    assert found.presets == SHORT
    assert found.simulated
    runs = [pipeline.run(step.scenario) for step in found.steps]
    for step, run in zip(found.steps, runs, strict=True):
        assert step.metrics == run.metrics
        np.testing.assert_array_equal(step.nav, run.result.nav / run.result.initial_nav)
        assert value_at(step.scenario, "universe.source") == "demo"
    for (above, run), step in zip(itertools.pairwise(runs), found.steps[1:], strict=True):
        again = compare(
            run.result.nav, above.result.nav, run.dates, run.inputs.cash_rate,
            metrics=JUDGED, initial_nav=run.result.initial_nav,
        )  # fmt: skip
        for metric in JUDGED:
            assert step.added[metric].estimate == again[metric].estimate
            assert step.added[metric].low == again[metric].low
    last = found.steps[-1]
    assert set(last.against) == {found.yardsticks[0].name, EQUAL_WEIGHT, CONTROL}
    control, _ = control_of(runs[-1])
    assert last.exposure == control.exposure
    difference = control.differences()
    for metric in JUDGED:
        assert last.against[CONTROL][metric].estimate == pytest.approx(difference[metric])
    # What the steps added is together what the phase differs by.
    whole = last.metrics.cagr - found.steps[0].metrics.cagr  # type: ignore[union-attr]
    added = [step.added["cagr"].estimate for step in found.steps[1:]]
    assert sum(one for one in added if one is not None) == pytest.approx(whole)


def test_frames_words_and_figures_hold_every_step(found: Ladder) -> None:
    steps, against, targets = steps_frame(found), against_frame(found), targets_frame(found)
    assert list(steps["is_phase"]) == [step.rung.is_phase for step in found.steps]
    assert np.isnan(steps["added_cagr"].iloc[0])
    assert len(against) == 6
    assert list(targets.columns) == ["target", *SHORT, found.yardsticks[0].name, EQUAL_WEIGHT]
    curves = curves_frame(found)
    assert curves.iloc[0].eq(1.0).all()
    assert len(curves) == len(found.dates)
    assert 0 <= beyond_noise(found) <= looked_at(found) <= 4 * (7 + 6)
    assert "nan" not in ladder_headline(found).lower()
    figure = added_figure(steps, "cagr", LIGHT)
    assert len(figure.data[0].x) == len(found.steps) - 1
    assert next(iter(figure.layout.yaxis.ticktext)) == "Drawdown scaling"
    assert len(growth_figure(curves, 2, LIGHT, compact=True).data) == 4


def test_a_step_that_cannot_be_run_is_said_and_the_next_stands_on_the_last_that_was(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pipeline.run

    def fails(scenario: Any, *rest: Any) -> Any:
        if scenario.risk.position_stop_loss is not None and scenario.risk.trailing_stop_pct is None:
            raise HistoryError("nothing there")
        return run(scenario, *rest)

    monkeypatch.setattr(pipeline, "run", fails)
    again = climb(pipeline, "demo", (FIRST, LAST), SHORT, resamples=200)
    assert [step.problem for step in again.steps if step.problem] == ["nothing there"]
    failed = next(number for number, step in enumerate(again.steps) if step.problem)
    before, after = again.steps[failed - 1].metrics, again.steps[failed + 1]
    assert before is not None
    assert after.metrics is not None
    assert after.added["cagr"].estimate == pytest.approx(after.metrics.cagr - before.cagr)
    assert np.isnan(steps_frame(again)["cagr"].iloc[failed])


def test_a_ladder_stops_when_it_is_told_to(pipeline: Pipeline) -> None:
    with pytest.raises(CancelledError):
        climb(pipeline, "demo", (FIRST, LAST), SHORT, Pace(lambda: True, lambda _share: None))


def test_steps_between_presets_are_trials_once(found: Ladder, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        assert record_ladder(journal, found) == ""
        assert record_ladder(journal, found) == ""
        (row,) = journal.tried("demo")
        assert row["metrics"]["runs"] == len(found.steps) - len(SHORT)
        curves = {s.nav.tobytes() for s in found.steps if s.nav is not None}
        assert row["metrics"]["different"] == len(curves) - len(SHORT)
        assert len(journal.returns("demo")) == len(found.steps) - len(SHORT)


@pytest.mark.usefixtures("demo_home")
def test_page_and_command_say_the_same(
    found: Ladder,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    period = ("--start", str(FIRST), "--end", str(LAST))
    assert main(["compare", "--json", *period, "--presets", ",".join(SHORT)]) == 0
    told = json.loads(capsys.readouterr().out)["ladder"]
    (document,) = told["periods"]
    assert told["not_covered"] == []
    monkeypatch.setattr("dashboard.views.ladder_work.PHASES", SHORT)
    said, written = ["the disk is full"], record_ladder
    monkeypatch.setattr(
        "dashboard.views.ladder_work.record_ladder",
        lambda *given: said.pop() if said else written(*given),
    )
    app = AppTest.from_file(APP, default_timeout=LIMIT)
    app.query_params["from"], app.query_params["to"] = str(FIRST), str(LAST)
    app.session_state["plimsoll.ladder.period"] = "This setting's period"
    app.switch_page("views/ladder.py").run()
    text = until(app, "What each change added", gone="pl-wait")
    assert healthy(app)
    for step, mine in zip(document["steps"], found.steps, strict=True):
        assert mine.metrics is not None
        assert step["metrics"] == mine.metrics.as_dict()
        for metric, one in mine.added.items():
            assert step["added"][metric]["estimate"] == one.estimate
            assert step["added"][metric]["low"] == one.low
            if metric == "cagr" and one.verdict.value != "no difference":
                assert difference_text(metric, one.estimate) in text
                assert f"{interval_text(one)}, {one.verdict.value}" in text
    files = {button.key for button in app.main.get("download_button")}
    assert {f"csv-ladder-{n}" for n in ("added", "steps", "against", "targets", "growth")} <= files
    assert "The settings of this ladder are not in the journal" in text
    assert "the disk is full" in text
    app.button(key="ladder-record").click().run()
    assert "not in the journal" not in page_text(app)
    # Another period is worked out; the last good one stays meanwhile, and when it is stopped.
    held = threading.Event()
    asked: list[tuple[str, dt.date]] = []

    def is_sealed(_home: Path, market: str, last: np.datetime64) -> bool:
        asked.append((market, last.astype(dt.date)))
        return True

    def hold(*_arguments: object) -> None:
        held.wait(LIMIT)
        raise CancelledError(0, 1)

    monkeypatch.setattr("dashboard.views.ladder_work.climb", hold)
    app.segmented_control[0].set_value("2021-06 … 2024-05").run()
    assert "the last good result" in page_text(app)
    app.button(key="ladder-stop").click().run()
    assert "Nothing of this ladder was kept" in page_text(app)
    assert str(LAST) in page_text(app)
    assert healthy(app)
    # What it shows is sealed: the last good one goes too.
    monkeypatch.setattr("dashboard.views.ladder_work.is_withheld", is_sealed)
    app.run()
    assert "the last good result" not in page_text(app)
    assert asked == [("demo", LAST)]
    held.set()


def test_presets_are_named_on_the_command_line_as_everywhere() -> None:
    assert is_ladder("no-overlay, PHASE 8", ())
    assert not is_ladder("phase-8,Phase 8", ())
    assert not is_ladder("phase-8,phase-7", ())
    assert not is_ladder("phase-8,phase-9", ("mine",))
    assert preset_named("phase-8.1") == "Phase 8.1"


def test_without_an_index_the_members_are_held_against_once(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = pipeline.market("demo")
    bare = replace(market, benchmark=None)
    monkeypatch.setattr(pipeline, "market", lambda _source: bare)
    monkeypatch.setattr(pipeline, "_books", Memo(4))
    again = climb(pipeline, "demo", (FIRST, LAST), SHORT, resamples=200)
    assert [one.name for one in again.yardsticks] == [EQUAL_WEIGHTED]
    assert set(again.steps[-1].against) == {EQUAL_WEIGHTED, CONTROL}
    assert len(against_frame(again)) == 4


def test_a_period_of_the_plan_is_that_of_the_setting_which_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(st, "session_state", {"plimsoll.ladder.period": "This setting's period"})
    start, end = PERIODS[1]
    for period in (PERIODS[1], PERIODS[0], (start, end - dt.timedelta(days=90))):
        values = {"period.start": period[0], "period.end": period[1]}
        state = AppState.initial("demo")
        state = replace(state, scenario=with_values(state.scenario, values))
        assert chosen_period(state) == period


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("simulated", [True, False])
def test_a_simulated_market_begins_with_the_period_of_the_setting(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, simulated: bool
) -> None:
    market = replace(pipeline.market("demo"), simulated=simulated)
    monkeypatch.setattr(pipeline, "market", lambda _source: market)
    engine = SimpleNamespace(pipeline=pipeline)
    monkeypatch.setattr("dashboard.views.ladder_work.session.engine", lambda: engine)
    monkeypatch.setattr(st, "session_state", {})
    own = (FIRST, LAST)
    values = {"period.start": FIRST, "period.end": LAST}
    state = AppState.initial("demo")
    state = replace(state, scenario=with_values(state.scenario, values))
    assert chosen_period(state) == (own if simulated else PERIODS[0])
