"""An explained day in a terminal.

Names come from files: they are printed as they are, never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from core.explain import Alternative
from core.explain_decision import Decision
from core.explain_filled import Fill
from dashboard.explanation import ExplainedDay
from dashboard.format import count
from dashboard.report.explanation import alternative_words, day_words, decision_words, notable
from dashboard.report.explanation_fill import fill_words
from dashboard.report.explanation_ranks import rank_cells, rank_titles, ranks_caption
from dashboard.report.explanation_standing import standing_words
from dashboard.report.explanation_trades import (
    WEIGHTS_CAPTION,
    trade_cells,
    trade_titles,
    traded_rows,
)  # fmt: skip

__all__ = ["print_explanation"]

_WIDE: Final = 1_000
_SHOWN: Final = 15  # trades in the table when not all are asked for


def print_explanation(found: ExplainedDay, console: Console, *, everything: bool = False) -> None:
    """Print the day, its fill with the trades, the decision at its close, and the name asked for.

    `everything` prints all trades, not only the largest.
    """
    run = found.run
    simulated = ("  [SIMULATED MARKET]", "bold") if run.market.simulated else ""
    title = (f"{found.session_date:%A} {found.session_date}", "bold")
    console.print(Text.assemble(title, f" · {run.scenario.name} · {run.market.source}", simulated))
    console.print(Text(f"Run of {run.dates[0]} to {run.dates[-1]}.", style="dim"))
    _print(console, day_words(found))
    if found.name is not None:
        console.print()
        _print(console, standing_words(found))
        return
    _section(console, "Filled in this session", fill_words(found))
    fill = found.day.fill
    if fill is not None and (fill.traded != 0.0).any():
        _print_trades(found, fill, console, everything=everything)
    if found.run.scenario.risk.execution_lag_days > 0:
        _alternatives(found, console, found.day.fill_alternatives, found.day.filled)
    _section(console, "Decided at this close", decision_words(found))
    _alternatives(found, console, found.day.alternatives, found.day.decision)


def _print(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(Text(line))


def _section(console: Console, title: str, lines: Iterable[str]) -> None:
    console.print(Text(f"\n{title}", style="bold"))
    _print(console, lines)


def _alternatives(
    found: ExplainedDay,
    console: Console,
    others: tuple[Alternative, ...],
    decision: Decision | None,
) -> None:
    told = [each for each in others if notable(each)]
    if told and decision is not None:
        date = found.date(decision.session)
        _section(
            console, f"Had one rule been off for the decision of {date}, and that one only",
            (alternative_words(found, each) for each in told),
        )  # fmt: skip


def _print_trades(found: ExplainedDay, fill: Fill, console: Console, *, everything: bool) -> None:
    rows = traded_rows(fill)
    shown = rows if everything else rows[:_SHOWN]
    names = [found.run.tickers[i] for i in fill.security[shown].tolist()]
    ranks = [rank_cells(found, fill, row) for row in shown.tolist()]
    trades = [trade_cells(fill, row) for row in shown.tolist()]
    parts = [(rank_titles(found), ranks), (trade_titles(fill), trades)]
    joined = (
        (*parts[0][0], *parts[1][0]), [(*a, *b) for a, b in zip(ranks, trades, strict=True)]
    )  # fmt: skip
    if _width(_table(names, *joined), console) <= console.width:
        parts = [joined]
    for titles, cells in parts:
        if titles:
            console.print(_table(names, titles, cells))
    console.print(Text(f"{ranks_caption(found, fill)}\n{WEIGHTS_CAPTION}", style="dim"))
    if len(shown) < len(rows):
        console.print(Text(f"{count(len(rows) - len(shown))} smaller trades: see --all."))


def _table(names: Sequence[str], titles: Sequence[str], cells: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for title in ("", *titles):
        table.add_column(Text(title), justify="right" if title else "left", no_wrap=True)
    for name, row in zip(names, cells, strict=True):
        table.add_row(*(Text(cell) for cell in (name, *row)))
    return table


def _width(table: Table, console: Console) -> int:
    # Of its widest cells, whatever the console has room for.
    return Measurement.get(console, console.options.update(max_width=_WIDE), table).maximum
