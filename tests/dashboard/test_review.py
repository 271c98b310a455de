"""Numbers of the review pages against the run they come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.attribution import rule_account
from core.config import Scenario
from core.ledger import EventKind
from core.rules import Rule
from core.scenario import with_values
from dashboard import review
from dashboard.charts.calendar import MONTHS
from dashboard.studies import Pace
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=400, seed=3)
FOUND = review.episodes(RUN)


def quiet(shares: list[float] | None = None) -> Pace:
    return Pace(lambda: False, (shares if shares is not None else []).append)


def test_the_deepest_episode_is_the_max_drawdown() -> None:
    assert FOUND[0].depth == RUN.metrics.max_drawdown
    assert len(FOUND) == review.EPISODES < len(review.episodes(RUN, None))
    table = review.episodes_table(RUN, FOUND)
    assert list(table["depth"]) == sorted(table["depth"])
    assert table["peak"].isin(RUN.index).all()


@pytest.mark.parametrize("number", range(3))
def test_where_a_fall_came_from_sums_to_its_depth(number: int) -> None:
    sectors, names = review.episode_contributions(RUN, FOUND[number])
    for lines in (sectors, names):
        assert lines.sum() == pytest.approx(FOUND[number].depth, abs=1e-9)
        assert lines.is_monotonic_increasing
    assert set(sectors.index) <= {*RUN.sectors, "Trading costs", "Interest on cash", "Overlay"}


def test_the_rule_account_sums_and_says_how_far_it_is() -> None:
    run = fake_run(
        with_values(
            Scenario(),
            {
                "risk.max_turnover_per_rebal": None,
                "risk.circuit_breaker_dd": None,
                "risk.trailing_stop_pct": None,
            },
        ),
        sessions=200,
    )
    found, shares = review.episodes(run, 3), []
    account = review.episode_account(run, found, quiet(shares))
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    for number, episode in enumerate(found):
        without, depth = account.ends(number)
        assert depth == pytest.approx(episode.depth, abs=1e-12)
        assert without + sum(account.of(number).values()) == pytest.approx(depth, abs=1e-12)
    known = rule_account(run.inputs, run.scenario.risk, run.dates).by_episode(3)
    np.testing.assert_allclose(account.shares.contributions, known.contributions, atol=1e-12)


def test_events_of_a_fall_are_those_of_the_ledger_to_the_trough_and_then_those_after() -> None:
    episode = FOUND[0]
    last = episode.recovery if episode.recovery is not None else len(RUN.dates) - 1
    events = RUN.result.events
    acted, later = review.episode_events(RUN, episode), review.recovery_events(RUN, episode)
    stop = events.kind == EventKind.STOP
    falling = (events.session >= episode.peak) & (events.session <= episode.trough)
    rising = (events.session > episode.trough) & (events.session <= last)
    stops = int(np.count_nonzero(falling & stop))
    assert len(later[Rule.POSITION_STOP]) == int(np.count_nonzero(rising & stop)) > 0
    assert acted[Rule.POSITION_STOP].max() <= RUN.index[episode.trough]
    assert later[Rule.POSITION_STOP].min() > RUN.index[episode.trough]
    assert stops > 0
    assert len(acted[Rule.POSITION_STOP]) == stops
    assert acted[Rule.POSITION_STOP].min() >= RUN.index[episode.peak]
    assert Rule.COSTS not in acted


def test_months_and_years_compound_to_the_total_return() -> None:
    calendar = review.returns_calendar(RUN)
    months = calendar.months[list(MONTHS)].to_numpy()
    for values in (months, calendar.months[review.YEAR].to_numpy()):
        grown = np.prod(1.0 + values[np.isfinite(values)]) - 1.0
        assert grown == pytest.approx(RUN.metrics.total_return, rel=1e-12)
    assert calendar.partial.shape == calendar.months.shape
    benchmark = np.prod(1.0 + calendar.years["benchmark"]) - 1.0
    assert benchmark == pytest.approx(RUN.benchmark[-1] / RUN.benchmark[0] - 1.0, rel=1e-12)


def test_months_in_cash_are_not_counted_as_gained() -> None:
    _, months = review.months_gained(RUN)
    holdings = RUN.result.holdings.copy()
    cash = RUN.dates.astype("datetime64[M]") <= np.datetime64(RUN.dates[150], "M")
    holdings[cash] = 0
    nav = RUN.result.nav.copy()
    nav[cash] = RUN.result.initial_nav * np.cumprod(np.full(int(cash.sum()), 1.0001))
    idle = replace(RUN, result=replace(RUN.result, nav=nav, holdings=holdings))
    gained, number = review.months_gained(idle)
    kept = review.returns_calendar(idle).months[list(MONTHS)].stack().dropna().iloc[-number:]
    assert number == months - len(np.unique(RUN.dates[cash].astype("datetime64[M]")))
    assert gained == pytest.approx(float((kept > 0.0).mean()))
    never = replace(RUN, result=replace(RUN.result, holdings=np.zeros_like(holdings)))
    assert review.months_gained(never)[1] == 0


def test_the_last_rolling_window_is_the_metric_of_that_window() -> None:
    frames = review.rolling(RUN, 63)
    last = review.daily(RUN)[-63:]
    deviation = last.std(ddof=1) * np.sqrt(252.0)
    assert frames["volatility"]["portfolio"].iloc[-1] == pytest.approx(deviation, rel=1e-12)
    for frame in frames.values():
        assert frame.iloc[:63].isna().all().all()
        assert frame.iloc[63:].notna().all().all()


def test_the_tail_counts_its_own_breaches() -> None:
    tail = review.tail(RUN, 0.95)
    losses = -np.concatenate(([np.nan], review.daily(RUN)))
    assert tail.historical.breaches == int(np.sum(losses > tail.historical.var))
    assert tail.risk.cvar >= tail.risk.var


def test_the_benchmark_at_equal_volatility_has_the_portfolios() -> None:
    table, weight = review.relative(RUN)
    assert table["volatility"].iloc[2] == pytest.approx(table["volatility"].iloc[0], rel=1e-9)
    assert weight > 0.0
    assert table.loc["Portfolio", "sharpe_ratio"] == RUN.metrics.sharpe_ratio


def test_the_curves_of_a_file_are_those_drawn() -> None:
    curves = review.curves(RUN)
    pd.testing.assert_series_equal(
        curves["portfolio_drawdown"], RUN.underwater_frame()["portfolio"], check_names=False
    )
    assert list(curves.columns[-2:]) == ["invested_exposure", "regime"]
