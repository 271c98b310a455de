"""From a studied run to the sections of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from core.attribution import RuleAccount
from core.control import Control
from core.distribution import describe, histogram
from core.evidence.bootstrap import MIN_RETURNS, Verdict
from core.returns_tables import return_summary
from core.rules import Rule
from dashboard import review
from dashboard.charts.alt import timeline_alt
from dashboard.charts.calendar import months_figure, years_figure
from dashboard.charts.distribution import distribution_figure
from dashboard.charts.rolling import rolling_figure
from dashboard.charts.timeline import timeline_figure
from dashboard.format import count, date, percent, ratio
from dashboard.handout import tables
from dashboard.handout.blocks import Block, Chart, Pair, Rows, Section, Words
from dashboard.handout.book import book_blocks
from dashboard.handout.exposure import exposure_blocks
from dashboard.handout.parts import PARTS
from dashboard.report.account import account_words, control_words
from dashboard.report.health import health_words
from dashboard.review_evidence import is_short
from dashboard.review_report import CONTROL, TOLD_EPISODES, Missing, Studied
from dashboard.run import Run
from dashboard.theme import LIGHT
from dashboard.views.episode_words import (
    episode_sentence,
    episodes_headline,
    lines_table,
    names_shown,
    rules_account_table,
    shown_episodes,
)
from dashboard.views.frames import LOG_FROM_DAYS, levels, timeline_frames
from dashboard.views.returns_words import (
    calendar_alt,
    distribution_alt,
    relative_html,
    returns_headline,
    rolling_alt,
    shape_table,
    tail_table,
    weight_words,
    years_alt,
)
from dashboard.views.tables import html_table, rules_table

__all__ = ["sections"]

_WINDOW = 126  # sessions of the rolling measures
_CONFIDENCES = (0.95, 0.99)
_NEW_PAGE = ("rules", "drawdowns", "exposure")  # on paper


def sections(found: Studied, parts: Sequence[str]) -> tuple[Section, ...]:
    """Return the result and the chosen parts."""
    made = {
        "evidence": _evidence,
        "rules": _rules,
        "drawdowns": _drawdowns,
        "exposure": exposure_blocks,
        "returns": _returns,
        "book": book_blocks,
    }
    chosen = (
        Section(name, PARTS[name], tuple(made[name](found)), page=name in _NEW_PAGE)
        for name in parts
    )
    return (Section("result", "Result", tuple(_result(found)), page=False), *chosen)


def _result(found: Studied) -> Iterator[Block]:
    run = found.run
    yield Words(_headline(run))
    lines, frames = levels(run.scenario), timeline_frames(run)
    days = (run.index[-1] - run.index[0]).days
    yield Chart(
        "timeline",
        "Growth, drawdown, exposure, sectors and regime",
        timeline_figure(
            frames, lines, LIGHT, benchmark_name=run.benchmark_name, log=days > LOG_FROM_DAYS
        ),
        timeline_alt(frames, lines, run.benchmark_name),
    )
    yield Rows("Every metric", tables.metrics_table(run))
    for note in run.notes:
        yield Words(f"Note: {note}.", quiet=True)


def _headline(run: Run) -> str:
    metrics, other = run.metrics, run.benchmark_metrics
    window = f"From {date(run.dates[0])} to {date(run.dates[-1])} the portfolio made"
    fell = (
        f"Its deepest fall was {percent(metrics.max_drawdown)}, the benchmark's "
        f"{percent(other.max_drawdown)}."
    )
    invested = f"n average {percent(metrics.average_exposure)} of NAV was invested."
    if is_short(run):
        return (
            f"{window} {percent(metrics.total_return)} in all, {run.benchmark_name} "
            f"{percent(other.total_return)}. {fell} O{invested} The period is too short for "
            "yearly figures: those below are arithmetic, not evidence."
        )
    return (
        f"{window} {percent(metrics.cagr)} a year, {run.benchmark_name} {percent(other.cagr)}. "
        f"{fell} Sharpe ratio {ratio(metrics.sharpe_ratio)} against {ratio(other.sharpe_ratio)}, "
        f"o{invested}"
    )


def _evidence(found: Studied) -> Iterator[Block]:
    if isinstance(found.intervals, Missing):
        yield Words(f"No interval: {found.intervals.why}.")
    elif found.intervals is not None:
        yield Words(
            f"{count(len(found.run.dates))} sessions are one history. Resampled in blocks of "
            "sessions, it could as well have given anything in these ranges."
        )
        yield Rows("The run itself", tables.intervals_table(found.intervals))
    if isinstance(found.against, Missing):
        yield Words(f"No comparison: {found.against.why}.")
    elif found.against is not None:
        verdicts = {one.verdict for one in found.against.values() if one.metric != "volatility"}
        if verdicts <= {Verdict.NOISE, Verdict.SAME, Verdict.UNDEFINED}:
            yield Words(
                "Against the same book at the same average exposure without rules, no difference "
                "in return, Sharpe ratio or drawdown is beyond noise."
            )
        for one in found.against.values():
            if one.verdict in (Verdict.BETTER, Verdict.WORSE):
                yield Words(one.sentence)
        yield Rows(
            f"Against: {CONTROL.lower()}",
            tables.against_table(found.against),
            "Paired: both are measured on the same resampled sessions. “Within noise” means that "
            "the interval contains no difference at all. Nothing is corrected for how many "
            f"settings were tried. At least {count(MIN_RETURNS)} daily returns are needed.",
        )


def _rules(found: Studied) -> Iterator[Block]:
    run = found.run
    if isinstance(found.account, Missing):
        yield Words(f"No account of the rules: {found.account.why}.")
    elif found.account is not None:
        for line in account_words(found.account):
            yield Words(line)
        yield Rows("Rule account, whole period", tables.account_table(found.account), _SHAPLEY)
        yield Rows("Rule account, return of each year", tables.years_table(found.account))
    if isinstance(found.control, Control):
        for line in control_words(found.control):
            yield Words(line)
        yield Rows(CONTROL, tables.control_table(found.control))
    elif found.control is not None:
        yield Words(f"No control: {found.control.why}.")
    for line in health_words(found.health):
        yield Words(line, quiet=True)
    yield Rows("Rule health", tables.health_table(run, found.health))
    yield Rows("What the rules did", rules_table(run, LIGHT))


_SHAPLEY = (
    "Shapley shares: each rule's part is its average over all orders in which the rules could have "
    "been added. A dash means exactly nothing; a column sums to the scenario."
)


def _drawdowns(found: Studied) -> Iterator[Block]:
    run, episodes = found.run, found.episodes
    if not episodes:
        yield Words("There is no drawdown: NAV never fell below its peak in this period.")
        return
    yield Words(episodes_headline(episodes, run, len(review.episodes(run, None))))
    yield Rows(
        f"The {count(len(episodes))} deepest", _episodes(review.episodes_table(run, episodes))
    )
    account = found.account if isinstance(found.account, RuleAccount) else None
    windows = [review.episode_window(one, run) for one in episodes]
    shares = None if account is None else account.over(windows)
    for number, episode in enumerate(episodes[:TOLD_EPISODES]):
        sectors, names = review.episode_contributions(run, episode)
        yield Words(episode_sentence(episode, run, sectors, names, number + 1))
        by_sector = lines_table("Sector", sectors, episode.depth, LIGHT, swatches=True)
        by_name = lines_table("Name", names_shown(names), episode.depth, LIGHT, swatches=False)
        yield Pair(
            Rows(f"Fall {number + 1} by sector", by_sector),
            Rows(f"Fall {number + 1} by name", by_name),
        )
        if shares is not None:
            parts = {rule: float(shares.of(rule)[number]) for rule in Rule}
            ends = float(shares.without[number]), float(shares.scenario[number])
            acted = review.episode_events(run, episode)
            yield Rows(f"Fall {number + 1} by rule", rules_account_table(parts, acted, ends))


def _episodes(table: pd.DataFrame) -> str:
    shown = shown_episodes(table)
    rows = []
    for rank, row in shown.iterrows():
        cells = [str(rank)]
        for name, value in row.items():
            if name in ("Peak", "Trough", "Recovery"):
                cells.append(date(value))
            elif name == "Depth":
                cells.append(percent(value))
            elif name == "Open":
                cells.append("open" if value else "")
            else:
                cells.append("" if pd.isna(value) else count(int(value)))
        rows.append(cells)
    return html_table(("Rank", *shown.columns), rows)


def _returns(found: Studied) -> Iterator[Block]:
    run = found.run
    returns = review.daily(run)
    if len(returns) < 2:
        yield Words("This period has fewer than two daily returns.")
        return
    nav, initial = run.result.nav, run.result.initial_nav
    summary = return_summary(nav, run.dates, initial_nav=initial, calendar=run.market.sessions)
    yield Words(returns_headline(summary, run))
    yield from _calendar(run)
    if len(run.dates) > _WINDOW:
        frames = review.rolling(run, _WINDOW)
        target = run.scenario.risk.target_annual_vol
        figure = rolling_figure(frames, LIGHT, window=_WINDOW, target=target)
        title = "Sharpe ratio, volatility and beta through time"
        yield Chart("rolling", title, figure, rolling_alt(frames, _WINDOW))
    bins, shape = histogram(returns), describe(returns)
    tails = [review.tail(run, confidence) for confidence in _CONFIDENCES]
    figure = distribution_figure(bins, tails[0].risk, LIGHT)
    yield Chart("distribution", "Daily returns", figure, distribution_alt(shape, tails[0]))
    yield Rows("Tail risk", tail_table(tails), _TAIL)
    yield Rows("Shape of the daily returns", shape_table(shape))
    table, weight = review.relative(run)
    yield Rows(
        "Beside the benchmark",
        relative_html(table, weight, run.benchmark_name, short=is_short(run)),
        weight_words(weight, run.benchmark_name),
    )


_TAIL = (
    "Losses are positive. A breach is a session that lost more than was estimated from the 252 "
    "returns before it; a p below 0.05 says that breaches did not come at the expected rate."
)


def _calendar(run: Run) -> Iterator[Block]:
    calendar = review.returns_calendar(run)
    months = months_figure(calendar.months, calendar.partial, LIGHT)
    yield Chart("months", "Months, %", months, calendar_alt(calendar))
    if calendar.partial.to_numpy().any():
        yield Words("* The period covers only part of it.", quiet=True)
    name = run.benchmark_name
    years = years_figure(calendar.years, LIGHT, benchmark_name=name)
    yield Chart("years", "Calendar years", years, years_alt(calendar.years, name))
