"""Commands that are printed can be typed as they stand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.program import NAME, program


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "some where" / ".venv" / "bin" / NAME
    file.parent.mkdir(parents=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [str(file), "status"])
    return file


def test_what_the_shell_does_not_find_is_named_by_its_path(
    started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(started.parents[2])
    assert program() == os.path.join(".venv", "bin", NAME)
    monkeypatch.chdir(started.parent)
    assert program() == os.path.join(".", NAME)
    monkeypatch.chdir(os.sep)
    assert program().strip('"').endswith(os.path.join("some where", ".venv", "bin", NAME))
    assert program().startswith('"')  # or the blank would end it


@pytest.mark.skipif(os.name == "nt", reason="there a program needs an ending to be found")
def test_what_the_shell_finds_is_named_by_its_name(
    started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(started.parent))
    assert program() == NAME


@pytest.mark.parametrize("invoked", ["", "-c", "pytest", "/nowhere/plimsoll", "dashboard/cli.py"])
def test_what_was_started_otherwise_has_its_name(invoked: str) -> None:
    assert program(invoked) == NAME
