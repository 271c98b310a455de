"""`plimsoll …`: the same job as the dashboard, from a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from core.config import Scenario
from core.errors import ConfigError, CoreError
from core.presets import DEFAULT_PRESET
from core.scenario import PRESETS, parse_assignment, preset, scenario_from_toml, with_values
from core.simulation import warm_up
from dashboard import cli_data
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.report.document import run_document
from dashboard.report.fields import fields_table
from dashboard.report.table import print_run
from data.errors import DataError

__all__ = ["cli", "main"]

USAGE_ERROR = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="plimsoll")
def cli() -> None:
    """See what each risk rule does to a systematic US-equity portfolio."""


@cli.command()
@click.option("--source", help="Market in the store; `demo` is the simulated one.")
@click.option("--preset", "preset_name", help="One of: " + ", ".join(PRESETS) + ".")
@click.option("--scenario", "scenario_file", type=click.Path(path_type=Path), help="TOML file.")
@click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set one field.")
@click.option("--book", help="Imported book of weights instead of the ensemble's.")
@click.option("--start", help="First simulated date, for example 2021-06-01.")
@click.option("--end", help="Last simulated date.")
@click.option("--json", "as_json", is_flag=True, help="Print the complete result as JSON.")
def backtest(
    source: str | None,
    preset_name: str | None,
    scenario_file: Path | None,
    assignments: tuple[str, ...],
    book: str | None,
    start: str | None,
    end: str | None,
    as_json: bool,
) -> None:
    """Run one scenario and print its report beside targets and benchmark."""
    scenario = _base(preset_name, scenario_file)
    named = {
        "universe.source": source,
        "book.own_book": book,
        "period.start": start,
        "period.end": end,
    }
    values = {path: value for path, value in named.items() if value is not None}
    scenario = with_values(scenario, values | dict(parse_assignment(a) for a in assignments))
    home = home_folder()
    with terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        run = Pipeline(home).run(scenario, progress)
    if as_json:
        click.echo(json.dumps(run_document(run), indent=2, ensure_ascii=False))
    else:
        print_run(run, Console())


@cli.command()
@click.option("--section", help="Only universe, period, factors, regimes, book or risk.")
def fields(section: str | None) -> None:
    """List every field of a scenario with range, unit and default."""
    Console().print(fields_table(section))


@cli.command()
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-browser", is_flag=True, help="Do not open a browser window.")
def dashboard(port: int, no_browser: bool) -> None:
    """Start the dashboard on this machine (127.0.0.1)."""
    from streamlit.web.cli import main as streamlit  # heavy, and only needed here

    home = home_folder()
    os.environ["PLIMSOLL_HOME"] = str(home)  # stays the same when the folder changes
    with terminal_progress() as progress:
        ensure_demo(home, progress)
        progress("Compiling the engine (once, up to a minute)", 0.5)
        warm_up()
    app = Path(__file__).resolve().with_name("app.py")
    os.chdir(app.parent.parent)  # where .streamlit/config.toml is
    sys.argv = [
        "streamlit", "run", str(app),
        "--server.address=127.0.0.1",
        f"--server.port={port}",
        f"--server.headless={'true' if no_browser else 'false'}",
    ]  # fmt: skip
    sys.exit(streamlit())


cli_data.register(cli)


def _base(preset_name: str | None, scenario_file: Path | None) -> Scenario:
    if preset_name is not None and scenario_file is not None:
        raise ConfigError(
            "give --preset or --scenario, not both: a scenario file names its preset itself, "
            'with a line such as preset = "Phase 8.1"'
        )
    if scenario_file is None:
        return preset(preset_name or DEFAULT_PRESET)
    try:
        text = scenario_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the scenario file {scenario_file} must be a readable text file: {error}"
        ) from error
    return scenario_from_toml(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; bad input ends with one message and exit status 2."""
    try:
        cli.main(args=arguments, prog_name="plimsoll", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("plimsoll: stopped.", err=True)
        return 130
    except (CoreError, DataError, OSError) as error:
        click.echo(f"plimsoll: {error}", err=True)
        return USAGE_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main())
