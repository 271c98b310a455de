from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.factors.topology import return_windows, topology, topology_statistics
from core.factors.topology_config import TopologyConfig
from core.factors.topology_diagrams import Diagrams, diagrams_of
from core.factors.topology_features import FEATURES

CONFIG = TopologyConfig(window_days=20)


def some_returns(seed: int = 1, sessions: int = 90, names: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0.0, 0.02, (sessions, names)) * rng.uniform(0.5, 2.0, names)


REBALANCE = np.array([10, 30, 60, 89])
ALL = np.ones((4, 6), dtype=np.bool_)


def test_it_is_the_statistic_of_the_window_that_ends_at_the_rebalance() -> None:
    returns = some_returns()
    found = topology(returns, REBALANCE, ALL, CONFIG)
    assert np.isnan(found[0]).all()  # 11 sessions of history
    alone = diagrams_of(returns[11:31, 2][None, :], 3, 1)
    bars = alone.loops
    assert found[1, 2] == pytest.approx(-((bars[:, 1] - bars[:, 0]) ** 2).sum() / 4.0)


def test_high_is_low_with_the_other_sign() -> None:
    returns = some_returns()
    low = topology(returns, REBALANCE, ALL, CONFIG)
    high = topology(returns, REBALANCE, ALL, TopologyConfig(window_days=20, prefer="high"))
    assert np.array_equal(low, -high, equal_nan=True)


def test_a_missing_return_leaves_only_its_own_windows_out() -> None:
    returns = some_returns()
    returns[25, 3] = np.nan
    found = topology(returns, REBALANCE, ALL, CONFIG)
    assert np.isnan(found[1, 3])
    assert np.isfinite(np.delete(found[1], 3)).all()
    assert np.isfinite(found[2:]).all()


def test_names_outside_the_universe_have_no_score() -> None:
    universe = ALL.copy()
    universe[2, 4] = False
    found = topology(some_returns(), REBALANCE, universe, CONFIG)
    assert np.isnan(found[2, 4])
    assert np.isfinite(found[2, 3])


def test_an_empty_universe_and_no_rebalance() -> None:
    empty = topology(some_returns(), REBALANCE, ~ALL, CONFIG)
    assert empty.shape == (4, 6)
    assert np.isnan(empty).all()
    none = np.array([], dtype=np.int64)
    assert topology(some_returns(), none, ALL[:0], CONFIG).shape == (0, 6)


def test_a_name_that_never_moves_is_a_point_and_has_no_normalised_shape() -> None:
    returns = some_returns()
    returns[:, 1] = 0.0
    assert (topology(returns, REBALANCE, ALL, CONFIG)[1:, 1] == 0.0).all()
    for statistic in ("entropy", "landscape_l1"):
        config = TopologyConfig(window_days=20, normalised=True, statistic=statistic)
        found = topology(returns, REBALANCE, ALL, config)
        assert np.isnan(found[:, 1]).all()
        assert np.isfinite(found[1:, 0]).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(30, 88))
def test_nothing_depends_on_later_returns_nor_on_the_order_of_names(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    returns = some_returns(seed)
    before = returns.copy()
    found = topology(returns, REBALANCE, ALL, CONFIG)
    changed = returns.copy()
    changed[cut + 1 :] = rng.normal(size=changed[cut + 1 :].shape)
    known = cut >= REBALANCE
    again = topology(changed, REBALANCE, ALL, CONFIG)
    assert np.array_equal(again[known], found[known], equal_nan=True)
    order = rng.permutation(6)
    shuffled = topology(returns[:, order], REBALANCE, ALL, CONFIG)
    assert np.array_equal(shuffled, found[:, order], equal_nan=True)
    assert np.array_equal(returns, before)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 10.0))
def test_normalised_is_free_of_scale_and_equal_to_normalising_before(
    seed: int, scale: float
) -> None:
    returns = some_returns(seed)
    windows = return_windows(returns, REBALANCE, ALL, 20)
    table = topology_statistics(windows, diagrams_of(windows.values, 3, 1), normalised=True)
    divided = windows.values / windows.volatility[:, None]
    direct = topology_statistics(windows, diagrams_of(divided, 3, 1), normalised=False)
    np.testing.assert_allclose(table, direct, rtol=1e-8)
    larger = return_windows(returns * scale, REBALANCE, ALL, 20)
    again = topology_statistics(larger, diagrams_of(larger.values, 3, 1), normalised=True)
    np.testing.assert_allclose(again, table, rtol=1e-8)


def test_diagrams_may_come_from_elsewhere() -> None:
    asked: list[tuple[int, int]] = []

    def kept(windows: np.ndarray, dimension: int, delay: int) -> Diagrams:
        asked.append((dimension, delay))
        return diagrams_of(windows, dimension, delay)

    config = TopologyConfig(window_days=30, dimension=2, delay_days=3)
    found = topology(some_returns(), REBALANCE, ALL, config, diagrams=kept)
    assert asked == [(2, 3)]
    assert np.array_equal(found, topology(some_returns(), REBALANCE, ALL, config), equal_nan=True)


def test_every_statistic_can_be_asked_for() -> None:
    returns = some_returns()
    windows = return_windows(returns, REBALANCE, ALL, 20)
    table = topology_statistics(windows, diagrams_of(windows.values, 3, 1), normalised=False)
    for column, name in enumerate(FEATURES):
        config = TopologyConfig.model_validate(
            {"window_days": 20, "homology": int(name[1]), "statistic": name[3:], "prefer": "high"}
        )
        found = topology(returns, REBALANCE, ALL, config)
        assert np.array_equal(found, table[:, :, column], equal_nan=True)


def test_a_cloud_needs_room() -> None:
    with pytest.raises(ValidationError, match=r"at least 10 points.*was 0\. Lengthen window_days"):
        TopologyConfig(window_days=20, dimension=3, delay_days=10)
