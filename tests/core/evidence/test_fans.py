"""Fans: known where the answer is known, wider with time, and of the very returns given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import HistoryError, InputsError
from core.evidence.fans import LEVELS, fan
from core.units import Floats


def returns(seed: int = 0, sessions: int = 500) -> Floats:
    return np.random.default_rng(seed).normal(0.0003, 0.01, sessions)


def test_independent_draws_have_the_spread_of_the_root_of_time() -> None:
    given = returns()
    found = fan(given, sessions=100, paths=4000, block=1.0)
    moves = np.log1p(given)
    spread = 1.6449 * moves.std() * math.sqrt(100.0)
    middle = 100.0 * moves.mean()
    expected = np.exp([middle - spread, middle, middle + spread])
    np.testing.assert_allclose(found.nav[[0, 2, 4], -1], expected, rtol=0.03)
    assert found.loss == pytest.approx(
        0.5 * math.erfc(middle / moves.std() / 10 / 2**0.5), abs=0.05
    )


def test_it_is_ordered_begins_at_one_and_repeats_itself() -> None:
    given = returns(1)
    kept = given.copy()
    found, again = fan(given, seed=3, paths=300), fan(given, seed=3, paths=300)
    np.testing.assert_array_equal(found.nav, again.nav)
    np.testing.assert_array_equal(given, kept)
    assert found.nav.shape == (len(LEVELS), 253)
    assert (found.nav[:, 0] == 1.0).all()
    assert (np.diff(found.nav, axis=0) >= 0.0).all()
    assert (found.drawdown <= 0.0).all()
    assert (np.diff(found.deepest) >= 0.0).all()
    assert (found.deepest <= found.drawdown.min(axis=1) + 1e-12).all()


def test_a_constant_return_has_one_future_longer_than_the_past_too() -> None:
    found = fan(np.full(80, 0.001), sessions=200, paths=100)
    np.testing.assert_allclose(found.nav, np.tile(1.001 ** np.arange(201), (5, 1)), rtol=1e-12)
    assert found.deepest.max() == 0.0
    assert found.loss == 0.0


def test_bad_input_is_explained() -> None:
    with pytest.raises(HistoryError, match="at least 60 returns to draw from, had 59"):
        fan(returns()[:59])
    with pytest.raises(InputsError, match="finite and above -1"):
        fan(np.append(returns(), -1.0))
    with pytest.raises(InputsError, match="paths at least 100"):
        fan(returns(), paths=10)
    with pytest.raises(InputsError, match="block must be a number of sessions of at least 1"):
        fan(returns(), block=0.5)
