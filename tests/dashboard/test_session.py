"""Where pages meet the pipeline: runs kept and bounded, errors explained, bugs left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

import core.errors
import data.errors
from core.config import Scenario
from core.errors import CoreError, HistoryError, RuinError
from core.scenario import scenario_hash, with_values
from dashboard import session
from dashboard.problems import explain
from dashboard.run import Run
from dashboard.session import Engine
from dashboard.state import AppState
from data.errors import DataError, StoreFullError, UnknownSourceError
from tests.dashboard.fakes import fake_run


@dataclass
class FakePipeline:
    """Counts what it was asked to run; `data` stands for what is in the store."""

    home: Path
    data: str = "a"
    ran: list[Scenario] = field(default_factory=list)
    replaced_while_running: str = ""

    def key(self, scenario: Scenario) -> str:
        return f"{self.data_key(scenario)}-{scenario_hash(scenario)}"

    def data_key(self, _scenario: Scenario) -> str:
        return self.data

    def run(self, scenario: Scenario) -> Run:
        self.ran.append(scenario)
        self.data = self.replaced_while_running or self.data
        return fake_run(scenario, sessions=40, names=5)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.setattr(session, "Pipeline", FakePipeline)
    return Engine(tmp_path)


def fake(engine: Engine) -> FakePipeline:
    assert isinstance(engine.pipeline, FakePipeline)
    return engine.pipeline


def ran(engine: Engine) -> list[Scenario]:
    return fake(engine).ran


def test_the_same_scenario_is_run_once(engine: Engine) -> None:
    first = engine.run(Scenario())
    assert engine.run(Scenario(name="another name")) is first
    assert len(ran(engine)) == 1


def test_another_value_or_other_data_are_another_run(engine: Engine) -> None:
    first = engine.run(Scenario())
    second = engine.run(with_values(Scenario(), {"risk.position_stop_loss": 0.2}))
    assert second is not first
    fake(engine).data = "b"
    assert engine.run(Scenario()) is not first
    assert len(ran(engine)) == 3


def test_a_run_on_data_that_were_replaced_meanwhile_is_not_kept(engine: Engine) -> None:
    fake(engine).replaced_while_running = "b"
    engine.run(Scenario())
    fake(engine).data = "a"  # what was imported first is imported again
    engine.run(Scenario())
    assert len(ran(engine)) == 2


def test_only_the_latest_runs_are_kept(engine: Engine) -> None:
    stops = [round(0.02 + 0.01 * k, 2) for k in range(30)]
    for stop in stops:
        engine.run(with_values(Scenario(), {"risk.position_stop_loss": stop}))
    kept = stops[-session._KEPT_RUNS :]
    for stop in kept:
        engine.run(with_values(Scenario(), {"risk.position_stop_loss": stop}))
    assert len(ran(engine)) == len(stops)
    engine.run(with_values(Scenario(), {"risk.position_stop_loss": stops[0]}))
    assert len(ran(engine)) == len(stops) + 1


def kinds(base: type[Exception]) -> Iterator[type[Exception]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


OURS = {
    kind
    for module in (core.errors, data.errors)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, CoreError | DataError)
}


@pytest.mark.parametrize("kind", sorted(OURS, key=lambda k: k.__name__), ids=lambda k: k.__name__)
def test_every_expected_error_is_explained(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    error.args = ("what happened, in words",)
    problem = explain(error)
    assert problem.title
    assert problem.safe.endswith(".")
    assert problem.action.endswith(".")


def test_the_explanation_carries_the_message_of_the_engine() -> None:
    assert "session 12" in explain(RuinError(12, -5.0)).happened
    assert explain(RuinError(12, -5.0)).title == "The portfolio was ruined"
    assert "Did you mean" in explain(UnknownSourceError("dmo", ["demo"])).happened
    assert "untouched" in explain(StoreFullError("no space")).safe
    assert explain(OSError("gone")).title == "The store cannot be read"
    assert "period" in explain(HistoryError("too short")).title


def test_a_bug_is_not_explained_away() -> None:
    with pytest.raises(TypeError, match="KeyError is no expected error"):
        explain(KeyError("oops"))


def test_a_change_is_not_drawn_until_the_page_begins_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLIMSOLL_HOME", str(tmp_path))
    kept: dict[str, object] = {}
    monkeypatch.setattr(session.st, "session_state", kept)
    assert session.is_drawn()
    state = AppState.initial("demo")
    session.put(state)
    assert not session.is_drawn()
    session.begins("Risk")
    assert session.is_drawn()
    session.put(state.with_view("1Y", None), redraw=False)  # the browser shows it already
    assert session.is_drawn()
    session.changed()
    assert not session.is_drawn()


def test_a_page_drops_the_studies_of_the_page_before_and_not_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left: list[str] = []
    studies = SimpleNamespace(leave=left.append)
    monkeypatch.setattr(session, "engine", lambda: SimpleNamespace(studies=studies))
    monkeypatch.setattr(session.st, "session_state", {})
    for page, dropped in (("Drawdowns", 0), ("Drawdowns", 0), ("Trades", 1), ("Trades", 1)):
        session.begins(page)
        assert left == [session.token()] * dropped
