"""`plimsoll sweep`: many runs over any fields, resumable, here or on a cluster."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)  # fmt: skip
from rich.text import Text

from core.axes import parse_axes
from core.sweep_plan import Design, SweepPlan, plan_sweep
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.evidence_trials import sweep_returns
from dashboard.format import count as counted
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import engine_words, terminal_progress
from dashboard.report.heading import sweep_heading
from dashboard.sweep_backends import BACKENDS, open_backend
from dashboard.sweep_memory import available_memory
from dashboard.sweep_report import sweep_lines
from dashboard.sweep_run import Books, record_sweep, run_sweep, sweep_manifest, table_of
from dashboard.sweep_store import ROW, SweepFiles
from data.journal import Journal

__all__ = ["SweepStopped", "register"]

_FILE = click.Path(path_type=Path)


class SweepStopped(click.ClickException):
    """Ctrl-C ended a sweep; what was finished is kept."""

    exit_code = 130

    def show(self, file: Any = None) -> None:
        """Print the message as every other one of the command line."""
        click.echo(f"plimsoll: {self.message}", err=True, file=file)


@click.command("sweep")
@click.option(
    "--axis",
    "axes",
    multiple=True,
    required=True,
    metavar="PATH=LOW:HIGH:COUNT",
    help="Field and its values, also PATH=A,B,off; repeat for more axes.",
)
@click.option("--out", required=True, type=_FILE, help="Table to write, .parquet or .csv.")
@click.option(
    "--design",
    default="grid",
    show_default=True,
    type=click.Choice(["grid", "random", "sobol"]),
    help="Which combinations are run.",
)
@click.option("--n", "number", type=int, help="Runs of a random or sobol design.")
@click.option("--seed", default=0, show_default=True, help="Of a random or sobol design.")
@scenario_options
@click.option(
    "--backend",
    default="threads",
    show_default=True,
    type=click.Choice(BACKENDS),
    help="Where the runs are done; dask and ray need a running cluster.",
)
@click.option("--address", help="Of the cluster, for example tcp://10.0.0.5:8786.")
@click.option("--jobs", type=click.IntRange(1, 1024), help="Threads or processes.")
@click.option("--fresh", is_flag=True, help="Drop what an earlier sweep left at --out.")
def sweep_command(
    axes: tuple[str, ...], out: Path, design: Design, number: int | None, seed: int,
    backend: str, address: str | None, jobs: int | None, fresh: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Run every combination of field values and write one table; the same command resumes."""
    scenario = chosen_scenario(**chosen)
    plan = plan_sweep(
        scenario, parse_axes(axes), design, count=number, seed=seed, memory=available_memory() / 2
    )
    files = SweepFiles(out)
    home = home_folder()
    pipeline = Pipeline(home)
    with terminal_progress() as progress:
        if any(DEMO in (plan.base.universe.source, *levels) for levels in plan.levels):
            ensure_demo(home, progress)
        manifest = sweep_manifest(plan, pipeline)
        progress(engine_words(home), 0.5)
        pipeline.warm_up()
    with files.locked():
        if files.begin(manifest, fresh=fresh):
            click.echo(f"{out} is complete already: {counted(len(plan))} runs. --fresh runs anew.")
            return
        with _interruptible(files, plan), _closing(open_backend(backend, address, jobs)) as place:
            with _bar(len(plan)) as finished:
                run_sweep(plan, Books(pipeline, manifest["data"]), place, files, finished)
        rows = files.table()
        table = table_of(plan, rows)
        files.finish(rows.drop(columns=ROW), manifest)
    fingerprint = next(iter(manifest["data"].values()))
    returns = sweep_returns(table, Books(pipeline).get)
    unrecorded = record_sweep(Journal(home), plan, fingerprint, scenario.name, table, returns)
    if unrecorded:
        click.echo(f"plimsoll: this sweep is not in the journal: {unrecorded}", err=True)
    for line in (sweep_heading(plan), *sweep_lines(table), f"Written to {out}"):
        click.echo(line)


@contextmanager
def _interruptible(files: SweepFiles, plan: SweepPlan) -> Iterator[None]:
    # Ctrl-C, and a polite end from outside, become one message; parts on disk are whole.
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt as error:
        raise SweepStopped(
            f"stopped after {counted(len(files.table()))} of {counted(len(plan))} runs; they are "
            f"kept in {files.parts}. Run the same command again to go on."
        ) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _closing(place: Any) -> Iterator[Any]:
    try:
        yield place
    finally:
        place.close()


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} runs/s")


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("Sweep"), BarColumn(), MofNCompleteColumn(), _Rate(),
        TimeRemainingColumn(), TextColumn("left"), console=console,
        disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("Sweep", total=total)
        first = True

        def finished(rows: int) -> None:
            nonlocal first
            if first:  # earlier attempts say nothing about the speed of this one
                bar.reset(task, total=total, completed=rows)
                first = False
            bar.update(task, completed=rows)

        yield finished


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(sweep_command)
