from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.distribution import describe, histogram
from core.errors import InputsError

seeds = st.integers(0, 2**32)
some_returns = st.lists(
    st.one_of(st.just(0.0), st.floats(-0.9, 2.0).filter(lambda x: abs(x) > 1e-9)),
    min_size=1,
    max_size=80,
).map(np.array)


@settings(max_examples=50)
@given(seeds, st.integers(3, 900))
def test_agrees_with_scipy(seed: int, count: int) -> None:
    returns = np.random.default_rng(seed).standard_t(4, count) * 0.01
    before = returns.copy()
    found = describe(returns)
    assert np.array_equal(returns, before)
    close = {"rel": 1e-10, "abs": 1e-12}
    assert found.skewness == pytest.approx(stats.skew(returns), **close)
    assert found.excess_kurtosis == pytest.approx(stats.kurtosis(returns), **close)
    expected = stats.jarque_bera(returns)
    assert found.jarque_bera == pytest.approx(expected.statistic, **close)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8, abs=1e-300)
    assert found.median == np.median(returns)
    assert (found.lowest, found.highest) == (returns.min(), returns.max())


def test_hand_made() -> None:
    found = describe(np.array([-0.02, 0.0, 0.0, 0.02]))
    assert (found.mean, found.skewness) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found.excess_kurtosis == pytest.approx(-1.0)  # fourth moment 8e-8 over (2e-4)², less 3
    assert found.jarque_bera == pytest.approx(4.0 / 24.0)
    assert found.deviation == pytest.approx(0.02 * math.sqrt(2.0 / 3.0))


def test_what_is_undefined_is_nan() -> None:
    none = describe(np.empty(0))
    assert none.observations == 0
    assert math.isnan(none.mean)
    one = describe(np.array([0.01]))
    assert one.mean == one.median == 0.01
    for value in (one.deviation, one.skewness, one.p_value):
        assert math.isnan(value)
    flat = describe(np.full(5, 0.01))
    assert flat.deviation == pytest.approx(0.0, abs=1e-15)
    assert math.isnan(flat.skewness)
    assert math.isnan(flat.jarque_bera)


@given(some_returns, st.integers(1, 60))
def test_every_return_is_in_one_bin_and_no_bin_holds_losses_and_gains(
    returns: np.ndarray, most: int
) -> None:
    before = returns.copy()
    found = histogram(returns, most=most)
    assert np.array_equal(returns, before)
    assert found.counts.sum() == len(returns)
    assert len(found.edges) == len(found.counts) + 1 == len(found.normal) + 1
    assert len(found.counts) <= most + 2
    assert (np.diff(found.edges) > 0.0).all()
    assert not ((found.edges[:-1] < 0.0) & (found.edges[1:] > 0.0)).any()
    assert found.edges[0] <= returns.min()
    assert found.edges[-1] >= returns.max()
    assert np.isnan(found.normal).all() or 0.0 <= found.normal.sum() <= len(returns)


def test_the_normal_curve_of_normal_returns_fits() -> None:
    returns = np.random.default_rng(0).normal(4e-4, 0.01, 20_000)
    found = histogram(returns)
    assert found.normal.sum() == pytest.approx(20_000, rel=1e-3)
    np.testing.assert_allclose(found.counts, found.normal, atol=5.0 * np.sqrt(20_000 / 40))
    assert 30 <= len(found.counts) <= 82


@pytest.mark.parametrize("value", [0.0, 0.01, -0.01])
def test_one_value_has_one_bin(value: float) -> None:
    found = histogram(np.full(7, value))
    assert found.counts.tolist() == [7]
    assert np.isnan(found.normal).all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputsError, match="at least one return and one bin, had 0 and 80"):
        histogram(np.empty(0))
    with pytest.raises(InputsError, match="had 1 and 0"):
        histogram(np.zeros(1), most=0)
    for call in (describe, histogram):
        with pytest.raises(InputsError, match="returns must be finite"):
            call(np.array([np.inf]))
