"""The words and tables of the Trades page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np
import pandas as pd

from core.explain_exposure import Exposure
from core.explain_filled import Fill
from core.ledger import EventKind, ExitReason
from dashboard.explanation import ExplainedDay
from dashboard.format import DASH, count, date, money, percent, ratio
from dashboard.report.explanation import (
    alternative_words,
    day_words,
    decision_words,
    notable,
)
from dashboard.report.explanation_fill import fill_words
from dashboard.report.explanation_ranks import rank_cells, rank_titles, ranks_caption
from dashboard.report.explanation_standing import standing_words
from dashboard.report.explanation_trades import (
    WEIGHTS_CAPTION,
    trade_cells,
    trade_titles,
    traded_rows,
)
from dashboard.run import Run
from dashboard.views.tables import html_table

__all__ = [
    "FILLED",
    "approaches_table",
    "books_words",
    "day_sections",
    "day_text",
    "fills_words",
    "scale_table",
    "traded_table",
    "trades_headline",
    "triggers_alt",
]

FILLED: Final = "Filled in this session"  # the part that has the day's trades
_SHOWN: Final = 12  # trades of a day in its table
_STOPS: Final = (ExitReason.STOP, ExitReason.TRAILING)


def trades_headline(run: Run) -> str:
    """Say what was traded in the whole period, and how it ended."""
    trades, result = run.result.trades, run.result
    closed = ~trades.is_open
    won = int((trades.pnl - trades.costs > 0.0)[closed].sum())
    stopped = int(np.isin(trades.reason, _STOPS).sum())
    days = int((result.turnover > 0.0).sum())
    share = percent(won / closed.sum(), 0) if closed.any() else DASH
    return (
        f"{count(len(trades))} round trips, {count(int(trades.is_open.sum()))} still open; "
        f"{share} of the closed ones made money after costs, and stops ended {count(stopped)}. "
        f"Something was traded in {count(days)} of {count(result.sessions)} sessions, for "
        f"{money(float(result.cost.sum()))} in costs."
    )


def books_words(run: Run) -> str:
    """Say that the round trips add up to what the portfolio made."""
    trades, result = run.result.trades, run.result
    change = float(result.nav[-1] - result.initial_nav)
    overlay = float(result.overlay.sum())
    parts = [
        f"P&L of all round trips {money(float(trades.pnl.sum()))}",
        f"costs {money(-float(result.cost.sum()))}",
        f"interest on cash {money(float(result.interest.sum()))}",
        *([f"options overlay {money(overlay)}"] if overlay else []),
    ]
    return f"{'; '.join(parts)}: NAV {money(change)} since the start. Dollars."


def fills_words(table: pd.DataFrame, shown: int) -> str:
    """Say what the rows that pass the filters come to."""
    bought = float(table.loc[table["dollars"] > 0.0, "dollars"].sum())
    sold = -float(table.loc[table["dollars"] < 0.0, "dollars"].sum())
    words = (
        f"{count(len(table))} orders: bought {money(bought)}, sold {money(sold)}, costs "
        f"{money(float(table['cost'].sum()))}, realised {money(float(table['profit'].sum()))}."
    )
    if shown < len(table):
        words += f" The latest {count(shown)} are shown, the file has all."
    return words


def day_sections(found: ExplainedDay) -> Iterator[tuple[str, list[str]]]:
    """Return the parts of an explained day in the words of `plimsoll explain`."""
    day = found.day
    yield "", list(day_words(found))
    if found.name is not None:
        yield f"{found.run.market.tickers[found.name.name]}", list(standing_words(found))
    yield FILLED, list(fill_words(found))
    others = [alternative_words(found, each) for each in day.fill_alternatives if notable(each)]
    if others and day.filled is not None and found.run.scenario.risk.execution_lag_days > 0:
        yield _had(found, day.filled.session), others
    yield "Decided at this close", list(decision_words(found))
    others = [alternative_words(found, each) for each in day.alternatives if notable(each)]
    if others:
        yield _had(found, day.decision.session), others


def _had(found: ExplainedDay, session: int) -> str:
    return f"Had one rule been off for the decision of {found.date(session)}, and that one only"


def day_text(found: ExplainedDay) -> str:
    """Return an explained day as plain text."""
    run = found.run
    simulated = " [SIMULATED MARKET]" if run.market.simulated else ""
    head = f"{found.session_date} · {run.scenario.name} · {run.market.source}{simulated}"
    parts = [
        "\n".join([*([title] if title else []), *words]) for title, words in day_sections(found)
    ]
    return "\n\n".join([head, *parts])


def scale_table(exposure: Exposure, applied: float) -> str:
    """Return what the scale of the book was made of at one close."""
    rows = [
        (f"Drawdown{_of(exposure.risk_drawdown, -exposure.max_drawdown)}", exposure.dd_scale),
        (f"Volatility{_of(exposure.sigma, exposure.target)}", exposure.vol_scale),
        ("Regime leverage", exposure.leverage),
        ("Drawdown × volatility × leverage", exposure.scale),
        (f"Wanted, between {ratio(exposure.floor)} and {ratio(exposure.limit)}", exposure.wanted),
        ("Applied after the session", applied),
    ]
    cells = [(escape(words), ratio(value)) for words, value in rows]
    return html_table(("Scale of the book at this close", ""), cells)


def _of(value: float, level: float) -> str:
    return ": off" if math.isnan(level) else f" {percent(value)}, against {percent(level, 0)}"


def traded_table(found: ExplainedDay, fill: Fill) -> str:
    """Return the trades of a fill: where each name ranked, and its weight after each step.

    The largest are in sight, the others behind a line that opens.
    """
    rows = traded_rows(fill).tolist()
    if not rows:
        return ""
    shown, rest = _ranks_and_weights(found, fill, rows[:_SHOWN]), rows[_SHOWN:]
    said = f"{ranks_caption(found, fill)} {WEIGHTS_CAPTION}"
    if rest:
        others = f"{count(len(rest))} smaller {'trade' if len(rest) == 1 else 'trades'}"
        more = _ranks_and_weights(found, fill, rest)
        shown += f"<details><summary>{others}</summary>{more}</details>"
    return f'{shown}<p class="pl-sub">{escape(said)}</p>'


def _ranks_and_weights(found: ExplainedDay, fill: Fill, rows: Sequence[int]) -> str:
    # One below the other: side by side they are wider than the card. What was special about a
    # trade, the last of its cells, stands with the ranks, which leave room for it.
    ranks, trades = rank_titles(found), trade_titles(fill)
    split = len(trades) - 1 if ranks else 0
    first = [("", *(title.capitalize() for title in (*ranks, *trades[split:])))]
    second = [("", *(title.capitalize() for title in trades[:split]))]
    for row in rows:
        name, cells = found.run.tickers[int(fill.security[row])], trade_cells(fill, row)
        first.append((name, *rank_cells(found, fill, row), *cells[split:]))
        second.append((name, *cells[:split]))
    return "".join(
        html_table(table[0], [[escape(cell) for cell in cells] for cells in table[1:]])
        for table in ((first, second) if ranks else (first,))
    )


_APPROACHES: Final = (
    # Column, rule, words of the limit, field, how often it acted.
    ("dd_scale", "Drawdown scaling", "scale below 1", None, (EventKind.RESCALE,)),
    ("sigma", "Volatility target", "target", "target_annual_vol", (EventKind.RESCALE,)),
    ("drawdown", "Circuit breaker", "drawdown", "circuit_breaker_dd", (EventKind.BREAKER,)),
    ("position", "Position stop", "its level", "position_stop_loss", (EventKind.STOP,)),
    ("trailing", "Trailing stop", "its level", "trailing_stop_pct", (EventKind.TRAILING,)),
)


def approaches_table(run: Run, triggers: pd.DataFrame) -> str:
    """Return the closest approach of every rule: value, trigger, date and name."""
    rows = []
    events, risk = run.result.events, run.scenario.risk
    for column, rule, what, field, kinds in _APPROACHES:
        limit = risk.max_allowed_drawdown if field is None else getattr(risk, field)
        values = triggers[column].dropna()
        if limit is None or values.empty:
            rows.append((rule, "off" if limit is None else "never asked", "", "", "", ""))
            continue
        highest = column == "sigma"
        when = values.idxmax() if highest else values.idxmin()
        closest = float(values.max() if highest else values.min())
        near = _near(column, closest)
        trigger = {"sigma": percent(limit), "drawdown": percent(-limit)}.get(column, what)
        name = str(triggers.at[when, f"{column}_name"]) if f"{column}_name" in triggers else ""
        times = int(np.isin(events.kind, kinds).sum())
        acted = f"{count(times)} rescales" if EventKind.RESCALE in kinds else count(times)
        rows.append((rule, near, trigger, date(when), escape(name), acted))
    head = ("Rule", "Closest", "Acts at", "Date", "Name", "Acted")
    return html_table(head, rows)


def _near(column: str, closest: float) -> str:
    if column in ("position", "trailing"):
        if closest > 0.0:
            return f"{percent(closest)} above"
        return f"{percent(1.0 - 1.0 / (1.0 - closest))} below"  # close over level, as in explain
    return f"scale {ratio(closest)}" if column == "dd_scale" else percent(closest)


def triggers_alt(triggers: pd.DataFrame, acts: Mapping[str, pd.DatetimeIndex]) -> str:
    """Describe the figure of distances."""
    parts = [
        f"Deepest drawdown as the rules see it {percent(triggers['drawdown'].min())} on "
        f"{date(triggers['drawdown'].idxmin())}"
    ]
    if triggers["sigma"].notna().any():
        parts.append(f"highest volatility {percent(triggers['sigma'].max())} a year")
    for kind in ("stop", "trailing", "breaker", "rescale"):
        parts.append(f"{kind}: {count(len(acts[kind]))} times")
    return "; ".join(parts) + "."
