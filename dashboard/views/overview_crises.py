"""The large falls of the market in words and as a table: what a period saw, and what it did not."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from core.crises import Seen
from dashboard.format import DASH, count, date, month, percent
from dashboard.views.overview_words import listed
from dashboard.views.tables import html_table

__all__ = ["crises_html", "crises_sentence"]


def crises_sentence(table: pd.DataFrame, *, simulated: bool) -> str:
    """Say which large falls the period saw, and the deepest that it did not."""
    if simulated:
        return "This market is simulated: no fall of a real market is in it, whatever its dates."
    seen = table[table["period"] == Seen.WHOLE.value]
    part = table[table["period"] == Seen.PART.value]
    never = table[table["period"] == Seen.NEVER.value].sort_values("depth", kind="stable")
    told = [_fall(row) for _, row in seen.iterrows()]
    some = f" and part of {listed([_fall(row) for _, row in part.iterrows()])}" if len(part) else ""
    start = f"It saw {listed(told) or 'none of them whole'}{some}."
    if not len(never):
        return start
    missed = [_fall(row) for _, row in never.head(3).iterrows()]
    return (
        f"{start} It never saw {count(len(never))} of {count(len(table))}, such as "
        f"{listed(missed)}."
    )


def crises_html(table: pd.DataFrame, *, large: bool = False, narrow: bool = False) -> str:
    """Return the large falls of the US market.

    `large`, for a projector, leaves out the data; `narrow`, for a phone, gives years only.
    """
    rows = []
    for _, row in table.iterrows():
        if narrow:
            span = _span_of_years(row)
        else:
            write = month if large else date
            span = f"{write(row['peak'])} … {write(row['trough'])}"
        seen = tuple(_seen(row[where], short=narrow) for where in ("period", "store"))
        cells = (escape(row["name"]), span, percent(row["depth"]))
        rows.append((*cells, *(seen[:1] if large else seen)))
    head = ("Fall of the S&amp;P 500", "Years" if narrow else "Peak … lowest close", "Depth")
    where = ("Period", "Data") if narrow else ("In this period", "In the data")
    return html_table((*head, *(where[:1] if large else where)), rows)


def _seen(how: Any, *, short: bool) -> str:
    if how == Seen.NEVER.value:
        return f'<span class="pl-quiet">{"no" if short else "never"}</span>'
    mark, word = ("✓", "whole") if how == Seen.WHOLE.value else ("◐", "in part")
    return f'<span title="{word}">{mark}</span>' if short else f"{mark} {word}"


def _fall(row: Any) -> str:
    return f"{row['name']} ({_span_of_years(row)}, {percent(row['depth'], 0)})"


def _span_of_years(row: Any) -> str:
    begin, end = row["peak"].year, row["trough"].year
    return str(begin) if begin == end else f"{begin}{DASH}{end}"
