from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.concentration import concentration, risk_contributions, sector_sums
from core.errors import InputsError

seeds = st.integers(0, 2**32)


def some_weights(seed: int, sessions: int, names: int, held: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.0, 1.0, (sessions, names)) * (rng.uniform(size=names) < held)
    weights[rng.uniform(size=sessions) < 0.1] = 0.0
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), 1.0) * 0.9


@given(seeds, st.integers(1, 20), st.integers(1, 12), st.integers(1, 14), st.floats(0.0, 1.0))
def test_concentration_by_the_plain_formula(
    seed: int, sessions: int, names: int, top: int, share: float
) -> None:
    weights = some_weights(seed, sessions, names, share)
    before = weights.copy()
    found = concentration(weights, top=top)
    assert np.array_equal(weights, before)
    for t, row in enumerate(weights):
        largest = sorted(row, reverse=True)[:top]
        assert found.top_weight[t] == pytest.approx(sum(largest), abs=1e-15)
        if row.sum() == 0.0:
            for series in (found.hhi, found.effective_names, found.top_share):
                assert math.isnan(series[t])
            continue
        shares = row / row.sum()
        assert found.hhi[t] == pytest.approx(float((shares**2).sum()), rel=1e-12)
        assert found.effective_names[t] == pytest.approx(1.0 / found.hhi[t])
        assert 1.0 - 1e-12 <= found.effective_names[t] <= np.count_nonzero(row) + 1e-9
        assert found.top_share[t] == pytest.approx(sum(largest) / row.sum(), rel=1e-12)


def test_exposure_does_not_change_concentration() -> None:
    weights = np.array([[0.25, 0.25, 0.25, 0.25], [0.1, 0.1, 0.1, 0.1], [0.7, 0.0, 0.0, 0.0]])
    found = concentration(weights, top=2)
    assert found.effective_names == pytest.approx([4.0, 4.0, 1.0])
    assert found.top_share == pytest.approx([0.5, 0.5, 1.0])
    assert found.top_weight == pytest.approx([0.5, 0.2, 0.7])


@given(seeds, st.integers(1, 8), st.integers(0, 12))
def test_sectors_sum_to_the_whole(seed: int, sessions: int, names: int) -> None:
    weights = some_weights(seed, sessions, names)
    rng = np.random.default_rng(seed)
    sectors = [str(x) for x in rng.choice(["Energy", "Health Care", "Other"], names)]
    labels, summed = sector_sums(weights, sectors)
    assert labels == tuple(sorted(set(sectors)))
    assert summed.shape == (sessions, len(labels))
    np.testing.assert_allclose(summed.sum(axis=1), weights.sum(axis=1), atol=1e-14)
    for column, label in enumerate(labels):
        chosen = [one == label for one in sectors]
        np.testing.assert_allclose(summed[:, column], weights[:, chosen].sum(axis=1), atol=1e-14)
    one_row = sector_sums(weights[0], sectors)[1]
    np.testing.assert_allclose(one_row, summed[0], atol=1e-15)


@settings(max_examples=50)
@given(seeds, st.integers(1, 10), st.integers(2, 60), st.data())
def test_risk_is_split_by_the_covariance_and_sums_to_the_volatility(
    seed: int, names: int, window: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0, 0.02, (90, names)) + rng.normal(0.0, 0.01, (90, 1))
    weights = some_weights(seed, 1, names, 0.8)[0]
    session = data.draw(st.integers(window - 1, 89))
    before = returns.copy()
    found = risk_contributions(weights, returns, session, window=window)
    assert np.array_equal(returns, before)
    covariance = np.atleast_2d(np.cov(returns[session - window + 1 : session + 1], rowvar=False))
    volatility = math.sqrt(weights @ covariance @ weights * 252)
    assert found.volatility == pytest.approx(volatility, rel=1e-10, abs=1e-15)
    assert found.contribution.sum() == pytest.approx(found.volatility, rel=1e-12)
    if volatility > 0.0:
        expected = weights * (covariance @ weights) * 252 / volatility
        np.testing.assert_allclose(found.contribution, expected, atol=1e-12)
        assert found.known == pytest.approx(1.0)
    else:
        assert math.isnan(found.known)
    assert (found.contribution[weights == 0.0] == 0.0).all()
    # Nothing after the session is read, nor before the window.
    other = returns.copy()
    other[session + 1 :] = np.nan
    other[: session - window + 1] = 9.0
    again = risk_contributions(weights, other, session, window=window)
    assert np.array_equal(again.contribution, found.contribution)


def test_hand_made_risk() -> None:
    # Two names that move against each other: the hedge takes volatility away.
    moves = np.array([0.02, -0.02, 0.02, -0.02])
    returns = np.stack([moves, -0.5 * moves], axis=1)
    found = risk_contributions(np.array([0.6, 0.4]), returns, 3, window=4)
    deviation = float(np.std(moves, ddof=1)) * math.sqrt(252)
    assert found.volatility == pytest.approx(0.4 * deviation)
    assert found.contribution == pytest.approx([0.6 * deviation, -0.2 * deviation])


def test_missing_returns_count_as_0_and_are_told() -> None:
    rng = np.random.default_rng(0)
    returns = rng.normal(0.0, 0.02, (40, 3))
    returns[:30, 2] = np.nan
    weights = np.array([0.3, 0.3, 0.3])
    found = risk_contributions(weights, returns, 39, window=40)
    filled = risk_contributions(weights, np.nan_to_num(returns), 39, window=40)
    assert np.array_equal(found.contribution, filled.contribution)
    assert found.known == pytest.approx((1.0 + 1.0 + 0.25) / 3.0)


def test_without_a_full_window_nothing_is_known() -> None:
    found = risk_contributions(np.array([0.5]), np.zeros((10, 1)), 8, window=10)
    assert math.isnan(found.volatility)
    assert np.isnan(found.contribution).all()
    still = risk_contributions(np.array([0.5]), np.zeros((10, 1)), 9, window=10)
    assert still.volatility == 0.0
    assert still.contribution.tolist() == [0.0]


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputsError, match="weights must be finite and at least 0"):
        concentration(np.array([[0.5, -0.1]]))
    with pytest.raises(InputsError, match="top must be at least 1, was 0"):
        concentration(np.ones((1, 2)), top=0)
    with pytest.raises(InputsError, match=r"sectors must have one entry a name \(2\), had 1"):
        sector_sums(np.ones((1, 2)), ["Energy"])
    with pytest.raises(InputsError, match=r"returns must have one column a name \(2\)"):
        risk_contributions(np.ones(2), np.zeros((5, 3)), 4, window=2)
    for session in (-1, 5):
        with pytest.raises(InputsError, match=rf"session must be a row .*was {session}"):
            risk_contributions(np.ones(2), np.zeros((5, 2)), session, window=2)
