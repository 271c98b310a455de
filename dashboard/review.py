"""The numbers of the review pages, from a run: episodes with their causes, and returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.attribution import Shares, rule_account
from core.contribution import PORTFOLIO_LINES, Contribution, by_name
from core.episodes import Episode, episodes_frame, find_episodes
from core.ledger import EventKind
from core.metrics import daily_returns
from core.relative import equal_volatility, relative_table
from core.returns_tables import calendar_year_returns, month_grid, monthly_returns
from core.rolling import rolling_beta, rolling_sharpe, rolling_volatility
from core.rules import Rule, rules_on
from core.tail_risk import TailRisk, VarBacktest, tail_risk, var_backtest
from core.units import Floats
from core.windows import Window
from dashboard.charts.calendar import MONTHS
from dashboard.memo import keep, kept
from dashboard.run import Run
from dashboard.state import FALLS
from dashboard.studies import Pace

__all__ = [
    "EPISODES",
    "YEAR",
    "Calendar",
    "EpisodeAccount",
    "Tail",
    "contribution",
    "curves",
    "daily",
    "episode_account",
    "episode_contributions",
    "episode_events",
    "episode_window",
    "episodes",
    "episodes_table",
    "months_gained",
    "recovery_events",
    "relative",
    "returns_calendar",
    "rolling",
    "tail",
]

EPISODES: Final = FALLS  # the deepest: what is listed, marked and accounted for
YEAR: Final = "Year"

#: What each rule leaves in the ledger, by the rule's name in the account.
_TRACES: Final = {
    Rule.DRAWDOWN_SCALING: (EventKind.RESCALE,),
    Rule.VOLATILITY_TARGET: (EventKind.RESCALE,),
    Rule.POSITION_STOP: (EventKind.STOP,),
    Rule.TRAILING_STOP: (EventKind.TRAILING,),
    Rule.CIRCUIT_BREAKER: (EventKind.BREAKER, EventKind.REENTRY),
    Rule.TURNOVER_CAP: (EventKind.CAP,),
    Rule.ALPHA_GATE: (EventKind.GATE,),
    Rule.LEVERAGE: (EventKind.LEVERAGE_LIMIT, EventKind.MARGIN_CALL),
}


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeAccount:
    """What each rule did to the falls of a run: Shapley shares of the return, peak to trough."""

    shares: Shares
    runs: int

    def of(self, number: int) -> dict[Rule, float]:
        """Return each rule's part of episode `number`, a fraction of NAV; positive saved."""
        return {rule: float(self.shares.of(rule)[number]) for rule in Rule}

    def ends(self, number: int) -> tuple[float, float]:
        """Return what the same sessions made without any rule, and in the scenario: the depth."""
        return float(self.shares.without[number]), float(self.shares.scenario[number])


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Returns by calendar.

    Attributes
    ----------
    months, partial : DataFrame
        Index of years, a column a month and ``YEAR``: fractions (NaN = none), and whether the run
        covers only part of it.
    years : DataFrame
        Index of years; return, benchmark, difference, sessions, partial.
    """

    months: pd.DataFrame
    partial: pd.DataFrame
    years: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """Tail risk of all returns, and day by day estimates held against what came."""

    risk: TailRisk
    historical: VarBacktest
    normal: VarBacktest


def episodes(run: Run, top: int | None = EPISODES) -> tuple[Episode, ...]:
    """Return the drawdown episodes of a run, the deepest first."""
    result = run.result

    def found() -> tuple[Episode, ...]:
        return find_episodes(result.nav, run.dates, initial_nav=result.initial_nav, top=top)

    return keep(run, f"episodes {top}", found)


def episodes_table(run: Run, found: Sequence[Episode]) -> pd.DataFrame:
    """Return :func:`core.episodes.episodes_frame`, its dates as those of ``run.index``."""
    return episodes_frame(found, run.dates)


def episode_window(episode: Episode, run: Run) -> Window:
    """Return the sessions of the fall, from the one after the peak to the trough."""
    first = 0 if episode.from_start else episode.peak + 1
    label = f"{run.dates[episode.peak]} … {run.dates[episode.trough]}"
    return Window(label, first, episode.trough)


@kept
def contribution(run: Run) -> Contribution:
    """Return the P&L of a run by name; see :func:`core.contribution.by_name`."""
    return by_name(run.inputs, run.result, _labels(run), execution=run.scenario.risk.execution)


def _labels(run: Run) -> tuple[str, ...]:
    # A name called like a line of the portfolio would be counted as that line.
    return tuple(f"{one} (name)" if one in PORTFOLIO_LINES else one for one in run.tickers)


def episode_contributions(run: Run, episode: Episode) -> tuple[pd.Series, pd.Series]:
    """Say where the fall came from.

    Returns
    -------
    (Series, Series)
        Contributions by sector and by name, the largest loss first, without what was exactly 0;
        fractions of NAV at the peak. Costs, interest and overlay are lines of their own in both;
        each sums to the depth of the episode.
    """
    window, account = episode_window(episode, run), contribution(run)
    sectors = account.grouped(dict(zip(_labels(run), run.sectors, strict=True)))
    both = []
    for lines in (sectors, account):
        values = pd.Series(lines.total(window.first, window.last), index=list(lines.labels))
        both.append(values[values != 0.0].sort_values(kind="stable"))
    return both[0], both[1]


def episode_account(run: Run, found: Sequence[Episode], pace: Pace) -> EpisodeAccount:
    """Account for the falls rule by rule: 2^n runs, so for a thread of its own.

    Raises
    ------
    core.errors.CancelledError, core.attribution.AccountError
    """
    risk, inputs = run.scenario.risk, run.inputs
    runs = 1 << len(rules_on(inputs, risk))
    account = rule_account(
        inputs,
        risk,
        run.dates,
        initial_nav=run.result.initial_nav,
        cancelled=pace.cancelled,
        done=lambda number: pace.share(number / runs),
    )
    return EpisodeAccount(account.over([episode_window(one, run) for one in found]), runs)


def episode_events(run: Run, episode: Episode) -> dict[Rule, pd.DatetimeIndex]:
    """Return the dates on which each rule acted in the fall, from the peak to the trough.

    A rescale belongs to both scalings; costs are paid by every trade and have no dates here.
    """
    return _acted(run, episode.peak, episode.trough)


def recovery_events(run: Run, episode: Episode) -> dict[Rule, pd.DatetimeIndex]:
    """Return the dates on which each rule acted after the trough, to the end of the episode."""
    last = len(run.dates) - 1 if episode.recovery is None else episode.recovery
    return _acted(run, episode.trough + 1, last)


def _acted(run: Run, first: int, last: int) -> dict[Rule, pd.DatetimeIndex]:
    events = run.result.events
    inside = (events.session >= first) & (events.session <= last)
    return {
        rule: run.index[events.session[inside & np.isin(events.kind, kinds)]]
        for rule, kinds in _TRACES.items()
    }


def curves(run: Run) -> pd.DataFrame:
    """Return what the chart of drawdowns draws: growth, drawdown, exposure and regime."""
    return pd.concat(
        [
            run.equity_frame().add_suffix("_growth"),
            run.underwater_frame().add_suffix("_drawdown"),
            run.exposure_frame().add_suffix("_exposure"),
            run.regime_series(),
        ],
        axis=1,
    )


def daily(run: Run) -> Floats:
    """Return the daily returns of the metrics, float64[T − 1]."""
    return daily_returns(run.result.nav, run.result.initial_nav)


def returns_calendar(run: Run) -> Calendar:
    """Return the returns of months and years, beside the benchmark's."""
    nav, initial, sessions = run.result.nav, run.result.initial_nav, run.market.sessions
    months = monthly_returns(nav, run.dates, initial_nav=initial, calendar=sessions)
    years = calendar_year_returns(
        nav, run.dates, initial_nav=initial, benchmark=run.benchmark, calendar=sessions
    )
    index, values, partial = month_grid(months)
    frame = years.frame()
    frame.index = pd.Index([int(str(year)) for year in frame.index], name="year")
    rows = pd.Index(index, name="year")
    grid = pd.DataFrame(values, rows, list(MONTHS)).assign(**{YEAR: frame["return"]})
    flags = pd.DataFrame(partial, rows, list(MONTHS)).assign(**{YEAR: frame["partial"]})
    return Calendar(grid, flags.fillna(False).astype(bool), frame)


