"""`plimsoll report` and `plimsoll verify` as people call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.handout.page import read_record

pytestmark = pytest.mark.usefixtures("demo_home")

PERIOD = ("--start", "2022-01-03", "--end", "2022-12-30")


def _report(out: Path, *arguments: str) -> int:
    return main(["report", "--out", str(out), *PERIOD, *arguments])


def test_a_report_is_written_and_verifies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "r.html"
    options = ("--preset", "Phase 8.1", "--set", "book.names_held=40", "--part", "returns")
    assert _report(out, *options, "--part", "book") == 0
    assert "plimsoll verify" in capsys.readouterr().out
    record = read_record(out.read_text(encoding="utf-8"))
    assert record["parts"] == ["returns", "book"]
    assert record["numbers"]["scenario"]["values"]["book.names_held"] == 40
    assert main(["verify", str(out)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Verified: Phase 8.1, 1 changed on demo.")
    # The same from another store with the same data, but without this one's journal.
    monkeypatch.setenv("PLIMSOLL_HOME", str(tmp_path / "nowhere"))
    assert main(["verify", str(out), "--home", str(tmp_path / "other")]) == 0
    assert "was not checked" in capsys.readouterr().out


def test_a_doctored_report_ends_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.html"
    assert _report(out, "--part", "book") == 0
    text = out.read_text(encoding="utf-8")
    out.write_text(text.replace("<h3>Every metric</h3>", "<h3>Every good metric</h3>"))
    capsys.readouterr()
    assert main(["verify", str(out)]) == 1
    told = capsys.readouterr().err
    assert "section “Result”" in told
    assert "must be Every metric, was Every good metric" in told


def test_what_cannot_be_compared_ends_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r.html"
    file.write_text("<!doctype html>\n<html></html>\n")
    assert main(["verify", str(file)]) == 2
    assert "must be a report" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "none.html")]) == 2
    assert main(["report", "--out", str(file), "--part", "everything"]) == 2
    assert main(["report"]) == 2


def test_a_file_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert _report(folder, "--part", "book") == 2  # there is a folder of that name
    assert capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    assert _report(tmp_path / "missing" / "r.html", "--part", "book") == 2
    assert "in a folder that exists" in capsys.readouterr().err


def test_a_secret_in_the_name_of_a_setting_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_TOKEN", "abcdef-123456")
    file = tmp_path / "scenario.toml"
    file.write_text('name = "for abcdef-123456"\n')
    out = tmp_path / "r.html"
    assert _report(out, "--scenario", str(file), "--part", "book") == 2
    told = capsys.readouterr().err
    assert "BROKER_TOKEN" in told
    assert "abcdef-123456" not in told
    assert not out.exists()
