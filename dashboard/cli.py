"""`plimsoll …`: the same job as the dashboard, from a terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from core.errors import CoreError
from dashboard.cli_commands import Commands
from dashboard.home import home_folder
from dashboard.program import program
from dashboard.progress import terminal_progress
from data.errors import DataError

__all__ = ["cli", "main"]

USAGE_ERROR = 2
ADDRESS = "127.0.0.1"
OPEN_WITHIN = 60.0  # seconds until the browser is opened or not at all


class PortError(click.ClickException):
    """The port to listen on is taken or not allowed."""

    exit_code = USAGE_ERROR


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="plimsoll")
def cli() -> None:
    """See what each risk rule does to a systematic US-equity portfolio."""


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
