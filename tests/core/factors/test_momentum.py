from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.factors.momentum import momentum


def test_it_is_the_return_from_the_lookback_to_the_skip() -> None:
    # 10 → 11 → 12 → 15 → 99: from t − 4 to t − 1 the price goes from 10 to 15; the last session,
    # 99, is left out.
    close = np.array([[10.0], [11.0], [12.0], [15.0], [99.0]])
    assert momentum(close, 4, lookback=4, skip=1) == pytest.approx([0.5])
    assert momentum(close, 4, lookback=4, skip=0) == pytest.approx([8.9])


@pytest.mark.parametrize("row", [0, 3])
def test_a_bar_missing_at_either_end_is_not_replaced(row: int) -> None:
    close = np.array([[10.0, 10.0], [11.0, 11.0], [12.0, 12.0], [15.0, 15.0], [99.0, 99.0]])
    close[row, 0] = np.nan
    score = momentum(close, 4, lookback=4, skip=1)
    assert np.isnan(score[0])
    assert score[1] == pytest.approx(0.5)


def test_too_short_a_history_is_missing() -> None:
    close = np.full((5, 2), 10.0)
    assert np.isnan(momentum(close, 3, lookback=4, skip=1)).all()
    assert momentum(close, 4, lookback=4, skip=1).tolist() == [0.0, 0.0]


@given(st.floats(1e-3, 1e3), st.integers(0, 9))
def test_the_price_level_and_later_prices_do_not_matter(level: float, skip: int) -> None:
    close = np.exp(np.random.default_rng(skip).normal(0.0, 0.02, (20, 3)).cumsum(axis=0))
    score = momentum(close, 12, lookback=10, skip=skip)
    changed = close * level
    changed[13:] = 7.0
    assert momentum(changed, 12, lookback=10, skip=skip) == pytest.approx(score, abs=1e-12)
