from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.cli import main

pytestmark = pytest.mark.usefixtures("demo_home")

PERIOD = ("--start", "2022-01-03", "--end", "2023-06-30")


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["explain", "--json", *PERIOD, *arguments]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def _text(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *PERIOD, *arguments]) == 0
    return " ".join(capsys.readouterr().out.split())


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["backtest", "--json", *PERIOD, *arguments]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_json_agrees_with_the_backtest(capsys: pytest.CaptureFixture[str]) -> None:
    series = _run(capsys)["series"]
    filled = [t for t, traded in enumerate(series["turnover"]) if traded > 0.0]
    for t in (filled[0], filled[1], filled[-1]):
        found = _json(capsys, series["date"][t])
        assert found["date"] == found["asked"] == series["date"][t]
        assert found["nav"] == series["nav"][t]
        exposure = found["decision"]["exposure"]
        assert exposure["wanted"] == series["wanted_exposure"][t]
        fill = found["fill"]
        assert fill["cost"] == pytest.approx(series["cost"][t], rel=1e-9)
        assert fill["turnover"] == pytest.approx(series["turnover"][t], rel=1e-9)
        assert sum(row["cost"] for row in fill["names"]) == pytest.approx(fill["cost"])
        held = sum(row["after"] for row in fill["names"]) * fill["nav_before"]
        assert held / fill["nav_after"] == pytest.approx(series["invested"][t], abs=1e-10)
        assert fill["applied_after"] == series["applied_exposure"][t]
        assert "NaN" not in json.dumps(found)


@pytest.mark.parametrize("execution", ["next_close", "next_open"])
def test_stops_inside_the_session_are_explained_and_paid_for(
    capsys: pytest.CaptureFixture[str], execution: str
) -> None:
    way = ("--set", "risk.stop_fill=intraday", "--set", f"risk.execution={execution}")
    series = _run(capsys, *way)["series"]
    seen: set[str] = set()
    for t in [t for t, traded in enumerate(series["turnover"]) if traded > 0.0][:12]:
        found = _json(capsys, series["date"][t], *way)
        sales, fill = found["stop_sales"], found["fill"]
        costs = fill["cost"] + sum(sale["cost"] for sale in sales)
        assert costs == pytest.approx(series["cost"][t], rel=1e-9)
        for sale in sales:
            assert sale["price"] == min(sale["opened"], sale["level"]) >= sale["low"]
            said = [words for words in found["words"]["fill"] if f"{sale['ticker']}, " in words]
            assert any("in the market" in words for words in said)
            placed = sale["placing"]
            ranked = f"Its rank on {placed['date']}: {placed['rank']} of {placed['ranked']} (mom"
            assert any(ranked in words for words in said) == (placed["rank"] > 0)
            seen.add(sale["reason"])
        if fill["order"] == "rebalance":
            (said,) = [words for words in found["words"]["fill"] if "Rebalance, " in words]
            assert ("filled at the open" in said) == (execution == "next_open")
    assert seen


def test_the_first_rebalance_has_ranks_and_steps(capsys: pytest.CaptureFixture[str]) -> None:
    fill = _json(capsys, "2022-02-01")["fill"]
    assert fill["order"] == "rebalance"
    assert fill["decided"] == "2022-01-31"
    bought = [row for row in fill["names"] if row["target"] > 0.0]
    assert len(bought) == 50
    assert sorted(row["placing"]["rank"] for row in bought) == list(range(1, 51))
    for row in bought:
        assert set(row["placing"]["scores"]) == {"momentum", "value", "quality"}
        assert row["before"] == row["risk"] == 0.0
        assert row["gate"] == row["cap"] == row["after"] > 0.0


def test_a_day_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    text = _text(capsys, "2022-02-01")
    assert "Tuesday 2022-02-01 · Phase 8 · demo [SIMULATED MARKET] Run of " in text
    shorter = _text(capsys, "2022-02-01", "--start", "2021-06-01", "--end", "2022-06-30")
    assert "Run of 2021-06-01 to 2022-06-30." in shorter
    assert "Rebalance, decided on 2022-01-31: 50 trades" in text
    assert "1 Risk: nothing was applied before" in text
    assert "3 Turnover cap: it does not hold back a first purchase" in text
    assert "Decided at this close Exposure" in text
    assert "smaller trades: see --all" in text
    assert "smaller trades" not in _text(capsys, "2022-02-01", "--all")


