"""Regimes in words and tables: how often, how long, what was earned, how late they were told."""

from __future__ import annotations

import math
from html import escape

import pandas as pd

from core.config import RegimesConfig
from core.factors.names import REGIMES
from core.regime_stats import MINIMUM_REBALANCES, RegimeStats, spells
from dashboard import review_regimes
from dashboard.definitions import term_html
from dashboard.format import DASH, count, date, percent, percent_as_set, ratio
from dashboard.review_regimes import Hindsight
from dashboard.run import Run
from dashboard.theme import REGIME_LETTERS, Theme
from dashboard.views.tables import html_table

__all__ = [
    "bands_table",
    "counts_table",
    "hindsight_words",
    "lag_table",
    "regimes_alt",
    "regimes_headline",
    "returns_table",
    "rules_words",
    "transitions_alt",
]


def regimes_headline(run: Run, found: RegimeStats) -> str:
    """Return the sentence of the whole page: what was most frequent, and what it is now."""
    most = int(found.sessions.argmax())
    runs = spells(review_regimes.labels(run))
    changes = len(runs.code) - 1
    now, since = REGIMES[int(runs.code[-1])], run.dates[int(runs.first[-1])]
    times = "once" if changes == 1 else f"{count(changes)} times"
    decided, filled = int(found.rebalances.sum()), run.metrics.rebalances
    inside = "" if filled == decided else f" ({count(filled)} of them filled in the period)"
    return (
        f"{_name(REGIMES[most])} was the most frequent regime: {percent(found.share[most], 0)} of "
        f"{count(len(run.dates))} sessions, and {count(found.rebalances[most])} of "
        f"{count(decided)} decisions of the book{inside}. The label changed {times}; at the "
        f"end, {date(run.dates[-1])}, it was {now} since {date(since)}."
    )


def rules_words(config: RegimesConfig) -> str:
    """Say how a label is told; the first that holds."""
    high = (
        f"its volatility is {percent(config.volatility_threshold, 0)} a year or more"
        if config.detector == "rules"
        else "the most volatile Markov state is the likelier one"
    )
    storm = {"volatile": "", "bear": ""}
    if config.turbulence.quantile is not None:
        storm[config.turbulence.says] = (
            ", or the loops in the sectors' returns are as large as in "
            f"{percent(config.turbulence.quantile, 0)} of the past"
        )
    return (
        f"The first that holds over the last {count(config.lookback_days)} sessions of the market "
        f"(index members, equally weighted): volatile, {high}{storm['volatile']}"
        f"{_bands_words(config)}; bear, it fell {percent_as_set(config.trend_threshold)} or more"
        f"{storm['bear']}; recovery, it rose as much but is still "
        f"{percent(config.recovery_drawdown, 0)} below its high of a year; bull, it rose as much; "
        f"sideways, anything else.{_sticky_words(config)} Only the past is used."
    )


def _bands_words(config: RegimesConfig) -> str:
    if not config.vix_override:
        return ""
    text = f", or the VIX closed at {config.vix_level:g} or above"
    if config.vix_release_level is not None:
        text += f" and not yet below {config.vix_release_level:g} since"
    if config.vix_calm_level is not None:
        text += f", but never with the VIX below {config.vix_calm_level:g}"
    return text


def _sticky_words(config: RegimesConfig) -> str:
    text = ""
    if config.hysteresis > 0.0:
        text += (
            f" The label in force is left only {percent(config.hysteresis, 0)} inside the "
            "threshold that brought it."
        )
    if config.min_dwell_days > 1:
        text += (
            f" A new label holds for {count(config.min_dwell_days)} sessions at least; only the "
            "VIX override breaks that."
        )
    return text


def regimes_alt(run: Run, found: RegimeStats) -> str:
    """Describe the ribbon."""
    texts = [
        f"{name} {percent(found.share[code], 0)} of sessions in {_spells(int(found.spells[code]))}"
        for code, name in enumerate(REGIMES)
        if found.sessions[code]
    ]
    return (
        f"Regime of each session from {date(run.dates[0])} to {date(run.dates[-1])}: "
        f"{'; '.join(texts)}. Below: return and volatility of the market over the regime's window, "
        "and the volatility index."
    )


def transitions_alt(found: RegimeStats) -> str:
    """Describe the matrix by what stays and what follows most."""
    texts = []
    for code, name in enumerate(found.names):
        row = found.matrix[code]
        if math.isnan(row[0]):
            continue
        others = row.copy()
        others[code] = -1.0
        follows = int(others.argmax())
        after = f", else mostly {found.names[follows]}" if others[follows] > 0.0 else ""
        texts.append(f"{name} stays on {percent(row[code], 0)} of sessions{after}")
    return f"What followed each regime the next session. {'; '.join(texts)}."


