"""`plimsoll …`: the same job as the dashboard, from a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from core.errors import CoreError
from dashboard import (
    cli_account,
    cli_compare,
    cli_data,
    cli_data_check,
    cli_evidence,
    cli_explain,
    cli_factors,
    cli_fetch,
    cli_holdout,
    cli_lookahead,
    cli_report,
    cli_robust,
    cli_sweep,
    cli_walkforward,
)
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.program import program
from dashboard.progress import terminal_progress
from dashboard.record import record_run
from dashboard.report.document import run_document
from dashboard.report.fields import fields_table
from dashboard.report.table import print_run
from data.errors import DataError
from data.journal import Journal

__all__ = ["cli", "main"]

USAGE_ERROR = 2
ADDRESS = "127.0.0.1"
OPEN_WITHIN = 60.0  # seconds until the browser is opened or not at all


class PortError(click.ClickException):
    """The port to listen on is taken or not allowed."""

    exit_code = USAGE_ERROR


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="plimsoll")
def cli() -> None:
    """See what each risk rule does to a systematic US-equity portfolio."""


@cli.command()
@scenario_options
@click.option("--json", "as_json", is_flag=True, help="Print the complete result as JSON.")
def backtest(as_json: bool, **chosen: Any) -> None:
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
    _check_port(port)
    os.environ["PLIMSOLL_HOME"] = str(home_folder())  # stays the same when the folder changes
    os.chdir(Path(__file__).resolve().parent.parent)  # where .streamlit/config.toml is
    from dashboard import asgi  # heavy, and only needed here

    # A store that cannot be written keeps no server from starting: its log and the page say why.
    with terminal_progress() as progress, contextlib.suppress(CoreError, DataError, OSError):
        asgi.prepare(progress)
    click.echo(f"Plimsoll: http://{ADDRESS}:{port}   (Ctrl-C ends it)")
    if not no_browser:
        threading.Thread(target=_open_when_up, args=(port,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # from here on the server's to answer
    with contextlib.suppress(KeyboardInterrupt):  # raised again once the server has ended, or not
        asgi.serve(port)
    click.echo("Plimsoll has ended.")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        if os.name != "nt":  # there it would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise PortError(
                f"port {port} on {ADDRESS} cannot be used: {error.strerror}. Is a dashboard "
                f"running already? Open http://{ADDRESS}:{port}, or choose another port: "
                f"{program()} dashboard --port {port % 65535 + 1}"
            ) from error


def _open_when_up(port: int) -> None:
    until = time.monotonic() + OPEN_WITHIN
    while time.monotonic() < until:
        try:
            socket.create_connection((ADDRESS, port), timeout=1.0).close()
        except OSError:
            time.sleep(0.1)
        else:
            webbrowser.open(f"http://{ADDRESS}:{port}")
            return


cli_data.register(cli)
cli_data_check.register(cli)
cli_fetch.register(cli)
cli_account.register(cli)
cli_sweep.register(cli)
cli_explain.register(cli)
cli_evidence.register(cli)
cli_holdout.register(cli)
cli_lookahead.register(cli)
cli_compare.register(cli)
cli_report.register(cli)
cli_walkforward.register(cli)
cli_robust.register(cli)
cli_factors.register(cli)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; bad input ends with one message and exit status 2."""
    try:
        cli.main(args=arguments, prog_name=program(), standalone_mode=False)
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
