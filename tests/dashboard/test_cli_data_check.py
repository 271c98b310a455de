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


def test_members_that_have_no_prices_are_found_after_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = MarketFiles(tmp_path / "files", tmp_path / "home", small_frames())
    files.append("membership", ticker="GONE")
    files.load()
    monkeypatch.setenv("PLIMSOLL_HOME", str(files.home))
    assert main(["data", "check", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["us"]["findings"]
    absent = [one for one in findings if one["kind"] == "without_prices"]
    assert [(one["ticker"], one["detail"]) for one in absent] == [
        ("GONE", "member until now, no bar at all"),
        ("ZZZ", "member until 2024-01-03, no bar at all"),
    ]


def test_actions_of_ones_own_show_a_false_dividend(
    spoiled: MarketFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "actions.csv"
    table.write_text(
        "Date,Symbol,Dividend,Split\n2023-01-03,AAA,1.0,0\n2023-04-03,AAA,1.0,\n"
        "2023-07-03,AAA,0.1,0\n2023-10-02,AAA,,10\n"
    )
    asked = ["data", "check", "--source", "us", "--actions", str(table)]
    assert main([*asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)["us"]
    assert document["not_looked_for"] == []
    (found,) = [one for one in document["findings"] if one["kind"] == "false_dividend"]
    assert (found["ticker"], found["first"]) == ("AAA", "2023-07-03")
    table.write_text("date,ticker,dividend,split\nsoon,AAA,1.0,0\n")
    assert main(asked) == 2
    assert "row 1 has no date that can be read" in capsys.readouterr().err
    assert main(["data", "check", "--actions", str(table)]) == 2
    assert "name it with --source" in capsys.readouterr().err
