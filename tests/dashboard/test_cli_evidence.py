"""`plimsoll evidence` and `plimsoll holdout`: words, JSON, export and import, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard import cli_evidence, cli_holdout
from dashboard.cli import main
from dashboard.pipeline import Pipeline
from data.journal import Journal
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=130, names=6, seed=3)
pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pipeline, "run", lambda *_arguments: RUN)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(arguments) == status
    found = capsys.readouterr()
    return found.out if status == 0 else found.err


@pytest.mark.usefixtures("quick")
def test_words_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "evidence")
    assert text.startswith("Phase 8 · demo · ")
    assert text.splitlines()[0].endswith("[SIMULATED MARKET]")
    for words in ("1 setting was tried on this market.", "nothing was chosen", "Sharpe ratio is",
                  "Best trial against cash", "Max drawdown",
                  "Holdout: Nothing is withheld"):  # fmt: skip
        assert words in text
    document = json.loads(said(capsys, "evidence", "--json"))
    assert document["trials"]["trials"] == 1
    assert document["standing"]["deflated"] == document["standing"]["probabilistic"]
    assert "at least 2 different trials" in document["tests"]["overfitting"]["why"]
    assert document["tests"]["intervals"]["max_drawdown"]["low"] <= 0.0
    assert document["holdout"] == {"fault": None}


@pytest.mark.usefixtures("quick")
def test_trials_move_to_another_machine(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(capsys, "evidence")
    file = tmp_path / "log.plimsoll"
    assert "1 trials" in said(capsys, "evidence", "export", str(file))
    monkeypatch.setenv("PLIMSOLL_HOME", str(tmp_path / "other"))
    assert "1 of 1 trials" in said(capsys, "evidence", "import", str(file))
    assert "0 of 1 trials" in said(capsys, "evidence", "import", str(file))
    with Journal(tmp_path / "other") as journal:
        assert len(journal.returns("demo")) == 1
    file.write_bytes(b"something else")
    assert "Nothing was imported" in said(capsys, "evidence", "import", str(file), status=2)


def test_a_journal_that_cannot_be_read_is_told(
    capsys: pytest.CaptureFixture[str], demo_home: Path, quick: None
) -> None:
    (demo_home / "journal.sqlite").write_bytes(b"no database " * 500)
    text = said(capsys, "evidence")
    assert "The trials cannot be trusted: the journal" in text
    assert json.loads(said(capsys, "evidence", "--json"))["trials"] is None
    assert quick is None


def test_a_holdout_from_seal_to_stamp(capsys: pytest.CaptureFixture[str], demo_home: Path) -> None:
    assert "give --months or --from" in said(capsys, "holdout", "seal", status=2)
    assert "was 'soon'" in said(capsys, "holdout", "seal", "--from", "soon", status=2)
    assert "1 to 120 months" in said(capsys, "holdout", "seal", "--months", "0", status=2)
    assert "Nothing is withheld" in said(capsys, "holdout", "status")
    assert "nothing from 2024-07-01" in said(capsys, "holdout", "seal", "--months", "6")
    sealed = json.loads(said(capsys, "backtest", "--json"))
    assert sealed["data"]["end"] < "2024-07-01"
    assert "holdout sealed: nothing from 2024-07-01 on is read" in sealed["notes"]
    (demo_home / "holdout" / "demo.json").rename(demo_home / "away.json")
    assert "changed behind the program's back" in said(capsys, "holdout", "status", status=2)
    (demo_home / "away.json").rename(demo_home / "holdout" / "demo.json")
    assert "20 characters" in said(capsys, "holdout", "open", "--decision", "go", status=2)
    reason = "Phase 8 as it is, whatever comes"
    assert "Inside the holdout: return" in said(capsys, "holdout", "open", "--decision", reason)
    opened = json.loads(said(capsys, "backtest", "--json"))
    assert opened["data"]["end"] > "2024-12-01"
    assert any(reason in note for note in opened["notes"])


def test_commands_are_registered() -> None:
    assert cli_evidence.evidence_group.name == "evidence"
    assert set(cli_holdout.holdout_group.commands) == {"seal", "status", "open"}
