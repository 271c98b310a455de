"""`plimsoll walkforward`: settings chosen on the past alone, judged on what came after."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console

from core.axes import parse_axes
from core.errors import ConfigError
from core.sweep import SweepTable
from core.sweep_plan import Design, SweepPlan, plan_sweep
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.evidence_trials import sweep_returns
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import engine_words, terminal_progress
from dashboard.report.walkforward import print_walk_forward, walk_forward_document
from dashboard.sweep_backends import BACKENDS, open_backend
from dashboard.sweep_memory import available_memory
from dashboard.sweep_run import Books, record_sweep
from dashboard.walkforward import WalkForward, WalkWindows, walk_hash
from dashboard.walkforward_run import walk_forward
from data.journal import Journal

__all__ = ["register"]

_METRICS = {"sharpe": "sharpe_ratio", "sortino": "sortino_ratio", "calmar": "calmar_ratio"}


@click.command("walkforward")
@click.option(
    "--axis", "axes", multiple=True, required=True, metavar="PATH=LOW:HIGH:COUNT",
    help="Field and its values, also PATH=A,B,off; repeat for more axes.",
)  # fmt: skip
@click.option("--train", required=True, type=click.IntRange(1), help="Rebalances to choose on.")
@click.option(
    "--test", default=1, show_default=True, type=click.IntRange(1),
    help="Rebalances until the next choice.",
)  # fmt: skip
@click.option("--anchored", is_flag=True, help="Training begins with the period and grows.")
@click.option(
    "--metric", default="sharpe", show_default=True,
    help="Chosen by: sharpe, cagr, sortino, calmar, max_drawdown, or another metric of a sweep.",
)  # fmt: skip
@click.option(
    "--purge", default=1, show_default=True, type=click.IntRange(0),
    help="Sessions between training and test that nobody looks at.",
)  # fmt: skip
@click.option(
    "--embargo", default=21, show_default=True, type=click.IntRange(0),
    help="Sessions after a test left out of training, in the combinatorial paths.",
)  # fmt: skip
@click.option(
    "--paths", default="6,2", show_default=True, metavar="GROUPS,TESTED",
    help="Of the combinatorial cross-validation; off leaves it out.",
)  # fmt: skip
@click.option(
    "--design", default="grid", show_default=True,
    type=click.Choice(["grid", "random", "sobol"]), help="Which settings there are to choose from.",
)  # fmt: skip
@click.option("--n", "number", type=int, help="Settings of a random or sobol design.")
@click.option("--seed", default=0, show_default=True, help="Of a random or sobol design.")
@scenario_options
@click.option(
    "--backend", default="threads", show_default=True, type=click.Choice(BACKENDS),
    help="Where the training windows are run.",
)  # fmt: skip
@click.option("--address", help="Of the cluster, for example tcp://10.0.0.5:8786.")
@click.option("--jobs", type=click.IntRange(1, 1024), help="Threads or processes.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def walkforward_command(
    axes: tuple[str, ...], train: int, test: int, anchored: bool, metric: str, purge: int,
    embargo: int, paths: str, design: Design, number: int | None, seed: int,
    backend: str, address: str | None, jobs: int | None, as_json: bool, **chosen: Any,
) -> None:  # fmt: skip
    """Choose a setting at every fold on what was known, and run the portfolio that follows.

    Each training window is a backtest from cash over it; what is printed as out of sample is one
    portfolio whose setting changes at each choice and which pays for that.
    """
    groups, tests = _paths(paths)
    windows = WalkWindows(
        train=train, test=test, anchored=anchored, purge=purge, embargo=embargo,
        metric=_METRICS.get(metric, metric), groups=groups, tests=tests,
    )  # fmt: skip
    scenario = chosen_scenario(**chosen)
    plan = plan_sweep(
        scenario, parse_axes(axes), design, count=number, seed=seed, memory=available_memory() / 2
    )
    found = _walk(plan, windows, backend, address, jobs)
    fingerprint = found.run.market.fingerprint
    home = home_folder()
    tried = SweepTable(plan, found.fixed, ("",) * len(plan))
    returns = sweep_returns(tried, Books(Pipeline(home)).get)
    unrecorded = record_sweep(
        Journal(home), plan, fingerprint, scenario.name, tried, returns,
        setting=walk_hash(plan, windows),
    )  # fmt: skip
    if unrecorded:
        click.echo(f"plimsoll: this walk-forward is not in the journal: {unrecorded}", err=True)
    if as_json:
        click.echo(json.dumps(walk_forward_document(found), indent=2, ensure_ascii=False))
    else:
        print_walk_forward(found, Console())


def _walk(
    plan: SweepPlan, windows: WalkWindows, backend: str, address: str | None, jobs: int | None
) -> WalkForward:
    home = home_folder()
    place = open_backend(backend, address, jobs)
    try:
        with terminal_progress() as progress:
            if plan.base.universe.source == DEMO:
                ensure_demo(home, progress)
            pipeline = Pipeline(home)
            progress(engine_words(home), 0.0)
            pipeline.warm_up()
            return walk_forward(
                plan, windows, pipeline, place,
                lambda n, of: progress(f"Run {n:,} of {of:,}", n / of),
            )  # fmt: skip
    finally:
        place.close()


def _paths(text: str) -> tuple[int, int]:
    if text.strip().casefold() == "off":
        return 0, 0
    try:
        groups, tests = (int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--paths must be two whole numbers, groups and tested ones, such as 6,2, or off; was "
            f"{text!r}"
        ) from error
    return groups, tests


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(walkforward_command)
