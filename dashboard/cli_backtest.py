"""`plimsoll backtest`, one scenario with its report, and `plimsoll fields`."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console

from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.record import record_run
from dashboard.report.document import run_document
from dashboard.report.fields import fields_table
from dashboard.report.table import print_run
from data.journal import Journal

__all__ = ["register"]


@click.command("backtest")
@scenario_options
@click.option("--json", "as_json", is_flag=True, help="Print the complete result as JSON.")
def backtest_command(as_json: bool, **chosen: Any) -> None:
    """Run one scenario and print its report beside targets and benchmark."""
    scenario = chosen_scenario(**chosen)
    home = home_folder()
    with terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        run = Pipeline(home).run(scenario, progress)
    unrecorded = record_run(Journal(home), run, preset_name=scenario.name, origin="cli")
    if unrecorded:
        click.echo(f"plimsoll: this run is not in the journal: {unrecorded}", err=True)
    if as_json:
        click.echo(json.dumps(run_document(run), indent=2, ensure_ascii=False))
    else:
        print_run(run, Console())


@click.command("fields")
@click.option("--section", help="Only universe, period, factors, regimes, book or risk.")
def fields_command(section: str | None) -> None:
    """List every field of a scenario with range, unit and default."""
    Console().print(fields_table(section))


def register(group: click.Group) -> None:
    """Add these commands to `group`."""
    group.add_command(backtest_command)
    group.add_command(fields_command)