def _cells(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    # Every line of the text, split where two cells part.
    assert main(["explain", *PERIOD, *arguments]) == 0
    return [line.split() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("wide", [True, False])
def test_every_traded_name_has_its_factor_ranks(
    wide: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140" if wide else "80")
    heads = ["rank", "momentum", "value", "quality"]
    for day, steps in (("2022-03-01", 6), ("2022-05-10", 2)):
        fill = _json(capsys, day)["fill"]
        assert (fill["order"] == "rebalance") == (steps == 6)
        traded = [row for row in fill["names"] if row["traded"] != 0.0]
        lines = _cells(capsys, day, "--all")
        (head,) = [line for line in lines if line[:4] == heads]
        assert len(head) == (4 + steps + 2 if wide or steps == 2 else 4)
        assert traded
        for row in traded:
            scores = row["placing"]["scores"]
            ranks = [row["placing"]["rank"], *(scores[factor]["rank"] for factor in heads[1:])]
            said = [row["ticker"], *("–" if not rank else str(rank) for rank in ranks)]
            assert said in [line[:5] for line in lines]
    assert all(len(" ".join(line)) <= (140 if wide else 80) for line in lines)


def test_ranks_of_a_trade_between_rebalances_are_of_the_one_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = _json(capsys, "2022-05-10")
    assert found["fill"]["order"] != "rebalance"
    assert {row["placing"]["date"] for row in found["fill"]["names"]} == {"2022-04-29"}
    assert "Ranks of 2022-04-29, 1 = best: by the mixed score among" in _text(capsys, "2022-05-10")
    first = _json(capsys, "2022-02-01")["fill"]["names"]
    assert {row["placing"]["date"] for row in first} == {"2022-01-31"}


def test_topology_has_a_rank_where_it_is_on(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _cells(capsys, "2022-02-01", "--set", "factors.topology.enabled=true")
    assert ["rank", "momentum", "topology", "value", "quality"] in [line[:5] for line in lines]


def test_a_day_without_a_session_is_the_one_before(capsys: pytest.CaptureFixture[str]) -> None:
    text = _text(capsys, "2022-06-11")  # a Saturday
    assert "2022-06-11 is no session of this market: 2022-06-10 is the last one before" in text
    assert _json(capsys, "2022-06-11")["date"] == "2022-06-10"


def test_what_is_decided_last_is_filled_after_the_period(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = _text(capsys, "2022-01-31", "--start", "2021-06-01", "--end", "2022-01-31")
    assert "at a close after the period" in text
    assert "after the data" not in text  # they go on


def test_a_breaker_s_days(capsys: pytest.CaptureFixture[str]) -> None:
    low = ("--set", "risk.circuit_breaker_dd=0.03")
    document = _run(capsys, *low)
    dates, wanted = document["series"]["date"], document["series"]["wanted_exposure"]
    trip = next(t for t, value in enumerate(wanted) if value is None)
    text = _text(capsys, dates[trip], *low)
    assert "The circuit breaker trips: NAV" in text
    assert f"Everything is sold, at the close of {dates[trip + 1]}" in text
    assert "instead of selling everything" in text
    assert f"tripped on {dates[trip]} and keeps the book out" in _text(
        capsys, dates[trip + 2], *low
    )
    found = _json(capsys, dates[trip], *low)
    assert found["decision"]["breaker"]["tripped"] is True
    assert found["decision"]["exposure"]["wanted"] is None
    assert [event["event"] for event in found["events"]][-1] == "breaker"
    name = found["decision"]["stops"]
    assert name == []


def test_every_name_of_a_fill_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    names = _json(capsys, "2022-03-01")["fill"]["names"]
    held = next(row["ticker"] for row in names if row["after"] > 0.0)
    gone = next(row["ticker"] for row in names if row["after"] == 0.0)
    text = _text(capsys, "2022-03-01", "--name", held.lower())
    assert f"{held} is held on 2022-03-01" in text
    assert "Decided on 2022-02-28: rank" in text
    assert f"{gone} is not held on 2022-03-01: " in _text(capsys, "2022-03-01", "--name", gone)
    found = _json(capsys, "2022-03-01", "--name", held)["name"]
    assert found["why"] == "held"
    assert found["stop"]["stop_level"] < found["stop"]["average_entry"]
    before = _text(capsys, "2022-01-05", "--name", held)
    assert "no rebalance has been filled yet" in before


def test_what_each_step_of_a_rebalance_did(capsys: pytest.CaptureFixture[str]) -> None:
    tight = ("--set", "risk.max_turnover_per_rebal=0.1", "--set", "risk.min_alpha_to_cost_ratio=3")
    fill = _json(capsys, "2022-03-01", *tight)["fill"]
    names, steps = fill["names"], fill["steps"]
    gated = [row for row in names if row["note"] == "gated"]
    assert gated
    assert all(abs(row["alpha"]) < steps["hurdle"] for row in gated)
    assert steps["turnover"] > 0.1
    kept = 0.1 / steps["turnover"]
    assert steps["cap_factor"] == pytest.approx(kept)
    for row in names:
        assert row["cap"] == pytest.approx(row["risk"] + kept * (row["gate"] - row["risk"]))
    text = _text(capsys, "2022-03-01", *tight)
    assert "stay as they are, expected return below 0.60 %" in text
    assert f"the cap is 10.0 %: {100.0 * kept:.1f} % of each trade is done" in text
    assert "Without the turnover cap: " in text
    assert "Without the alpha gate: " in text


def test_a_stop_s_sale_has_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    events = _run(capsys)["events"]
    assert events["stop"] + events["trailing"] > 0
    hits = []
    for day in ("2022-05-09", "2022-05-10", "2022-06-10", "2022-06-13"):
        found = _json(capsys, day)
        hits += [stop for stop in found["decision"]["stops"] if stop["hit"]]
        if hits:
            break
    stop = hits[0]
    level = stop["stop_level"] if stop["hit"] == "stop" else stop["trailing_level"]
    assert stop["close"] <= level
    text = _text(capsys, found["date"])
    assert f"{stop['ticker']} closed at" in text
    assert f"it is sold, at the close of {found['decision']['fills_at']}" in text
    sold = _text(capsys, found["decision"]["fills_at"])
    assert f"{stop['ticker']} was sold at" in sold
    assert "its level of" in sold


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["2019-01-02"], "the date must be within the simulated period, 2022-01-03 … 2023-06-30"),
        (["2022-13-01"], "DATE must be a date such as 2022-06-16, was “2022-13-01”"),
        (["2022-06-10", "--name", "NO-SUCH"], "the name must be a ticker of market “demo”"),
        (["2022-06-10", "--preset", "Phase 10"], "preset must be one of"),
        (["2022-06-10", "--source", "dmo"], "demo"),
        ([], "DATE"),
    ],
)
def test_bad_input_ends_with_one_message_and_status_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *PERIOD, *arguments]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert expected in " ".join(caught.err.split())
    assert "Traceback" not in caught.err
