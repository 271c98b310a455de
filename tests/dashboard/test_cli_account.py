from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.attribution import ACCOUNT_METRICS
from core.rules import Rule
from dashboard.cli import main
from data.journal import Journal

pytestmark = pytest.mark.usefixtures("demo_home")

PERIOD = ("--start", "2022-01-03", "--end", "2023-06-30")


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["account", "--json", *PERIOD, *arguments]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_json_sums_and_agrees_with_the_backtest(capsys: pytest.CaptureFixture[str]) -> None:
    document = _json(capsys)
    account = document["account"]
    assert account["runs"] == 2 ** len(account["rules_on"]) == 256
    assert [column["name"] for column in account["shares"]] == list(ACCOUNT_METRICS)
    for column in account["shares"]:
        change = column["scenario"] - column["no_rules"]
        assert sum(column["rules"].values()) == pytest.approx(change, abs=1e-9)
        assert set(column["rules"]) == {str(rule) for rule in Rule}
        assert column["scenario"] == pytest.approx(document["metrics"][column["name"]], rel=1e-9)
    assert account["binds"]["position_stop"] is True
    assert account["binds"]["leverage"] is False
    control = document["control"]
    average = document["metrics"]["average_exposure"]
    assert control["average_exposure"] == pytest.approx(average, abs=1e-12)
    assert control["metrics"]["average_exposure"] == pytest.approx(average, abs=1e-6)
    assert control["nav"][-1] / 1e6 - 1.0 == pytest.approx(control["metrics"]["total_return"])
    health = {row["rule"]: row for row in document["health"]}
    assert health["position_stop"]["triggers"] == document["metrics"]["position_stops"]
    assert health["trailing_stop"]["triggers"] == document["metrics"]["trailing_stops"]
    assert {row["status"] for row in health.values()} <= {"ok", "warning", "error", "off"}
    assert health["position_stop"]["date"] >= "2022"
    assert health["position_stop"]["ticker"]


@pytest.mark.parametrize("execution", ["next_close", "next_open"])
def test_health_of_stops_inside_the_session(
    execution: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fills = ("risk.stop_fill=intraday", f"risk.execution={execution}")
    fewer = ("risk.circuit_breaker_dd=off", "risk.max_turnover_per_rebal=off")
    document = _json(capsys, *(word for value in fills + fewer for word in ("--set", value)))
    health = {row["rule"]: row for row in document["health"]}
    assert len(health) == 8
    for rule, metric in (("position_stop", "position_stops"), ("trailing_stop", "trailing_stops")):
        assert health[rule]["triggers"] == document["metrics"][metric] > 0
        assert health[rule]["closest"] <= health[rule]["threshold"]
    assert health["circuit_breaker"]["status"] == "off"


def test_by_year_and_episode(capsys: pytest.CaptureFixture[str]) -> None:
    fewer = ("--set", "risk.trailing_stop_pct=off", "--set", "risk.circuit_breaker_dd=off")
    years = _json(capsys, "--by", "year", *fewer)["account"]
    assert years["runs"] == 64
    assert [column["name"] for column in years["shares"]] == ["2022", "2023"]
    growth = np.prod([1.0 + column["scenario"] for column in years["shares"]])
    document = _json(capsys, "--by", "episode", *fewer)
    assert growth - 1.0 == pytest.approx(document["metrics"]["total_return"], rel=1e-9)
    falls = [column["scenario"] for column in document["account"]["shares"]]
    assert falls == sorted(falls)
    assert falls[0] == pytest.approx(document["metrics"]["max_drawdown"], rel=1e-9)


def test_text_names_rules_control_and_health(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")  # no label is broken over two lines
    assert main(["account", *PERIOD]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "SIMULATED MARKET" in text
    assert "256 runs" in text
    assert "Regime leverage (off)" in text
    assert "this is what happened in this one history, not skill" in text
    assert "Leverage limit: sessions with the limit on wanted exposure" in text
    assert "left alone" in text
    assert "average" in text
    assert "simply holding less" in text.lower()
    assert "No rules" in text
    for heading in ("Rule account", "Exposure-matched control", "Rule health"):
        assert heading in text


def test_a_narrow_page_breaks_no_word_and_cuts_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    fewer = ("position_stop_loss", "trailing_stop_pct", "max_allowed_drawdown")
    off = [word for name in fewer for word in ("--set", f"risk.{name}=off")]
    assert main(["account", *PERIOD, *off]) == 0
    text = capsys.readouterr().out
    health = text.partition("Rule health")[2]
    assert "…" not in health
    assert {"volatility", "rebalances", "sessions", "against", "warning"} <= set(health.split())
    assert re.search(r" \d{4}-\d\d-\d\d\s", health)
    assert all(len(line) <= 80 for line in text.splitlines())


def test_without_rules_there_is_little_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--preset", "No overlay", "--set", "risk.cost_per_trade_bps=0")
    assert main(["account", *PERIOD, *arguments, "--by", "year"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "1 runs" not in text
    assert "No rule is on" in text


def test_it_is_a_trial(demo_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = _json(capsys, "--preset", "No overlay")
    trials = Journal(demo_home).trials()
    assert {trial["hash"] for trial in trials} == {document["scenario"]["hash"]}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--by", "month"], "month"),
        (["--preset", "Phase 10"], "preset must be one of"),
        (["--set", "risk.stop=0.1"], "is not a field"),
        (["--source", "dmo"], "demo"),
    ],
)
def test_bad_input_ends_with_one_message_and_status_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["account", *arguments]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert expected in caught.err
    assert "Traceback" not in caught.err