def counts_table(found: RegimeStats, colours: Theme) -> str:
    """Return counts and dwell times, a row a regime; sessions and decisions sum."""
    rows: list[tuple[str, ...]] = []
    for code, name in enumerate(found.names):
        dwell = (found.mean_dwell[code], found.median_dwell[code], found.longest_dwell[code])
        rows.append(
            (
                _label(name, colours),
                count(found.sessions[code]),
                percent(found.share[code], 0) if found.sessions[code] else DASH,
                count(found.rebalances[code]),
                count(found.spells[code]),
                ratio(dwell[0], 1),
                count(dwell[1]),
                count(dwell[2]),
            )
        )
    sums = (found.sessions.sum(), found.rebalances.sum(), found.spells.sum())
    bold = [f"<b>{count(value)}</b>" for value in sums]
    rows.append(("<b>All</b>", bold[0], f"<b>{percent(1.0, 0)}</b>", *bold[1:], "", "", ""))
    spells, stay = term_html("spell"), term_html("dwell", "Stay, mean")
    head = ("Regime", "Sessions", "Share", "Decisions", spells, stay, "median", "longest")
    return html_table(head, rows)


def returns_table(table: pd.DataFrame, benchmark_name: str, colours: Theme) -> str:
    """Return what was earned in each regime; too few decisions are said instead of numbers."""
    rows: list[tuple[str, ...]] = []
    for name, row in table.iterrows():
        n = (count(row["rebalances"]), count(row["sessions"]))
        if row["suppressed"]:
            few = f'<span title="fewer than {MINIMUM_REBALANCES}">too few decisions</span>'
            none = few if row["sessions"] else DASH
            rows.append((_label(str(name), colours), *n, none, *([DASH] * 4)))
            continue
        rows.append(
            (
                _label(str(name), colours),
                *n,
                percent(row["portfolio_annual_return"]),
                percent(row["portfolio_volatility"]),
                ratio(row["portfolio_sharpe"]),
                percent(row["benchmark_annual_return"]),
                ratio(row["benchmark_sharpe"]),
            )
        )
    head = (
        "Regime of the evening before",
        "Decisions, n",
        "Sessions",
        term_html("cagr_sessions", "Return a year"),
        term_html("volatility", "Volatility"),
        term_html("sharpe_ratio"),
        escape(benchmark_name),
        "its Sharpe",
    )
    return html_table(head, rows)


def bands_table(bands: pd.DataFrame, colours: Theme) -> str:
    """Return how often the volatility index stood in each band, and the labels of those days."""
    shown = [name for name in REGIMES if (bands[name] > 0.0).any()]
    rows = [
        (
            escape(str(band)),
            count(row["sessions"]),
            percent(row["share"], 0),
            *(percent(row[name], 0) if row["sessions"] else DASH for name in shown),
        )
        for band, row in bands.iterrows()
    ]
    return html_table(("VIX", "Sessions", "Share", *(_label(n, colours) for n in shown)), rows)


def lag_table(found: Hindsight, colours: Theme) -> str:
    """Return how late each regime was told, in sessions."""
    rows = [
        (
            _label(str(name), colours),
            count(row["spells"]),
            count(row["detected"]),
            ratio(row["median_lag"], 1),
            count(row["longest_lag"]),
        )
        for name, row in found.lag.frame().iterrows()
        if row["spells"]
    ]
    late = term_html("detection_lag", "Sessions late, median")
    head = ("In hindsight", "Spells", "Of them told", late, "longest")
    return html_table(head, rows)


def hindsight_words(found: Hindsight) -> str:
    """Say how much labels and hindsight agree, and what hindsight is."""
    agreed = found.lag.agreement
    start = (
        "Too few sessions to say what regimes turned out to be."
        if math.isnan(agreed)
        else f"The label of the day was the one of hindsight on {percent(agreed, 0)} of sessions."
    )
    return (
        f"{start} Hindsight dates trends by their turning points and volatility by a window "
        "around the day, so it reads later sessions. A spell counts as told when the label of the "
        "day said the same before the spell was over; spells whose start is not known are left out."
    )


def _name(regime: str) -> str:
    return "No label (too little history)" if regime == "default" else regime.capitalize()


def _label(regime: str, colours: Theme) -> str:
    fill = colours.regime(regime)
    swatch = f'<span class="pl-swatch" style="background:{fill}"></span>'
    name = "unknown" if regime == "default" else regime
    return f"{swatch}{REGIME_LETTERS[regime]} {escape(name)}"


def _spells(number: int) -> str:
    return "one spell" if number == 1 else f"{count(number)} spells"
