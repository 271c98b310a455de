"""Export and import: everything arrives, nothing twice, and a changed file is refused whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from data.errors import StoreWriteError
from data.journal import Journal
from data.journal_transfer import JournalExportError, export_journal, import_journal
from tests.data.test_journal_trials import earned, record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with Journal(tmp_path / "here") as journal:
        for k, setting in enumerate("abc"):
            record(journal, setting, returns=(earned(setting, k),))
        journal.save_scenario("Mine", scenario_hash="a", values={"x": 1}, preset="Phase 8")
        journal.record_event("holdout sealed", "us", {"from": "2024-01-01"})
        counts = export_journal(journal, tmp_path / "log.plimsoll")
    assert counts == {"trials": 3, "scenarios": 1, "returns": 3, "events": 1}
    return tmp_path / "log.plimsoll"


def test_trials_arrive_with_their_returns_once(file: Path, tmp_path: Path) -> None:
    with Journal(tmp_path / "there") as journal:
        record(journal, "b", returns=(earned("b", 1),))
        done = import_journal(journal, file)
        assert done.found == {"trials": 3, "scenarios": 1, "returns": 3, "events": 1}
        assert done.added == {"trials": 2, "scenarios": 1, "returns": 2, "events": 1}
        assert {row["hash"] for row in journal.tried("us")} == {"a", "b", "c"}
        assert {one.hash for one in journal.returns("us")} == {"a", "b", "c"}
        assert journal.scenario("Mine")["values"] == {"x": 1}
        assert [event["kind"] for event in journal.events()] == [
            "imported holdout sealed",
            "import",
        ]
        journal.verify()
        assert not any(import_journal(journal, file).added.values())
        assert len(journal.events("import")) == 1


def test_what_is_a_store_s_own_stays_that_of_its_store(file: Path, tmp_path: Path) -> None:
    with Journal(tmp_path / "here") as first, Journal(tmp_path / "there") as second:
        import_journal(second, file)
        export_journal(second, tmp_path / "back.plimsoll")
        import_journal(first, tmp_path / "back.plimsoll")
        kinds = [event["kind"] for event in first.events()]
        assert kinds == ["holdout sealed", "imported import", "import"]
        assert first.events("import")[0]["detail"]["trials"] == [4, 3], "none were added"
        assert second.events("import")[0]["detail"]["trials"] == [1, 3]


def lines_of(file: Path) -> list[str]:
    return gzip.decompress(file.read_bytes()).decode().splitlines()


def written(file: Path, lines: list[str]) -> None:
    file.write_bytes(gzip.compress("\n".join(lines).encode()))


def test_a_changed_export_is_refused_whole(file: Path, tmp_path: Path) -> None:
    lines = lines_of(file)
    row = json.loads(lines[2])
    forged = json.dumps(row | {"metrics": '{"sharpe_ratio":9}'})
    returns = next(k for k, line in enumerate(lines) if '"returns"' in line)
    other = json.loads(lines[returns]) | {"data": json.loads(lines[returns + 1])["data"]}
    changed = {
        "row 2 of trials was changed": [*lines[:2], forged, *lines[3:]],
        "row 1 of trials was changed": [lines[0], *lines[2:]],
        "rows are missing at its end": lines[:-1],
        "not expected": [*lines, lines[1]],
        "does not begin": lines[1:],
        "as texts": [lines[0], json.dumps({"table": "trials", "at": 1}), *lines[1:]],
        "not those that were written": [*lines[:returns], json.dumps(other), *lines[returns + 1 :]],
    }
    for fault, content in changed.items():
        written(file, content)
        with Journal(tmp_path / "there") as journal:
            with pytest.raises(JournalExportError, match=fault):
                import_journal(journal, file)
            assert journal.trials() == []


CONTENTS = {
    "empty": b"",
    "text": b"no export",
    "cut": gzip.compress(b"", mtime=0)[:-3],
    "no json": gzip.compress(b"{", mtime=0),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_what_is_no_export_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with (
        Journal(tmp_path / "there") as journal,
        pytest.raises(JournalExportError, match="must be an export of a journal"),
    ):
        import_journal(journal, tmp_path / "x")


def test_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with Journal(tmp_path / "here") as journal:
        record(journal, "a")
        with pytest.raises(StoreWriteError, match="the export of the journal"):
            export_journal(journal, tmp_path / "gone" / "x")
