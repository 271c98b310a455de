"""`plimsoll data reconcile`: what two providers say of the same names."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboard.format import count, date, percent
from dashboard.home import home_folder
from dashboard.program import program
from data.errors import DataError
from data.reconcile import RECONCILE_KINDS, Reconciliation, summary_table
from data.reconcile_stored import StoredReconciliation, reconcile_stored

__all__ = ["register"]

_SHOWN = 20
_PROVIDERS = click.Choice(["polygon", "yahoo"])


@click.command("reconcile")
@click.option("--left", default="polygon", show_default=True, type=_PROVIDERS)
@click.option("--right", default="yahoo", show_default=True, type=_PROVIDERS)
@click.option("--ticker", "tickers", multiple=True, help="Only this name, repeat for more.")
@click.option(
    "--tolerance",
    default=0.002,
    show_default=True,
    type=click.FloatRange(0.0, 1.0, min_open=True),
    help="Largest difference of two closes that is none, a fraction.",
)
@click.option("--all", "show_all", is_flag=True, help="Show every finding.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def reconcile_command(
    left: str,
    right: str,
    tickers: tuple[str, ...],
    tolerance: float,
    show_all: bool,
    as_json: bool,
) -> None:
    """Compare two providers where the store has both: the days and actions that differ."""
    if left == right:
        raise click.UsageError("--left and --right must be two providers.")
    found = reconcile_stored(
        home_folder(), left, right, tickers=tickers or None, tolerance=tolerance
    )
    if as_json:
        click.echo(json.dumps(reconcile_document(found), indent=2, default=str))
        return
    if not found.compared:
        raise DataError(
            f"the store has no name of both {left} and {right}. Fetch some from each: "
            f"{program()} fetch --provider {left} --universe AAPL,MSFT --name one, and the same "
            f"with --provider {right}"
        )
    _print(found, None if show_all else _SHOWN, Console())


def reconcile_document(found: StoredReconciliation) -> dict[str, object]:
    """Return a comparison as JSON-ready values; dates are made texts by the caller."""
    return {
        "left": found.left,
        "right": found.right,
        "summary": summary_table(found.compared).to_pylist(),
        "findings": [row for one in found.compared for row in one.findings.to_pylist()],
        "only_left": list(found.only_left),
        "only_right": list(found.only_right),
        "faults": list(found.faults),
    }


def _print(found: StoredReconciliation, limit: int | None, console: Console) -> None:
    days = sum(one.days for one in found.compared)
    agreeing = sum(one.agreeing for one in found.compared)
    console.print(
        f"{found.left} and {found.right}: {count(len(found.compared))} names, {count(days)} days "
        f"of both, {percent(agreeing / days if days else None, 3)} agree",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("name", "what", "day", found.left, found.right):
        table.add_column(title, justify="left" if title in ("name", "what", "day") else "right")
    rows = [(one, row) for one in found.compared for row in one.findings.to_pylist()]
    for one, row in rows[:limit]:
        until = "" if row["until"] is None else f" … {date(row['until'])}"
        day = f"{date(row['date'])}{until}"
        sides = [_value(row["left"]), _value(row["right"])]
        table.add_row(Text(one.ticker), RECONCILE_KINDS[row["kind"]], day, *sides)
    if rows:
        console.print(table)
    if limit is not None and len(rows) > limit:
        console.print(f"… {count(len(rows) - limit)} more: --all", highlight=False)
    for line in _remarks(found):
        console.print(Text(line))


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:,.4f}"


def _remarks(found: StoredReconciliation) -> list[str]:
    apart: list[Reconciliation] = [one for one in found.compared if one.first is None]
    lines = []
    if apart:
        lines.append(f"no day in common: {', '.join(one.ticker for one in apart)}")
    for provider, names in ((found.left, found.only_left), (found.right, found.only_right)):
        if names:
            lines.append(f"only {provider} has {count(len(names))} names")
    return [*lines, *found.faults]


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(reconcile_command)
