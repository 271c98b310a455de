"""The command `plimsoll explain`: why one day was what it was, and why a name is held or not."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import click
from rich.console import Console

from core.errors import ConfigError
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.explanation import explain_day
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.report.explanation_document import explanation_document
from dashboard.report.explanation_table import print_explanation

__all__ = ["register"]


@click.command("explain")
@click.argument("day", metavar="DATE")
@click.option("--name", "ticker", help="A ticker: why it is held, or why not.")
@click.option("--all", "everything", is_flag=True, help="Print every trade, not only the largest.")
@scenario_options
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain_command(
    day: str, ticker: str | None, everything: bool, as_json: bool, **chosen: Any
) -> None:
    """Say why DATE was what it was: exposure, trades, stops, and what else could have been."""
    asked, scenario = _date(day), chosen_scenario(**chosen)
    home = home_folder()
    with terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        run = Pipeline(home).run(scenario, progress)
    found = explain_day(run, asked, ticker)
    if as_json:
        click.echo(json.dumps(explanation_document(found), indent=2, ensure_ascii=False))
    else:
        print_explanation(found, Console(), everything=everything)


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"DATE must be a date such as 2022-06-16, was “{text}”") from error


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(explain_command)
