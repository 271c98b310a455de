"""What the lab shows of many settings is in the journal: once, as its different results."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.scenario import scenario_hash, value_at, with_values
from core.simulation import simulate_many
from core.surface import risk_surface
from dashboard.evidence_log import log_table
from dashboard.evidence_trials import excess_of, tally_of
from dashboard.lab.panel_work import strips_work, surface_work
from dashboard.lab.trials import record_surface
from dashboard.run import Run
from dashboard.studies import Pace
from data.journal import Journal
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=120, names=6)
X, Y = "risk.position_stop_loss", "risk.trailing_stop_pct"
FREE = Pace(lambda: False, lambda _share: None)
NONE: Any = None


def rows(journal: Journal) -> list[dict[str, Any]]:
    return journal.tried(RUN.scenario.universe.source)


def moved(values: dict[str, Any]) -> Run:
    return dataclasses.replace(RUN, scenario=with_values(RUN.scenario, values))


def test_a_surface_counts_as_its_different_cells_wherever_one_stands_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.lab.panel_work.SURFACE_SIZE", 9)
    with Journal(tmp_path) as journal:
        found = surface_work(NONE, RUN, X, Y, journal)(FREE)
        values = np.nan_to_num(found.table.runs.values)
        different = len(np.unique(values, axis=0))
        assert different > 9
        assert tally_of(rows(journal), RUN.market.fingerprint).here == different
        here = moved({X: found.x.levels[3], Y: found.y.levels[6]})
        surface_work(NONE, here, Y, X, journal)(FREE)
        assert len(rows(journal)) == 1, "the same cells, axes exchanged"
        surface_work(NONE, moved({"risk.max_allowed_drawdown": 0.31}), X, Y, journal)(FREE)
        assert len(rows(journal)) == 2
        kept = journal.returns(RUN.scenario.universe.source)
        assert 12 <= len(kept) <= 24
        told = log_table(rows(journal)).iloc[-1]
        assert told["runs"] == len(found.table.plan)
        assert f"({len(found.x.levels)})" in told["changed"]


def test_the_returns_kept_of_strips_are_those_of_their_settings(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        strips = strips_work(RUN, journal)(FREE)
        (row,) = rows(journal)
        assert set(row["values"]["sweep.axes"]) == set(strips)
        assert row["metrics"]["runs"] == sum(len(strip["values"]) for strip in strips.values())
        assert 1 < row["metrics"]["different"] < row["metrics"]["runs"]
        kept = {one.hash: one for one in journal.returns(RUN.scenario.universe.source)}
        settings = {
            scenario_hash(with_values(RUN.scenario, {path: value})): {path: value}
            for path, strip in strips.items()
            for value in strip["values"]
        }
        assert 1 < len(kept) <= 12
        assert set(kept) <= set(settings)
        strips_work(RUN, journal)(FREE)
        assert len(rows(journal)) == 1
    own = kept.get(scenario_hash(RUN.scenario))
    if own is not None:
        assert own.excess == pytest.approx(excess_of(RUN), abs=1e-6)


def test_a_journal_that_fails_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = risk_surface(
        RUN.scenario, X, Y, lambda _s, risks: simulate_many(RUN.inputs, risks, RUN.dates), size=3
    )
    (tmp_path / "journal.sqlite").write_bytes(b"no database " * 500)
    with Journal(tmp_path) as journal, caplog.at_level(logging.WARNING):
        record_surface(journal, RUN, found, FREE)
    assert "the surface of a setting is not in the journal" in caplog.text
    assert value_at(RUN.scenario, X) in found.x.levels
