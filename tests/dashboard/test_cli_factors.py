"""`plimsoll factors`: people read tables, programs everything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from dashboard.cli import cli, main

PERIOD = ("--start", "2022-01-03", "--end", "2024-12-31")

pytestmark = pytest.mark.usefixtures("demo_home")


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["factors", *PERIOD, *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_document_holds_what_the_tables_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    found: dict[str, Any] = json.loads(printed("--json"))
    told = printed()
    assert told.startswith("Phase 8 · demo · 2022-01-03 … 2024-12-31 · ")
    assert told.splitlines()[0].endswith("[SIMULATED MARKET]")
    assert list(found["factors"]) == ["momentum", "value", "quality", "composite"]
    for name, factor in found["factors"].items():
        assert name in told
        months = [row["rank_ic"] for row in factor["decisions"] if row["rank_ic"] is not None]
        assert factor["summary"]["months"] == len(months)
        assert sum(months) / len(months) == pytest.approx(factor["summary"]["rank_ic"])
        assert [row["month"] for row in factor["decay"]] == [1, 2, 3, 6, 12]
        assert f"{factor['summary']['turnover']:.2f}" in told
    counted = [row for row in found["by"]["regime"] if row["months"] < 12]
    assert counted
    assert all(row["rank_ic"] is None for row in counted)


def test_too_short_a_period_and_a_book_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["factors", "--start", "2024-11-20", "--end", "2024-12-31"]) == 2
    assert "at least 3 dates" in capsys.readouterr().err
    assert main(["factors", "--book", "mine"]) == 2
    assert "a book of your own has no scores" in capsys.readouterr().err
