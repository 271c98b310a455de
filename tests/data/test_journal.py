"""The journal: only ever added to, by several processes at once; every failure is a typed error."""

from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.journal import (
    Journal,
    JournalBusyError,
    JournalCorruptError,
    JournalError,
    JournalFullError,
    JournalVersionError,
    UnknownScenarioError,
)

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"risk.position_stop_loss": 0.1 + 0.2, "period.start": None, "universe.source": "demo"}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path) as opened:
        yield opened


def record(journal: Journal, scenario_hash: str = "a", fingerprint: str = "m", **more: Any) -> int:
    given = {
        "values": VALUES,
        "preset": "Phase 8",
        "origin": "page",
        "metrics": {"sharpe_ratio": 1 / 3, "calmar_ratio": math.nan},
    }
    return journal.record_trial(
        scenario_hash=scenario_hash, fingerprint=fingerprint, **(given | more)
    )


def raw(journal: Journal, sql: str) -> None:
    connection = sqlite3.connect(journal.path)
    try:
        with connection:
            connection.execute(sql)
    finally:
        connection.close()


def test_nothing_is_made_before_the_first_call(tmp_path: Path) -> None:
    Journal(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_trial_comes_back_as_it_was_given(journal: Journal) -> None:
    record(journal)
    (trial,) = journal.trials()
    assert trial["values"] == VALUES
    assert trial["metrics"] == {"sharpe_ratio": 1 / 3, "calmar_ratio": None}
    assert (trial["hash"], trial["fingerprint"], trial["origin"]) == ("a", "m", "page")
    assert trial["at"].endswith("+00:00")


def test_the_same_setting_is_one_trial_however_often_it_was_recorded(journal: Journal) -> None:
    for scenario_hash, fingerprint in ("am", "bm", "am", "an", "bm"):
        record(journal, scenario_hash, fingerprint)
    assert journal.count("m") == 2
    assert journal.count("n") == 1
    assert journal.count("none") == 0
    assert [t["hash"] for t in journal.trials("m")] == ["a", "b"]
    assert len(journal.trials()) == 3
    assert len(journal.trials(distinct=False)) == 5
    assert [t["id"] for t in journal.trials(distinct=False, limit=2)] == [4, 5]


def test_a_link_names_a_row_and_all_before_it(journal: Journal, tmp_path: Path) -> None:
    assert journal.link() == (0, "")
    for scenario_hash in "ab":
        record(journal, scenario_hash)
    first, second = journal.link(1), journal.link()
    assert (first[0], second[0]) == (1, 2)
    assert first[1] != second[1]
    assert journal.link(3) == (0, "")
    assert journal.link(10**30) == journal.link(-(10**30)) == (0, "")  # beyond what SQLite counts
    record(journal, "c")
    assert (journal.link(1), journal.link(2)) == (first, second)
    with Journal(tmp_path / "other") as other:
        record(other, "z")
        assert other.link(1) != first


def test_an_unknown_origin_is_a_bug(journal: Journal) -> None:
    with pytest.raises(ValueError, match="origin must be one of page, cli, sweep"):
        record(journal, origin="elsewhere")


def test_a_scenario_is_saved_by_name_and_an_earlier_one_stays(journal: Journal) -> None:
    for stop in (0.1, 0.2):
        journal.save_scenario("Tight  ", scenario_hash="a", values={"x": stop}, preset="Phase 8")
    journal.save_scenario("Loose", scenario_hash="b", values={}, preset="Phase 8")
    assert [s["name"] for s in journal.scenarios()] == ["Loose", "Tight"]
    assert journal.scenario("Tight")["values"] == {"x": 0.2}
    with pytest.raises(UnknownScenarioError, match="Did you mean 'Tight'"):
        journal.scenario("tigt")
    for name in ("", " ", "x" * 81, "a\nb"):
        with pytest.raises(ValueError, match="1 to 80 printable"):
            journal.save_scenario(name, scenario_hash="a", values={}, preset="Phase 8")


@pytest.mark.parametrize("table", ["trials", "scenarios"])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE {} SET preset = 'x'",
        "DELETE FROM {}",
        "INSERT OR REPLACE INTO {0} SELECT * FROM {0} WHERE id = 1",
    ],
)
def test_nothing_can_be_changed_or_taken_out(journal: Journal, table: str, sql: str) -> None:
    record(journal)
    journal.save_scenario("Mine", scenario_hash="a", values={}, preset="Phase 8")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw(journal, sql.format(table))


