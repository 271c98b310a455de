"""`plimsoll walkforward`: every number can be had by another command, and refusals say why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from core.axes import parse_axes
from core.evidence.bootstrap import DEFAULT_METRICS, MIN_RETURNS
from core.scenario import PRESETS, with_values
from core.sweep_plan import plan_sweep
from dashboard.cli import cli, main
from dashboard.pipeline import Pipeline
from dashboard.walkforward import WalkWindows, walk_hash
from data.journal import Journal

STOP, NAMES = "risk.position_stop_loss", "book.names_held"
PERIOD = ("--start", "2021-06-01", "--end", "2022-06-01")
AXES = ("--axis", f"{STOP}=0.05,0.12,off", "--axis", f"{NAMES}=20,50")
WINDOWS = ("--train", "6", "--test", "3", "--purge", "2", "--jobs", "1")


def walked(*arguments: str) -> str:
    command = ["walkforward", *PERIOD, *AXES, *WINDOWS, *arguments]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_each_number_is_that_of_a_backtest(demo_home: Path) -> None:
    found: dict[str, Any] = json.loads(walked("--json", "--paths", "4,2"))
    assert found["schema"] == "plimsoll.walkforward/2"
    pipeline, base = Pipeline(demo_home), PRESETS["Phase 8"]
    assert found["plan"]["settings"] == 6
    for fold in found["folds"]:
        first, last = fold["train"]
        period = {"period.start": first, "period.end": last}
        held = {
            (stop, names): pipeline.run(
                with_values(base, period | {STOP: stop, NAMES: names})
            ).metrics.sharpe_ratio
            for stop in (0.05, 0.12, None)
            for names in (20, 50)
        }
        best = max(held, key=lambda setting: held[setting])
        assert (fold["values"][STOP], fold["values"][NAMES]) == best
        assert fold["in_sample"] == pytest.approx(held[best], rel=1e-9)
    dates = found["dates"]
    assert found["folds"][0]["test"][0] == dates[0]
    assert found["folds"][-1]["test"][1] == dates[-1]
    period = {"period.start": dates[0], "period.end": dates[-1]}
    run = pipeline.run(with_values(base, period))
    np.testing.assert_allclose(found["as_it_stands_nav"], run.result.nav, rtol=1e-9)
    if len({str(fold["values"]) for fold in found["folds"]}) == 1:
        same = pipeline.run(with_values(base, period | found["folds"][0]["values"]))
        np.testing.assert_allclose(found["nav"], same.result.nav, rtol=1e-9)
    assert len(found["paths"]["sharpe"]) == 3
    assert 1.0 <= found["luck"]["effective"] <= 6.0
    verdicts_are_those_of_the_curves(found)
    row = Journal(demo_home).trials()[-1]
    assert row["origin"] == "sweep"


def verdicts_are_those_of_the_curves(found: dict[str, Any]) -> None:
    for against, other in (("against_as_it_stands", "as_it_stands"),
                           ("against_benchmark", "benchmark")):  # fmt: skip
        assert set(found[against]) == set(DEFAULT_METRICS)
        for name, told in found[against].items():
            gap = found["metrics"][name] - found[other][name]
            assert told["estimate"] == pytest.approx(gap, rel=1e-9, abs=1e-12)
            assert told["low"] <= told["high"]
            if told["verdict"] in ("better", "worse"):
                assert told["low"] > 0.0 or told["high"] < 0.0
            else:
                assert told["verdict"] in ("within noise", "no difference")
            assert told["verdict"] in told["sentence"]


@pytest.mark.usefixtures("demo_home")
def test_a_short_sample_has_no_verdict_and_says_so() -> None:
    short = ("--train", "10", "--paths", "off")  # the last of the options holds
    found = json.loads(walked(*short, "--json"))
    assert len(found["dates"]) <= MIN_RETURNS
    assert found["against_as_it_stands"] is None
    assert found["against_benchmark"] is None
    told = " ".join(walked(*short).split())
    assert f"{len(found['dates']) - 1} returns out of sample, {MIN_RETURNS} are needed" in told
    assert "within noise" not in told


def test_other_windows_are_another_search() -> None:
    plan = plan_sweep(PRESETS["Phase 8"], parse_axes([AXES[1]]))
    windows = [WalkWindows(train=6), WalkWindows(train=7), WalkWindows(train=6, anchored=True)]
    assert len({plan.hash, *(walk_hash(plan, each) for each in windows)}) == 4
    assert walk_hash(plan, windows[0]) == walk_hash(plan, WalkWindows(train=6))


@pytest.mark.usefixtures("demo_home")
def test_people_read_folds_the_curve_and_what_to_think(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    told = walked("--anchored", "--metric", "max_drawdown", "--paths", "off")
    assert "SIMULATED MARKET" in told
    assert "Best held, in hindsight" in told
    sharpe = [line for line in told.splitlines() if line.startswith("Sharpe ratio: ")]
    assert len(sharpe) == 2
    assert "the scenario as it stands" in sharpe[0]
    assert "of the settings held all along" in told
    assert "changes in 2 choices" in told
    assert "Combinatorial" not in told
    assert "nan" not in told.casefold().split()


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--train", "60"), "must have at least 61 of them"),
        (("--train", "6", "--metric", "volatility"), "must choose by one of total_return"),
        (("--train", "6", "--paths", "many"), "--paths must be two whole numbers"),
        (("--train", "6", "--axis", "risk.execution_lag_days=0,1"), "must be the same all along"),
    ],
)
def test_what_cannot_be_walked_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert main(["walkforward", *PERIOD, *AXES, *arguments]) == 2
    caught = capsys.readouterr()
    assert told in caught.err
    assert caught.out == ""
