"""Exposure in words and tables: the largest sector and its cap, coverage, the book, the factors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import pandas as pd

from dashboard.charts.sector_names import UNMAPPED, sector_label
from dashboard.format import DASH, count, date, percent, points, ratio
from dashboard.report.coverage import readable
from dashboard.review_exposure import TOP, Coverage, SectorCap, sectors_table
from dashboard.review_holdings import REALISED_WINDOW, BookOn, RiskStudy
from dashboard.run import Run
from dashboard.theme import Theme
from dashboard.views.tables import html_table

__all__ = [
    "bias_words",
    "book_words",
    "cards_html",
    "coverage_words",
    "exposure_headline",
    "factors_table",
    "names_table",
    "sectors_alt",
    "sectors_on_table",
    "sectors_words",
    "through_time_alt",
]

_BIAS_DOUBT = 2.0  # of √(2/n): the band a right forecast of normal returns keeps 19 times in 20


def exposure_headline(run: Run, cap: SectorCap) -> str:
    """Return the sentence of the whole page: the largest sector, and when it passed its cap."""
    table = sectors_table(run)
    first = table.iloc[0]
    said = (
        f"{sector_label(str(table.index[0]))} was the largest sector: {percent(first['mean'])} of "
        f"NAV on average, {percent(first['peak'])} at most, on {date(first['peak_date'])}. "
    )
    level, passed = percent(cap.level, 0), first["spells"] > 0
    if cap.in_force:
        said += f"It {'first' if passed else 'never'} passed its cap of {level}"
    else:
        own = run.scenario.book.own_book is not None
        why = "Caps do not apply to a book of one's own" if own else "No sector cap is set"
        held = "it first passed that" if passed else "it never stood above that"
        said += f"{why}; held against {level}, {held}"
    return f"{said}{_when(first, len(run.dates)) if passed else ''}."


def sectors_words(run: Run, cap: SectorCap) -> str:
    """Say which other sectors passed the cap, and the largest at the end."""
    table = sectors_table(run)
    others = table.iloc[1:]
    others = others[others["spells"] > 0]
    now, weight = _largest_now(table)
    last = f"At the end, {date(run.dates[-1])}, "
    last += f"the largest was {now} with {percent(weight)}." if now else "nothing was held."
    told = [
        f"{sector_label(str(name))} (most {percent(row['peak'])}, first {date(row['first_above'])})"
        for name, row in others.iterrows()
    ]
    level = percent(cap.level, 0)
    return f"Also above {level} at times: {', '.join(told)}. {last}" if told else last


def coverage_words(found: Coverage) -> str:
    """Say how much of what was held has a sector."""
    if not found.without:
        return f"Every one of the {count(found.names)} names held has a sector."
    most = float(found.unmapped.max())
    return (
        f"The sector map covers {percent(found.mapped)} of what was held: {count(found.without)} "
        f"of {count(found.names)} names have no sector (grey, counted as one of their own; most "
        f"{percent(most)}, on {date(found.unmapped.idxmax())})."
    )


def sectors_alt(run: Run, cap: SectorCap) -> str:
    """Describe the charts of sectors."""
    texts = [
        f"{sector_label(str(name))} {percent(row['mean'])} on average, most "
        f"{percent(row['peak'])}, above {percent(cap.level, 0)} on "
        f"{count(row['sessions_above'])} sessions"
        for name, row in sectors_table(run).iterrows()
    ]
    return f"Weights of sectors through time. {'; '.join(texts)}."


def cards_html(run: Run, curves: pd.DataFrame, found: Coverage, book: BookOn) -> str:
    """Return the numbers of the last session as cards, each beside its average."""
    last, mean = curves.iloc[-1], curves.mean()
    table = sectors_table(run)
    largest, weight = _largest_now(table)
    top = float(book.names["weight"].head(TOP).sum())
    cards = (
        ("Largest sector", percent(weight), largest or "nothing is held"),
        (
            "Effective names",
            ratio(last["effective_names"], 1),
            f"{count(last['holdings'])} held; on average {ratio(mean['effective_names'], 1)}",
        ),
        (f"{TOP} largest names", percent(top), f"of NAV; invested {percent(book.invested)}"),
        ("Beta of holdings", ratio(last["beta"]), f"on average {ratio(mean['beta'])}"),
        (
            "Volatility of holdings",
            percent(book.volatility),
            f"a year; realised {percent(last['realised'])}",
        ),
        (
            "Without a sector",
            percent(float(found.unmapped.iloc[-1])),
            f"map covers {percent(found.mapped)} of the period",
        ),
    )
    parts = (
        f'<div class="pl-card"><div class="pl-name">{escape(name)}</div>'
        f'<div class="pl-value">{value}</div><div class="pl-foot">{escape(foot)}</div></div>'
        for name, value, foot in cards
    )
    grid = "grid-template:auto / repeat(auto-fit, minmax(150px, 1fr)); grid-auto-flow: row"
    return f'<div class="pl-cards" style="{grid}">{"".join(parts)}</div>'


def book_words(book: BookOn, run: Run) -> str:
    """Return one sentence about the book of a date."""
    if not len(book.names):
        return f"Nothing was held on {date(run.dates[book.session])}: the portfolio was in cash."
    cash = 1.0 - book.invested
    rest = f"{percent(cash)} in cash" if cash >= 0.0 else f"{percent(-cash)} borrowed"
    risk = (
        "The year before is not in the data: no volatility can be said."
        if math.isnan(book.volatility)
        else f"Over the year before, these holdings would have had a volatility of "
        f"{percent(book.volatility)} a year."
    )
    known = "" if math.isnan(book.known) or book.known > 0.999 else (
        f" Returns are known for {percent(book.known, 0)} of it: the rest counts as calm."
    )  # fmt: skip
    return (
        f"{date(run.dates[book.session])}: {count(len(book.names))} names, "
        f"{percent(book.invested)} of NAV invested, {rest}. {risk}{known}"
    )


def sectors_on_table(book: BookOn, cap: SectorCap, colours: Theme) -> str:
    """Return the sectors of a book: weight beside the cap, and share of risk; both sum."""
    table = book.sectors()
    most = float(table["weight"].max()) if len(table) else 1.0
    rows = [
        (
            _swatch(str(name), colours) + escape(sector_label(str(name))),
            _bar(row["weight"] / most, colours.sector(str(name))),
            count(row["names"]),
            _weight(row["weight"], cap.level if cap.in_force else None),
            percent(row["risk"] / book.volatility) if book.volatility > 0.0 else DASH,
        )
        for name, row in table.iterrows()
    ]
    whole = percent(1.0, 0) if book.volatility > 0.0 else DASH
    number, share = count(len(book.names)), percent(book.invested)
    rows.append(("<b>Invested</b>", "", f"<b>{number}</b>", f"<b>{share}</b>", f"<b>{whole}</b>"))
    return html_table(("Sector", "", "Names", "Weight", "Share of risk"), rows)


def names_table(book: BookOn, cap: float | None, colours: Theme) -> str:
    """Return the largest names of a book, and the rest as one line."""
    shown = book.names.head(TOP)
    most = float(shown["weight"].max()) if len(shown) else 1.0
    rows = [
        (
            _swatch(row["sector"], colours) + escape(str(name)),
            _bar(row["weight"] / most, colours.sector(row["sector"])),
            _weight(row["weight"], cap),
            percent(row["risk"] / book.volatility) if book.volatility > 0.0 else DASH,
        )
        for name, row in shown.iterrows()
    ]
    rest = book.names.iloc[TOP:]
    if len(rest):
        share = percent(rest["risk"].sum() / book.volatility) if book.volatility > 0.0 else DASH
        rows.append((f"{count(len(rest))} other names", "", percent(rest["weight"].sum()), share))
    return html_table(("Name", "", "Weight", "Share of risk"), rows)


def factors_table(run: Run, factors: pd.DataFrame, brought: pd.Series | None) -> str:
    """Return exposure to each factor, and what every line brought; the last column sums."""
    invested = run.result.invested
    rows = []
    lines: Sequence[str] = (
        [name for name in factors.columns if not name.endswith("_known")]
        if brought is None
        else [str(name) for name in brought.index]
    )
    for name in lines:
        gained = "…" if brought is None else _points(float(brought[name]))
        if name in factors.columns:
            own = factors[name]
            known = percent(factors[f"{name}_known"].mean(), 0)
            numbers = (ratio(own.mean(), signed=True), ratio(own.iloc[-1], signed=True), known)
            rows.append((escape(readable(name)).capitalize(), *numbers, gained))
        elif name == lines[0]:
            first, last = ratio(float(invested.mean())), ratio(float(invested[-1]))
            rows.append((f"{escape(name)}, average scores", first, last, "", gained))
        else:
            rows.append((escape(name), "", "", "", gained))
    if brought is not None:
        total = points(float(brought.sum()))
        rows.append(("<b>Return of the period</b>", "", "", "", f"<b>{total}</b>"))
    head = ("Line", "Exposure, average", "at the end", "Score known", "Brought, pt of first NAV")
    return html_table(head, rows)


def bias_words(study: RiskStudy) -> str:
    """Say whether the holdings said how much NAV would move."""
    if math.isnan(study.bias):
        return "There are too few sessions to hold the volatility of holdings against what came."
    band = _BIAS_DOUBT * math.sqrt(0.5 / study.observations)
    verdict = (
        "within what chance does"
        if abs(study.bias - 1.0) <= band
        else "they said too little"
        if study.bias > 1.0
        else "they said too much"
    )
    return (
        f"Day by day NAV moved {ratio(study.bias)} times as much as its holdings said the evening "
        f"before (1 is right; {verdict}, {count(study.observations)} sessions)."
    )


def through_time_alt(curves: pd.DataFrame, study: RiskStudy | None) -> str:
    """Describe the chart of concentration, beta, volatility and factors."""
    parts = [
        f"Effective names between {ratio(curves['effective_names'].min(), 1)} and "
        f"{ratio(curves['effective_names'].max(), 1)}; beta between {ratio(curves['beta'].min())} "
        f"and {ratio(curves['beta'].max())}; realised volatility over {REALISED_WINDOW} sessions "
        f"up to {percent(curves['realised'].max())}."
    ]
    if study is not None:
        parts.append(f"Volatility of the holdings up to {percent(study.ex_ante.max())}.")
    return " ".join(parts)


def _largest_now(table: pd.DataFrame) -> tuple[str, float]:
    place = int(table["last"].to_numpy().argmax())
    weight = float(table["last"].iloc[place])
    return (sector_label(str(table.index[place])) if weight > 0.0 else ""), weight


def _when(row: pd.Series, sessions: int) -> str:
    spells = "one spell" if row["spells"] == 1 else f"{count(row['spells'])} spells"
    last = "" if row["spells"] == 1 else f", the last until {date(row['last_above'])}"
    return (
        f" on {date(row['first_above'])} and stood above it on {count(row['sessions_above'])} of "
        f"{count(sessions)} sessions, in {spells}{last}"
    )


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


def _points(value: float) -> str:
    return DASH if value == 0.0 else points(value)
