from __future__ import annotations

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputsError
from core.metrics import curve_metrics, daily_returns
from core.relative import relative_metrics
from core.rolling import rolling_beta, rolling_sharpe, rolling_volatility
from tests.curves import cash_rates, curve, related
from tests.markets import weekdays

seeds = st.integers(0, 2**32)
windows = st.integers(2, 80)
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@settings(max_examples=40)
@given(seeds, st.integers(3, 250), windows)
def test_agrees_with_empyrical(seed: int, sessions: int, window: int) -> None:
    benchmark = curve(seed, sessions)
    nav = related(seed, benchmark)
    initial = nav[0] * 1.001
    returns, others = daily_returns(nav, initial), daily_returns(benchmark)
    found = (
        rolling_volatility(nav, window=window, initial_nav=initial),
        rolling_sharpe(nav, window=window, initial_nav=initial),
        rolling_beta(nav, benchmark, window=window, initial_nav=initial),
    )
    for series in found:
        assert series.shape == (sessions,)
        assert np.isnan(series[:window]).all()
    if sessions > window:
        expected = (
            empyrical.roll_annual_volatility(returns, window=window),
            empyrical.roll_sharpe_ratio(returns, window=window),
            empyrical.roll_beta_aligned(returns, others, window=window),
        )
        for series, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(series[window:], other, rtol=1e-11, atol=1e-11)


@settings(max_examples=40)
@given(seeds, st.integers(4, 250))
def test_a_window_as_long_as_the_curve_gives_its_metrics(seed: int, sessions: int) -> None:
    benchmark = curve(seed, sessions)
    nav, rate = related(seed, benchmark), cash_rates(seed, sessions)
    whole = curve_metrics(nav, weekdays(sessions), rate)
    window = sessions - 1
    np.testing.assert_allclose(
        rolling_volatility(nav, window=window)[-1], whole.volatility, **CLOSE
    )
    np.testing.assert_allclose(
        rolling_sharpe(nav, rate, window=window)[-1], whole.sharpe_ratio, rtol=1e-11
    )
    np.testing.assert_allclose(
        rolling_beta(nav, benchmark, rate, window=window)[-1],
        relative_metrics(nav, benchmark, rate).beta,
        rtol=1e-11,
    )


@settings(max_examples=40)
@given(seeds, st.integers(5, 200), windows, st.data())
def test_only_the_past_is_used(seed: int, sessions: int, window: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, sessions))
    benchmark = curve(seed, sessions)
    nav, rate = related(seed, benchmark), cash_rates(seed, sessions)
    kept = nav.copy(), benchmark.copy(), rate.copy()
    for whole, prefix in (
        (rolling_volatility(nav, window=window), rolling_volatility(nav[:cut], window=window)),
        (
            rolling_sharpe(nav, rate, window=window),
            rolling_sharpe(nav[:cut], rate[:cut], window=window),
        ),
        (
            rolling_beta(nav, benchmark, rate, window=window),
            rolling_beta(nav[:cut], benchmark[:cut], rate[:cut], window=window),
        ),
    ):
        np.testing.assert_allclose(whole[:cut], prefix, rtol=1e-12, equal_nan=True)
    for array, before in zip((nav, benchmark, rate), kept, strict=True):
        assert np.array_equal(array, before)


def test_a_curve_is_twice_its_benchmark() -> None:
    moves = np.array([0.0, 0.01, -0.02, 0.03, -0.01])
    benchmark, nav = np.cumprod(1.0 + moves), np.cumprod(1.0 + 2.0 * moves)
    assert rolling_beta(nav, benchmark, window=2)[2:] == pytest.approx([2.0, 2.0, 2.0])


def test_what_does_not_vary_has_no_ratio() -> None:
    rate = np.full(30, 1e-4)
    cash = np.cumprod(1.0 + rate)
    assert np.isnan(rolling_sharpe(cash, rate, window=5)).all()
    assert np.isnan(rolling_beta(curve(0, 30), cash, rate, window=5)).all()
    assert np.nanmax(rolling_volatility(np.ones(30), window=5)) == 0.0


def test_bad_input_is_refused() -> None:
    nav = curve(0, 10)
    for call in (rolling_volatility, rolling_sharpe):
        with pytest.raises(InputsError, match="window must be at least 2"):
            call(nav, window=1)
    with pytest.raises(InputsError, match="window must be at least 2"):
        rolling_beta(nav, nav, window=0)
    with pytest.raises(InputsError, match=r"benchmark must have one entry a session \(10\), had 9"):
        rolling_beta(nav, nav[:9])
    with pytest.raises(InputsError, match="cash_rate must be finite"):
        rolling_sharpe(nav, np.full(10, np.nan), window=3)
