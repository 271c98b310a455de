from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr, ttest_1samp

from core.errors import InputsError
from core.factors.evaluation_statistics import (
    MIN_NAMES,
    automatic_lags,
    by_label,
    cross_correlations,
    mean_test,
    rank_correlations_of_factors,
    ranks,
)


def autocorrelated(count: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0.3, 1.0, count)
    for place in range(1, count):
        noise[place] += 0.5 * noise[place - 1]
    return noise


@pytest.mark.parametrize("lags", [0, 1, 4, 11])
def test_statsmodels_says_the_same(lags: int) -> None:
    series = autocorrelated(80, lags)
    hac = {"maxlags": lags, "use_correction": True}
    theirs = sm.OLS(series, np.ones(80)).fit(cov_type="HAC", cov_kwds=hac, use_t=True)
    own = mean_test(series, lags=lags, level=0.9)
    assert own.mean == pytest.approx(theirs.params[0], rel=1e-12)
    assert own.error == pytest.approx(theirs.bse[0], rel=1e-10)
    assert own.t == pytest.approx(theirs.tvalues[0], rel=1e-10)
    assert own.p == pytest.approx(theirs.pvalues[0], rel=1e-8)
    assert [own.low, own.high] == pytest.approx(theirs.conf_int(alpha=0.1)[0], rel=1e-10)


def test_without_lags_it_is_the_t_test() -> None:
    series = autocorrelated(12, 5)
    own, theirs = mean_test(series, lags=0), ttest_1samp(series, 0.0)
    assert (own.t, own.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert own.beyond_noise == (own.p < 0.05)


def test_the_rule_for_the_number_of_lags() -> None:
    assert [automatic_lags(n) for n in (12, 100, 106, 1000)] == [2, 4, 4, 6]
    assert mean_test(autocorrelated(106, 1)).lags == 4


def test_short_and_constant_series() -> None:
    assert np.isnan(mean_test(np.array([np.nan])).mean)
    one = mean_test(np.array([np.nan, 2.0]))
    assert (one.count, one.mean) == (1, 2.0)
    assert np.isnan(one.error)
    assert not one.beyond_noise
    same = mean_test(np.full(9, 0.1))
    assert (same.mean, same.low, same.high) == pytest.approx((0.1, 0.1, 0.1))
    assert np.isnan(same.t)
    assert np.isnan(mean_test(np.zeros(9)).t)


def test_missing_values_are_left_out() -> None:
    series = autocorrelated(30, 2)
    gaps = np.insert(series, [3, 17], np.nan)
    assert mean_test(gaps) == mean_test(series)


def test_levels_and_lags_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputsError, match=r"level must be in \(0, 1\)"):
        mean_test(np.ones(3), level=95.0)
    with pytest.raises(InputsError, match="lags at least 0"):
        mean_test(np.ones(3), lags=-1)


def test_groups_come_in_order_and_hold_their_own_values() -> None:
    found = by_label(np.array([1.0, 2.0, np.nan, 4.0, 6.0]), [2020, 2019, 2019, 2020, 2020])
    assert list(found) == [2019, 2020]
    assert (found[2019].mean, found[2019].count) == (2.0, 1)
    assert found[2020].mean == pytest.approx(11.0 / 3.0)


def test_ranks_share_ties_and_leave_gaps() -> None:
    shared = ranks(np.array([[3.0, np.nan, 1.0, 3.0]]))[0]
    assert shared.tolist() == pytest.approx([2.5, np.nan, 1.0, 2.5], nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(MIN_NAMES, 40))
def test_correlations_are_those_of_scipy(seed: int, names: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 12, (2, 3, names)) + rng.normal(0.0, 1e-3, (2, 3, names))
    one[0, : names - MIN_NAMES] = np.nan
    found = cross_correlations(one, other, rank=True)
    for row in range(3):
        known = np.isfinite(one[row])
        theirs = spearmanr(one[row][known], other[row][known]).statistic
        assert found[row] == pytest.approx(theirs, abs=1e-12)
        pearson = np.corrcoef(one[row][known], other[row][known])[0, 1]
        assert cross_correlations(one, other, rank=False)[row] == pytest.approx(pearson, abs=1e-12)
    assert (np.abs(found) <= 1.0).all()
    order = rng.permutation(names)
    shuffled = cross_correlations(one[:, order], other[:, order], rank=True)
    assert shuffled == pytest.approx(found, abs=1e-12)
    assert cross_correlations(np.exp(one), other * 9.0, rank=True) == pytest.approx(
        found, abs=1e-12
    )


def test_too_few_names_and_equal_scores_have_no_correlation() -> None:
    rng = np.random.default_rng(0)
    few = rng.normal(size=(1, MIN_NAMES))
    few[0, 0] = np.nan
    assert np.isnan(cross_correlations(few, rng.normal(size=(1, MIN_NAMES)), rank=True)).all()
    equal = np.full((1, 20), 0.1)
    for rank in (True, False):
        assert np.isnan(cross_correlations(equal, rng.normal(size=(1, 20)), rank=rank)).all()


def test_factors_correlate_with_themselves_and_alike_both_ways() -> None:
    scores = np.random.default_rng(0).normal(size=(6, 30, 3))
    scores[:, :, 2] = -scores[:, :, 0]
    table = rank_correlations_of_factors(scores)
    assert np.diag(table).tolist() == [1.0] * 3
    assert np.array_equal(table, table.T)
    assert table[0, 2] == pytest.approx(-1.0)
    scores[:, :, 1] = np.nan
    assert np.isnan(rank_correlations_of_factors(scores)[0, 1])
