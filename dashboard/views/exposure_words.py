"""Exposure in words: the largest sector and its cap, coverage, the book, and what it risked."""

from __future__ import annotations

import math
from html import escape
from typing import Final

import pandas as pd

from core.market import FUND_SECTORS
from dashboard.charts.sector_names import sector_label
from dashboard.definitions import term_html
from dashboard.format import count, date, percent, ratio
from dashboard.review_exposure import TOP, Coverage, SectorCap, sectors_table
from dashboard.review_holdings import REALISED_WINDOW, BookOn, RiskStudy
from dashboard.run import Run

__all__ = [
    "bias_words",
    "book_words",
    "cards_html",
    "coverage_words",
    "exposure_headline",
    "sectors_alt",
    "sectors_words",
    "through_time_alt",
]

_GRID: Final = "grid-template:auto / repeat(auto-fit,minmax(150px,1fr));grid-auto-flow:row"
_CARD: Final = "border:1px solid var(--pl-line);border-radius:var(--pl-radius);padding:8px 12px"
_SMALL: Final = "font-size:12px;line-height:16px;color:var(--pl-secondary)"
_VALUE: Final = "font-size:20px;line-height:28px;font-weight:600"
_BIAS_DOUBT: Final = (
    2.0  # of √(2/n): the band a right forecast of normal returns keeps 19 times in 20
)


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
    funds = table[table.index.isin(FUND_SECTORS)]
    if len(funds):
        held = ", ".join(f"{name} {percent(row['mean'])}" for name, row in funds.iterrows())
        last += f" Sleeves are under no cap but their own bounds; on average {held}."
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
    fund = ", a fund as one name" if table.index.isin(FUND_SECTORS).any() else ""
    cards = (
        (term_html("largest_sector"), percent(weight), largest or "nothing is held"),
        (
            term_html("effective_names"),
            ratio(last["effective_names"], 1),
            f"{count(last['holdings'])} held{fund}; on average {ratio(mean['effective_names'], 1)}",
        ),
        (
            term_html("largest_names"),
            percent(top),
            f"of NAV; invested {percent(book.invested)}",
        ),
        (term_html("holdings_beta"), ratio(last["beta"]), f"on average {ratio(mean['beta'])}"),
        (
            term_html("ex_ante_volatility"),
            percent(book.volatility),
            f"a year; realised {percent(last['realised'])}",
        ),
        (
            term_html("sector_coverage", "Without a sector"),
            percent(float(found.unmapped.iloc[-1])),
            f"map covers {percent(found.mapped)} of the period",
        ),
    )
    parts = (
        f'<div class="pl-card" style="{_CARD}"><div style="{_SMALL}">{name}</div>'
        f'<div class="pl-value" style="{_VALUE}">{value}</div>'
        f'<div style="{_SMALL}">{escape(foot)}</div></div>'
        for name, value, foot in cards
    )
    return f'<div class="pl-cards" style="{_GRID}">{"".join(parts)}</div>'


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
    stocks = table[~table.index.isin(FUND_SECTORS)]
    table = table if stocks.empty else stocks
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
