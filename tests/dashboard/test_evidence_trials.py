"""What is kept of a run as a trial, and how many trials rows amount to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.axes import parse_axes
from core.config import Scenario
from core.scenario import scenario_hash, with_values
from core.simulation import METRICS, SweepResult
from core.sweep import SweepTable, run_plan
from core.sweep_plan import plan_sweep
from core.units import SESSIONS_PER_YEAR
from dashboard.evidence_trials import (
    aligned,
    different_runs,
    excess_of,
    returns_of,
    spread_over_ranks,
    sweep_returns,
    tally_of,
    unseen_trials,
)
from dashboard.record import record_run
from dashboard.sweep_job import BookInputs, run_job
from data.journal import Journal, TrialReturns
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=120, names=6)
STOPS = "risk.position_stop_loss=0.04:0.4:30"


def test_the_returns_are_those_of_the_sharpe_ratio() -> None:
    excess = excess_of(RUN)
    sharpe = excess.mean() / excess.std(ddof=1) * np.sqrt(SESSIONS_PER_YEAR)
    assert sharpe == pytest.approx(RUN.metrics.sharpe_ratio)
    (kept,) = returns_of(RUN)
    assert kept.hash == scenario_hash(RUN.scenario)
    assert len(kept.sessions) == len(RUN.dates) - 1


def test_a_run_is_recorded_with_its_returns(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        assert record_run(journal, RUN, preset_name="Phase 8", origin="cli") == ""
        (kept,) = journal.returns(RUN.scenario.universe.source)
    assert kept.excess == pytest.approx(excess_of(RUN), rel=1e-6)


def test_a_trial_without_returns_over_the_sessions_is_unseen(tmp_path: Path) -> None:
    source, sessions = RUN.scenario.universe.source, RUN.dates[1:]
    with Journal(tmp_path) as journal:
        record_run(journal, RUN, preset_name="Phase 8", origin="cli")
        kept, rows = journal.returns(source), journal.tried(source)
    swept = TrialReturns("one run", sessions, excess_of(RUN), trial="a sweep")
    rows = [
        *rows,
        row("page", hash="old"),
        row("sweep", hash="a sweep", different=900),
        row("sweep", hash="another", different=40),
    ]
    assert unseen_trials(rows, [*kept, swept], sessions, "mine") == 1 + 40
    later = np.append(sessions, sessions[-1] + 1)
    assert unseen_trials(rows, [*kept, swept], later, "mine") == 1 + 1 + 900 + 40


def row(origin: str, fingerprint: str = "m", hash: str = "", **metrics: Any) -> dict[str, Any]:
    return {"origin": origin, "fingerprint": fingerprint, "hash": hash, "metrics": metrics}


def test_a_sweep_counts_as_its_different_runs() -> None:
    rows = [row("page"), row("cli", "n"), row("sweep", runs=40, different=25), row("sweep", runs=7)]
    found = tally_of(rows, "m")
    assert (found.trials, found.settings, found.sweeps, found.here) == (34, 2, 2, 33)
    assert found.by_origin == {"page": 1, "cli": 1, "sweep": 32}
    assert tally_of([], "m").trials == 0


def swept() -> tuple[SweepTable, BookInputs]:
    book = BookInputs(RUN.inputs, RUN.dates)
    plan = plan_sweep(Scenario(), parse_axes([STOPS]))
    return run_plan(plan, lambda _scenario, risks: run_job(book, risks).runs), book


def test_runs_in_a_dead_zone_are_one_trial() -> None:
    table, _ = swept()
    curves = {tuple(values) for values in np.nan_to_num(table.runs.values)}
    assert 1 < different_runs(table.runs) == len(curves) < 30, "loose stops are never hit"
    nothing = SweepResult(np.full((30, len(METRICS)), np.nan), np.zeros(30, dtype=np.int64))
    assert different_runs(nothing) == 1


def test_a_sweep_keeps_a_sample_from_its_best_to_its_worst() -> None:
    table, book = swept()
    kept = sweep_returns(table, lambda _scenario: book)
    assert len(kept) == 30
    sharpe = [one.excess.mean() / one.excess.std(ddof=1) for one in kept]
    told = table.runs.metric("sharpe_ratio") / np.sqrt(SESSIONS_PER_YEAR)
    assert (min(sharpe), max(sharpe)) == pytest.approx((told.min(), told.max()))
    first = with_values(Scenario(), {"risk.position_stop_loss": 0.04})
    assert scenario_hash(first) in {one.hash for one in kept}


def test_trials_of_other_sessions_are_left_out() -> None:
    days = RUN.dates[1:]
    whole = TrialReturns("a", days, np.arange(len(days)) / 1e4)
    mine = TrialReturns("me", days, np.zeros(len(days)))
    short = TrialReturns("b", days[5:], np.zeros(len(days) - 5))
    holes = TrialReturns("c", np.delete(days, 30), np.zeros(len(days) - 1))
    found = aligned([whole, mine, short, holes], days[3:60], "me")
    assert found.shape == (57, 1)
    assert found[0, 0] == 3 / 1e4
    assert aligned([], days, "me").shape == (len(days), 0)


def test_places_are_spread_from_the_highest_to_the_lowest() -> None:
    values = np.array([3.0, np.nan, 9.0, 1.0, 7.0])
    assert spread_over_ranks(values, 3).tolist() == [2, 0, 3]
    assert spread_over_ranks(values, 9).tolist() == [2, 4, 0, 3]
    assert spread_over_ranks(np.full(2, np.nan), 3).tolist() == []
