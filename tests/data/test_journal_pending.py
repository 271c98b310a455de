"""Trials that cannot be written: kept on disk or in memory, counted, and written later."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data import journal_pending
from data.journal import Journal, JournalBusyError, TrialReturns
from data.journal_pending import catch_up, kept_returns, kept_trials, record_or_keep

DAYS = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")


def row(name: str) -> dict[str, Any]:
    return {
        "scenario_hash": name, "fingerprint": "f", "values": {"universe.source": "demo"},
        "preset": "Phase 8", "origin": "page", "metrics": {"cagr": float("nan"), "runs": 3},
        "returns": (TrialReturns(name, DAYS, np.array([0.01, -0.02, 0.0, 0.5])),),
    }  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path, timeout=0.01)
    assert record_or_keep(made, **row("first")) == ""
    return made


def held(journal: Journal) -> sqlite3.Connection:
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_trial_of_a_locked_journal_is_kept_counted_and_written_with_the_next(
    journal: Journal,
) -> None:
    other = held(journal)
    for _ in range(2):  # a page tries again
        assert "kept beside it, counted" in record_or_keep(journal, **row("second"))
    with pytest.raises(JournalBusyError):
        catch_up(journal)
    assert [one["hash"] for one in kept_trials(journal, "demo")] == ["second"]
    assert kept_trials(journal, "us") == []
    (kept,) = kept_returns(journal, "demo")
    assert (kept.hash, kept.trial) == ("second", "second")
    np.testing.assert_allclose(kept.excess, [0.01, -0.02, 0.0, 0.5], atol=1e-7)
    tried = kept_trials(journal, "demo")[0]["at"]
    other.close()
    # Another process, later: it finds what this one left.
    with Journal(journal.path.parent) as later:
        assert record_or_keep(later, **row("third")) == ""
        rows = later.tried("demo")
        assert [one["hash"] for one in rows] == ["first", "second", "third"]
        assert rows[1]["at"] == tried
        assert rows[1]["metrics"] == {"cagr": None, "runs": 3}
        assert {one.hash for one in later.returns("demo")} == {"first", "second", "third"}
        later.verify()
        assert kept_trials(later, "demo") == []
        assert catch_up(later) == 0


def test_where_the_disk_takes_nothing_it_stays_in_memory(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OSError("no space left")

    other = held(journal)
    monkeypatch.setattr(journal_pending, "replace_file", full)
    for _ in range(2):
        assert "in memory until this process ends" in record_or_keep(journal, **row("second"))
    assert [one["hash"] for one in kept_trials(journal, "demo")] == ["second"]
    other.close()
    assert catch_up(journal) == 1
    assert journal.unwritten == []
    assert [one["hash"] for one in journal.tried("demo")] == ["first", "second"]


def test_what_is_no_trial_of_ours_is_left_alone(journal: Journal) -> None:
    folder = journal.path.with_name("journal.pending")
    folder.mkdir()
    for name, text in (
        ("a", "{"),
        ("b", "[]"),
        ("c", '{"values": {}, "returns": [["x", "eA=="]]}'),
    ):
        (folder / f"{name}.json").write_text(text)
    assert catch_up(journal) == 0
    assert kept_trials(journal, "demo") == []
    assert len(list(folder.iterdir())) == 3
