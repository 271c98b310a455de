"""Finding a Chromium: the order of the places, and files that are there but do not start."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.chromium import VARIABLE, find_chromium, install_chromium, missing_message


def program(path: Path, status: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def no_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium.importlib.util, "find_spec", lambda name: None)


def test_the_variable_goes_before_the_path(tmp_path: Path) -> None:
    named = program(tmp_path / "mine")
    program(tmp_path / "bin" / "chromium")
    environ = {VARIABLE: str(named), "PATH": str(tmp_path / "bin")}
    assert find_chromium(environ) == named


def test_names_on_the_path_go_in_order(tmp_path: Path) -> None:
    program(tmp_path / "google-chrome")
    second = program(tmp_path / "chromium-browser")
    assert find_chromium({"PATH": str(tmp_path)}) == second


def test_a_program_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "chromium", status=1)
    other = program(tmp_path / "google-chrome")
    environ = {VARIABLE: str(tmp_path / "not there"), "PATH": str(tmp_path)}
    assert find_chromium(environ) == other


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert find_chromium({"PATH": str(tmp_path)}) is None


def test_each_way_of_installing_is_tried_and_failures_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[str] = []

    def fail(command: list[str], **options: object) -> "subprocess.CompletedProcess[bytes]":
        tried.append(" ".join(command))
        if command[0] == "apt-get":
            raise subprocess.TimeoutExpired(command, 300)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(chromium.shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    monkeypatch.setattr(chromium.subprocess, "run", fail)
    assert install_chromium() is None
    assert tried[0] == "apt-get update"
    assert tried[-1].endswith("-m playwright install chromium")
    said = capsys.readouterr().out
    assert "took longer than 300 s" in said
    assert "ended with status 1" in said
    assert VARIABLE in missing_message()


def test_a_playwright_that_does_not_answer_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(command: list[str], **options: object) -> None:
        raise subprocess.TimeoutExpired(command, 60)

    monkeypatch.setattr(chromium.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(chromium.subprocess, "run", wait)
    assert find_chromium({"PATH": "/nowhere"}) is None
