"""An explained day in a terminal.

Names come from files: they are printed as they are, never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.explain import Alternative
from core.explain_decision import Decision, Order
from core.explain_filled import Fill
from dashboard.explanation import ExplainedDay
from dashboard.format import DASH, count, money, ratio
from dashboard.report.explanation import alternative_words, day_words, decision_words, notable
from dashboard.report.explanation_fill import fill_words, note_of
from dashboard.report.explanation_standing import standing_words

__all__ = ["print_explanation"]

_REBALANCE: Final = (
    "", "rank", "target", "before", "risk", "gate", "cap", "after", "traded", "cost", ""
)  # fmt: skip
_CAPTION: Final = "Weights in percent of NAV before the fill; traded and cost in dollars."
_OTHER: Final = ("", "before", "after", "traded", "cost", "")
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
    if fill is not None and fill.order is not Order.NOTHING and (fill.traded != 0.0).any():
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
    rows = np.flatnonzero(fill.traded != 0.0)
    rows = rows[np.argsort(-np.abs(fill.traded[rows]), kind="stable")]
    shown = rows if everything else rows[:_SHOWN]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    titles = _REBALANCE if fill.rebalance >= 0 else _OTHER
    for column, title in enumerate(titles):
        left = column in (0, len(titles) - 1)
        table.add_column(Text(title), justify="left" if left else "right", no_wrap=True)
    for row in shown.tolist():
        table.add_row(*_cells(found, fill, row))
    console.print(table)
    console.print(Text(_CAPTION, style="dim"))
    if len(shown) < len(rows):
        console.print(Text(f"{count(len(rows) - len(shown))} smaller trades: see --all."))


def _cells(found: ExplainedDay, fill: Fill, row: int) -> tuple[Text, ...]:
    i = int(fill.security[row])
    before, after = _weight(fill.current[row]), _weight(fill.final[row])
    money_ = money(fill.traded[row]), ratio(fill.cost_of[row])
    cells: tuple[str, ...] = (before, after, *money_)
    if fill.rebalance >= 0:
        placed = found.placing_of(i, fill.rebalance)
        rank = count(placed.rank) if placed.rank else DASH
        steps = (_weight(each[row]) for each in (fill.risk, fill.wanted, fill.capped))
        cells = (rank, _weight(fill.target[row]), before, *steps, after, *money_)
    return tuple(Text(cell) for cell in (found.run.tickers[i], *cells, note_of(fill, row)))


def _weight(value: float) -> str:
    return ratio(100.0 * value)
