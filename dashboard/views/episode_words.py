"""A drawdown episode in words and tables: when, how deep, from what, and what the rules did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isfinite
from typing import Final

import pandas as pd

from core.contribution import PORTFOLIO_LINES
from core.episodes import Episode
from core.rules import Rule
from dashboard.charts.sector_names import sector_label
from dashboard.definitions import term_html
from dashboard.format import DASH, count, date, percent, points
from dashboard.run import Run
from dashboard.theme import Theme
from dashboard.views.tables import html_table

__all__ = [
    "COLUMNS",
    "episode_sentence",
    "episodes_alt",
    "episodes_headline",
    "falls_words",
    "lines_table",
    "names_shown",
    "rules_account_table",
    "shown_episodes",
]

#: Columns of the table of episodes: name in the frame → heading.
COLUMNS: Final = {
    "peak": "Peak",
    "trough": "Trough",
    "recovery": "Recovery",
    "depth": "Depth",
    "days_to_trough": "Days down",
    "days_to_recovery": "Days back",
    "days": "Days in all",
    "open": "Open",
}
_WORST_NAMES, _BEST_NAMES = 6, 3
_REST: Final = "other names"
#: Rules that act through every rescale or trade: the account says what they did, no list of dates.
_THROUGHOUT: Final = {
    Rule.COSTS: "on every trade",
}
_RESCALES: Final = (Rule.DRAWDOWN_SCALING, Rule.VOLATILITY_TARGET)


def episodes_headline(found: Sequence[Episode], run: Run, number: int) -> str:
    """Return the sentence of the whole page: how many falls, the deepest, and whether one is open.

    Parameters
    ----------
    found : sequence of Episode
        The deepest first, at least one.
    run : Run
    number : int
        Episodes in all, also those too shallow to be listed.
    """
    worst = found[0]
    back = (
        "it is not level yet"
        if worst.recovery is None
        else f"level again on {date(run.dates[worst.recovery])}, {_days(worst.days)} after the peak"
    )
    return (
        f"The deepest of {count(number)} falls was {percent(worst.depth)}, from "
        f"{date(run.dates[worst.peak])} to {date(run.dates[worst.trough])}; {back}. "
        f"{_last_words(run)}"
    )


def falls_words(run: Run, number: int) -> str:
    """Say of how many falls these are, whose, and where it all ended."""
    return (
        f"One of {_counted(number, 'fall')} below a peak. They are this scenario's own: under "
        f"another setting NAV peaks and falls at other times. {_last_words(run)}"
    )


def episode_sentence(
    episode: Episode, run: Run, sectors: pd.Series, names: pd.Series, rank: int
) -> str:
    """Return one episode in words: the benchmark, what was invested, and what lost most."""
    end = (
        "and is still open"
        if episode.recovery is None
        else f"and was level again on {date(run.dates[episode.recovery])} ({_days(episode.days)} "
        "in all)"
    )
    start = " (the start)" if episode.from_start else ""
    text = (
        f"Number {rank} by depth: {percent(episode.depth)} from {date(run.dates[episode.peak])}"
        f"{start} to {date(run.dates[episode.trough])}, {_days(episode.days_to_trough)}, "
        f"{end}. {_benchmark_words(episode, run)}{_invested_words(episode, run)}"
    )
    called = sectors.rename(index=lambda name: sector_label(str(name)))
    lost = [
        f"{name} ({points(value)})" for name, value in filter(None, map(_largest, (called, names)))
    ]
    return f"{text} Of sectors and names, most was lost in {' and '.join(lost)}." if lost else text


def shown_episodes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that a table shows, under their headings, numbered from 1."""
    shown = table[list(COLUMNS)].rename(columns=COLUMNS)
    shown.index = pd.RangeIndex(1, len(shown) + 1, name="Rank")
    return shown


def episodes_alt(table: pd.DataFrame, selected: int | None) -> str:
    """Describe the figure."""
    texts = [
        f"{date(peak)} to {date(trough)}: {percent(depth)}"
        for peak, trough, depth in table[["peak", "trough", "depth"]].head(3).to_numpy()
    ]
    said = (
        "Growth, drawdown, exposure and regime of the portfolio. "
        f"The deepest falls, peak to trough: {'; '.join(texts)}."
    )
    if selected is None:
        return f"{said} The whole period is shown."
    row = table.iloc[selected]
    return f"{said} Shown is the fall from {date(row['peak'])}, number {selected + 1} by depth."


def names_shown(names: pd.Series) -> pd.Series:
    """Return the names that lost and gained most, and the sum of the rest as one line."""
    own = names[[name for name in names.index if name not in PORTFOLIO_LINES]]
    worst, best = own[own < 0.0].head(_WORST_NAMES), own[own > 0.0].tail(_BEST_NAMES)
    shown = pd.concat([worst, best])
    rest = own.drop(shown.index)
    if len(rest):
        shown[f"{count(len(rest))} {_REST}"] = float(rest.sum())
    others = names[[name for name in names.index if name in PORTFOLIO_LINES]]
    together: pd.Series[float] = pd.concat([shown, others])
    return together


