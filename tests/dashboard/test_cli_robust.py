"""`plimsoll robust`: what it says adds up, and it repeats itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from core.crises import CRISES, Seen
from core.evidence.perturb import KINDS
from core.scenario import PRESETS, with_values
from dashboard.cli import cli
from dashboard.pipeline import Pipeline
from dashboard.robust import crisis_rows
from data.journal import Journal

STOP_VOL = ("risk.position_stop_loss", "risk.target_annual_vol")
PERIOD = ("--start", "2021-06-01", "--end", "2022-06-01")


@pytest.fixture(autouse=True)
def small_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.lab.panel_work.SURFACE_SIZE", 5)


def robust(*arguments: str) -> str:
    command = ["robust", *PERIOD, "--draws", "4", "--jobs", "1", *arguments]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_disturbance_is_counted_and_repeats_itself(demo_home: Path) -> None:
    found: dict[str, Any] = json.loads(robust("--json"))
    assert json.loads(robust("--json")) == found
    assert set(found["perturbed"]) == set(KINDS)
    for kind, row in found["perturbed"].items():
        assert row["runs"] == 4, kind
        for quantiles in row["metrics"].values():
            known = [value for value in quantiles.values() if value is not None]
            assert known == sorted(known)
        assert 0.0 <= row["rules_better"]["sharpe_ratio"] <= 1.0
    shocks = {row["label"]: row for row in found["shocks"]}
    sectors = [row for row in found["shocks"] if row["date"] is not None]
    assert sectors
    assert all(-0.2 <= row["at_once"] < 0.0 for row in sectors)
    calm = found["base"]["volatility"]
    assert shocks["volatility 2 times as high"]["metrics"]["volatility"] > calm
    assert all(row["seen"] == "never" for row in found["crises"])
    assert len(found["crises"]) == len(CRISES)
    assert found["fan"]["deepest"] == sorted(found["fan"]["deepest"])
    plateau = found["plateau"]
    assert plateau["pairs"][0]["at"] == dict(zip(STOP_VOL, (0.12, 0.18), strict=True))
    assert plateau["settings"] == sum(pair["settings"] for pair in plateau["pairs"])
    for pair in plateau["pairs"]:
        assert pair["here"] == found["base"]["sharpe_ratio"]
        assert 0.0 <= pair["score"] <= 1.0
        assert pair["best"]["value"] >= pair["cell_value"]
    # Twice the same is once tried: the setting itself and what is around it.
    rows = Journal(demo_home).tried("demo")
    assert sum(row["metrics"].get("different", 1) for row in rows) == 1 + plateau["trials"]


def test_what_is_around_it_is_not_tried_where_it_is_not_wanted(demo_home: Path) -> None:
    assert json.loads(robust("--no-plateau", "--json"))["plateau"] is None
    assert [row["origin"] for row in Journal(demo_home).tried("demo")] == ["cli"]


@pytest.mark.usefixtures("demo_home")
def test_people_read_a_table_and_are_told_that_the_market_is_simulated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    told = robust()
    assert "as it happened" in told
    assert "no fall of a real market is in it" in told
    assert "Fan of 2000 futures of 1 year" in told
    assert "nan" not in told.casefold().split()
    for part in ("Plateau score", "Position stop × Volatility target", "count as trials, once"):
        assert part in told, part


@pytest.mark.real_data
def test_a_crisis_inside_the_period_is_measured_and_others_are_not(real_home: Path) -> None:
    values = {"universe.source": "us", "period.start": "2021-12-01", "period.end": "2022-11-30"}
    run = Pipeline(real_home).run(with_values(PRESETS["No overlay"], values))
    rows = {row.crisis.name: row for row in crisis_rows(run)}
    bear = rows["Inflation bear market"]
    assert bear.seen is Seen.WHOLE
    # SPY with dividends from 2022-01-03 to 2022-10-12: the price index fell 25.4 %.
    assert bear.benchmark == pytest.approx(-0.245, abs=0.005)
    inside = (run.dates >= np.datetime64(bear.crisis.peak)) & (
        run.dates <= np.datetime64(bear.crisis.trough)
    )
    nav = run.result.nav[inside]
    assert bear.portfolio == nav[-1] / nav[0] - 1.0
    assert bear.deepest == pytest.approx((nav / np.maximum.accumulate(nav) - 1.0).min())
    assert rows["Covid"].seen is Seen.NEVER
    assert rows["Covid"].portfolio is None
