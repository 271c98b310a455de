from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputsError
from core.holdings_beta import holdings_beta
from tests.core.test_concentration import some_weights

seeds = st.integers(0, 2**32)


def returns_of(seed: int, rows: int, names: int, missing: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    market = rng.normal(4e-4, 0.01, rows)
    returns = rng.uniform(-0.5, 2.0, names) * market[:, None] + rng.normal(0, 0.01, (rows, names))
    late = rng.uniform(size=names) < missing
    returns[: rows // 2, late] = np.nan
    returns[rng.uniform(size=(rows, names)) < 0.3 * missing] = np.nan
    market[rng.uniform(size=rows) < 0.05 * missing] = np.nan
    return returns, market


def plain_beta(own: np.ndarray, market: np.ndarray, window: int) -> float:
    pair = np.isfinite(own) & np.isfinite(market)
    if pair.sum() < max(2, (window + 1) // 2):
        return math.nan
    moments = np.cov(own[pair], market[pair])
    return float(moments[0, 1] / moments[1, 1])


@settings(max_examples=50)
@given(
    seeds,
    st.integers(1, 25),
    st.integers(1, 6),
    st.integers(0, 30),
    st.integers(4, 25),
    st.sampled_from([0.0, 0.3, 0.9]),
)
def test_the_betas_of_the_holdings_weighted(
    seed: int, sessions: int, names: int, history: int, window: int, missing: float
) -> None:
    returns, market = returns_of(seed, sessions + history, names, missing)
    weights = some_weights(seed, sessions, names, 0.8)
    kept = returns.copy(), market.copy(), weights.copy()
    found = holdings_beta(weights, returns, market, window=window)
    for array, before in zip((returns, market, weights), kept, strict=True):
        np.testing.assert_array_equal(array, before)
    for t in range(sessions):
        row = history + t
        invested = weights[t].sum()
        if invested == 0.0:
            assert found.beta[t] == 0.0
            assert math.isnan(found.known[t])
            continue
        betas = np.full(names, math.nan)
        if row - window + 1 >= 0:
            span = slice(row - window + 1, row + 1)
            betas = np.array(
                [plain_beta(returns[span, i], market[span], window) for i in range(names)]
            )
        has = np.isfinite(betas) & (weights[t] > 0.0)
        covered = weights[t, has].sum() / invested
        assert found.known[t] == pytest.approx(covered, abs=1e-12)
        if not has.any():
            assert math.isnan(found.beta[t])
        else:
            expected = (weights[t, has] @ betas[has]) / covered
            assert found.beta[t] == pytest.approx(expected, rel=1e-8, abs=1e-10)


@settings(max_examples=30)
@given(seeds, st.integers(2, 30), st.integers(2, 20), st.data())
def test_only_the_past_is_used(seed: int, sessions: int, window: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, sessions))
    returns, market = returns_of(seed, sessions + 10, 4, 0.3)
    weights = some_weights(seed, sessions, 4)
    whole = holdings_beta(weights, returns, market, window=window)
    part = holdings_beta(weights[:cut], returns[: 10 + cut], market[: 10 + cut], window=window)
    np.testing.assert_allclose(whole.beta[:cut], part.beta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(whole.known[:cut], part.known, rtol=1e-12)


def test_hand_made() -> None:
    # One name moves with the market, one twice as far; half is cash.
    market = np.array([0.01, -0.02, 0.03, 0.0, 0.01])
    returns = np.stack([market, 2.0 * market], axis=1)
    weights = np.array([[0.25, 0.25], [0.0, 0.5], [0.0, 0.0]])
    found = holdings_beta(weights, returns, market, window=3)
    assert found.beta == pytest.approx([0.75, 1.0, 0.0])
    assert found.known[:2].tolist() == [1.0, 1.0]


def test_a_market_that_stands_still_gives_no_beta() -> None:
    weights = np.full((3, 2), 0.5)
    returns = np.random.default_rng(0).normal(0.0, 0.01, (3, 2))
    found = holdings_beta(weights, returns, np.full(3, 0.01), window=2)
    assert np.isnan(found.beta).all()
    assert found.known.tolist() == [0.0, 0.0, 0.0]


def test_bad_input_is_refused() -> None:
    weights = np.ones((4, 2)) * 0.5
    for shape in ((3, 2), (4, 3)):
        with pytest.raises(InputsError, match="returns must have at least 4 rows and 2 columns"):
            holdings_beta(weights, np.zeros(shape), np.zeros(shape[0]))
    with pytest.raises(InputsError, match="benchmark_returns must have one entry a session"):
        holdings_beta(weights, np.zeros((5, 2)), np.zeros(4))
    with pytest.raises(InputsError, match="window must be at least 2"):
        holdings_beta(weights, np.zeros((5, 2)), np.zeros(5), window=1)
