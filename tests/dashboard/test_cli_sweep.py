from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from core.risk.config import RiskConfig
from core.scenario import PRESETS, with_values
from core.simulation import METRICS
from dashboard import cli_sweep
from dashboard.cli import cli, main
from dashboard.pipeline import Pipeline
from dashboard.sweep_job import BookInputs, JobResult, run_job
from dashboard.sweep_run import Books
from data.journal import Journal
from tests.dashboard.clusters import dask_cluster

pytestmark = pytest.mark.usefixtures("demo_home")

STOP, TARGET, NAMES = "risk.position_stop_loss", "risk.target_annual_vol", "book.names_held"
PERIOD = ("--start", "2021-06-01", "--end", "2022-06-01")
BOOKS = (*PERIOD, "--axis", f"{NAMES}=20:60:5", "--axis", f"{STOP}=0.05,0.1,off", "--jobs", "1")


def _sweep(out: Path, *arguments: str) -> str:
    done = CliRunner().invoke(cli, ["sweep", *arguments, "--out", str(out)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["sweep", *arguments]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "Traceback" not in caught.err
    return caught.err


def _share_compiled(home: Path) -> None:
    # The compiled engine of this process serves those that it starts, too.
    if numba.config.CACHE_DIR:
        os.symlink(Path(numba.config.CACHE_DIR).parent, home / "compiled")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_every_row_equals_its_own_backtest(tmp_path: Path, demo_home: Path, backend: str) -> None:
    _share_compiled(demo_home)
    axes = ("--axis", f"{STOP}=0.05,0.1,off", "--axis", f"{TARGET}=0.1:0.3:3")
    told = _sweep(tmp_path / "s.parquet", *PERIOD, *axes, "--backend", backend, "--jobs", "2")
    table = pd.read_parquet(tmp_path / "s.parquet")
    assert list(table.columns) == [STOP, TARGET, *METRICS, "ruined", "refused"]
    assert len(table) == 9
    assert (table["ruined"] == -1).all()
    assert (table["refused"] == "").all()
    pipeline = Pipeline(demo_home)
    base = with_values(
        PRESETS["Phase 8"], {"period.start": "2021-06-01", "period.end": "2022-06-01"}
    )
    for _, row in table.iterrows():
        stop = None if np.isnan(row[STOP]) else row[STOP]
        metrics = pipeline.run(with_values(base, {STOP: stop, TARGET: row[TARGET]})).metrics
        for name in METRICS:
            np.testing.assert_allclose(
                row[name], getattr(metrics, name), rtol=1e-9, atol=1e-12, err_msg=name
            )
    assert told.startswith("Phase 8 · demo  [SIMULATED MARKET]\n")
    assert "9 runs finished with a result" in told
    assert "Sharpe: best" in told
    assert "of its neighbours" in told


def test_the_manifest_says_what_the_numbers_depend_on(tmp_path: Path) -> None:
    out = tmp_path / "s.csv"
    _sweep(out, *PERIOD, "--axis", f"{STOP}=0.05,0.1", "--set", "risk.max_leverage=1.5")
    manifest = json.loads((tmp_path / "s.csv.manifest.json").read_text())
    assert manifest["runs"] == 2
    assert manifest["axes"] == [f"{STOP}=0.05,0.1"]
    assert manifest["scenario"]["risk.max_leverage"] == 1.5
    assert set(manifest["data"]) == {"demo"}
    assert manifest["columns"] == list(pd.read_csv(out).columns)
    assert manifest["code"]


def test_a_finished_sweep_is_not_run_again_and_another_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "s.parquet"
    arguments = (*PERIOD, "--axis", f"{STOP}=0.05,0.1")
    _sweep(out, *arguments)
    before = out.stat().st_mtime_ns
    assert "complete already: 2 runs" in _sweep(out, *arguments)
    assert out.stat().st_mtime_ns == before
    other = (*arguments, "--set", "risk.max_leverage=1.2", "--out", str(out))
    assert "scenario: risk.max_leverage was 1.0, now 1.2" in _refused(capsys, *other)
    _sweep(out, *arguments, "--set", "risk.max_leverage=1.2", "--fresh")
    assert out.stat().st_mtime_ns != before


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "whole.parquet"
    _sweep(whole, *BOOKS)
    out, build, built = tmp_path / "s.parquet", Books.get, []

    def interrupted(self: Books, scenario: object) -> object:
        built.append(scenario)
        if len(built) == 4:
            raise KeyboardInterrupt
        return build(self, scenario)  # type: ignore[arg-type]

    monkeypatch.setattr(Books, "get", interrupted)
    assert main(["sweep", *BOOKS, "--out", str(out)]) == 130
    told = capsys.readouterr().err
    assert "of 15 runs; they are kept in" in told
    kept = list(Path(f"{out}.parts").glob("part-*.parquet"))
    assert kept
    assert not out.exists()
    monkeypatch.setattr(Books, "get", lambda self, s: built.append(s) or build(self, s))
    # What is run again for the journal's sample builds books as well.
    monkeypatch.setattr(cli_sweep, "sweep_returns", lambda *_: ())
    built.clear()
    _sweep(out, *BOOKS)
    assert len(built) == 5 - len(kept)
    pd.testing.assert_frame_equal(pd.read_parquet(out), pd.read_parquet(whole))
    assert not Path(f"{out}.parts").exists()


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_table(tmp_path: Path, demo_home: Path) -> None:
    _share_compiled(demo_home)
    _sweep(tmp_path / "here.parquet", *BOOKS)
    with dask_cluster(2) as address:
        there = (*BOOKS[:-2], "--backend", "dask", "--address", address)
        _sweep(tmp_path / "there.parquet", *there)
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "there.parquet"), pd.read_parquet(tmp_path / "here.parquet")
    )


