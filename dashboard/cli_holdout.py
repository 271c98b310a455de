"""`plimsoll holdout`: withhold the last months of a market, and open them once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from core.errors import ConfigError
from core.metrics import CurveMetrics
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.format import percent, ratio
from dashboard.holdout import (
    held_metrics,
    holdout_words,
    opened_for,
    sealed_for,
    state_of,
    until_the_end,
)
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.record import record_run
from data.holdout import HoldoutError, seal
from data.journal import Journal

__all__ = ["register"]

_SOURCE = click.option("--source", default=DEMO, show_default=True, help="Market in the store.")


@click.group("holdout")
def holdout_group() -> None:
    """Withhold the last months of a market from all tuning, and open them once."""


@holdout_group.command("seal")
@_SOURCE
@click.option("--months", type=int, help="The last so many calendar months.")
@click.option("--from", "first", help="Or from this date on, for example 2024-01-01.")
def seal_command(source: str, months: int | None, first: str | None) -> None:
    """Withhold the end of a market from every page and command until it is opened."""
    if (months is None) == (first is None):
        raise ConfigError("give --months or --from, one of them: for example --months 12")
    home = home_folder()
    with Journal(home) as journal, terminal_progress() as progress:
        if source == DEMO:
            ensure_demo(home, progress)
        if months is not None:
            sealed_for(home, journal, source, months)
        else:
            seal(home, journal, source, _day(str(first)))
        click.echo(holdout_words(state_of(home, journal, source)))


@holdout_group.command("status")
@_SOURCE
def status_command(source: str) -> None:
    """Say what is withheld of a market."""
    home = home_folder()
    with Journal(home) as journal:
        state = state_of(home, journal, source)
    if state.fault:
        raise HoldoutError(state.fault)
    click.echo(holdout_words(state))


@holdout_group.command("open")
@scenario_options
@click.option("--decision", required=True, help="What you decided before you look; it is logged.")
def open_command(decision: str, **chosen: Any) -> None:
    """Open the holdout, once and for good, and judge one setting on it."""
    scenario, home = chosen_scenario(**chosen), home_folder()
    with Journal(home) as journal, terminal_progress() as progress:
        pipeline = Pipeline(home)
        pipeline.run(scenario, progress)  # what cannot run must not cost the seal
        held = opened_for(home, journal, scenario, decision)
        run = pipeline.run(until_the_end(scenario), progress)
        unrecorded = record_run(journal, run, preset_name=scenario.name, origin="cli")
        click.echo(holdout_words(state_of(home, journal, scenario.universe.source)))
    found = held_metrics(run, held)
    click.echo("Too short to measure." if found is None else _metrics(found))
    if unrecorded:
        click.echo(f"plimsoll: this run is not in the journal: {unrecorded}", err=True)


def _metrics(found: CurveMetrics) -> str:
    return (
        f"Inside the holdout: return {percent(found.total_return, signed=True)}, "
        f"Sharpe {ratio(found.sharpe_ratio)}, max drawdown {percent(found.max_drawdown)}."
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--from must be a date such as 2024-01-01, was {text!r}") from error


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(holdout_group)
