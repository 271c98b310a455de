"""Tables of the Exposure page: the sectors and names of a book, and what the factors brought."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from core.factor_contribution import UNIVERSE
from core.market import FUND_SECTORS
from dashboard.charts.sector_names import UNMAPPED, sector_label
from dashboard.definitions import term_html
from dashboard.format import DASH, count, percent, points, ratio
from dashboard.report.coverage import readable
from dashboard.review_exposure import TOP, SectorCap
from dashboard.review_holdings import BookOn
from dashboard.run import Run
from dashboard.theme import Theme
from dashboard.views.tables import html_table

__all__ = ["factors_table", "names_table", "sectors_on_table"]


def sectors_on_table(book: BookOn, cap: SectorCap, colours: Theme, *, compact: bool = False) -> str:
    """Return the sectors of a book: weight beside the cap, and share of risk; both sum.

    `compact` leaves out bars and long names.
    """
    table = book.sectors()
    most = float(table["weight"].max()) if len(table) else 1.0
    rows = []
    for name, row in table.iterrows():
        fill = colours.sector(str(name))
        label = _swatch(str(name), colours) + escape(sector_label(str(name), short=compact))
        capped = cap.in_force and name not in FUND_SECTORS
        weight = _weight(row["weight"], cap.level if capped else None)
        numbers = (count(row["names"]), weight, _risk(row["risk"], book))
        rows.append((label, *([] if compact else [_bar(row["weight"] / most, fill)]), *numbers))
    sums = (count(len(book.names)), percent(book.invested), _risk(book.volatility, book, 0))
    bold = [f"<b>{cell}</b>" for cell in sums]
    rows.append(("<b>Invested</b>", *([] if compact else [""]), *bold))
    head = (
        "Sector",
        *([] if compact else [""]),
        "Names",
        "Weight",
        term_html("risk_contribution", "Share of risk"),
    )
    return html_table(head, rows)


def names_table(
    book: BookOn,
    cap: float | None,
    brought: pd.Series,
    colours: Theme,
    *,
    compact: bool = False,
) -> str:
    """Return the largest names of a book, and the rest as one line.

    Parameters
    ----------
    book : BookOn
    cap : float, optional
        Of one name; what is above it is marked.
    brought : Series
        Index of tickers: contribution to the return of the whole period, before costs.
    colours : Theme
    compact : bool
        Whether to leave out bars and sectors.
    """
    shown, rest = book.names.head(TOP), book.names.iloc[TOP:]
    most = float(shown["weight"].max()) if len(shown) else 1.0
    rows = []
    for name, row in shown.iterrows():
        sector = str(row["sector"])
        wide = [escape(sector_label(sector)), _bar(row["weight"] / most, colours.sector(sector))]
        own = None if sector in FUND_SECTORS else cap
        numbers = (_weight(row["weight"], own), _risk(row["risk"], book))
        label = _swatch(sector, colours) + escape(str(name))
        gained = _points(float(brought[str(name)]))
        rows.append((label, *([] if compact else wide), *numbers, gained))
    if len(rest):
        numbers = (percent(rest["weight"].sum()), _risk(float(rest["risk"].sum()), book))
        gained = _points(float(brought[list(rest.index)].sum()))
        label = f"{count(len(rest))} other names"
        rows.append((label, *(() if compact else ("", "")), *numbers, gained))
    middle = () if compact else ("Sector", "")
    risk = term_html("risk_contribution", "Share of risk")
    return html_table(("Name", *middle, "Weight", risk, "Brought"), rows)


def factors_table(run: Run, factors: pd.DataFrame, brought: pd.Series | None) -> str:
    """Return what every line brought, which sums, and exposure to each factor."""
    invested = run.result.invested
    lines: Sequence[str] = (
        [name for name in factors.columns if not name.endswith("_known")]
        if brought is None
        else [str(name) for name in brought.index]
    )
    rows = []
    for name in lines:
        gained = "…" if brought is None else _points(float(brought[name]))
        numbers = ("", "", "")
        label = escape(name)
        if name in factors.columns:
            own = factors[name]
            known = percent(factors[f"{name}_known"].mean(), 0)
            numbers = (ratio(own.mean(), signed=True), ratio(own.iloc[-1], signed=True), known)
            label = escape(readable(name)).capitalize()
        elif name == UNIVERSE:
            numbers = (ratio(float(invested.mean())), ratio(float(invested[-1])), "")
            label = "Universe, average scores"
        rows.append((label, gained, *numbers))
    if brought is not None:
        total = points(float(brought.sum()))
        rows.append(("<b>Return of the period</b>", f"<b>{total}</b>", "", "", ""))
    brings = term_html("factor_return", "Brought, points")
    exposed = term_html("factor_exposure", "Exposure, average")
    head = ("Line", brings, exposed, "at the end", "Score known")
    return html_table(head, rows)


def _swatch(sector: str, colours: Theme) -> str:
    said = ' title="no sector"' if sector == UNMAPPED else ""
    fill = colours.sector(sector)
    return f'<span class="pl-swatch"{said} style="background:{fill}"></span>'


def _bar(share: float, fill: str) -> str:
    return f'<span class="pl-bar" style="background:{fill};width:{100.0 * share:.1f}%"></span>'


def _weight(weight: float, cap: float | None) -> str:
    if cap is None or weight <= cap + 1e-9:
        return percent(weight)
    said = f"above its cap of {percent(cap, 1)}"
    return f'<span class="pl-worse" title="{said}">▲ {percent(weight)}</span>'


def _risk(part: float, book: BookOn, digits: int = 1) -> str:
    return percent(part / book.volatility, digits) if book.volatility > 0.0 else DASH


def _points(value: float) -> str:
    return DASH if value == 0.0 else points(value)
