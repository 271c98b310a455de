"""Hints that go out with the page: exact, computed once a run, and only while nobody waits."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from core.config import Scenario
from core.metrics import summarise
from core.scenario import scenario_hash, with_values
from core.simulation import simulate
from dashboard.lab import answers
from dashboard.lab.drag import wanted
from dashboard.lab.hints import neighbours, risk_hints
from dashboard.lab.wire import unpacked
from dashboard.run import Run
from dashboard.studies import Studies
from dashboard.turns import Turns
from tests.dashboard.fakes import fake_run


def test_every_hint_is_the_run_of_its_step() -> None:
    run = fake_run(sessions=300)
    told = risk_hints(run)
    assert told
    for path, sign, value in neighbours(run):
        risk = with_values(run.scenario, {path: value}).risk
        metrics = summarise(simulate(run.inputs, risk), run.dates, run.inputs.cash_rate)
        found = told[path][str(sign)]
        assert found["sharpe_ratio"] == pytest.approx(metrics.sharpe_ratio, rel=1e-12)
        assert found["max_drawdown"] == pytest.approx(metrics.max_drawdown, rel=1e-12)


def test_a_step_that_another_rule_does_not_allow_has_no_hint() -> None:
    # Every step of a scenario that is allowed stays within what each field allows; a bound that
    # spans two fields is told by the model itself.
    values = {"risk.circuit_breaker_dd": 0.15, "risk.max_allowed_drawdown": 0.15}
    run = fake_run(with_values(Scenario(), values), sessions=60)
    told = risk_hints(run)
    for path, sign, value in neighbours(run):
        try:
            with_values(run.scenario, {path: value})
        except ValueError:
            assert str(sign) not in told.get(path, {})
        else:
            assert str(sign) in told[path]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    shared = SimpleNamespace(turns=Turns(), studies=Studies())
    monkeypatch.setattr(answers.session, "engine", lambda: shared)
    return shared


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Runs whose hints were computed."""
    asked: list[Run] = []
    monkeypatch.setattr(answers, "_SOON_S", 20.0)

    def once(run: Run) -> dict[str, dict[str, dict[str, float]]]:
        asked.append(run)
        return {"risk.position_stop_loss": {"1": {"sharpe_ratio": 1.0, "max_drawdown": -0.1}}}

    monkeypatch.setattr(answers, "risk_hints", once)
    return asked


@pytest.mark.usefixtures("engine")
def test_the_page_tells_hints_that_it_began_with_and_computes_them_once(
    computed: list[Run],
) -> None:
    run = fake_run(sessions=60)
    assert answers.hints_by_now(run) == b""  # nobody began
    for _ in range(2):
        answers.begin_hints(run)
        header, _ = unpacked(answers.hints_by_now(run))
        assert (header["kind"], header["part"], header["more"]) == ("hints", "risk", True)
        assert header["scenario"] == scenario_hash(run.scenario)
        assert header["names"] == ["sharpe_ratio", "max_drawdown"]
        assert header["hints"] == {"risk.position_stop_loss": {"1": [1.0, -0.1]}}
    assert computed == [run]
    assert answers.hints_by_now(None) == b""


def test_no_hints_are_begun_while_somebody_waits(
    engine: SimpleNamespace, computed: list[Run]
) -> None:
    run = fake_run(sessions=60)
    with engine.turns.first():
        answers.begin_hints(run)
    assert answers.hints_by_now(run) == b""
    assert computed == []


@pytest.mark.usefixtures("engine")
def test_a_page_does_not_wait_for_slow_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    run, go = fake_run(sessions=60), threading.Event()
    monkeypatch.setattr(answers, "_SOON_S", 0.01)
    monkeypatch.setattr(answers, "risk_hints", lambda _run: go.wait(20.0) and {})
    answers.begin_hints(run)
    try:
        assert answers.hints_by_now(run) == b""
    finally:
        go.set()
    assert vars(run)[answers._HINTS].result(20.0) == {}


@pytest.mark.usefixtures("engine")
def test_hints_that_failed_break_no_page_and_are_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, tried = fake_run(sessions=60), []
    monkeypatch.setattr(answers, "_SOON_S", 20.0)

    def once(_run: Run) -> dict[str, dict[str, dict[str, float]]]:
        tried.append(1)
        if len(tried) == 1:
            raise MemoryError
        return {"risk.position_stop_loss": {"1": {"sharpe_ratio": 1.0, "max_drawdown": -0.1}}}

    monkeypatch.setattr(answers, "risk_hints", once)
    told = []
    for _ in range(3):
        answers.begin_hints(run)
        told.append(unpacked(frame)[0]["hints"] if (frame := answers.hints_by_now(run)) else {})
    assert told[0] == {}
    assert told[-1] == {"risk.position_stop_loss": {"1": [1.0, -0.1]}}
    assert len(tried) == 2


def test_an_answer_that_failed_for_want_of_time_is_told_at_once() -> None:
    looks = []
    state = SimpleNamespace(get=looks.append)

    def late() -> None:
        raise TimeoutError("a lock or a socket")

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr(answers.st, "session_state", state)
        with pytest.raises(TimeoutError, match="a lock"):
            answers._touching(pool.submit(late))
        assert answers._touching(pool.submit(lambda: 7)) == 7
    assert len(looks) < 100


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**400, True, "1", None])
def test_a_value_that_is_no_number_is_no_request(value: object) -> None:
    path = "risk.position_stop_loss"
    assert wanted({"path": path, "values": [0.1]}) is not None
    assert wanted({"path": path, "values": [0.1, value]}) is None


def test_a_request_that_a_commit_overtook_is_answered_without_drawing_the_page_again(
    engine: SimpleNamespace, computed: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fake_run(sessions=60)
    engine.run = lambda _scenario: run
    state = SimpleNamespace(scenario=run.scenario)
    monkeypatch.setattr(answers.session, "current", lambda: state)
    late = {"study": "of before", "lacks": ["account"], "n": 7}
    header, _ = unpacked(answers.answer(late, in_page=True))
    assert (header["kind"], header["answers"]) == ("idle", 7)
    answers.begin_hints(run)
    header, _ = unpacked(answers.answer(late, in_page=True))
    assert (header["kind"], header["answers"]) == ("hints", 7)
    assert computed == [run]
