from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.golden_factors import QUANTILES, make_scores
from core.errors import InputsError
from core.factors.evaluation import FactorEvaluation, decay, evaluate
from core.factors.evaluation_quantiles import (
    NO_QUANTILE,
    long_short_turnover,
    quantile_codes,
    quantile_returns,
    replaced,
)
from core.factors.evaluation_residual import residual
from core.factors.evaluation_returns import forward_returns
from core.factors.evaluation_statistics import cross_correlations
from tests.markets import make_market, until

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "alphalens_scores.csv"


@pytest.fixture(scope="module")
def made() -> FactorEvaluation:
    scores, forward = make_scores()
    return evaluate(scores, forward, np.ones(scores.shape, dtype=np.bool_), quantiles=QUANTILES)


def test_alphalens_says_the_same(made: FactorEvaluation) -> None:
    lines = [x for x in GOLDEN.read_text(encoding="utf-8").splitlines() if not x.startswith("#")]
    assert lines[0] == "date,rank_ic,q0,q1,q2,q3,q4,replaced,persistence"
    golden = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert made.rank_ic == pytest.approx(golden[:, 1], rel=1e-9)
    assert made.quantiles == pytest.approx(golden[:, 2:7], rel=1e-9)
    assert made.replaced == pytest.approx(golden[:, 7], nan_ok=True)
    # alphalens calls it rank autocorrelation and takes Pearson's of the ranks: the same thing.
    assert made.persistence == pytest.approx(golden[:, 8], rel=1e-9, nan_ok=True)


def test_means_and_costs(made: FactorEvaluation) -> None:
    tests = made.tests()
    assert tests["rank_ic"].mean == pytest.approx(made.rank_ic.mean())
    assert made.spread == pytest.approx(made.quantiles[:, -1] - made.quantiles[:, 0])
    assert made.net_spread(0.0) == pytest.approx(made.spread)
    assert made.net_spread(10.0)[1:] == pytest.approx(made.spread[1:] - 0.001 * made.turnover[1:])
    assert made.coverage.tolist() == [1.0] * len(made.ic)


def test_names_outside_the_universe_do_not_count() -> None:
    scores, forward = make_scores()
    universe = np.ones(scores.shape, dtype=np.bool_)
    universe[:, :3] = False
    forward[:, :3] = 1e9
    found = evaluate(scores, forward, universe)
    direct = evaluate(scores[:, 3:], forward[:, 3:], universe[:, 3:])
    assert found.rank_ic == pytest.approx(direct.rank_ic)
    assert found.quantiles == pytest.approx(direct.quantiles)
    empty = evaluate(scores, forward, ~np.ones(scores.shape, dtype=np.bool_))
    assert np.isnan(empty.rank_ic).all()
    assert empty.coverage.tolist() == [0.0] * len(scores)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(10, 60), st.integers(2, 10))
def test_quantiles_are_those_of_pandas(seed: int, names: int, quantiles: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(2, names))
    codes = quantile_codes(scores, quantiles)
    for row in range(2):
        theirs = pd.qcut(scores[row], quantiles, labels=False)
        # A score that is itself an edge lies on either side of pandas' interpolated one.
        share = np.argsort(np.argsort(scores[row])) * quantiles / (names - 1)
        edge = np.abs(share - np.rint(share)) < 1e-9
        assert codes[row][~edge].tolist() == theirs[~edge].tolist()
        assert codes[row][edge].tolist() == np.maximum(np.rint(share[edge]) - 1, 0).tolist()


def test_ties_stay_together_and_few_names_have_no_quantile() -> None:
    scores = np.array([[*[1.0] * 6, *[2.0] * 6, np.nan]])
    codes = quantile_codes(scores, 2)[0]
    assert codes.tolist() == [0] * 6 + [1] * 6 + [NO_QUANTILE]
    assert (quantile_codes(scores[:, :9], 2) == NO_QUANTILE).all()
    with pytest.raises(InputsError, match="at least 2, was 1"):
        quantile_codes(scores, 1)


def test_quantile_returns_leave_missing_ones_out() -> None:
    codes = np.array([[0, 0, 1, 1, NO_QUANTILE]])
    forward = np.array([[0.1, np.nan, 0.2, 0.4, 9.0]])
    assert quantile_returns(codes, forward, 3)[0].tolist() == pytest.approx(
        [0.1, 0.3, np.nan], nan_ok=True
    )


def test_turnover_by_hand() -> None:
    # Highest pair held against lowest pair. Then one name of the highest is replaced: half a
    # dollar sold, half bought, after the kept one and the sold one have drifted.
    codes = np.array([[0, 0, 1, 2, 2], [0, 0, 2, 2, 1]])
    still = np.zeros((2, 5))
    assert replaced(codes, 2).tolist() == pytest.approx([np.nan, 0.5], nan_ok=True)
    assert long_short_turnover(codes, still, 3).tolist() == pytest.approx(
        [np.nan, 1.0], nan_ok=True
    )
    moved = still.copy()
    moved[0] = [0.0, 0.0, 0.0, 1.0, 0.0]  # the kept one doubles: 2/3 and 1/3 before the trade
    assert long_short_turnover(codes, moved, 3)[1] == pytest.approx((2 / 3 - 1 / 2) + 1 / 3 + 1 / 2)


