"""Numbers of the Exposure page against the run they come from."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Scenario
from core.errors import CancelledError
from core.presets import preset
from core.scenario import with_values
from dashboard import review_exposure as exposure
from dashboard import review_holdings as holdings
from dashboard.charts.sector_names import UNMAPPED
from dashboard.run import Run
from dashboard.studies import Pace
from tests.dashboard.fakes import fake_run

CAPPED = with_values(preset("No overlay"), {"book.sector_cap": 0.21})


@cache
def a_run() -> Run:
    return fake_run(CAPPED, sessions=400, seed=3)


def quiet(shares: list[float] | None = None) -> Pace:
    return Pace(lambda: False, (shares if shares is not None else []).append)


def test_the_largest_sector_passes_its_cap_when_its_weight_does() -> None:
    run = a_run()
    table = exposure.sectors_table(run)
    assert list(table["mean"]) == sorted(table["mean"], reverse=True)
    assert (table["spells"] > 0).any()
    weights = run.sector_frame()
    for name, row in table.iterrows():
        above = weights[name] > 0.21 + 1e-9
        assert row["sessions_above"] == above.sum()
        assert row["spells"] == (above & ~above.shift(fill_value=False)).sum()
        if above.any():
            assert row["first_above"] == above.idxmax()
            assert row["last_above"] == above[above].index[-1]
        else:
            assert pd.isna(row["first_above"])
        assert row["peak"] == weights.loc[row["peak_date"], name] == weights[name].max()


def test_without_a_cap_sectors_are_held_against_a_yardstick_that_says_so() -> None:
    assert exposure.sector_cap(a_run()) == exposure.SectorCap(0.21, True)
    assert exposure.sector_cap(fake_run(preset("Phase 8"))) == exposure.SectorCap(0.25, False)
    own = replace(a_run(), scenario=with_values(CAPPED, {"book.own_book": "mine"}))
    assert exposure.sector_cap(own).in_force is False


def test_the_largest_sector_of_a_day_is_the_largest_and_none_before_the_first_fill() -> None:
    run = a_run()
    largest, weights = exposure.largest_sector(run), run.sector_frame()
    np.testing.assert_array_equal(largest["weight"], weights.max(axis=1))
    held = largest["sector"] != ""
    assert not held.iloc[0]
    assert (weights.sum(axis=1)[~held] == 0.0).all()
    for day in largest.index[held][::40]:
        assert weights.loc[day, largest.loc[day, "sector"]] == largest.loc[day, "weight"]


def test_where_nothing_was_held_the_table_is_empty() -> None:
    run = a_run()
    assert run.result.weights is not None
    cash = replace(run, result=replace(run.result, weights=np.zeros_like(run.result.weights)))
    table = exposure.sectors_table(cash)
    assert not len(table)
    assert list(table) == list(exposure.sectors_table(run))
    assert set(exposure.largest_sector(cash)["sector"]) == {""}


def test_what_is_measured_is_measured_once_a_run_and_goes_with_it() -> None:
    run = a_run()
    for ask in (exposure.spells_above, exposure.sectors_table, exposure.held_concentration,
                holdings.held_beta, holdings.curves):  # fmt: skip
        assert ask(run) is ask(run)
        assert ask(run) is not ask(replace(run))


def test_coverage_counts_what_has_no_sector_and_merges_it_with_nothing() -> None:
    run = a_run()
    found = exposure.coverage(run)
    assert found.without == sum(sector == UNMAPPED for sector in run.sectors) > 0
    np.testing.assert_allclose(found.unmapped, run.sector_frame()[UNMAPPED])
    total = run.result.invested.sum()
    assert found.mapped == pytest.approx(1.0 - found.unmapped.sum() / total, rel=1e-12)
    mapped = replace(run, market=replace(run.market, sector=("Energy",) * len(run.tickers)))
    assert (exposure.coverage(mapped).mapped, exposure.coverage(mapped).without) == (1.0, 0)


@pytest.mark.parametrize("session", [25, 200, 399])
def test_the_book_of_a_day_sums_to_what_is_invested_and_to_its_risk(session: int) -> None:
    run = a_run()
    book = holdings.book_on(run, session)
    assert book.invested == pytest.approx(run.result.invested[session], rel=1e-12)
    assert book.names["weight"].is_monotonic_decreasing
    assert len(book.names) == run.result.holdings[session]
    sectors = book.sectors()
    assert sectors["weight"].sum() == pytest.approx(book.invested, rel=1e-12)
    if session < 252:  # the market of the test begins with the run
        assert math.isnan(book.volatility)
        assert sectors["risk"].isna().all()
    else:
        assert book.names["risk"].sum() == pytest.approx(book.volatility, rel=1e-12)
        assert sectors["risk"].sum() == pytest.approx(book.volatility, rel=1e-12)


def test_the_risk_of_a_day_is_that_of_todays_holdings_over_the_year_before() -> None:
    run, t = a_run(), 399
    close = run.market.close
    moves = (close[t - 251 : t + 1] / close[t - 252 : t] - 1.0) @ run.result.weights[t]  # type: ignore[index]
    said = holdings.book_on(run, t).volatility
    assert said == pytest.approx(moves.std(ddof=1) * math.sqrt(252.0), rel=1e-9)


def test_a_study_says_the_same_risk_as_the_book_of_each_day() -> None:
    run, shares = a_run(), list[float]()
    study = holdings.risk_study(run, quiet(shares))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for t in (260, 330, 399):
        assert study.ex_ante.iloc[t] == holdings.book_on(run, t).volatility
    assert study.ex_ante.iloc[:251].isna().all()
    assert study.observations == 400 - 252
    assert 0.7 < study.bias < 1.4  # random walks of constant volatility
    assert study.brought is None  # no scores


def test_a_study_that_nobody_wants_ends() -> None:
    with pytest.raises(CancelledError):
        holdings.risk_study(a_run(), Pace(lambda: True, lambda _share: None))


def test_curves_are_those_of_the_core() -> None:
    run = a_run()
    curves = holdings.curves(run)
    weights = run.result.weights
    assert weights is not None
    share = weights[-1] / weights[-1].sum()
    assert curves["hhi"].iloc[-1] == pytest.approx(float(share @ share), rel=1e-12)
    assert curves["effective_names"].iloc[-1] <= curves["holdings"].iloc[-1] + 1e-9
    last = run.result.nav[-64:]
    moves = last[1:] / last[:-1] - 1.0
    realised = moves.std(ddof=1) * math.sqrt(252.0)
    assert curves["realised"].iloc[-1] == pytest.approx(realised, rel=1e-9)
    assert 0.3 < curves["beta"].iloc[-1] < 1.7


def test_what_names_brought_sums_with_costs_and_interest_to_the_return() -> None:
    run = a_run()
    result = run.result
    rest = (result.interest.sum() - result.cost.sum() + result.overlay.sum()) / result.initial_nav
    brought = holdings.brought_by_name(run).sum() + rest
    assert brought == pytest.approx(run.metrics.total_return, abs=1e-9)


@given(st.integers(0, 399), st.integers(0, 2))
def test_a_date_finds_its_session_and_a_weekend_the_one_before(session: int, later: int) -> None:
    run = a_run()
    day = run.index[session]
    if day.weekday() == 4:  # Friday: Saturday and Sunday have no session
        day += pd.Timedelta(days=later)
    assert holdings.session_at(run, day.date().isoformat()) == session


@pytest.mark.parametrize(
    ("date", "session"),
    [(None, 399), ("", 399), ("yesterday", 399), ("1999-01-01", 0), ("2199-01-01", 399)],
)
def test_a_date_outside_the_run_or_none_is_an_end(date: str | None, session: int) -> None:
    assert holdings.session_at(a_run(), date) == session


def test_nothing_held_is_known() -> None:
    run = a_run()
    assert exposure.is_held(run)
    assert run.result.weights is not None
    empty = replace(run.result, weights=np.zeros_like(run.result.weights))
    assert not exposure.is_held(replace(run, result=empty))


def test_a_run_without_weights_is_refused_with_words() -> None:
    run = a_run()
    with pytest.raises(ValueError, match="weights=True"):
        exposure.held_weights(replace(run, result=replace(run.result, weights=None)))


def test_a_book_of_ones_own_has_no_factor_exposure() -> None:
    assert exposure.factor_exposure(fake_run(Scenario())) is None
