"""Frames of the lab: what goes in comes out, small enough, and nothing is trusted on the way."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Scenario
from core.errors import CancelledError, InputsError
from core.scenario import scenario_hash, with_values
from dashboard.charts.frames import TimelineFrames
from dashboard.controls.groups import BOOK_FIELDS
from dashboard.lab import drag
from dashboard.lab.component import committed
from dashboard.lab.declared import LAB_FIELDS, curves_key, curves_keys
from dashboard.lab.drag import MOST_STEPS, Want, scan, scan_frame, sector_rows, wanted
from dashboard.lab.hints import asks_for_hints, book_hints, hints_frame, neighbours, risk_hints
from dashboard.lab.payload import drawn_rows, idle, run_frame
from dashboard.lab.wire import Column, packed, quantised, unpacked
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.studies import Pace
from dashboard.theme import DARK, LIGHT
from dashboard.views.frames import timeline_frames
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=756)
STATE = AppState(Scenario())


@given(st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=50))
def test_int16_keeps_a_value_to_a_65534th_of_the_range(values: list[float]) -> None:
    array = np.array(values)
    _, columns = unpacked(packed({}, {"a": quantised(array)}))
    known = np.isfinite(array)
    assert (np.isnan(columns["a"]) == ~known).all()
    if known.any():
        room = (array[known].max() - array[known].min()) / 65534.0
        assert np.abs(columns["a"][known] - array[known]).max() <= 0.51 * room + 1e-9


def test_header_and_columns_come_back() -> None:
    frame = packed(
        {"name": "−1 %", "undefined": math.nan}, {"a": Column(np.arange(5, dtype="<u2"))}
    )
    header, columns = unpacked(frame)
    assert header["name"] == "−1 %"
    assert header["undefined"] is None
    assert columns["a"].tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="must begin with"):
        unpacked(b"something else")


def test_a_surface_that_another_page_led_to_is_told_where_there_is_one() -> None:
    assert "surface" not in unpacked(run_frame(STATE, None, None, LIGHT))[0]
    led = {"x": "risk.position_stop_loss", "y": "risk.trailing_stop_pct", "asked": "a1"}
    assert unpacked(run_frame(STATE, None, None, LIGHT, surface=led))[0]["surface"] == led


def test_the_frame_carries_the_exact_numbers_and_what_the_figures_drew() -> None:
    header, columns = unpacked(run_frame(STATE, RUN, None, LIGHT))
    frames: TimelineFrames = timeline_frames(RUN)
    assert header["run"]["metrics"]["cagr"] == RUN.metrics.cagr
    assert header["scenario"] == scenario_hash(STATE.scenario)
    assert columns["equity_portfolio"] == pytest.approx(frames.equity["portfolio"], abs=1e-4)
    assert columns["drawdown_portfolio"] == pytest.approx(frames.drawdown["portfolio"], abs=1e-5)
    assert columns["drawdown_benchmark"] == pytest.approx(frames.drawdown["benchmark"], abs=1e-5)
    names = [name for name, _ in header["colours"]["binding"]]
    assert [names[int(k)] for k in columns["binding"]] == list(frames.binding)
    for k, (name, _) in enumerate(header["run"]["sectors"]):
        assert columns[f"sector_{k}"] == pytest.approx(frames.sectors[name], abs=2e-3)


def test_a_commit_stays_below_85_bytes_a_session() -> None:
    other = fake_run(Scenario(), sessions=756, seed=1)
    assert len(run_frame(STATE, RUN, other, DARK)) / 756 <= 85


def test_a_long_period_is_thinned_for_drawing_only() -> None:
    long = fake_run(sessions=6000)
    rows = drawn_rows(long)
    assert len(rows) <= 2600
    assert {0, 5999, int(long.result.drawdown.argmin()), int(long.result.nav.argmax())} <= set(rows)
    header, columns = unpacked(run_frame(STATE, long, None, LIGHT))
    assert header["run"]["metrics"]["max_drawdown"] == long.metrics.max_drawdown
    assert columns["drawdown_portfolio"].min() == pytest.approx(long.metrics.max_drawdown, abs=1e-5)


def test_without_a_run_the_controls_are_still_there() -> None:
    header, columns = unpacked(run_frame(STATE, None, None, LIGHT, stale=True))
    assert header["run"] is None
    assert len(header["fields"]) == len(LAB_FIELDS)
    assert columns == {}
    assert unpacked(idle())[0]["kind"] == "idle"


def test_the_curves_of_a_field_do_not_depend_on_its_own_value() -> None:
    moved = with_values(Scenario(), {"risk.position_stop_loss": 0.2})
    path, other = "risk.position_stop_loss", "risk.trailing_stop_pct"
    assert curves_key(Scenario(), path) == curves_key(moved, path)
    assert curves_key(Scenario(), other) != curves_key(moved, other)
    assert curves_keys(moved)[other] == curves_key(moved, other)


def steps(path: str, values: list[float]) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    want = wanted({"path": path, "values": values})
    assert want is not None
    frame = scan_frame(RUN, want, *scan(None, RUN, want))  # type: ignore[arg-type]
    return *unpacked(frame), frame


def test_a_step_has_the_numbers_of_a_run_at_its_value() -> None:
    values = [0.05, 0.12, 0.3]
    header, columns, _ = steps("risk.position_stop_loss", values)
    assert header["steps"] == values
    for k, value in enumerate(values):
        run = fake_run(with_values(Scenario(), {"risk.position_stop_loss": value}), sessions=756)
        told = dict(zip(header["names"], header["metrics"][k], strict=True))
        assert told["cagr"] == pytest.approx(run.metrics.cagr, rel=1e-12)
        assert told["stop_hits"] == run.metrics.stop_hits
        size = header["rows"]
        slot = header["at"][k]
        curve = columns["equity"][slot * size : (slot + 1) * size]
        assert curve == pytest.approx(run.result.nav / run.result.initial_nav, abs=1e-4)
        for name, exact in (
            ("wanted", run.result.wanted_exposure),
            ("applied", run.result.applied_exposure),
            ("invested", run.result.invested),
        ):
            drawn = columns[name][slot * size : (slot + 1) * size]
            assert drawn == pytest.approx(exact, abs=0.006, nan_ok=True)


def test_sectors_along_the_drag_are_exact_once_a_week() -> None:
    header, columns, _ = steps("risk.position_stop_loss", [0.05, 0.3])
    rows, weeks = sector_rows(756, 41), header["sector_rows"]
    assert (rows[0], rows[-1], np.diff(rows).max()) == (0, 755, 5)
    assert len(columns["sector_day"]) == weeks == len(rows)
    for k, value in enumerate(header["steps"]):
        run = fake_run(with_values(Scenario(), {"risk.position_stop_loss": value}), sessions=756)
        exact = timeline_frames(run).sectors
        for i, name in enumerate(header["sectors"]):
            slot = header["at"][k]
            told = columns[f"sector_{i}"][slot * weeks : (slot + 1) * weeks]
            assert told == pytest.approx(exact[name].to_numpy()[rows], abs=2e-3)


def test_steps_that_are_the_same_are_sent_once() -> None:
    header, columns, _ = steps("risk.circuit_breaker_dd", [0.7, 0.8, 0.9])  # never trips there
    assert header["at"] == [0, 0, 0]
    assert len(columns["equity"]) == header["rows"]


@given(st.integers(2, 6000), st.integers(1, 200))
def test_sector_rows_keep_the_ends_and_are_few(length: int, number: int) -> None:
    rows = sector_rows(length, number)
    assert (rows[0], rows[-1]) == (0, length - 1)
    assert (np.diff(rows) > 0).all()
    assert len(rows) <= 201


def test_41_steps_stay_below_460_bytes_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drag, "_BUDGET_S", 60.0)  # all of them, however busy the machine is
    values = [round(0.02 + 0.01 * k, 10) for k in range(41)]
    header, _, frame = steps("risk.position_stop_loss", values)
    assert len(header["steps"]) == 41
    # The finest slider has 127 steps in four answers; the goal is 1200 a slider.
    assert len(frame) / 756 <= 460


def test_what_is_declared_is_sent_once() -> None:
    first = run_frame(STATE, RUN, None, LIGHT)
    header, _ = unpacked(first)
    again = run_frame(STATE.with_values({"risk.position_stop_loss": 0.2}), RUN, None, LIGHT,
                      held=header["declared"])  # fmt: skip
    assert "fields" in header
    assert "fields" not in unpacked(again)[0]
    assert len(again) < len(first) - 8000
    dark, _ = unpacked(run_frame(STATE, RUN, None, DARK, held=header["declared"]))
    assert dark["declared"] != header["declared"]
    assert dark["colours"]["page"] == DARK.page


def test_a_browser_hears_which_request_an_empty_answer_is_for() -> None:
    assert unpacked(idle(7))[0] == {
        "kind": "idle", "answers": 7, "compiling": None, "columns": [],
    }  # fmt: skip
    assert unpacked(idle(7, "a minute"))[0]["compiling"] == "a minute"
    assert unpacked(hints_frame(RUN, "book", {}, more=True, number=8))[0]["answers"] == 8
    header, _, _ = steps("risk.max_leverage", [1.0])
    assert header["answers"] is None
    want = wanted({"path": "risk.max_leverage", "values": [1.0], "n": 9})
    assert want is not None
    assert want.number == 9


def test_what_is_not_allowed_is_said_and_not_run() -> None:
    header, _, _ = steps("risk.max_leverage", [0.5, 1.0, 1.5])
    assert header["refused"] == [0.5]
    assert header["steps"] == [1.0, 1.5]


@pytest.mark.parametrize(
    "message",
    [
        None, "risk", [], {}, {"path": "risk.position_stop_loss"},
        {"path": "universe.source", "values": [1.0]}, {"path": "risk.execution", "values": [1.0]},
        {"path": "risk.position_stop_loss", "values": ["0.1"]},
        {"path": "risk.position_stop_loss", "values": [True]},
        {"path": ["risk"], "values": [0.1]},
    ],
)  # fmt: skip
def test_a_request_that_is_none_is_not_answered(message: object) -> None:
    assert wanted(message) is None


def test_a_request_is_bounded() -> None:
    want = wanted({"path": "risk.position_stop_loss", "values": [0.1] * 10_000})
    assert want is not None
    assert len(want.values) == MOST_STEPS
    assert isinstance(want, Want)


def test_a_commit_is_taken() -> None:
    state = committed(STATE, {"n": 1, "values": {"risk.position_stop_loss": 0.2}})
    assert state.scenario.risk.position_stop_loss == 0.2
    assert not state.refused


@pytest.mark.parametrize(
    "message",
    [
        None, 3, {"n": 1}, {"n": 1, "values": {}}, {"n": 1, "values": {"nothing": 1}},
        {"n": 1, "values": {"universe.source": "us"}},
        {"n": 1, "values": {"risk.position_stop_loss": "0.2"}},
        {"n": 1, "values": {"risk.position_stop_loss": True}},
        {"n": 1, "values": {"risk.position_stop_loss": 30}},
        {"n": 1, "values": {"risk.min_position_scale": None}},
        {"n": 1, "values": {"risk.position_stop_loss": [0.2]}},
    ],
)  # fmt: skip
def test_a_commit_out_of_range_or_out_of_shape_is_refused_with_a_reason(message: object) -> None:
    state = committed(STATE, message)
    assert state.refused
    assert replace(state, refused="") == STATE


def test_hints_have_the_numbers_of_one_step_up_and_down() -> None:
    header, _ = unpacked(hints_frame(RUN, "risk", risk_hints(RUN), more=True))
    assert header["scenario"] == scenario_hash(RUN.scenario)
    up = fake_run(with_values(Scenario(), {"risk.position_stop_loss": 0.13}), sessions=756)
    told = header["hints"]["risk.position_stop_loss"]
    exact = [getattr(up.metrics, name) for name in header["names"]]
    assert told["1"] == pytest.approx(exact, rel=1e-12)
    assert set(told) == {"1", "-1"}
    assert "-1" not in header["hints"]["risk.stop_cooldown_days"]  # 0 is the least
    assert {path for path, _, _ in neighbours(RUN)} >= set(header["hints"])


def test_hints_of_another_scenario_are_not_computed() -> None:
    assert asks_for_hints({"hints": scenario_hash(RUN.scenario)}, RUN) == "risk"
    assert asks_for_hints({"hints": scenario_hash(RUN.scenario), "part": "book"}, RUN) == "book"
    for message in ({"hints": "other"}, {"hints": 1}, None, "hints"):
        assert not asks_for_hints(message, RUN)


class OneByOne:
    """Stands for the pipeline: a run of the small market for each scenario."""

    def __init__(self) -> None:
        self.asked: list[Scenario] = []

    def run(self, scenario: Scenario) -> Run:
        self.asked.append(scenario)
        if scenario.book.names_held > RUN.scenario.book.names_held:
            raise InputsError("no such book")
        return RUN


def test_book_hints_are_of_one_step_up_and_down_of_each_book_field() -> None:
    pipeline = OneByOne()
    told = book_hints(pipeline, RUN, Pace(lambda: False, lambda _share: None))  # type: ignore[arg-type]
    assert {path for path, _, _ in neighbours(RUN, BOOK_FIELDS)} == set(told)
    assert set(told["book.names_held"]) == {"-1"}  # the step that cannot be run is not told
    assert told["book.position_cap"]["1"]["sharpe_ratio"] == RUN.metrics.sharpe_ratio
    assert len(pipeline.asked) == len(neighbours(RUN, BOOK_FIELDS))


def test_book_hints_end_when_nobody_waits_for_them() -> None:
    pipeline = OneByOne()
    with pytest.raises(CancelledError):
        book_hints(pipeline, RUN, Pace(lambda: True, lambda _share: None))  # type: ignore[arg-type]
    assert pipeline.asked == []