def lines_table(
    head: str, lines: pd.Series, total: float, colours: Theme, *, swatches: bool
) -> str:
    """Return contributions as a table with bars; they sum to `total`, which is the last row.

    Parameters
    ----------
    head : str
        Of the first column.
    lines : Series
        Fractions of NAV at the peak.
    total : float
    colours : Theme
    swatches : bool
        Whether labels are sectors, with colours of their own.
    """
    single = [not str(name).endswith(_REST) for name in lines.index]  # a sum would dwarf the bars
    most = float(lines[single].abs().max()) if any(single) else 1.0
    rows = []
    for name, value in lines.items():
        mark = ""
        if swatches and name not in PORTFOLIO_LINES:
            mark = f'<span class="pl-swatch" style="background:{colours.sector(str(name))}"></span>'
        tone = colours.better if value > 0.0 else colours.worse
        width = 100.0 * abs(value) / (most or 1.0)
        bar = f'<span class="pl-bar" style="background:{tone};width:{width:.1f}%"></span>'
        bar = "" if str(name).endswith(_REST) else bar
        label = sector_label(str(name)) if swatches else str(name)
        rows.append((mark + escape(label), bar, points(value)))
    rows.append(("<b>Depth</b>", "", f"<b>{points(total)}</b>"))
    return html_table((escape(head), "", "Points of NAV"), rows)


def rules_account_table(
    shares: Mapping[Rule, float] | None,
    acted: Mapping[Rule, pd.DatetimeIndex],
    ends: tuple[float, float] | None = None,
    later: Mapping[Rule, pd.DatetimeIndex] | None = None,
) -> str:
    """Return what every rule did in one fall: its part of it, how often it acted, and when.

    All of it from the peak to the trough; what came after has a column of its own.

    Parameters
    ----------
    shares : mapping of Rule to float, optional
        Fractions of NAV, positive saved; None while they are being worked out.
    acted : mapping of Rule to dates
        Of :func:`dashboard.review.episode_events`.
    ends : (float, float), optional
        Return of the same sessions without any rule, and with those of the scenario.
    later : mapping of Rule to dates, optional
        Of :func:`dashboard.review.recovery_events`.
    """
    saved = term_html("shapley", "Saved (+) or cost (−), peak to trough")
    head = ["Rule", saved, "Acted, peak to trough", "When"]
    head += [] if later is None else ["Acted after the trough"]
    blank = [""] * (len(head) - 2)
    rows = [] if ends is None else [("No rules, between these dates", points(ends[0]), *blank)]
    for rule in Rule:
        dates = acted.get(rule)
        when = "" if dates is None or not len(dates) else _span(dates)
        cells = [_part(shares, rule), _times(rule, dates), when]
        rows.append(
            (rule.label, *cells, *([] if later is None else [_times(rule, later.get(rule))]))
        )
    if ends is not None:
        rows.append(("<b>Depth</b>", f"<b>{points(ends[1])}</b>", *blank))
    return html_table(tuple(head), rows)


def _times(rule: Rule, dates: pd.DatetimeIndex | None) -> str:
    if dates is None or not len(dates):
        return _THROUGHOUT.get(rule, DASH)
    return _counted(len(dates), "rescale") if rule in _RESCALES else count(len(dates))


def _span(dates: pd.DatetimeIndex) -> str:
    first, last = date(dates.min()), date(dates.max())
    return first if first == last else f"{first} … {last}"


def _counted(number: int, what: str) -> str:
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def _days(number: int) -> str:
    return _counted(number, "day")


def _last_words(run: Run) -> str:
    now = float(run.result.drawdown[-1])
    where = f"{percent(-now)} below" if now < 0.0 else "at"
    return f"At the end NAV stood {where} its peak."


def _benchmark_words(episode: Episode, run: Run) -> str:
    first, last = float(run.benchmark[episode.peak]), float(run.benchmark[episode.trough])
    change = last / first - 1.0
    if not isfinite(change):  # a day without a value of the benchmark
        return ""
    what = "lost" if change < 0.0 else "gained"
    return (
        f"From peak to trough, over the same days, {run.benchmark_name} {what} "
        f"{percent(abs(change))}. "
    )


def _invested_words(episode: Episode, run: Run) -> str:
    invested = run.exposure_frame()["invested"].to_numpy()[episode.peak : episode.trough + 1]
    return (
        f"Invested was {percent(invested[0], 0)} of NAV at the peak, {percent(invested[-1], 0)} at "
        f"the trough, {percent(invested.mean(), 0)} on average between."
    )


def _part(shares: Mapping[Rule, float] | None, rule: Rule) -> str:
    if shares is None:
        return "…"
    value = shares[rule]
    if value == 0.0:
        return DASH
    text = points(value)
    tone = ' class="pl-better"' if text[0] == "+" else ' class="pl-worse"'
    return text if text[0].isdigit() else f"<span{tone}>{text}</span>"


def _largest(lines: pd.Series) -> tuple[str, float] | None:
    own = lines[[name for name in lines.index if name not in PORTFOLIO_LINES]]
    if not len(own) or own.iloc[0] >= 0.0:
        return None
    return str(own.index[0]), float(own.iloc[0])
