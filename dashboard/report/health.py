"""Rule health as text: how often each rule was asked, how often it acted, how near it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from core.rule_health import RuleHealth
from core.rules import Rule
from dashboard.format import DASH, count, date, percent, ratio
from dashboard.run import Run

__all__ = ["CLOSEST", "COUNTED", "counted_words", "health_table", "health_words", "new_table"]

#: How the closest approach of a rule is written: what is compared, and its format.
CLOSEST: Final[dict[Rule, tuple[str, Callable[[float], str]]]] = {
    Rule.DRAWDOWN_SCALING: ("scale", ratio),
    Rule.VOLATILITY_TARGET: ("volatility", percent),
    Rule.POSITION_STOP: ("from entry", percent),
    Rule.TRAILING_STOP: ("from high", percent),
    Rule.CIRCUIT_BREAKER: ("drawdown", percent),
    Rule.TURNOVER_CAP: ("turnover", percent),
    Rule.ALPHA_GATE: ("return", lambda value: percent(value, 2)),
    Rule.LEVERAGE: ("exposure", ratio),
}
#: What rule health counts of each rule: how often it was asked, how often it acted.
COUNTED: Final[dict[Rule, tuple[str, str]]] = {
    Rule.DRAWDOWN_SCALING: ("sessions", "sessions"),
    Rule.VOLATILITY_TARGET: ("sessions", "sessions"),
    Rule.POSITION_STOP: ("names × sessions", "sold"),
    Rule.TRAILING_STOP: ("names × sessions", "sold"),
    Rule.CIRCUIT_BREAKER: ("sessions", "trips"),
    Rule.TURNOVER_CAP: ("rebalances", "rebalances"),
    Rule.ALPHA_GATE: ("names", "left alone"),
    Rule.LEVERAGE: ("sessions", "sessions"),
}


def new_table(titles: Sequence[str], left: int = 1) -> Table:
    """Return an empty table, its first `left` columns texts and the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, title in enumerate(titles):
        side: JustifyMethod = "left" if column < left else "right"
        table.add_column(Text(title), justify=side, overflow="fold")
    return table


def counted_words(row: RuleHealth) -> tuple[str, str]:
    """Return how often a rule was asked and how often it acted, each with what is counted."""
    asked, acted = COUNTED[row.rule]
    return f"{count(row.evaluations)} {asked}", f"{count(row.triggers)} {acted}"


def health_table(run: Run, health: Sequence[RuleHealth]) -> Table:
    """Return one row a rule: how often it was asked, how often it acted, how near it came."""
    table = new_table(["rule", "status", "asked", "acted", "closest", "", "against", "when"], 2)
    table.padding = (0, 1, 0, 0)
    for number in (1, 4, 5, 6):  # one word each: on a narrow page the others wrap at their blanks
        table.columns[number].no_wrap = True
    for row in health:
        if row.status == "off":
            table.add_row(row.rule.counted_as, "off")
            continue
        what, write = CLOSEST[row.rule]
        when = date(run.dates[row.session]) if row.session >= 0 else DASH
        name = f" {run.tickers[row.security]}" if row.security >= 0 else ""
        table.add_row(
            row.rule.counted_as,
            row.status,
            *counted_words(row),
            what,
            write(row.closest),
            write(row.threshold),
            Text(f"{when}{name}"),
        )
    return table


def health_words(health: Sequence[RuleHealth]) -> Iterator[str]:
    """Say which rules were never asked or never acted, and what else was counted."""
    for row in health:
        label, (what, write) = row.rule.counted_as, CLOSEST[row.rule]
        if row.status == "error":
            yield f"{label}: never asked, although it is on. It can do nothing in this scenario."
        elif row.status == "warning":
            yield (
                f"{label}: never acted. Closest: {what} {write(row.closest)} against "
                f"{write(row.threshold)}."
            )
        for text, number in row.details:
            if number:
                yield f"{label}: {text}: {count(number)}."
