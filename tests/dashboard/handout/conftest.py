"""A report over the simulated market, made once for all tests that only read it."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.config import Scenario
from core.presets import preset
from core.scenario import with_values
from dashboard.handout.make import Recipe, make_report, recipe_of
from dashboard.handout.page import Report
from dashboard.handout.parts import PARTS
from dashboard.pipeline import Pipeline
from dashboard.record import record_run
from dashboard.run import Run
from data.journal import Journal

DAY = dt.date(2024, 7, 1)


@dataclass(frozen=True)
class Made:
    """A report with everything that it was made from."""

    home: Path
    scenario: Scenario
    run: Run
    recipe: Recipe
    report: Report
    text: str


@pytest.fixture(scope="session")
def made(shared_demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    home = tmp_path_factory.mktemp("report") / "home"
    shutil.copytree(shared_demo_home / "store", home / "store")
    values = {
        "period.start": "2022-01-03",
        "period.end": "2023-06-30",
        "risk.position_stop_loss": 0.2,
        "risk.circuit_breaker_dd": None,
    }
    scenario = with_values(preset("Phase 8"), values)
    pipeline, journal = Pipeline(home), Journal(home)
    run = pipeline.run(scenario)
    for _ in range(2):  # a setting that is run again is no other trial
        assert record_run(journal, run, preset_name="Phase 8", origin="cli") == ""
    recipe = recipe_of(pipeline, journal, run, tuple(PARTS))
    recipe = Recipe(recipe.parts, recipe.data, recipe.made, recipe.trials, DAY)
    report = make_report(run, recipe, home)
    return Made(home, scenario, run, recipe, report, report.html())