def months_gained(run: Run) -> tuple[float, int]:
    """Return the share of months that gained, of those in which anything was held, and how many.

    A month in cash gains its interest, which says nothing of the portfolio.
    """
    nav, initial, sessions = run.result.nav, run.result.initial_nav, run.market.sessions
    months = monthly_returns(nav, run.dates, initial_nav=initial, calendar=sessions)
    holds = run.result.holdings > 0
    held = run.dates[1:][holds[1:] | holds[:-1]].astype("datetime64[M]")
    returns = months.returns[np.isin(months.period, held)]
    return float(np.mean(returns > 0.0)) if len(returns) else math.nan, len(returns)


def rolling(run: Run, window: int) -> dict[str, pd.DataFrame]:
    """Return ``sharpe``, ``volatility`` and ``beta`` over the last `window` sessions."""
    nav, initial = run.result.nav, run.result.initial_nav
    cash, benchmark = run.inputs.cash_rate, run.benchmark
    index = run.index
    return {
        "sharpe": pd.DataFrame(
            {
                "portfolio": rolling_sharpe(nav, cash, window=window, initial_nav=initial),
                "benchmark": rolling_sharpe(benchmark, cash, window=window),
            },
            index,
        ),
        "volatility": pd.DataFrame(
            {
                "portfolio": rolling_volatility(nav, window=window, initial_nav=initial),
                "benchmark": rolling_volatility(benchmark, window=window),
            },
            index,
        ),
        "beta": pd.DataFrame(
            {"portfolio": rolling_beta(nav, benchmark, cash, window=window, initial_nav=initial)},
            index,
        ),
    }


def tail(run: Run, confidence: float) -> Tail:
    """Measure the tail, and count the sessions that lost more than was estimated before them."""
    nav, initial = run.result.nav, run.result.initial_nav
    return Tail(
        tail_risk(daily(run), confidence),
        var_backtest(nav, confidence, method="historical", initial_nav=initial),
        var_backtest(nav, confidence, method="normal", initial_nav=initial),
    )


def relative(run: Run) -> tuple[pd.DataFrame, float]:
    """Return :func:`core.relative.relative_table` of a run, and the equal-volatility share."""
    nav, initial, cash = run.result.nav, run.result.initial_nav, run.inputs.cash_rate
    mixed = equal_volatility(nav, run.benchmark, cash, initial_nav=initial)
    table = relative_table(nav, run.benchmark, run.dates, cash, initial_nav=initial)
    return table, mixed.weight
