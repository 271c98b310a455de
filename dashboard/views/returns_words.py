"""Returns in words and tables: extremes, tail risk, and the portfolio beside its benchmark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import pandas as pd

from core.distribution import Distribution
from core.relative import BENCHMARK, EQUAL_VOLATILITY
from core.returns_tables import Extreme, ReturnSummary
from core.tail_risk import VarBacktest
from dashboard.definitions import term_html
from dashboard.format import DASH, FORMATS, count, month, percent, ratio
from dashboard.report.faces import ANNUAL, FACES
from dashboard.review import YEAR, Calendar, Tail, months_gained
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.views.tables import html_table

__all__ = [
    "calendar_alt",
    "distribution_alt",
    "relative_html",
    "returns_headline",
    "rolling_alt",
    "shape_table",
    "tail_table",
    "weight_words",
    "years_alt",
]

#: Rows of the relative table that :data:`FACES` does not have, with how they are written.
_RELATIVE: Final = {
    "beta": "ratio",
    "alpha": "percent",
    "correlation": "ratio",
    "active_return": "percent",
    "tracking_error": "percent",
    "information_ratio": "ratio",
    "up_capture": "ratio",
    "down_capture": "ratio",
}
_YEARLY: Final = ANNUAL | {"cagr_sessions", "alpha", "active_return", "tracking_error",
                           "information_ratio"}  # fmt: skip
_DOUBTED: Final = 0.05  # p-value below which an estimate is said to be off


def returns_headline(summary: ReturnSummary, run: Run) -> str:
    """Return the sentence of the whole page; it names no yearly figure of weeks."""
    own, other = run.metrics, run.benchmark_metrics
    if is_short(run):
        made, beside = own.total_return, other.total_return
        span = f"in all of {count(len(run.dates))} sessions, too few for a yearly figure"
    else:
        made, beside, span = own.cagr, other.cagr, "a year"
    return (
        f"{percent(made)} {span}; {percent(beside)} for "
        f"{run.benchmark_name}. {_months_words(run)}; the best "
        f"was {_extreme(summary.best_month)}, the worst {_extreme(summary.worst_month)}. "
        f"{_worst_day_words(summary.worst_day.value)}."
    )


def _months_words(run: Run) -> str:
    gained, number = months_gained(run)
    if not number:
        return "Nothing was held in any month"
    months = "the one month" if number == 1 else f"the {count(number)} months"
    return f"{percent(gained, 0)} of {months} with holdings gained"


def _worst_day_words(value: float) -> str:
    return f"The worst day lost {percent(-value)}" if value < 0.0 else "No day lost anything"


def calendar_alt(calendar: Calendar) -> str:
    """Describe the heatmap of months, year by year."""
    texts = []
    for year, row in calendar.months.iterrows():
        known = row.drop(YEAR).dropna()
        if len(known):
            worst, best = known.idxmin(), known.idxmax()
            low, high = percent(float(known.min())), percent(float(known.max()))
            texts.append(f"{year}: {percent(row[YEAR])}, best {best} {high}, worst {worst} {low}")
    return f"Returns of each month. {'; '.join(texts)}."


def years_alt(years: pd.DataFrame, benchmark_name: str) -> str:
    """Describe the bars of years."""
    texts = [
        f"{year}{' (in part)' if row['partial'] else ''}: {percent(row['return'])} against "
        f"{percent(row['benchmark'])}"
        for year, row in years.iterrows()
    ]
    return f"Calendar years, the portfolio against {benchmark_name}. {'; '.join(texts)}."


def rolling_alt(frames: Mapping[str, pd.DataFrame], window: int) -> str:
    """Describe the rolling measures by their range and last value."""
    texts = []
    for name, write in (("sharpe", ratio), ("volatility", percent), ("beta", ratio)):
        known = frames[name]["portfolio"].dropna()
        if len(known):
            texts.append(
                f"{name} between {write(known.min())} and {write(known.max())}, last "
                f"{write(known.iloc[-1])}"
            )
    return f"Over the last {window} sessions each: {'; '.join(texts)}."


def distribution_alt(shape: Distribution, tail: Tail) -> str:
    """Describe the histogram."""
    risk = tail.risk
    return (
        f"{count(shape.observations)} daily returns from {percent(shape.lowest)} to "
        f"{percent(shape.highest)}, mean {percent(shape.mean, 2)}. One session in "
        f"{count(1.0 / (1.0 - risk.confidence))} lost {percent(risk.var)} or more, "
        f"{percent(risk.cvar)} on average."
    )


def tail_table(tails: Sequence[Tail]) -> str:
    """Return value at risk, shortfall and breaches, a row a confidence and method."""
    rows = []
    for tail in tails:
        risk, level = tail.risk, percent(tail.risk.confidence, 0)
        rows.append(
            (f"{level}, historical", *_losses(risk.var, risk.cvar), *_held(tail.historical))
        )
        rows.append(
            (f"{level}, normal", *_losses(risk.normal_var, risk.normal_cvar), *_held(tail.normal))
        )
    head = (
        "One session",
        term_html("var", "VaR"),
        term_html("cvar"),
        "Breaches",
        "Expected",
        term_html("kupiec", "p (Kupiec)"),
    )
    return html_table(head, rows)  # fmt: skip


def shape_table(shape: Distribution) -> str:
    """Return the moments of the daily returns."""
    rows = [
        ("Sessions", count(shape.observations)),
        ("Mean", percent(shape.mean, 2)),
        ("Median", percent(shape.median, 2)),
        ("Standard deviation", percent(shape.deviation, 2)),
        (term_html("skewness", "Skewness, 0 if normal"), ratio(shape.skewness)),
        (term_html("kurtosis", "Excess kurtosis, 0 if normal"), ratio(shape.excess_kurtosis)),
        (term_html("jarque_bera"), _p(shape.p_value)),
    ]
    return html_table(("Daily returns", ""), rows)


def relative_html(
    table: pd.DataFrame, weight: float, benchmark_name: str, *, short: bool = False
) -> str:
    """Return the portfolio beside its benchmark, as it is and at the portfolio's volatility.

    Of a `short` run (:func:`dashboard.review_evidence.is_short`) yearly figures are dashes.
    """
    names = {BENCHMARK: benchmark_name, EQUAL_VOLATILITY: "at equal volatility"}
    head = ["Metric", *(escape(names.get(str(label), str(label))) for label in table.index)]
    rows = []
    for column in table.columns:
        kind = FACES[column].kind if column in FACES else _RELATIVE.get(column)
        if kind is None:
            continue
        unsaid = short and column in _YEARLY
        values = (DASH if unsaid else FORMATS[kind](float(value)) for value in table[column])
        rows.append((term_html(column), *values))
    rows.append((term_html("benchmark_share"), DASH, percent(1.0, 0), percent(weight, 0)))
    return html_table(head, rows)


def weight_words(weight: float, benchmark_name: str) -> str:
    """Say what the benchmark at equal volatility is."""
    if math.isnan(weight):
        return f"No share of {benchmark_name} has the portfolio's volatility."
    mix = "bought on credit at the cash rate" if weight > 1.0 else "the rest in cash"
    return (
        f"At equal volatility: {percent(weight, 0)} {benchmark_name}, {mix}, every session anew. "
        "The share is found afterwards: a yardstick, not something that could have been held."
    )


def _extreme(one: Extreme) -> str:
    if one.period is None:
        return DASH
    when = month(one.period.astype("datetime64[D]"))
    return f"{when}{' (in part)' if one.partial else ''} with {percent(one.value, signed=True)}"


def _losses(var: float, cvar: float) -> tuple[str, str]:
    return percent(var, 2), percent(cvar, 2)


def _held(test: VarBacktest) -> tuple[str, str, str]:
    if not test.observations:
        needs = f"needs {count(test.window + 2)} sessions"
        return DASH, DASH, f'<span style="white-space:normal">{needs}</span>'
    off = ' class="pl-worse" title="breaches do not come at the expected rate"'
    tone = off if test.p_value < _DOUBTED else ""
    of = f"{count(test.breaches)} of {count(test.observations)}"
    return of, ratio(test.expected, 1), f"<span{tone}>{_p(test.p_value)}</span>"


def _p(value: float) -> str:
    return "&lt; 0.01" if value < 0.01 else ratio(value)
