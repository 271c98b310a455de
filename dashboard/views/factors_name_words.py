"""A name on a rebalance date in words and tables."""

from __future__ import annotations

import math
from html import escape

from core.explain_selection import Choice
from core.factors.names import REGIMES
from core.units import SESSIONS_PER_YEAR
from dashboard.definitions import term_html
from dashboard.format import DASH, count, date, percent, ratio
from dashboard.report.coverage import readable
from dashboard.report.explanation_standing import choice_words
from dashboard.review_factors_names import NameOn
from dashboard.run import Run
from dashboard.views.tables import html_table

__all__ = ["ingredients_table", "name_words", "raw_text", "scores_table", "weights_words"]


def name_words(run: Run, found: NameOn) -> str:
    """Say whether the book of the date has the name, and why."""
    place = found.placing
    who = f"{run.market.tickers[found.column]} on {_day(run, found)}"
    if place.choice is Choice.CHOSEN:
        return (
            f"{who}: in the book with a target of {percent(place.target, 2)}. It ranked "
            f"{count(place.rank)} of {count(place.ranked)} with a composite of "
            f"{ratio(place.composite, signed=True)}; the last name chosen ranked "
            f"{count(place.last_rank)}."
        )
    if place.choice is Choice.SLEEVE:
        return f"{who}: not ranked, {choice_words(run, place)}."
    return f"{who}: not in the book, {choice_words(run, place)}."


def weights_words(run: Run, found: NameOn) -> str:
    """Say which weights were in force, and what was spread."""
    regime = REGIMES[found.regime]
    told = f"Weights of the regime {'unknown' if regime == 'default' else regime}"
    if run.scenario.factors.timing.enabled:
        told += ", after factor timing"
    lacks = [part.name for part in found.factors if math.isnan(part.score)]
    if lacks and len(lacks) < len(found.factors):
        told += f"; that of {' and '.join(lacks)} is spread over the other scores of the name"
    return f"{told}. Target is that of full exposure; the Trades page says what was filled."


def scores_table(found: NameOn) -> str:
    """Return score, rank, weight and part of each factor, which sum to the composite's mixture."""
    rows = [
        (
            escape(part.name),
            ratio(part.score, signed=True),
            _place(part.rank, part.ranked),
            percent(part.weight, 0),
            percent(part.used, 0),
            DASH if math.isnan(part.score) else ratio(part.part, signed=True),
        )
        for part in found.factors
    ]
    rows.append(
        ("<b>sum of the parts</b>", "", "", "", "", f"<b>{ratio(found.mixed, signed=True)}</b>")
    )
    place = found.placing
    rows.append(
        (
            f"<b>{term_html('composite_score', 'composite')}</b>: the sum, standardised",
            f"<b>{ratio(place.composite, signed=True)}</b>",
            f"<b>{_place(place.rank, place.ranked)}</b>",
            *("", "", ""),
        )
    )
    head = ("Factor", term_html("z_score"), "Rank", "Weight", "Used", "Weight × score")
    return html_table(head, rows)


def ingredients_table(found: NameOn) -> str:
    """Return the raw value, score and rank of each ingredient."""
    rows = [
        (
            escape(_label(part.name)),
            raw_text(part.name, part.raw),
            ratio(part.score, signed=True),
            _place(part.rank, part.ranked),
        )
        for part in found.ingredients
    ]
    return html_table(("Ingredient", "Value", term_html("z_score"), "Rank"), rows)


def raw_text(name: str, raw: float) -> str:
    """Write a raw ingredient as people read it; volatility as a positive fraction a year."""
    if name == "quality.low_volatility":
        return percent(-raw * math.sqrt(SESSIONS_PER_YEAR))
    return percent(raw)


def _label(name: str) -> str:
    words = readable(name)
    return f"{words} (volatility, a year)" if name == "quality.low_volatility" else words


def _place(rank: int, ranked: int) -> str:
    return f"{count(rank)} of {count(ranked)}" if rank else DASH


def _day(run: Run, found: NameOn) -> str:
    return date(run.market.sessions[int(run.book.rebalance[found.row])])
