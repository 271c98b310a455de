"""`plimsoll fetch` and `plimsoll refresh`: real data from its providers into a market."""

from __future__ import annotations

import datetime as dt
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from core.errors import ConfigError
from dashboard.fetch_job_record import Order
from dashboard.fetch_passed_over import passed_over_lines
from dashboard.format import count, date, percent
from dashboard.home import home_folder
from dashboard.program import program
from data.acquire_types import (
    LIVE,
    PROVIDER_CHOICES,
    AcquireProgress,
    AcquireReport,
    FetchRequest,
    ProviderChoice,
    Say,
)
from data.net.errors import CancelledError

if TYPE_CHECKING:
    from dashboard.fetch_job import Work

__all__ = ["FetchEnded", "register", "report_lines"]

_SHOWN = 8  # names of one reason
_SYMBOL = re.compile(r"[A-Z]{1,6}([.-][A-Za-z]{1,4})?")
_INCOMPLETE, _NOTHING, _STOPPED = 1, 2, 130


class FetchEnded(click.ClickException):
    """A fetch after which something is missing; what came is kept."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.exit_code = status  # type: ignore[misc]  # click declares it for the class

    def show(self, file: Any = None) -> None:
        """Print the message as every other one of the command line."""
        click.echo(f"plimsoll: {self.message}", err=True, file=file)


@click.command("fetch")
@click.option(
    "--provider",
    default="auto",
    show_default=True,
    type=click.Choice(PROVIDER_CHOICES),
    help="auto: Polygon where POLYGON_API_KEY is set and it answers, else Yahoo (no key).",
)
@click.option(
    "--universe",
    default="us200",
    show_default=True,
    help="us200; top:500 or top:500@2024-12-31: the most traded as of a day, of Polygon's list; a "
    "CSV file with a column ticker; or symbols, with commas between.",
)
@click.option("--start", help="First date; default ten years before the last session.")
@click.option("--end", help="Last date of the market; default the newest final session.")
@click.option("--name", default=LIVE, show_default=True, help="Name of the market in the store.")
@click.option("--no-filings", is_flag=True, help="Leave financial statements out.")
def fetch_command(
    provider: ProviderChoice,
    universe: str,
    start: str | None,
    end: str | None,
    name: str,
    no_filings: bool,
) -> None:
    """Fetch real data and make a market of it; the same command goes on where it was stopped."""
    chosen = _universe(universe)
    request = FetchRequest(
        universe=chosen,
        start=_day("--start", start),
        end=_day("--end", end),
        provider=provider,
        name=name,
        filings=not no_filings,
    )
    from data.acquire import acquire  # clients and stores: nothing that a start should wait for

    def work(home: Path, _: Order, say: Say, cancelled: threading.Event) -> AcquireReport:
        return acquire(home, request, progress=say, cancelled=cancelled)

    order = Order("fetch", name, provider, chosen, request.start, request.end)
    _finish(_done(order, work))


@click.command("refresh")
@click.option("--name", default=LIVE, show_default=True, help="Market that was fetched.")
@click.option("--provider", type=click.Choice(PROVIDER_CHOICES), help="Default: as fetched.")
def refresh_command(name: str, provider: ProviderChoice | None) -> None:
    """Bring a fetched market up to the newest session; the last three are asked for again."""
    from dashboard.fetch_job import run_order

    _finish(_done(Order("refresh", name, provider), run_order))


def report_lines(report: AcquireReport) -> list[str]:
    """Say what came of a fetch, the important first."""
    counts = report.counts()
    told = ", ".join(f"{count(number)} {state}" for state, number in counts.items())
    rows = sum(outcome.rows for outcome in report.outcomes)
    lines = [
        f"{report.request.name}: {count(len(report.outcomes))} symbols from "
        f"{date(report.window[0])} to {date(report.window[1])}: {told}; {count(rows)} bars came "
        f"in {report.seconds:.1f} seconds"
    ]
    snapshot = report.snapshot
    if snapshot is not None:
        lines += [
            f"market {snapshot.name}: {count(snapshot.names)} names, {count(snapshot.sessions)} "
            f"sessions {date(snapshot.first_date)} … {date(snapshot.last_date)}, coverage "
            f"{percent(snapshot.coverage, 2)}",
            f"origin: {snapshot.origin}",
        ]
        lines += [f"note: {text}" for text in snapshot.notes]
    else:
        lines += [report.unmade, *(f"note: {text}" for text in report.notes)]
    return [*lines, *passed_over_lines(report), *_reasons(report)]


def _reasons(report: AcquireReport) -> list[str]:
    # Names that share a reason in one line: a silent source fails two hundred alike.
    wanting = [
        o
        for o in report.outcomes
        if o.state in ("failed", "refused") or (o.detail and not o.instead_of)
    ]
    grouped: dict[tuple[str, str], list[str]] = {}
    for outcome in wanting:
        words = re.sub(rf"\b{re.escape(outcome.ticker)}\b", "…", outcome.detail)
        grouped.setdefault((outcome.state, words), []).append(outcome.ticker)
    lines = []
    for (state, words), tickers in grouped.items():
        more = f" and {count(len(tickers) - _SHOWN)} more" if len(tickers) > _SHOWN else ""
        lines.append(f"{state}: {', '.join(tickers[:_SHOWN])}{more}: {words}")
    return lines


def _finish(report: AcquireReport) -> None:
    for line in report_lines(report):
        click.echo(line)
    states = Counter(outcome.state for outcome in report.outcomes)
    again = f"{program()} fetch" if report.snapshot is None else f"{program()} refresh"
    if report.cancelled:
        kept = states["stored"] + states["fresh"] + states["empty"]
        raise FetchEnded(
            f"stopped after {count(kept)} of {count(len(report.outcomes))} symbols; what came is "
            "kept. Run the same command again to go on.",
            _STOPPED,
        )
    if report.snapshot is None:
        raise FetchEnded(
            f"no market was made. {_way_out(report)} Then: {again}, or stay with the simulated "
            f"market: {program()} backtest",
            _NOTHING,
        )
    click.echo(f"Use it: {program()} backtest --source {report.request.name}")
    if not report.complete:
        missing = states["failed"] + states["refused"]
        raise FetchEnded(
            f"{count(missing)} of {count(len(report.outcomes))} symbols did not come; the market "
            "has the others. Run the same "
            "command again to ask for them.",
            _INCOMPLETE,
        )


def _done(order: Order, work: Work) -> AcquireReport:
    # Through the job of the store: one fetch at a time, and the Data page sees this one.
    from dashboard.fetch_job import FetchJob

    with _stoppable() as cancelled, _bar() as progress:
        try:
            job = FetchJob(home_folder())
            return job.run(order, work, progress, cancelled, f"{program()} {order.kind}")
        except CancelledError as error:
            raise FetchEnded(
                f"stopped before anything of {order.name} was fetched.", _STOPPED
            ) from error


def _way_out(report: AcquireReport) -> str:
    if report.request.provider == "polygon":
        return "Check POLYGON_API_KEY and the network, or fetch with --provider yahoo."
    return "Check the network: neither Polygon nor Yahoo gave anything."


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    # The first Ctrl-C stops politely: what came is kept and the market made. A second one ends it.
    cancelled = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield cancelled
    except KeyboardInterrupt as error:
        raise FetchEnded(
            "stopped at once; what came is kept. Run the same command again to go on.", _STOPPED
        ) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Numbers(ProgressColumn):
    def render(self, task: Task) -> Text:
        said: AcquireProgress | None = task.fields.get("said")
        if said is None or not said.total:
            return Text("")
        words = f"{count(said.done)} of {count(said.total)}, {said.rate:.1f}/s"
        if said.failed:
            words += f", {count(said.failed)} failed"
        if said.remaining_seconds is not None:
            words += f", {dt.timedelta(seconds=round(said.remaining_seconds))} left"
        return Text(words)


@contextmanager
def _bar() -> Iterator[Say]:
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _Numbers(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("Starting", total=1.0, said=None)

        def progress(said: AcquireProgress) -> None:
            bar.update(task, description=said.text, completed=said.share, said=said)

        yield progress


def _universe(text: str) -> str | tuple[str, ...]:
    # A file wins over a symbol of its name.
    if Path(text).exists() or not ("," in text or _SYMBOL.fullmatch(text)):
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _day(option: str, text: str | None) -> dt.date | None:
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{option} must be a date such as 2016-01-04, was “{text}”") from error


def register(group: click.Group) -> None:
    """Add these commands to `group`."""
    group.add_command(fetch_command)
    group.add_command(refresh_command)
