from __future__ import annotations

import math

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import InputsError
from core.metrics import daily_returns
from core.tail_risk import kupiec_p_value, rolling_var, tail_risk, var_backtest
from tests.curves import curve

seeds = st.integers(0, 2**32)
confidences = st.sampled_from([0.9, 0.95, 0.975, 0.99])


@settings(max_examples=60)
@given(seeds, st.integers(2, 900), confidences)
def test_agrees_with_empyrical(seed: int, count: int, confidence: float) -> None:
    returns = np.random.default_rng(seed).standard_t(4, count) * 0.01
    before = returns.copy()
    found = tail_risk(returns, confidence)
    cutoff = round(1.0 - confidence, 12)
    assert found.var == pytest.approx(-empyrical.value_at_risk(returns, cutoff), rel=1e-12)
    # empyrical cuts (n − 1) · cutoff down to a whole number; at one it may fall one short.
    if abs((count - 1) * cutoff - round((count - 1) * cutoff)) > 1e-6:
        expected = -empyrical.conditional_value_at_risk(returns, cutoff)
        assert found.cvar == pytest.approx(expected, rel=1e-12)
    assert found.cvar >= found.var - 1e-15
    assert found.normal_cvar >= found.normal_var
    assert np.array_equal(returns, before)


def test_the_normal_ones_against_scipy() -> None:
    returns = np.random.default_rng(1).normal(5e-4, 0.01, 700)
    mean, deviation = returns.mean(), returns.std(ddof=1)
    found = tail_risk(returns, 0.99)
    assert found.normal_var == pytest.approx(-stats.norm.ppf(0.01, mean, deviation), rel=1e-12)
    tail = stats.norm(mean, deviation).expect(lambda x: x, ub=-found.normal_var, conditional=True)
    assert found.normal_cvar == pytest.approx(-tail, rel=1e-6)


def test_hand_made() -> None:
    # 21 returns from −10 % to +10 %: the 10 % quantile is the third lowest, −8 %.
    returns = np.arange(-10, 11) / 100.0
    found = tail_risk(returns[::-1].copy(), 0.9)
    assert found.var == pytest.approx(0.08, abs=1e-15)
    assert found.cvar == pytest.approx(0.09, abs=1e-15)
    assert found.observations == 21
    # All days gain: the value at risk is a gain, written as a negative loss.
    assert tail_risk(np.array([0.01, 0.02, 0.03]), 0.5).var == pytest.approx(-0.02)


def test_what_is_undefined_is_nan() -> None:
    none, one = tail_risk(np.empty(0)), tail_risk(np.array([-0.01]))
    for value in (none.var, none.cvar, none.normal_var, one.normal_var, one.normal_cvar):
        assert math.isnan(value)
    assert (one.var, one.cvar) == (0.01, 0.01)
    flat = var_backtest(np.ones(10), window=20)
    assert math.isnan(flat.p_value)
    assert (flat.observations, flat.breaches, flat.expected) == (0, 0, 0.0)
    assert np.isnan(flat.var).all()


@settings(max_examples=30)
@given(seeds, st.integers(2, 120), st.integers(2, 60), confidences, st.booleans())
def test_each_estimate_is_that_of_the_returns_before(
    seed: int, sessions: int, window: int, confidence: float, historical: bool
) -> None:
    nav = curve(seed, sessions)
    initial = nav[0] * 1.01
    returns = daily_returns(nav, initial)
    before = nav.copy()
    method = "historical" if historical else "normal"
    found = var_backtest(nav, confidence, window=window, method=method, initial_nav=initial)
    assert np.array_equal(nav, before)
    assert np.isnan(found.var[: window + 1]).all()
    for t in range(window + 1, sessions):
        past = tail_risk(returns[t - 1 - window : t - 1], confidence)
        expected = past.var if historical else past.normal_var
        assert found.var[t] == pytest.approx(expected, rel=1e-12, abs=1e-15)
        assert found.breach[t] == (-returns[t - 1] > found.var[t] + 1e-12)
    assert found.observations == max(sessions - window - 1, 0)
    assert found.breaches == found.breach.sum()
    assert not found.breach[: window + 1].any()


@settings(max_examples=30)
@given(seeds, st.integers(10, 200), st.integers(2, 50), st.data())
def test_only_the_past_is_used(seed: int, sessions: int, window: int, data: st.DataObject) -> None:
    nav = curve(seed, sessions)
    cut = data.draw(st.integers(1, sessions - 1))
    other = np.concatenate((nav[:cut], nav[cut:] * 0.5))
    for method in ("historical", "normal"):
        whole = rolling_var(nav, window=window, method=method)
        # The estimate for session `cut` itself is made before its return.
        changed = rolling_var(other, window=window, method=method)
        np.testing.assert_array_equal(changed[: cut + 1], whole[: cut + 1])


def test_breaches_come_at_the_promised_rate() -> None:
    nav = curve(3, 6000)
    for method in ("historical", "normal"):
        found = var_backtest(nav, 0.95, method=method)
        assert found.breaches == pytest.approx(found.expected, rel=0.15)
        assert found.p_value > 0.01
    calm = np.exp(np.random.default_rng(0).normal(0.0, 0.005, 600))
    wild = np.exp(np.random.default_rng(1).normal(0.0, 0.03, 60))
    shock = var_backtest(np.cumprod(np.concatenate((calm, wild))), 0.95)
    assert shock.breaches > 1.5 * shock.expected
    assert shock.p_value < 0.01


@pytest.mark.parametrize(
    ("confidence", "observations", "least", "most"),
    [
        # Non-rejection regions of Kupiec 1995 at 5 %, as printed in Jorion, Value at Risk:
        # N < 7, 1 < N < 11, 4 < N < 17 and 6 < N < 20, 16 < N < 36, 37 < N < 65. The first has a
        # lower end too: without a breach the ratio is −2 · 252 · ln 0.99 = 5.07, above 3.84.
        (0.99, 252, 1, 6),
        (0.99, 510, 2, 10),
        (0.99, 1000, 5, 16),
        (0.95, 252, 7, 19),
        (0.95, 510, 17, 35),
        (0.95, 1000, 38, 64),
    ],
)
def test_kupiecs_regions(confidence: float, observations: int, least: int, most: int) -> None:
    kept = [n for n in range(100) if kupiec_p_value(n, observations, confidence) > 0.05]
    assert kept == list(range(least, most + 1))


@given(st.integers(0, 400), st.integers(1, 400), confidences)
def test_kupiec_against_the_likelihood_ratio(x: int, n: int, confidence: float) -> None:
    if x > n:
        with pytest.raises(InputsError, match=f"breaches must be between 0 and {n}, was {x}"):
            kupiec_p_value(x, n, confidence)
        return
    p = 1.0 - confidence
    ratio = 2.0 * (stats.binom.logpmf(x, n, x / n) - stats.binom.logpmf(x, n, p))
    expected = stats.chi2.sf(max(ratio, 0.0), 1)
    assert kupiec_p_value(x, n, confidence) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputsError, match="confidence must be between 0 and 1"):
        tail_risk(np.zeros(3), 95.0)
    with pytest.raises(InputsError, match="returns must be finite"):
        tail_risk(np.array([0.0, np.nan]))
    with pytest.raises(InputsError, match="window must be at least 2"):
        rolling_var(curve(0, 10), window=1)