def _third_is_fatal(book: BookInputs, risks: Sequence[RiskConfig]) -> JobResult:
    with Path(os.environ["PLIMSOLL_HOME"], "jobs").open("a") as count:
        count.write("x")
        if count.tell() >= 3:
            os.kill(os.getpid(), signal.SIGKILL)
    return run_job(book, risks)


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
@pytest.mark.filterwarnings("ignore:A worker stopped:UserWarning")
def test_a_lost_worker_keeps_what_is_finished(
    tmp_path: Path,
    demo_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _share_compiled(demo_home)
    out = tmp_path / "s.parquet"
    with monkeypatch.context() as broken:
        broken.setattr("dashboard.sweep_backends.run_job", _third_is_fatal)
        told = _refused(capsys, *BOOKS, "--backend", "processes", "--out", str(out))
    assert "a worker of the sweep was lost" in told
    assert "the same command resumes" in told
    assert 1 <= _parts(out) < 5
    _sweep(out, *BOOKS)  # on another backend: the numbers do not depend on it
    assert len(pd.read_parquet(out)) == 15


def _started(out: Path, home: Path) -> subprocess.Popen[str]:
    axes = ["--axis", f"{STOP}=0.02:0.5:40", "--axis", f"{TARGET}=0.05:0.5:40", "--jobs", "1"]
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.entry", "sweep", *PERIOD, *axes, "--out", str(out)],
        env=os.environ | {"PLIMSOLL_HOME": str(home)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _parts(out: Path) -> int:
    return len(list(Path(f"{out}.parts").glob("part-*.parquet")))


def _end_after(process: subprocess.Popen[str], out: Path, parts: int, number: int) -> str:
    until = time.monotonic() + 300.0
    while _parts(out) < parts and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(number)
    return process.communicate(timeout=60)[1]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_killed_and_interrupted_processes_leave_whole_parts(
    tmp_path: Path, demo_home: Path
) -> None:
    _share_compiled(demo_home)
    out = tmp_path / "s.parquet"
    process = _started(out, demo_home)
    _end_after(process, out, 1, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    killed = _parts(out)
    assert 1 <= killed < 13
    process = _started(out, demo_home)
    told = _end_after(process, out, killed + 1, signal.SIGINT)
    assert process.returncode == 130, told
    assert "Run the same command again to go on." in told
    assert "Traceback" not in told
    process = _started(out, demo_home)
    said, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert "Written to" in said
    table = pd.read_parquet(out)
    assert len(table) == 1600
    assert not table.duplicated([STOP, TARGET]).any()
    assert table["sharpe_ratio"].notna().all()


def test_axes_that_change_nothing_are_said_to(tmp_path: Path) -> None:
    idle = ("--axis", "risk.circuit_breaker_dd=0.8,0.9,off")
    assert "Every one of the 3 runs gave the same result" in _sweep(
        tmp_path / "a.csv", *PERIOD, *idle
    )
    told = _sweep(tmp_path / "b.csv", *PERIOD, *idle, "--axis", f"{TARGET}=0.1,0.2")
    assert "risk.circuit_breaker_dd changes nothing over 0.8 … off" in told


def test_rows_that_are_not_allowed_are_counted(tmp_path: Path) -> None:
    told = _sweep(
        tmp_path / "s.csv", *PERIOD,
        "--axis", "risk.min_position_scale=0.5,1.2", "--axis", "risk.max_leverage=1,1.5",
    )  # fmt: skip
    assert "4 rows: 3 runs finished with a result" in told
    assert "1 not allowed, for example: risk: min_position_scale must be at most" in told
    table = pd.read_csv(tmp_path / "s.csv")
    assert table["refused"].notna().tolist() == [False, False, True, False]


def test_random_designs(tmp_path: Path) -> None:
    arguments = (*PERIOD, "--axis", f"{STOP}=0.05:0.3", "--axis", f"{NAMES}=30,50", "--n", "12")
    for design in ("random", "sobol"):
        told = _sweep(tmp_path / f"{design}.parquet", *arguments, "--design", design, "--seed", "4")
        table = pd.read_parquet(tmp_path / f"{design}.parquet")
        assert len(table) == 12
        assert table[STOP].between(0.05, 0.3).all()
        assert set(table[NAMES]) == {30, 50}
        assert "Sharpe: best" in told


def test_a_sweep_is_one_row_of_the_journal(tmp_path: Path, demo_home: Path) -> None:
    _sweep(tmp_path / "s.csv", *PERIOD, "--axis", f"{STOP}=0.05,0.1", "--preset", "Phase 8.1")
    (trial,) = Journal(demo_home).trials()
    assert trial["origin"] == "sweep"
    assert trial["preset"] == "Phase 8.1"
    assert trial["metrics"] == {"runs": 2, "different": 2}
    assert len(Journal(demo_home).returns("demo")) == 2
    assert trial["values"]["sweep.axes"] == {STOP: "0.05,0.1"}
    assert trial["values"]["book.sector_cap"] == 0.25


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--axis", "risk.position_stop=1,2"), "Did you mean risk.position_stop_loss?"),
        (("--axis", f"{STOP}=0.1:3:5"), "above 0 to 1"),
        (("--axis", f"{STOP}=0.1:0.3"), "a grid needs a count"),
        (("--axis", f"{STOP}=0.1,0.2", "--n", "4"), "a grid runs every combination"),
        (("--axis", f"{STOP}=0.1:0.2:90000", "--axis", f"{TARGET}=0.1:0.2:90000"),
         "runs do. Take fewer levels"),
        (("--axis", f"{STOP}=0.1,0.2", "--backend", "dask"), "must have the --address"),
        (("--axis", f"{STOP}=0.1,0.2", "--source", "mars"), "source must be a market"),
        (("--axis", "universe.source=demo,mars"), "source must be a market"),
        (("--axis", f"{STOP}=0.1,0.2", "--preset", "Phase 10"), "preset must be one of"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_one_message(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert message in _refused(capsys, *arguments, "--out", str(tmp_path / "s.csv"))
    assert not (tmp_path / "s.csv").exists()


def test_an_output_that_cannot_be(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    axis = ("--axis", f"{STOP}=0.1,0.2")
    assert "must end in .parquet or .csv" in _refused(capsys, *axis, "--out", "s.xlsx")
    gone = str(tmp_path / "gone" / "s.csv")
    assert "the folder of --out must exist" in _refused(capsys, *axis, "--out", gone)


def test_too_little_history_refuses_the_rows_of_that_book_only(tmp_path: Path) -> None:
    told = _sweep(tmp_path / "s.csv", "--axis", "period.start=2023-01-01,2090-01-01")
    assert "2 rows: 1 runs finished with a result" in told
    assert "1 not allowed" in told
