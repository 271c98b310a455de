"""`plimsoll data check` from the command line, on the simulated market and on a spoiled one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.cli import main
from tests.data.conftest import MarketFiles, small_frames


@pytest.fixture
def spoiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MarketFiles:
    """Return a small imported market with one bar without volume, as PLIMSOLL_HOME."""
    files = MarketFiles(tmp_path / "files", tmp_path / "home", small_frames())
    files.frames["prices"].loc[1, "volume"] = 0.0
    files.load()
    monkeypatch.setenv("PLIMSOLL_HOME", str(files.home))
    return files


def test_findings_are_said_with_what_was_done_and_how_to_overrule(
    spoiled: MarketFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("us: grade ")
    assert "zero_volume · grade B · 1" in said
    assert "no volume: 2024-01-03 nothing" in said
    assert "[[exclude]] ticker, from, to, reason" in said
    assert "not looked for: false dividends" in said


def test_json_holds_every_finding(spoiled: MarketFiles, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "--source", "us", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)["us"]
    assert sum(document["counts"].values()) == len(document["findings"])
    volume = next(item for item in document["findings"] if item["kind"] == "zero_volume")
    assert (volume["ticker"], volume["first"], volume["done"]) == ("AAA", "2024-01-03", "nothing")
    assert volume["overrule"].startswith("if it is wrong")
    assert document["grades"]["AAA"] == "B"


def test_the_simulated_market_keeps_to_the_calendar(
    demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check", "--source", "demo", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["demo"]["counts"]
    assert not {"closed_day", "duplicate", "false_adjustment", "ohlc_disorder"} & set(counts)


def test_without_a_real_market_the_way_out_is_said(
    demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check"]) == 2
    assert "--source demo" in capsys.readouterr().err


def test_unknown_market(spoiled: MarketFiles, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "--source", "uss"]) == 2
    assert "source must be a market in the store" in capsys.readouterr().err
