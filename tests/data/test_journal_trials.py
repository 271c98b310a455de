"""The trial log: returns beside trials, events, older files taken on, rows cut off at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.journal import Journal, JournalCorruptError, JournalFullError, TrialReturns
from data.journal_returns import digest_of

SESSIONS = np.arange("2021-06-01", "2021-11-01", dtype="M8[D]")[::2]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path) as opened:
        yield opened


def earned(setting: str, seed: int = 0) -> TrialReturns:
    rng = np.random.default_rng(seed)
    return TrialReturns(setting, SESSIONS, rng.normal(0.0, 0.01, len(SESSIONS)))


def record(
    journal: Journal, setting: str, fingerprint: str = "m", *, market: str = "us",
    returns: tuple[TrialReturns, ...] = (), origin: str = "page",
) -> None:  # fmt: skip
    journal.record_trial(
        scenario_hash=setting, fingerprint=fingerprint, values={"universe.source": market},
        preset="Phase 8", origin=origin, metrics={"sharpe_ratio": 0.5}, returns=returns,
    )  # fmt: skip


def raw(journal: Journal, *statements: str) -> None:
    connection = sqlite3.connect(journal.path)
    try:
        with connection:
            for statement in statements:
                connection.execute(statement)
    finally:
        connection.close()


def test_returns_come_back_to_seven_digits_and_take_little_room(journal: Journal) -> None:
    given = earned("a")
    record(journal, "a", returns=(given,))
    (found,) = journal.returns("us")
    assert found.hash == "a"
    assert (found.sessions == given.sessions).all()
    assert found.excess == pytest.approx(given.excess, rel=1e-6)
    assert len(given.pack()) < 5 * len(given.excess) + 60


def test_returns_of_one_trial_are_kept_once(journal: Journal) -> None:
    for seed in (0, 1):
        record(journal, "a", returns=(earned("a", seed),))
    record(journal, "a", "n", returns=(earned("a", 2),))
    record(journal, "b", market="demo", returns=(earned("b"),))
    (found,) = journal.returns("us")
    assert found.excess[0] == pytest.approx(earned("a", 2).excess[0], rel=1e-6), "the latest data"
    with journal.connected() as connection:
        assert connection.execute("SELECT COUNT(*) FROM returns").fetchone()[0] == 3


def test_a_sweep_has_the_returns_of_several_settings(journal: Journal) -> None:
    sample = tuple(earned(setting, k) for k, setting in enumerate("xyz"))
    record(journal, "plan", origin="sweep", returns=sample)
    assert {one.hash for one in journal.returns("us")} == {"x", "y", "z"}
    assert len(journal.returns("us", most=2)) == 2


def test_settings_are_tried_on_a_market_whatever_its_data_were(journal: Journal) -> None:
    for setting, fingerprint in ("am", "bm", "an", "am"):
        record(journal, setting, fingerprint)
    record(journal, "c", market="demo")
    assert [row["hash"] for row in journal.tried("us")] == ["a", "b"]
    assert journal.tried("mars") == []


def test_what_is_not_a_series_is_a_bug_and_loses_nothing(journal: Journal) -> None:
    bad = earned("a").excess.copy()
    bad[3] = np.nan
    for returns in (
        TrialReturns("a", SESSIONS, bad),
        TrialReturns("a", SESSIONS[::-1], earned("a").excess),
        TrialReturns("a", SESSIONS[1:], earned("a").excess),
    ):
        with pytest.raises(ValueError, match="the returns of a trial must "):
            record(journal, "a", returns=(returns,))
    assert journal.trials() == []


def test_events_stay(journal: Journal) -> None:
    journal.record_event("holdout sealed", "us", {"from": "2024-01-01"})
    journal.record_event("holdout opened", "us", {"decision": "go"})
    assert [event["detail"] for event in journal.events("holdout opened", "us")] == [
        {"decision": "go"}
    ]
    assert len(journal.events()) == 2
    assert journal.events(subject="demo") == []
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw(journal, "DELETE FROM events")


def test_an_older_journal_is_taken_on_and_keeps_its_chain(journal: Journal) -> None:
    record(journal, "a")
    record(journal, "b")
    journal.save_scenario("Mine", scenario_hash="a", values={}, preset="Phase 8")
    before = journal.link()
    journal.close()
    raw(
        journal, "DROP TABLE returns", "DROP TABLE events", "DROP INDEX trials_by_market",
        "PRAGMA user_version = 1",
    )  # fmt: skip
    assert [row["hash"] for row in journal.trials()] == ["a", "b"]
    record(journal, "c", returns=(earned("c"),))
    journal.verify()
    assert journal.link(before[0]) == before
    assert [one.hash for one in journal.returns("us")] == ["c"]
    assert [row["name"] for row in journal.scenarios()] == ["Mine"]


@pytest.mark.parametrize("table", ["trials", "returns", "events"])
def test_rows_cut_off_at_the_end_are_noticed(journal: Journal, table: str) -> None:
    for setting in "ab":
        record(journal, setting, returns=(earned(setting),))
        journal.record_event("import", setting, {})
    journal.verify()
    raw(journal, f"DROP TRIGGER {table}_delete", f"DELETE FROM {table} WHERE id = 2")
    with pytest.raises(JournalCorruptError, match=f"{table} in .* but 2 were written"):
        journal.verify()


def test_changed_returns_are_noticed(journal: Journal) -> None:
    record(journal, "a", returns=(earned("a"),))
    forged = earned("a", 9).pack()
    raw(journal, "DROP TRIGGER returns_update", f"UPDATE returns SET data = x'{forged.hex()}'")
    with pytest.raises(JournalCorruptError, match="returns in row 1"):
        journal.verify()
    with pytest.raises(JournalCorruptError, match="not those that were recorded"):
        journal.returns("us")
    digest = digest_of(forged)
    raw(journal, f"UPDATE returns SET digest = '{digest}'")
    with pytest.raises(JournalCorruptError, match="row 1 of returns"):
        journal.verify()


def test_a_full_disk_keeps_trial_and_returns_together(journal: Journal) -> None:
    record(journal, "a", returns=(earned("a"),))
    with journal.connected() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    many = tuple(earned(f"s{k}", k) for k in range(200))
    with pytest.raises(JournalFullError, match="the disk is full"):
        record(journal, "b", returns=many)
    assert [row["hash"] for row in journal.trials()] == ["a"]
    assert len(journal.returns("us")) == 1
    journal.verify()