def test_forward_returns_start_at_the_fill_and_end_at_the_next() -> None:
    market = make_market(gaps=0.0, sessions=60, names=3)
    rebalance = np.array([20, 40, 58])
    found = forward_returns(market, rebalance)
    assert found[0] == pytest.approx(market.close[41] / market.close[21] - 1.0)
    assert found[1] == pytest.approx(market.close[59] / market.close[41] - 1.0)
    assert np.isnan(found[2]).all()
    later = forward_returns(market, rebalance, ahead=1)
    assert later[0] == pytest.approx(found[1])
    assert np.isnan(later[1:]).all()
    at_close = forward_returns(market, rebalance, lag=0)
    assert at_close[0] == pytest.approx(market.close[40] / market.close[20] - 1.0)
    with pytest.raises(InputsError, match="lag and ahead must be at least 0"):
        forward_returns(market, rebalance, lag=-1)


def test_forward_returns_of_names_that_stop() -> None:
    market = make_market(gaps=0.0, sessions=60, names=4)
    close = market.close.copy()
    close[31:, 0] = np.nan  # delisted after 30
    close[41, 1] = np.nan  # only no bar at the end
    close[21, 2] = np.nan  # no bar at the start
    market = dataclasses.replace(
        market,
        close=close,
        last_session=np.array([30, 60, 60, 60]),
        delisting_return=np.array([-0.5, 0.0, 0.0, 0.0]),
    )
    found = forward_returns(market, np.array([20, 40]))[0]
    assert found[0] == pytest.approx(close[30, 0] / close[21, 0] * 0.5 - 1.0)
    assert found[1] == pytest.approx(close[40, 1] / close[21, 1] - 1.0)
    assert np.isnan(found[2])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(45, 118))
def test_evaluations_of_the_past_do_not_change(seed: int, cut: int) -> None:
    market = make_market(seed=seed, sessions=120, names=14)
    rebalance = np.arange(19, 120, 20)
    scores = np.random.default_rng(seed).normal(size=(len(rebalance), 14))
    universe = np.ones(scores.shape, dtype=np.bool_)
    full = evaluate(scores, forward_returns(market, rebalance), universe)
    known = rebalance[rebalance <= cut]
    short = forward_returns(until(market, cut), known)
    past = evaluate(scores[: len(known)], short, universe[: len(known)])
    over = np.array([k + 1 < len(known) and known[k + 1] + 1 <= cut for k in range(len(known))])
    assert past.rank_ic[over] == pytest.approx(full.rank_ic[: len(known)][over])
    assert np.isnan(past.rank_ic[~over]).all()


def test_decay_looks_one_period_further_each_time() -> None:
    market = make_market(gaps=0.0, sessions=120, names=14, seed=4)
    rebalance = np.arange(19, 120, 20)
    universe = np.ones((len(rebalance), 14), dtype=np.bool_)
    later = forward_returns(market, rebalance, ahead=2)
    noise = np.random.default_rng(0).normal(size=later.shape)
    perfect = np.where(np.isfinite(later), later, noise)
    found = decay(market, perfect, universe, rebalance, (0, 2))
    assert found[1].mean == pytest.approx(1.0)
    assert (found[0].count, found[1].count) == (4, 2)
    assert abs(found[0].mean) < 0.9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_residuals_know_nothing_of_exposures_and_groups(seed: int) -> None:
    rng = np.random.default_rng(seed)
    exposure, own = rng.normal(size=(2, 4, 40))
    groups = ["a", "b"] * 20
    scores = own + 0.8 * exposure + np.where(np.arange(40) % 2, 1.0, -1.0)
    scores[1, 5] = np.nan
    universe = rng.uniform(size=(4, 40)) > 0.1
    left = residual(scores, exposure[:, :, None], groups, universe=universe)
    assert np.isfinite(left).tolist() == (universe & np.isfinite(scores)).tolist()
    assert cross_correlations(left, exposure, rank=False) == pytest.approx(0.0, abs=1e-9)
    for start in (0, 1):
        assert np.nanmean(left[:, start::2], axis=1) == pytest.approx(0.0, abs=1e-12)
    again = residual(left, exposure[:, :, None], groups, universe=universe)
    assert again == pytest.approx(left, abs=1e-9, nan_ok=True)


def test_a_score_that_the_exposures_explain_leaves_nothing() -> None:
    exposure = np.random.default_rng(0).normal(size=(1, 20))
    scores = 3.0 * exposure + 1.0
    every = np.ones((1, 20), dtype=np.bool_)
    left = residual(scores, exposure[:, :, None], ["x"] * 20, universe=every)
    assert np.isnan(left).all()
    only_means = residual(scores, np.empty((1, 20, 0)), ["x"] * 20, universe=every)
    assert only_means[0] == pytest.approx(scores[0] - scores[0].mean())
