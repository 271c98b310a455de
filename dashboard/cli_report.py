"""`plimsoll report` and `plimsoll verify`: a run as one file, and the check that it is true."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import click

from core.errors import ConfigError
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.handout.errors import ReportDiffersError
from dashboard.handout.make import make_report, preset_of, recipe_of
from dashboard.handout.page import Report
from dashboard.handout.parts import PARTS, chosen_parts
from dashboard.handout.verify import verify
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.program import program
from dashboard.progress import terminal_progress
from dashboard.record import record_run
from data.journal import Journal

__all__ = ["ReportRefused", "register"]

_FILE = click.Path(path_type=Path)


class ReportRefused(click.ClickException):
    """A report that does not say what its scenario and data give: exit status 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Print the message as every other one of the command line."""
        click.echo(f"plimsoll: {self.message}", err=True, file=file)


@click.command("report")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, for example report.html.",
)
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(list(PARTS)),
    help="A part to put in, repeat for more; every part when not given.",
)
@scenario_options
def report_command(out: Path, parts: tuple[str, ...], **chosen: Any) -> None:
    """Write one scenario as a single HTML file that can be read anywhere and verified."""
    scenario = chosen_scenario(**chosen)
    _check_folder(out)
    home = home_folder()
    with terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        pipeline = Pipeline(home)
        run = pipeline.run(scenario, progress)
        with Journal(home) as journal:
            unrecorded = record_run(journal, run, preset_name=preset_of(scenario), origin="cli")
            recipe = recipe_of(pipeline, journal, run, chosen_parts(parts or None))
        report = make_report(
            run, recipe, home, share=lambda part: progress("Computing the report", part)
        )
    if unrecorded:
        click.echo(f"plimsoll: this run is not in the journal: {unrecorded}", err=True)
    size = _write(report, out)
    click.echo(f"Written to {out}: {size / 1e6:.1f} MB, most of it the charts' program.")
    click.echo(f"Check it with: {program()} verify {out}")


@click.command("verify")
@click.argument("file", type=_FILE)
@click.option("--home", type=_FILE, help="Store with the data, instead of PLIMSOLL_HOME.")
def verify_command(file: Path, home: Path | None) -> None:
    """Compute a report anew from its scenario and data, and compare every number in it.

    Exit status 0: it agrees. 1: it does not, and the first difference is named. 2: it cannot be
    compared here.
    """
    if not file.is_file():
        raise ConfigError(
            f"the report to verify must be a file that is there, {file} is not. A browser saves it "
            "in its folder of downloads"
        )
    try:
        with terminal_progress() as progress:
            found = verify(file, home or home_folder(), progress)
    except ReportDiffersError as error:
        raise ReportRefused(str(error)) from error
    for remark in found.remarks:
        click.echo(remark)
    click.echo(
        f"Verified: {found.title} on {found.source}. Every number, table and chart agrees with "
        "what its scenario and data give."
    )


def _check_folder(out: Path) -> None:
    folder = out.resolve().parent
    if not folder.is_dir():
        raise ConfigError(
            f"--out must be in a folder that exists, {folder} does not. Make it first"
        )


def _write(report: Report, out: Path) -> int:
    # Whole or not at all: a file that was there before stays until the new one is complete.
    content = report.html().encode("utf-8")
    folder = out.resolve().parent
    handle, name = tempfile.mkstemp(dir=folder, prefix=".report-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return len(content)


def register(group: click.Group) -> None:
    """Add these commands to `group`."""
    group.add_command(report_command)
    group.add_command(verify_command)
