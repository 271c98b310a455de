from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.factors.trailing import median_dollar_volume, simple_returns, trailing_volatility


def test_returns_need_both_bars() -> None:
    close = np.array([[10.0], [11.0], [np.nan], [12.1], [6.05]])
    returns = simple_returns(close)[:, 0]
    assert np.isnan(returns[[0, 2, 3]]).all()
    assert returns[[1, 4]] == pytest.approx([0.1, -0.5])


def test_volatility_by_hand() -> None:
    # Mean 0.02; squared deviations 1e-4, 1e-4, 0 → sum 2e-4 over 3 − 1 → 1e-4 → 0.01.
    returns = np.array([[0.5], [0.01], [0.03], [0.02]])
    assert trailing_volatility(returns, 3, 3) == pytest.approx([0.01])


def test_volatility_needs_half_of_the_window() -> None:
    returns = np.full((4, 2), np.nan)
    returns[2:, 0] = [0.01, 0.03]  # two of four
    returns[3, 1] = 0.01  # one of four
    volatility = trailing_volatility(returns, 3, 4)
    assert volatility[0] == pytest.approx(0.01 * np.sqrt(2.0))
    assert np.isnan(volatility[1])


def test_median_by_hand() -> None:
    # Even number of bars: the mean of 3 and 5. One bar of four is too few.
    volume = np.array([[9.0, np.nan], [1.0, np.nan], [5.0, np.nan], [3.0, 4.0]])
    median = median_dollar_volume(volume, 3, 4)
    assert median[0] == 4.0
    assert np.isnan(median[1])


@given(st.integers(0, 2**32), st.integers(2, 12), st.integers(0, 19))
def test_both_agree_with_numpy(seed: int, lookback: int, session: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.lognormal(size=(20, 6))
    values[rng.uniform(size=values.shape) < 0.3] = np.nan
    window = values[max(session - lookback + 1, 0) : session + 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy warns of empty columns
        median, deviation = np.nanmedian(window, axis=0), np.nanstd(window, axis=0, ddof=1)
    count = np.isfinite(window).sum(axis=0)
    enough = count >= (lookback + 1) // 2
    assert median_dollar_volume(values, session, lookback) == pytest.approx(
        np.where(enough, median, np.nan), nan_ok=True
    )
    assert trailing_volatility(values, session, lookback) == pytest.approx(
        np.where(enough & (count >= 2), deviation, np.nan), nan_ok=True
    )
