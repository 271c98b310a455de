"""The words and tables of the Factors page; the command says the same words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

import pandas as pd

from dashboard.definitions import term_html
from dashboard.format import DASH, count, date, percent, ratio
from dashboard.review_factors_found import AHEAD, COMPOSITE, LEAST, FactorStudy
from dashboard.run import Run
from dashboard.views.tables import html_table

__all__ = [
    "correlations_alt",
    "decay_alt",
    "group_note",
    "group_table",
    "headline",
    "ic_alt",
    "quantiles_alt",
    "reading_words",
    "scope_words",
    "spread_alt",
    "summary_table",
]

_LISTED: Final = ", "


def scope_words(run: Run) -> str:
    """Say what is judged: the decisions, the scores, the size of the universe."""
    signals = run.signals
    if signals is None or not len(signals.rebalance):
        return "No scores were made in this period."
    days = run.market.sessions[signals.rebalance]
    names = float(signals.universe.sum(axis=1).mean())
    return (
        f"{count(len(days))} decisions from {date(days[0])} to {date(days[-1])}, "
        f"{count(names)} names on average; scored: {_LISTED.join(signals.panel.factors)}."
    )


def headline(found: FactorStudy) -> str:
    """Say which factors are beyond noise, and what the composite was worth."""
    rows = {name: found.row(name) for name in found.names}
    sure = [
        f"{name} ({ratio(row['rank_ic'], 3, signed=True)}, t "
        f"{ratio(row['rank_ic_t'], signed=True)})"
        for name, row in rows.items()
        if _is_sure(row, "rank_ic")
    ]
    own = rows[COMPOSITE]
    said = (
        f"The composite's rank IC was {ratio(own['rank_ic'], 3, signed=True)} a month, t "
        f"{ratio(own['rank_ic_t'], signed=True)}, over {count(own['months'])} months."
    )
    if not sure:
        return f"No factor is beyond noise here. {said}"
    return f"Beyond noise by rank IC: {_LISTED.join(sure)}. {said}"


def reading_words(found: FactorStudy) -> str:
    """Say how to read the figures, and what was judged apart from the composite."""
    apart = "".join(
        f" {name.capitalize()} is judged beside the composite, which does not hold it."
        for name in found.apart
    )
    return (
        "Scores are known at a month's last close; returns run from the next close to the close "
        "after the next decision and do not overlap. Delisted names count with their delisting "
        "return. Intervals are 95 %, Newey–West, corrected for nothing else: of twenty such "
        f"intervals one excludes 0 by chance.{apart}"
    )


def summary_table(found: FactorStudy) -> str:
    """Return the factors side by side."""
    table = found.summary()
    cost = f"{found.cost_bps:g} bps"
    lines: list[tuple[str, Sequence[str]]] = [
        ("Months with an outcome", [count(v) for v in table["months"]]),
        (term_html("factor_coverage", "Coverage"), [percent(v) for v in table["coverage"]]),
        (term_html("rank_ic"), list(_means(table, "rank_ic"))),
        (term_html("newey_west_t", "t of it"), _ratios(table["rank_ic_t"], signed=True)),
        (term_html("information_coefficient"), list(_means(table, "ic"))),
        (term_html("quantile_spread", "Spread a month"), list(_means(table, "spread"))),
        ("t of it", _ratios(table["spread_t"], signed=True)),
        (term_html("factor_turnover", "Turnover a month"), _ratios(table["turnover"])),
        (f"Spread less {cost}", list(_means(table, "net_spread"))),
        ("New in the highest fifth", [percent(v) for v in table["new_in_highest"]]),
        (
            term_html("score_persistence", "Rank correlation with last month"),
            _ratios(table["persistence"]),
        ),
    ]
    head = ("", *(escape(str(name)) for name in table.index))
    return html_table(head, [(title, *cells) for title, cells in lines])


def group_table(found: FactorStudy, group: str, names: Sequence[str] | None = None) -> str:
    """Return the rank IC by ``year`` or ``regime``; too few months are only counted."""
    table = found.by(group)
    labels = list(dict.fromkeys(table.index.get_level_values(group)))
    shown = list(names or found.names)
    rows = []
    for label in sorted(labels):
        own = table.loc[label].reindex(shown)
        cells = [_grouped(row) for _, row in own.iterrows()]
        written = "unknown" if label == "default" else str(label)
        rows.append((escape(written), count(own["months"].max()), *cells))
    head = ("Year" if group == "year" else "Regime", "Months", *(escape(name) for name in shown))
    return html_table(head, rows)


def group_note(group: str) -> str:
    """Say which groups are only counted."""
    return (
        f"Mean rank IC with its 95 % interval, classical errors; below {LEAST[group]} months "
        "nothing is said. Bold excludes 0."
    )


def _grouped(row: pd.Series) -> str:
    if math.isnan(row["rank_ic"]):
        few = row["months"]
        return (
            DASH if not few or math.isnan(few) else f'<span class="pl-range">n {count(few)}</span>'
        )
    return _mean(row, "rank_ic", 3)


def _means(table: pd.DataFrame, name: str) -> Iterator[str]:
    for _, row in table.iterrows():
        yield _mean(row, name, 3 if name.endswith("ic") else 2)


def _mean(row: pd.Series, name: str, digits: int) -> str:
    value, low, high = (float(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    if math.isnan(value):
        return DASH
    write = ratio if name.endswith("ic") else percent
    said = write(value, digits, signed=True)
    said = f"<b>{said}</b>" if _is_sure(row, name) else said
    if math.isnan(low):
        return said
    ends = " … ".join(write(end, digits, signed=True) for end in (low, high))
    return f'{said}<br><span class="pl-range">{ends}</span>'


def _is_sure(row: Mapping[str, float] | pd.Series, name: str) -> bool:
    low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    return low > 0.0 or high < 0.0


def _ratios(values: pd.Series, *, signed: bool = False) -> list[str]:
    return [ratio(float(value), signed=signed) for value in values]


def ic_alt(found: FactorStudy, name: str) -> str:
    """Say in words what the chart of rank ICs shows."""
    row = found.row(name)
    series = found.series(name)["rank_ic"].dropna()
    if not len(series):
        return f"No month of {name} has a rank IC."
    up = float((series > 0.0).mean())
    return (
        f"Rank IC of {name} by month: mean {ratio(row['rank_ic'], 3, signed=True)}, t "
        f"{ratio(row['rank_ic_t'], signed=True)}, above 0 in {percent(up, 0)} of "
        f"{count(len(series))} months, lowest {ratio(series.min(), signed=True)} in "
        f"{date(series.idxmin())}, highest {ratio(series.max(), signed=True)} in "
        f"{date(series.idxmax())}."
    )


def spread_alt(found: FactorStudy, name: str) -> str:
    """Say in words what the highest fifth made against the lowest."""
    series = found.series(name).dropna(subset=["growth"])
    row = found.row(name)
    if not len(series):
        return f"No month of {name} has a spread."
    last = series.iloc[-1]
    return (
        f"A dollar in the highest fifth by {name} against one in the lowest: growth of 1 to "
        f"{ratio(last['growth'])} before costs and {ratio(last['net_growth'])} after them; "
        f"{percent(row['spread'], 2, signed=True)} a month, t "
        f"{ratio(row['spread_t'], signed=True)}, turnover {ratio(row['turnover'])} a month."
    )


def quantiles_alt(found: FactorStudy, name: str) -> str:
    """Say the mean return of each fifth."""
    means = found.quantiles(name)["mean"]
    told = _LISTED.join(percent(float(value), 2) for value in means)
    return f"Mean return a month by fifth of {name}, lowest scores first: {told}."


def decay_alt(found: FactorStudy, name: str) -> str:
    """Say the rank IC with later months."""
    table = found.decay_of(name)["rank_ic"]
    told = _LISTED.join(
        f"month {ahead + 1} {ratio(float(table.loc[ahead + 1]), 3, signed=True)}" for ahead in AHEAD
    )
    return f"Mean rank IC of {name} with the return of a later month: {told}."


def correlations_alt(found: FactorStudy) -> str:
    """Say the rank correlation of each two scores."""
    names = found.names
    told = _LISTED.join(
        f"{one} and {names[other]} {ratio(float(found.correlations[at, other]), signed=True)}"
        for at, one in enumerate(names)
        for other in range(at + 1, len(names))
    )
    return f"Mean rank correlation: {told}."
