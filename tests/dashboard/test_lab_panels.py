"""What the panels of the lab are told: asked for safely, exact, of the scenario on the page."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.attribution import ACCOUNT_METRICS, rule_account
from core.config import Scenario
from core.control import exposure_matched_control
from core.errors import CancelledError, HistoryError
from core.presets import preset
from core.scenario import scenario_hash, with_values
from core.sensitivity import NUMERIC_RISK_FIELDS
from core.simulation import simulate_many
from dashboard.format import money
from dashboard.lab.panel_work import account_work, surface_fields, surface_level, surface_work
from dashboard.lab.panels import (
    PARTS,
    PanelsWant,
    ask_part,
    explained_frame,
    panels_frame,
    refused_frame,
    wants_explanation,
    wants_panels,
)
from dashboard.lab.payload import drawn_rows
from dashboard.lab.wire import unpacked
from dashboard.pipeline import Pipeline
from dashboard.problems import explain
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.studies import Pace, Studies
from dashboard.theme import LIGHT
from dashboard.views.rules import account_html, control_html, health_html
from tests.dashboard.fakes import fake_run

RUN = fake_run()
X, Y = "risk.position_stop_loss", "risk.trailing_stop_pct"
FREE = Pace(lambda: False, lambda _share: None)


class _Keys:
    """Stands for the pipeline: only the key of a scenario is asked for."""

    def key(self, scenario: Scenario) -> str:
        return f"data-ensemble-{scenario_hash(scenario)}"


def want(*parts: str, **more: Any) -> PanelsWant:
    found = wants_panels(
        {"study": scenario_hash(RUN.scenario), "lacks": list(parts), "n": 3, **more}, RUN
    )
    assert found is not None
    return found


def told(asked: PanelsWant, run: Run = RUN, state: AppState | None = None) -> tuple[Any, Any]:
    """Ask until everything is there, as the browser does."""
    studies = Studies()
    state = state or AppState(run.scenario)
    for _ in range(20_000):  # the first one compiles
        frame = panels_frame(studies, "me", _Keys(), run, state, asked, LIGHT)  # type: ignore[arg-type]
        header, columns = unpacked(frame)
        if all(p["status"] in ("done", "failed") for p in header["parts"].values()):
            return header, columns
        assert all("told" not in p for p in header["parts"].values() if p["status"] == "waiting")
        time.sleep(0.02)
    raise AssertionError(header)


@pytest.mark.parametrize(
    "message",
    [
        None,
        {},
        {"study": "another", "lacks": ["account"]},
        {"study": scenario_hash(RUN.scenario)},
        {"study": scenario_hash(RUN.scenario), "lacks": "account"},
    ],
)
def test_what_is_no_request_of_this_scenario_is_none(message: object) -> None:
    assert wants_panels(message, RUN) is None


def test_nothing_of_a_request_is_trusted() -> None:
    asked = want("account", "../etc", surface={"x": "book.names_held", "y": 3, "metric": "nav"})
    assert asked.parts == ("account",)
    assert {asked.x, asked.y} <= set(NUMERIC_RISK_FIELDS)
    assert asked.metric == "sharpe_ratio"
    assert asked.x != want(surface={"x": X, "y": X}).y
    assert (want(surface={"x": X, "y": Y}).x, want(surface={"x": X, "y": Y}).y) == (X, Y)


@pytest.mark.parametrize("words", [None, "computing soon"])
def test_a_frame_says_what_its_studies_wait_for(
    words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.lab.panels.studies_wait_for", lambda: words)
    keys: Any = _Keys()
    frame = panels_frame(Studies(), "me", keys, RUN, AppState(RUN.scenario), want(), LIGHT)
    assert unpacked(frame)[0]["compiling"] == words


def test_the_account_sums_to_the_difference_in_every_cut() -> None:
    header, _ = told(want("account"))
    account = header["parts"]["account"]["told"]
    assert header["answers"] == 3
    exact = rule_account(RUN.inputs, RUN.scenario.risk, RUN.dates).shares()
    for by, shares in account["by"].items():
        parts = np.array([values for *_, values in shares["rules"]], dtype=float)
        change = np.array(shares["scenario"]) - np.array(shares["without"])
        assert parts.sum(axis=0) == pytest.approx(change, abs=1e-9), by
    assert account["by"]["total"]["scenario"] == pytest.approx(exact.scenario.tolist())
    assert len(account["by"]["total"]["names"]) == len(ACCOUNT_METRICS)
    assert set(account["colours"]) == {rule for rule, *_ in account["by"]["total"]["rules"]}


def test_the_control_is_drawn_at_the_sessions_of_the_frame() -> None:
    header, columns = told(want("control"))
    exact = exposure_matched_control(RUN.inputs, RUN.scenario.risk, RUN.result, RUN.dates)
    growth = exact.nav / exact.result.initial_nav
    assert columns["control"] == pytest.approx(growth[drawn_rows(RUN)], abs=1e-4)
    rows = {row["name"]: row for row in header["parts"]["control"]["told"]["rows"]}
    assert rows["sharpe_ratio"]["control"] == exact.metrics.sharpe_ratio
    assert rows["sharpe_ratio"]["scenario"] == RUN.metrics.sharpe_ratio
    assert rows["average_exposure"]["control"] == pytest.approx(
        rows["average_exposure"]["scenario"], abs=1e-6
    )


def test_strips_hold_the_present_value_and_its_numbers() -> None:
    header, _ = told(want("strips"))
    strips = header["parts"]["strips"]["told"]
    assert set(strips) == set(NUMERIC_RISK_FIELDS)
    strip = strips[X]
    assert len(strip["values"]) <= 21
    at = strip["values"].index(RUN.scenario.risk.position_stop_loss)
    assert strip["sharpe_ratio"][at] == pytest.approx(RUN.metrics.sharpe_ratio, abs=1e-5)
    assert strip["max_drawdown"][at] == pytest.approx(RUN.metrics.max_drawdown, abs=1e-5)


def test_the_surface_is_what_its_settings_give_and_knows_the_way_here() -> None:
    moved = AppState(RUN.scenario).with_values({X: 0.2}).with_values({X: 0.12})
    asked = want("surface", surface={"x": X, "y": Y, "metric": "cagr"})
    header, columns = told(asked, state=moved)
    surface = header["parts"]["surface"]["told"]
    xs, ys = surface["xs"], surface["ys"]
    values = columns["surface"].reshape(len(ys), len(xs))
    for i, j in ((0, 0), (7, 20), (len(ys) - 1, len(xs) - 1)):
        risk = with_values(RUN.scenario, {X: xs[j], Y: ys[i]}).risk
        exact = simulate_many(RUN.inputs, [risk], RUN.dates).metric("cagr")[0]
        assert values[i, j] == pytest.approx(exact, rel=1e-6)
    assert ((columns["plateau"] >= 0.0) & (columns["plateau"] <= 1.0)).all()
    assert 0.0 <= surface["plateau"] <= 1.0
    assert [place[0] for place in surface["trail"]] == [0.12, 0.2]
    assert surface["at"] == [0.12, 0.15]
    assert len(columns["surface"]) * 4 <= 6800


def test_an_axis_of_the_book_builds_a_book_for_each_of_its_values(demo_home: Path) -> None:
    pipeline = Pipeline(demo_home)
    run = pipeline.run(with_values(Scenario(), {"period.start": dt.date(2023, 1, 3)}))
    found = surface_work(pipeline, run, "book.names_held", X)(FREE)
    sharpe, xs, ys = found.metric("sharpe_ratio"), found.x.levels, found.y.levels
    for i, j in ((0, 0), (5, len(xs) // 2), (len(ys) - 1, len(xs) - 1)):
        moved = with_values(run.scenario, {"book.names_held": xs[j], X: ys[i]})
        assert sharpe[i, j] == pytest.approx(pipeline.run(moved).metrics.sharpe_ratio, rel=1e-9)
    assert len(np.unique(np.round(sharpe[-1], 6))) > 5


def test_a_book_of_ones_own_has_no_fields_for_a_surface() -> None:
    own = dataclasses.replace(RUN, scenario=with_values(RUN.scenario, {"book.own_book": "mine"}))
    assert surface_fields(own) == NUMERIC_RISK_FIELDS
    assert surface_fields(RUN)[-1] == "book.sector_cap"


def test_a_cell_without_a_value_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    found = surface_work(_Keys(), RUN, X, Y)(FREE)  # type: ignore[arg-type]
    why, ruined = list(found.table.refused), found.table.runs.ruined.copy()
    why[3], ruined[4] = "max_leverage must be 1", 7
    runs = dataclasses.replace(found.table.runs, ruined=ruined)
    table = dataclasses.replace(found.table, refused=tuple(why), runs=runs)
    broken = dataclasses.replace(found, table=table)
    monkeypatch.setattr("dashboard.lab.panels.surface_work", lambda *_: lambda _pace: broken)
    header, columns = told(want("surface", surface={"x": X, "y": Y}))
    reasons = header["parts"]["surface"]["told"]["reasons"]
    said = [reasons[int(code)] for code in columns["reason"]]
    assert said[3] == "max_leverage must be 1"
    assert said[4] == f"Ruined on {RUN.dates[7]}"
    assert set(said[:3] + said[5:]) == {""}


def test_moving_on_the_surface_keeps_it_and_moving_another_field_does_not() -> None:
    def study(scenario: Scenario) -> str:
        run = fake_run(scenario)
        studies = Studies()
        ask_part(studies, "me", _Keys(), run, "surface", x=X, y=Y)  # type: ignore[arg-type]
        jobs = [*studies._waiting] or [studies._running.key]  # type: ignore[union-attr]
        studies.leave("me")
        return jobs[0]

    here = study(Scenario())
    assert study(with_values(Scenario(), {X: 0.2, Y: 0.3})) == here
    assert study(with_values(Scenario(), {"risk.max_allowed_drawdown": 0.2})) != here
    assert study(with_values(Scenario(), {X: 0.9})) != here  # outside the usual range


def test_a_cancelled_study_ends() -> None:
    gone = Pace(lambda: True, lambda _share: None)
    for work in (account_work(RUN), surface_work(_Keys(), RUN, X, Y)):
        with pytest.raises(CancelledError):
            work(gone)


def test_progress_is_a_share_that_grows() -> None:
    shares: list[float] = []
    surface_work(_Keys(), RUN, X, Y)(Pace(lambda: False, shares.append))
    assert shares == sorted(shares)
    assert len(shares) > 3
    assert shares[-1] == 1.0


def test_a_failure_is_told_in_words() -> None:
    studies, state = Studies(), AppState(RUN.scenario)

    def fails(_pace: Pace) -> None:
        raise ZeroDivisionError

    key = f"account-{_Keys().key(RUN.scenario)}"
    while studies.ask("me", "account", key, fails).status != "failed":
        time.sleep(0.01)
    frame = panels_frame(studies, "me", _Keys(), RUN, state, want("account"), LIGHT)  # type: ignore[arg-type]
    part = unpacked(frame)[0]["parts"]["account"]
    assert part["status"] == "failed"
    assert part["problem"][0] == "This study failed"
    assert "told" not in part


def test_the_nearest_level() -> None:
    assert surface_level([0.1, 0.2, 0.3], 0.21) == 1
    assert surface_level([0.1, 0.2], None) is None


@pytest.mark.parametrize(
    "way",
    [{}, {"risk.stop_fill": "intraday"}, {"risk.execution": "next_open"}],
    ids=["close", "intraday", "open"],
)
def test_a_clicked_day_is_explained_in_words(demo_home: Path, way: dict[str, str]) -> None:
    scenario = with_values(preset("Phase 8"), {"universe.source": "demo"} | way)
    run = Pipeline(demo_home).run(scenario)
    day = run.dates[200].astype(dt.date)
    message = {"explain": str(day), "of": scenario_hash(scenario)}
    assert wants_explanation(message, run) == day
    for wrong in ({}, {**message, "of": "x"}, {**message, "explain": "soon"}, None):
        assert wants_explanation(wrong, run) is None
    header, _ = unpacked(explained_frame(run, day, 5))
    assert (header["kind"], header["answers"], header["date"]) == ("explained", 5, str(day))
    titles = [title for title, _ in header["parts"]]
    assert titles[:3] == ["The day", "Filled", "Decided at the close"]
    assert f"NAV {money(run.result.nav[200])}" in header["parts"][0][1][0]
    outside = dt.date(1990, 1, 1)
    with pytest.raises(HistoryError, match="within the simulated period") as error:
        explained_frame(run, outside, 5)
    refused, _ = unpacked(refused_frame(run, outside, explain(error.value), 5))
    assert refused["problem"][0] == "Nothing to run in this period"


def test_the_tables_in_words_carry_the_same_numbers() -> None:
    header, _ = told(want("account", "health"))
    account = account_html(header["parts"]["account"]["told"])
    assert "No rules" in account
    assert "Costs" in account
    health = health_html(header["parts"]["health"]["told"])
    assert "Circuit breaker" in health
    studies = Studies()
    for _ in range(20_000):
        study = ask_part(studies, "me", _Keys(), RUN, "control", x=X, y=Y)  # type: ignore[arg-type]
        if study.status == "done":
            break
        time.sleep(0.02)
    html = control_html(study.result)
    exact = exposure_matched_control(RUN.inputs, RUN.scenario.risk, RUN.result, RUN.dates)
    assert f'data-control="sharpe_ratio" data-value="{exact.metrics.sharpe_ratio!r}"' in html


def test_parts_are_asked_in_the_order_of_their_weight() -> None:
    assert PARTS[0] == "control"
    assert PARTS[-1] == "surface"
