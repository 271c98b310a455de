"""`plimsoll data check`: what looks wrong in a stored market, and how to overrule it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboard import cli_data_reconcile
from dashboard.format import count
from dashboard.home import home_folder
from data.catalog import Catalog
from data.health import HealthReport, check_market
from data.health_actions_file import read_actions
from data.health_kinds import KINDS

__all__ = ["register"]

_SHOWN = 5  # findings of one kind in the table for people; --all and --json show every one


@click.group("data")
def data_group() -> None:
    """Look after stored data."""


@data_group.command("check")
@click.option("--source", help="Market in the store; default: every real one.")
@click.option(
    "--actions",
    type=click.Path(path_type=Path),
    help="Splits and dividends of an imported --source: date, ticker, dividend, split.",
)
@click.option("--all", "show_all", is_flag=True, help="Show every finding.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def check_command(source: str | None, actions: Path | None, show_all: bool, as_json: bool) -> None:
    """Look for gaps, stale runs, jumps, disorder and other doubtful data; nothing is changed."""
    catalog = Catalog(home_folder())
    names = (source,) if source else _real(catalog)
    if not names:
        raise click.UsageError(
            "the store has no real market to check. Import one (plimsoll import --help), or "
            "check the simulated one: plimsoll data check --source demo"
        )
    if actions is not None and source is None:
        raise click.UsageError("--actions are those of one market: name it with --source.")
    table = None if actions is None else read_actions(actions)
    reports = {name: check_market(catalog, name, table) for name in names}
    if as_json:
        document = {name: report_document(report) for name, report in reports.items()}
        click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
        return
    for name, report in reports.items():
        _print(name, report, Console(), None if show_all else _SHOWN)


def report_document(report: HealthReport) -> dict[str, object]:
    """Return a report as JSON-ready values; dates are made texts by the caller."""
    return {
        "grade": report.grade,
        "grades": report.grades,
        "counts": report.counts(),
        "not_looked_for": list(report.not_looked_for),
        "unmatched": list(report.unmatched),
        "findings": [
            {
                **dataclasses.asdict(finding),
                "meaning": KINDS[finding.kind].meaning,
                "grade": KINDS[finding.kind].grade,
                "overrule": finding.overrule,
            }
            for finding in report.findings
        ],
    }


def _real(catalog: Catalog) -> tuple[str, ...]:
    return tuple(name for name in catalog.sources() if not catalog.snapshot(name).simulated)


def _print(name: str, report: HealthReport, console: Console, limit: int | None) -> None:
    grades = [str(grade) for grade in report.grades.values()]
    spread = ", ".join(f"{count(grades.count(grade))} {grade}" for grade in "ABCD")
    console.print(f"{name}: grade {report.grade} (names: {spread})", highlight=False)
    for kind, number in report.counts().items():
        about = KINDS[kind]
        console.print(
            Text(f"\n{kind} · grade {about.grade} · {count(number)} · {about.meaning}", "bold")
        )
        table = Table(box=None, pad_edge=False, show_header=False)
        found = [finding for finding in report.findings if finding.kind == kind]
        for finding in found[:limit]:
            table.add_row(Text(finding.ticker or "–"), Text(finding.detail), Text(finding.done))
        console.print(table)
        if limit is not None and number > limit:
            console.print(f"… {count(number - limit)} more: --all", highlight=False)
        console.print(Text(f"to overrule: {about.overrule}"))
    for text in report.unmatched:
        console.print(Text(f"\nmatches no finding: {text}"))
    for text in report.not_looked_for:
        console.print(Text(f"\nnot looked for: {text}"))


def register(group: click.Group) -> None:
    """Add these commands to `group`."""
    group.add_command(data_group)
    cli_data_reconcile.register(data_group)