def test_a_change_behind_its_back_is_found(journal: Journal) -> None:
    for scenario_hash in "abc":
        record(journal, scenario_hash)
    journal.verify()
    raw(journal, "DROP TRIGGER trials_update")
    raw(journal, "UPDATE trials SET preset = 'x' WHERE id = 2")
    with pytest.raises(JournalCorruptError, match="row 2 of trials"):
        journal.verify()


WRITER = """
import sys
from pathlib import Path
from data.journal import Journal
home, name = sys.argv[1:]
with Journal(Path(home), timeout=60.0) as journal:
    for k in range(40):
        journal.record_trial(
            scenario_hash=f"{name}{k}", fingerprint="m", values={}, preset="Phase 8",
            origin="sweep", metrics={},
        )
"""


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in "abcd"]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0, 0]
    with Journal(tmp_path) as journal:
        assert journal.count("m") == 160
        assert [t["id"] for t in journal.trials()] == list(range(1, 161))
        journal.verify()


def test_threads_share_one_journal(journal: Journal) -> None:
    threads = [
        threading.Thread(target=lambda n=n: [record(journal, f"{n}{k}") for k in range(25)])  # type: ignore[misc]
        for n in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.count("m") == 100
    journal.verify()


def test_a_journal_held_by_another_is_a_typed_error_and_works_again_after(tmp_path: Path) -> None:
    with Journal(tmp_path, timeout=0.05) as journal:
        record(journal)
        other = sqlite3.connect(journal.path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalBusyError, match="held by another process"):
                record(journal, "b")
            assert journal.count("m") == 1, "reading goes on"
            other.execute("ROLLBACK")
        finally:
            other.close()
        record(journal, "b")
        assert journal.count("m") == 2


def test_a_full_disk_is_a_typed_error(journal: Journal) -> None:
    record(journal)
    with journal._file.connection() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalFullError, match="the disk is full"):
        record(journal, "b", metrics={"x": "y" * 100_000})
    assert journal.count("m") == 1
    journal.verify()


def test_another_schema_version_is_refused_and_left_alone(journal: Journal) -> None:
    record(journal)
    journal.close()
    raw(journal, "PRAGMA user_version = 7")
    with pytest.raises(JournalVersionError, match="must have schema version 2, had 7"):
        record(journal)


def test_what_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"no database " * 500)
    with Journal(tmp_path) as journal, pytest.raises(JournalCorruptError, match="no database"):
        record(journal)
    assert path.read_bytes() == b"no database " * 500
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with Journal(tmp_path) as journal, pytest.raises(JournalCorruptError, match="another program"):
        record(journal)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    with (
        Journal(tmp_path / "home") as journal,
        pytest.raises(JournalError, match="cannot be opened"),
    ):
        record(journal)


def test_a_journal_that_was_moved_away_is_begun_anew(journal: Journal, tmp_path: Path) -> None:
    record(journal)
    for file in tmp_path.iterdir():
        os.rename(file, file.with_name(f"old-{file.name}"))
    record(journal)
    assert journal.count("m") == 1


MAKER = """
import sys
from pathlib import Path
from data.journal import Journal
home, name = sys.argv[1:]
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for k in range(60):
    with Journal(Path(home) / str(k), timeout=60.0) as journal:
        journal.record_trial(
            scenario_hash=name, fingerprint="m", values={}, preset="Phase 8",
            origin="sweep", metrics={},
        )
"""


def test_several_processes_make_the_same_file_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", MAKER, str(tmp_path)]
    makers = [
        subprocess.Popen([*command, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in "abcd"
    ]
    for maker in makers:
        assert maker.stdout is not None
        maker.stdout.readline()  # all of them are there before the first begins
        maker.stdout.close()
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write(b"\n")
        maker.stdin.close()
    assert [maker.wait(120) for maker in makers] == [0, 0, 0, 0]
    for k in range(60):
        with Journal(tmp_path / str(k)) as journal:
            assert journal.count("m") == 4
