"""The command `plimsoll explain`: why one day was what it was, and why a name is held or not."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from core.config import Scenario
from core.errors import ConfigError
from core.scenario import PRESETS, parse_assignment, with_values
from dashboard.cli_scenario import base_scenario
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
@click.option("--source", help="Market in the store; `demo` is the simulated one.")
@click.option("--preset", "preset_name", help="One of: " + ", ".join(PRESETS) + ".")
@click.option("--scenario", "scenario_file", type=click.Path(path_type=Path), help="TOML file.")
@click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set one field.")
@click.option("--book", help="Imported book of weights instead of the ensemble's.")
@click.option("--start", help="First simulated date, for example 2021-06-01.")
@click.option("--end", help="Last simulated date.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain_command(
    day: str, ticker: str | None, everything: bool, as_json: bool, **chosen: Any
) -> None:
    """Say why DATE was what it was: exposure, trades, stops, and what else could have been."""
    asked, scenario = _date(day), _scenario(**chosen)
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


def _scenario(
    preset_name: str | None,
    scenario_file: Path | None,
    assignments: tuple[str, ...],
    source: str | None,
    book: str | None,
    start: str | None,
    end: str | None,
) -> Scenario:
    named = {
        "universe.source": source,
        "book.own_book": book,
        "period.start": start,
        "period.end": end,
    }
    values = {path: value for path, value in named.items() if value is not None}
    scenario = base_scenario(preset_name, scenario_file)
    return with_values(scenario, values | dict(parse_assignment(a) for a in assignments))


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(explain_command)
