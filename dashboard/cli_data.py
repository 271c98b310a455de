"""The commands about data: import, status."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboard.cli_data_fetched import (
    fetched_document,
    fetched_lines,
    provider_lines,
    provider_states,
)
from dashboard.format import count, date, percent
from dashboard.home import home_folder
from dashboard.progress import terminal_progress
from data.books import BookInfo
from data.fetched_status import fetched_status
from data.imports import ImportPaths, ImportReport, import_book, import_market
from data.status import BookRow, StatusRow, book_status, status

__all__ = ["register"]

_FILE = click.Path(path_type=Path)


@click.command("import")
@click.option("--name", help="Name of the market or book in the store, for example us.")
@click.option("--prices", type=_FILE, help="Daily bars, parquet or CSV.")
@click.option("--securities", type=_FILE, help="Names, sectors, last sessions.")
@click.option("--membership", type=_FILE, help="Index membership intervals.")
@click.option("--fundamentals", type=_FILE, help="Quarterly filings with their dates.")
@click.option("--indices", type=_FILE, help="Benchmark and volatility index bars.")
@click.option("--rates", type=_FILE, help="Interest rates, percent a year.")
@click.option("--overrides", type=_FILE, help="TOML file of rows known to be wrong.")
@click.option("--book", type=_FILE, help="Instead of a market: own weights (date, ticker, weight).")
def import_command(
    name: str | None,
    prices: Path | None,
    securities: Path | None,
    membership: Path | None,
    fundamentals: Path | None,
    indices: Path | None,
    rates: Path | None,
    overrides: Path | None,
    book: Path | None,
) -> None:
    """Check files and put them into the store; nothing is filled, repaired or silently dropped."""
    home = home_folder()
    market_files = (prices, securities, membership, fundamentals, indices, rates, overrides)
    if book is not None:
        if any(file is not None for file in market_files):
            raise click.UsageError("--book is imported on its own: leave out the market's files.")
        click.echo("\n".join(_book_lines(import_book(home, name or book.stem, book))))
        return
    if prices is None or name is None:
        raise click.UsageError(
            "a market needs at least --name and --prices; a book of your own needs --book."
        )
    paths = ImportPaths(
        prices=prices,
        securities=securities,
        membership=membership,
        fundamentals=fundamentals,
        indices=indices,
        rates=rates,
    )
    with terminal_progress() as progress:
        market_report: ImportReport = import_market(home, name, paths, overrides, progress)
    click.echo("\n".join(market_report.lines()))


@click.command("status")
@click.option("--details", is_flag=True, help="Print every override, not only how many.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def status_command(details: bool, as_json: bool) -> None:
    """Say which markets the store holds, how old they are, and what the providers gave."""
    home = home_folder()
    rows, books = status(home), book_status(home)
    fetched = fetched_status(home)
    providers = provider_states(home)
    if as_json:
        document = {
            "home": str(home),
            "markets": [dataclasses.asdict(row) for row in rows],
            "books": [dataclasses.asdict(row) for row in books],
            "providers": [dataclasses.asdict(state) for state in providers.states],
            "fetched": fetched_document(fetched, providers),
        }
        click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
        return
    console = Console()
    console.print(f"Store: {home}", highlight=False)
    console.print(_table(rows))
    for line in (line for row in rows for line in _remarks(row, details=details)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for line in (line for row in books for line in _book_remarks(row)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for line in (*provider_lines(providers), *fetched_lines(fetched)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _table(rows: list[StatusRow]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("market", "kind", "names", "sessions", "first", "last", "coverage", "age"):
        table.add_column(title, justify="left" if title in ("market", "kind") else "right")
    for row in rows:
        if row.fault:
            table.add_row(Text(row.name), "unreadable")
            continue
        table.add_row(
            Text(row.name),
            "simulated" if row.simulated else "real",
            count(row.names),
            count(row.sessions),
            date(row.first_date),
            date(row.last_date),
            percent(row.coverage, 2),
            f"{count(row.data_age_days)} days",
        )
    return table


def _remarks(row: StatusRow, *, details: bool) -> list[str]:
    if row.fault:
        return [f"{row.name}: {row.fault}"]
    lines = [f"returns: {row.return_basis}", f"origin: {row.origin}"]
    for what, counts in (("quarantined", row.quarantined), ("kept, flagged", row.flagged)):
        lines += [f"{what}: {reason} {count(n)}" for reason, n in (counts or {}).items()]
    if details:
        lines += [f"override: {text}" for text in row.overrides]
    elif row.overrides:
        lines.append(_override_words(row.overrides))
    return [f"{row.name}: {line}" for line in (*lines, *row.notes)]


def _override_words(overrides: Sequence[str]) -> str:
    # The texts of data.overrides begin with "exclude TABLE" or "security TICKER".
    kinds: Counter[str] = Counter()
    for text in overrides:
        what, _, rest = text.partition(" ")
        table = rest.partition(" ")[0]
        names = {"exclude": f"excluded from {table}", "security": "facts of a security"}
        kinds[names.get(what, "other")] += 1
    counts = ", ".join(f"{kind} {count(number)}" for kind, number in kinds.items())
    return f"overrides: {counts}; --details prints each with its reason"


def _book_remarks(row: BookRow) -> list[str]:
    if row.info is None:
        return [f"book {row.name}: {row.fault}"]
    return _book_lines(row.info)


def _book_lines(info: BookInfo) -> list[str]:
    lines = [
        f"{count(info.dates)} dates {info.first_date} … {info.last_date}, "
        f"{count(info.tickers)} names, {count(info.rows)} weights, "
        f"largest sum {percent(info.largest_sum)}",
        *info.notes,
    ]
    return [f"book {info.name}: {line}" for line in lines]


def register(group: click.Group) -> None:
    """Add these commands to `group`."""
    group.add_command(import_command)
    group.add_command(status_command)
