"""The rule account and the control as text in a terminal.

Names come from files: they are printed as they are, never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.attribution import ACCOUNT_METRICS, NO_RULES, SCENARIO, RuleAccount, Shares
from core.control import Control
from core.rule_health import RuleHealth
from core.rules import Rule
from dashboard.caveats import caveats
from dashboard.format import DASH, FORMATS, count, percent, points, ratio
from dashboard.report.faces import FACES
from dashboard.report.health import health_table, health_words, new_table
from dashboard.run import Run

__all__ = [
    "BY",
    "CONTROL_METRICS",
    "Account",
    "By",
    "account_words",
    "control_words",
    "print_account",
    "shares_of",
]

By = Literal["total", "year", "episode"]
BY: Final[tuple[By, ...]] = ("total", "year", "episode")
CONTROL_METRICS: Final = (*ACCOUNT_METRICS, "calmar_ratio", "average_exposure", "turnover")

#: Sharpe ratio that a rule must have added before it is said to have earned its keep.
KEPT_SHARPE: Final = 0.03
_SEEN: Final = 5e-5  # half a digit of the table: a share below it is not spoken of


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """A run with everything that is said of its rules."""

    run: Run
    account: RuleAccount
    control: Control
    health: tuple[RuleHealth, ...]


def shares_of(account: RuleAccount, by: By) -> Shares:
    """Return the shares by metric, by calendar year or by drawdown episode."""
    return {"total": account.shares, "year": account.by_year, "episode": account.by_episode}[by]()


def print_account(found: Account, by: By, console: Console) -> None:
    """Print account, control and health, each as a table and in words."""
    run, shares = found.run, shares_of(found.account, by)
    window = f"{run.dates[0]} … {run.dates[-1]} · {len(run.dates)} sessions"
    simulated = ("  [SIMULATED MARKET]", "bold") if run.market.simulated else ""
    name = (run.scenario.name, "bold")
    console.print(Text.assemble(name, f" · {run.market.source} · {window}", simulated))
    _print_lines(console, (lack.text for lack in caveats(run)))
    console.print(Text(f"\nRule account ({_BY_TITLES[by]})", style="bold"))
    if shares.names:
        console.print(_shares_table(found.account, shares, by))
    else:
        console.print(Text("There is no drawdown: NAV never fell below its peak."))
    _print_lines(console, account_words(found.account))
    console.print(Text("\nExposure-matched control: the same exposure without rules", style="bold"))
    console.print(_control_table(found.control))
    _print_lines(console, control_words(found.control))
    console.print(Text("\nRule health", style="bold"))
    console.print(health_table(found.run, found.health))
    _print_lines(console, health_words(found.health))


_BY_TITLES: Final = {
    "total": "whole period",
    "year": "return of each calendar year",
    "episode": "falls of the scenario's NAV, peak to trough, deepest first",
}


def _print_lines(console: Console, lines: Iterator[str]) -> None:
    for line in lines:
        console.print(Text(line))


def _share(metric: str, value: float) -> str:
    # Exactly nothing is a dash, so that it cannot be taken for a share that rounds to 0.0.
    if value == 0.0:
        return DASH
    return ratio(value, signed=True) if metric == "sharpe_ratio" else points(value)


def _shares_table(account: RuleAccount, shares: Shares, by: By) -> Table:
    metrics = shares.names if by == "total" else ("total_return",) * len(shares.names)
    titles = [FACES[name].label for name in shares.names] if by == "total" else shares.names
    table = new_table(["", *titles])
    written = [FORMATS[FACES[name].kind] for name in metrics]
    ends = {NO_RULES: shares.without, SCENARIO: shares.scenario}
    cells = {
        label: [write(float(value)) for write, value in zip(written, values, strict=True)]
        for label, values in ends.items()
    }
    table.add_row(NO_RULES, *cells[NO_RULES])
    for rule in Rule:
        row = [_share(m, float(v)) for m, v in zip(metrics, shares.of(rule), strict=True)]
        note = "" if rule in account.rules else " (off)"
        table.add_row(f"{rule.label}{note}", *row)
    table.add_row(SCENARIO, *cells[SCENARIO])
    return table


def _combinations(rules: int) -> str:
    return (
        "with and without the one rule"
        if rules == 1
        else (f"one for each combination of {rules} rules")
    )


def account_words(account: RuleAccount) -> Iterator[str]:
    """Say which rule cost and which saved most, over the whole period."""
    if not account.rules:
        yield "No rule is on: this is the bare book, free of costs."
        return
    yield from _what_happened(account)


def _what_happened(account: RuleAccount) -> Iterator[str]:
    shares = account.shares()
    change = float(shares.scenario[0] - shares.without[0])
    yield (
        f"{count(account.runs)} runs, {_combinations(len(account.rules))}. "
        f"Together they changed the total return from {percent(shares.without[0])} (the bare "
        f"book, free of costs) to {percent(shares.scenario[0])}: {points(change)}. The shares of "
        "the rules sum to that exactly."
    )
    if Rule.LEVERAGE in account.rules:
        yield (
            "Regime leverage: what the regimes multiply exposure by, and whatever a leverage limit "
            "above 1 lets through. How often the limit itself acted is in rule health."
        )
    yield from _ends_words(account)


def _ends_words(account: RuleAccount) -> Iterator[str]:
    shares = account.shares()
    returns = {rule: float(shares.of(rule)[0]) for rule in account.rules}
    sharpes = {rule: float(shares.of(rule)[_column("sharpe_ratio")]) for rule in account.rules}
    depths = {rule: float(shares.of(rule)[_column("max_drawdown")]) for rule in account.rules}
    if returns and min(returns.values()) < -_SEEN:
        worst = min(returns, key=lambda rule: returns[rule])
        yield (
            f"Cost most: {worst.label.lower()}, {points(returns[worst])} of total return "
            f"(Sharpe {ratio(sharpes[worst], signed=True)}, max drawdown {points(depths[worst])})."
        )
    kept = [rule for rule, value in sharpes.items() if value >= KEPT_SHARPE]
    if kept:
        said = ", ".join(
            f"{rule.label.lower()} (Sharpe {ratio(sharpes[rule], signed=True)}, return "
            f"{points(returns[rule])}, max drawdown {points(depths[rule])})"
            for rule in sorted(kept, key=lambda rule: -sharpes[rule])
        )
        yield f"Earned its keep, by Sharpe: {said}."
    else:
        yield "Earned its keep, by Sharpe: no rule."
    saved = [rule for rule, value in depths.items() if value > 0.0005]
    if saved:
        best = max(saved, key=lambda rule: depths[rule])
        yield f"Saved most drawdown: {best.label.lower()}, {points(depths[best])}."
    idle = [rule.label.lower() for rule in account.rules if not account.binds[rule]]
    if idle:
        yield f"Changed nothing in any combination: {', '.join(idle)}."
    yield "Without intervals: this is what happened in this one history, not skill."


def _column(metric: str) -> int:
    return ACCOUNT_METRICS.index(metric)


def _control_table(control: Control) -> Table:
    table = new_table(["", SCENARIO, "Exposure-matched control", "Difference"])
    own, other = control.scenario.as_dict(), control.metrics.as_dict()
    for name in CONTROL_METRICS:
        face = FACES[name]
        write = FORMATS[face.kind]
        change = control.differences()[name]
        signed = ratio(change, signed=True) if face.kind == "ratio" else points(change)
        table.add_row(face.label, write(own[name]), write(other[name]), signed)
    return table


def control_words(control: Control) -> Iterator[str]:
    """Say whether the overlay did better than simply holding less."""
    yield (
        f"The control holds the same book at {percent(control.exposure)} of NAV after every "
        "rebalance, with the same costs and no rule: on average "
        f"{percent(control.average_exposure)} invested, as the scenario."
    )
    change = control.differences()
    beaten = {
        "return": change["cagr"],
        "Sharpe": change["sharpe_ratio"],
        "max drawdown": change["max_drawdown"],
    }
    known = {name: value for name, value in beaten.items() if np.isfinite(value)}
    better = [name for name, value in known.items() if value > 0.0]
    worse = [name for name, value in known.items() if value <= 0.0]
    if not known:
        yield "Nothing was held, so there is nothing to compare."
    elif not worse:
        yield f"The overlay did better than simply holding less, in {_listed(better)}."
    elif not better:
        yield f"Simply holding less did as well or better in {_listed(worse)}."
    else:
        yield (
            f"Against simply holding less the overlay did better in {_listed(better)}, "
            f"not in {_listed(worse)}."
        )
    yield "One period is one observation: this does not say whether the difference is luck."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
