from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from core.factors.names import AVAILABLE_FACTORS
from core.factors.panel import INGREDIENTS
from core.metrics import CurveMetrics, Metrics
from core.scenario import specs
from dashboard import cli_data
from dashboard.cli import cli, main
from dashboard.report.faces import FACES
from dashboard.run import STAGES
from data.journal import Journal
from data.status import StatusRow

pytestmark = pytest.mark.usefixtures("demo_home")


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["backtest", "--json", *arguments]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "Traceback" not in caught.err
    return caught.err


def test_json_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    document = _json(capsys)
    assert document["data"]["simulated"] is True
    assert document["data"]["universe_largest"] == 200
    assert document["data"]["universe_smallest"] >= 195
    assert set(document["scenario"]["values"]) == set(specs())
    assert set(document["timing"]) == {*STAGES, "total"}
    assert abs(document["checks"]["books_balance"]) <= 1e-9
    assert set(FACES) == set(document["metrics"])
    assert document["metrics"]["trades"] > 100
    assert document["benchmark"]["metrics"]["max_drawdown"] < 0.0
    assert any("Simulated market" in note for note in document["notes"])
    assert any("without topology" in note for note in document["notes"])
    assert sum(document["sectors"].values()) == pytest.approx(1.0)
    series, trades = document["series"], document["trades"]
    assert {len(values) for values in series.values()} == {document["data"]["sessions"]}
    assert series["nav"][-1] / 1e6 - 1.0 == pytest.approx(document["metrics"]["total_return"])
    assert series["date"][0] == document["data"]["start"]
    closed = [trade for trade in trades if trade["exit_date"] is not None]
    assert len(closed) == document["metrics"]["trades"]
    assert document["data"]["return_basis"] == "simulated total return"
    assert set(document["coverage"]) == set(AVAILABLE_FACTORS)
    assert set(document["ingredient_coverage"]) == set(INGREDIENTS)


def test_every_metric_has_a_line_with_its_definition() -> None:
    assert set(FACES) == set(Metrics.__dataclass_fields__)
    curve = {name for name, face in FACES.items() if face.of_curve}
    assert curve == set(CurveMetrics.__dataclass_fields__)
    assert all(face.help.endswith(".") for face in FACES.values())


def test_a_rule_changes_the_result_and_the_hash(capsys: pytest.CaptureFixture[str]) -> None:
    base = _json(capsys)
    changed = _json(capsys, "--set", "risk.position_stop_loss=0.2")
    assert changed["scenario"]["hash"] != base["scenario"]["hash"]
    assert changed["metrics"]["stop_hits"] < base["metrics"]["stop_hits"]
    assert changed["metrics"]["total_return"] != base["metrics"]["total_return"]


def test_the_same_run_twice_gives_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = _json(capsys), _json(capsys)
    for document in (first, second):
        document.pop("timing")
    assert first == second


