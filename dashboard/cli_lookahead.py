"""`plimsoll lookahead`: does any past decision change when later data are taken away."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.format import DASH, count, date
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.lookahead import DATES, LookAhead, look_ahead_work, look_words
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.report.heading import run_heading
from dashboard.studies import Pace

__all__ = ["LookAheadError", "register"]


class LookAheadError(click.ClickException):
    """A past decision changed when later data were taken away."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Print the message as every other one of the command line."""
        click.echo(f"plimsoll: {self.message}", err=True, file=file)


@click.command("lookahead")
@scenario_options
@click.option(
    "--dates",
    default=DATES,
    show_default=True,
    type=click.IntRange(1, 500),
    help="Ends of months at which the data are cut.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def lookahead_command(dates: int, as_json: bool, **chosen: Any) -> None:
    """Run again on data that end early; ends with status 1 where a past decision changes."""
    scenario, home = chosen_scenario(**chosen), home_folder()
    with terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        pipeline = Pipeline(home)
        run = pipeline.run(scenario, progress)
        pace = Pace(lambda: False, lambda share: progress("Cutting the data", share))
        found = look_ahead_work(run, pipeline, dates)(pace)
    if as_json:
        document = asdict(found) | {"passed": found.passed}
        click.echo(json.dumps(document, indent=2, default=str))
    else:
        click.echo(run_heading(run))
        Console().print(_table(found))
        if found.passed:
            click.echo(look_words(found))
    if not found.passed:
        raise LookAheadError(look_words(found))


def _table(found: LookAhead) -> Table:
    table = Table("Decision", "", "Compared", "Different", "First", "Data end")
    for row in found.rows:
        first = DASH if row.first is None else date(row.first)
        cut = DASH if row.cut is None else date(row.cut)
        table.add_row(row.kind, row.name, count(row.compared), count(row.different), first, cut)
    return table


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(lookahead_command)
