"""`plimsoll robust`: what other histories, shocks and crises do to a scenario."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console

from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline, Progress
from dashboard.progress import terminal_progress
from dashboard.record import record_run
from dashboard.report.robust import print_robustness, robustness_document
from dashboard.robust import robustness
from dashboard.robust_plateau import Plateaus, plateau_work
from dashboard.run import Run
from dashboard.studies import Pace
from dashboard.sweep_backends import BACKENDS, open_backend
from data.journal import Journal

__all__ = ["register"]


@click.command("robust")
@scenario_options
@click.option(
    "--draws", default=200, show_default=True, type=click.IntRange(1, 100_000),
    help="Of each random disturbance.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the draws.")
@click.option(
    "--backend", default="threads", show_default=True, type=click.Choice(BACKENDS),
    help="Where the runs are done.",
)  # fmt: skip
@click.option("--address", help="Of the cluster, for example tcp://10.0.0.5:8786.")
@click.option("--jobs", type=click.IntRange(1, 1024), help="Threads or processes.")
@click.option(
    "--plateau/--no-plateau", default=True, show_default=True,
    help="Score surfaces around the setting; every different result is a trial.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def robust_command(
    draws: int, seed: int, backend: str, address: str | None, jobs: int | None, plateau: bool,
    as_json: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Say how much of a result hangs on the order of months, costs, days, names, and on luck.

    Also what it stands on: a plateau of settings that do as well, a slope, or a spike.
    """
    scenario = chosen_scenario(**chosen)
    home = home_folder()
    journal = Journal(home)
    place = open_backend(backend, address, jobs)
    try:
        with terminal_progress() as progress:
            if scenario.universe.source == DEMO:
                ensure_demo(home, progress)
            pipeline = Pipeline(home)
            run = pipeline.run(scenario, progress)
            found = robustness(
                run, place, draws=draws, seed=seed,
                finished=lambda n: progress(f"{n:,} runs over disturbed histories", 0.5),
            )  # fmt: skip
            plateaus = _plateaus(pipeline, run, journal, progress) if plateau else None
    finally:
        place.close()
    unrecorded = record_run(journal, run, preset_name=scenario.name, origin="cli")
    if unrecorded:
        click.echo(f"plimsoll: this run is not in the journal: {unrecorded}", err=True)
    if as_json:
        click.echo(json.dumps(robustness_document(found, plateaus), indent=2, ensure_ascii=False))
    else:
        print_robustness(found, Console(), plateaus)


def _plateaus(pipeline: Pipeline, run: Run, journal: Journal, progress: Progress) -> Plateaus:
    def share(done: float) -> None:
        progress(f"Settings around this one: {done:.0%}", 0.5 + 0.5 * done)

    return plateau_work(pipeline, run, journal)(Pace(lambda: False, share))


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(robust_command)