def test_every_run_is_a_trial_in_the_journal(
    demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = _json(capsys, "--set", "risk.position_stop_loss=0.2")
    _json(capsys, "--set", "risk.position_stop_loss=0.2")
    trials = Journal(demo_home).trials()
    assert {trial["origin"] for trial in trials} == {"cli"}
    assert {trial["hash"] for trial in trials} == {document["scenario"]["hash"]}
    assert Journal(demo_home).count(document["data"]["fingerprint"]) == 1


def test_a_journal_that_cannot_be_written_does_not_stop_a_run(
    demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (demo_home / "journal.sqlite").write_text("no database")
    assert main(["backtest", "--json"]) == 0
    caught = capsys.readouterr()
    assert json.loads(caught.out)["metrics"]["trades"] > 100
    assert "not in the journal" in caught.err


def test_no_overlay_trades_without_stops(capsys: pytest.CaptureFixture[str]) -> None:
    document = _json(capsys, "--preset", "No overlay")
    assert document["metrics"]["stop_hits"] == 0
    assert document["metrics"]["average_exposure"] > 0.9
    assert {"stop", "trailing", "breaker", "gate", "cap"}.isdisjoint(document["events"])


def test_report_says_simulated_and_without_topology(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest"]) == 0
    text = capsys.readouterr().out
    assert "SIMULATED MARKET" in text
    assert "without topology" in text
    for face in FACES.values():
        assert face.label in text
    assert "Returns: simulated total return" in text
    assert "Coverage: momentum 100" in text
    assert "value cash flow yield" in " ".join(text.split())


def test_scenario_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\npreset = "No overlay"\n[book]\nnames_held = 20\n')
    document = _json(capsys, "--scenario", str(file))
    assert document["scenario"]["name"] == "mine"
    assert document["scenario"]["values"]["book.names_held"] == 20


def test_own_book(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dashboard.home import home_folder
    from data.catalog import Catalog

    tickers = Catalog(home_folder()).price_panel("demo", ("adj_close",)).tickers
    file = tmp_path / "weights.csv"
    rows = [f"{date},{t},0.2" for date in ("2021-01-04", "2022-01-03") for t in tickers[:3]]
    file.write_text("\n".join(["date,ticker,weight", *rows]) + "\n")
    assert main(["import", "--book", str(file), "--name", "mine"]) == 0
    capsys.readouterr()
    document = _json(capsys, "--book", "mine", "--start", "2021-01-04", "--end", "2023-01-03")
    assert document["data"]["book"] == "mine"
    assert document["data"]["securities_held"] == 3
    assert document["metrics"]["rebalances"] == 2
    assert document["coverage"] == document["ingredient_coverage"] == {}
    assert main(["backtest", "--book", "mine", "--start", "2021-01-04", "--end", "2023-01-03"]) == 0
    assert "Coverage" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["backtest", "--source", "dmo"], "demo"),
        (["backtest", "--preset", "Phase 10"], 'preset must be one of "Phase 8"'),
        (["backtest", "--set", "risk.position_stop_loss=12"], "Did you mean 0.12?"),
        (["backtest", "--set", "risk.stop=0.1"], "is not a field"),
        (["backtest", "--start", "2022-01-03", "--end", "2021-01-04"], "before end"),
        (["backtest", "--start", "2040-01-03"], "2024-12-31"),
        (["backtest", "--start", "soon"], "must be a date"),
        (["backtest", "--scenario", "missing.toml"], "missing.toml must be a readable"),
        (["backtest", "--book", "nobody"], "nobody"),
        (
            ["backtest", "--set", "risk.execution=next_open", "--set", "risk.execution_lag_days=0"],
            "needs execution_lag_days 1",
        ),
        (["import", "--name", "us"], "--prices"),
        (["import", "--name", "us", "--prices", "missing.parquet"], "missing.parquet"),
        (["fields", "--section", "riks"], "section must be one of"),
        (["nonsense"], "No such command"),
        (["ladder"], "Its numbers: compare --presets"),
    ],
)
def test_bad_input_ends_with_one_message_and_status_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in _refused(capsys, *arguments)


def test_preset_and_file_together_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    message = _refused(capsys, "backtest", "--preset", "Phase 8", "--scenario", "x.toml")
    assert "not both" in message


def test_fields_lists_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fields"]) == 0
    words = capsys.readouterr().out.split()
    assert set(specs()) <= set(words)


def test_status_counts_overrides_by_kind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = (
        "exclude prices NBL 2020-10-05 to 2020-10-09: a filler (5 rows)",
        "exclude prices VAR the first to the last: no volume (2 rows)",
        "exclude membership DD 1996-01-02 to 1996-01-02: another company (1 row)",
        "security SIVB delisting_return -0.995: closed",
    )
    row = StatusRow("us", coverage=1.0, last_date=dt.date(2024, 1, 2), overrides=overrides)
    monkeypatch.setattr(cli_data, "status", lambda _home: [row])
    assert main(["status"]) == 0
    short = capsys.readouterr().out
    kinds = "excluded from prices 2, excluded from membership 1, facts of a security 1"
    assert f"overrides: {kinds}; --details" in " ".join(short.split())
    assert "SIVB" not in short
    assert main(["status", "--details"]) == 0
    full = " ".join(capsys.readouterr().out.split())
    assert all(text in full for text in overrides)


def test_status_names_the_demo_market(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    text = capsys.readouterr().out
    assert "demo" in text
    assert "simulated" in text
    assert "2024-12-31" in text


def test_every_command_is_found_by_its_name() -> None:
    context = click.Context(cli)
    names = cli.list_commands(context)
    assert {"backtest", "dashboard", "fetch", "status", "data"} <= set(names)
    for name in names:
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
    assert cli.get_command(context, "nonsense") is None


def test_what_needs_no_engine_starts_without_it(tmp_path: Path) -> None:
    code = (
        "import sys; from dashboard.cli import main\n"
        "assert main(['status']) == 0 and main(['refresh']) == 2\n"
        "print(sorted({'numba', 'scipy', 'streamlit', 'plotly'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PLIMSOLL_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout
