"""From the account and the book to the rows that the charts draw."""

from __future__ import annotations

import pandas as pd

from dashboard.charts.rows import Row
from dashboard.charts.sector_names import sector_label
from dashboard.format import FORMATS, MINUS, percent
from dashboard.lab.panel_work import RULE_COLOURS
from dashboard.review_overview import Account
from dashboard.theme import Theme
from dashboard.views.overview_words import share_of_account

__all__ = ["account_rows", "sector_rows"]


def account_rows(account: Account, colours: Theme) -> list[Row]:
    """Return one bar a rule, each from where the one above ends, between both ends from 0."""
    rows = []
    for step in account.steps:
        if step.rule is None:
            fill = colours.secondary if step is account.steps[0] else colours.accent
            number = FORMATS[account.kind](step.length)
            rows.append(Row(step.label, number, 0.0, step.length, fill, colours.text, strong=True))
            continue
        number = share_of_account(account.kind, step.length)
        tone = {"+": colours.better, MINUS: colours.worse}.get(number[0], colours.secondary)
        fill = colours.rule(RULE_COLOURS[step.rule])
        rows.append(Row(step.label, number, step.start, step.length, fill, tone))
    return rows


def sector_rows(table: pd.DataFrame, cap: float | None, colours: Theme) -> list[Row]:
    """Return one bar a sector; what lies above the cap is hatched."""
    rows = []
    for name, row in table.iterrows():
        held = float(row["held"])
        over = cap if cap is not None and held > cap else None
        rows.append(
            Row(
                sector_label(str(name), short=True),
                percent(held),
                0.0,
                held,
                colours.sector(str(name)),
                colours.worse if over is not None else colours.text,
                hatched_from=over,
                mark=float(row["target"]),
                strong=over is not None,
            )
        )
    return rows
