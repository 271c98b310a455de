from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.errors import InputsError
from core.shapley import MOST_PLAYERS, interaction, shapley
from core.units import Floats

_NUMBER = st.floats(-1e3, 1e3, allow_nan=False, allow_subnormal=False)


@st.composite
def set_functions(draw: st.DrawFn, most: int = 5) -> Floats:
    players = draw(st.integers(0, most))
    outcomes = draw(st.integers(1, 3))
    return draw(hnp.arrays(np.float64, (1 << players, outcomes), elements=_NUMBER))


def by_permutations(values: Floats) -> Floats:
    """The definition: the mean over all orders of what each player changes when it arrives."""
    players = len(values).bit_length() - 1
    total = np.zeros((players, values.shape[1]))
    for order in itertools.permutations(range(players)):
        present = 0
        for i in order:
            total[i] += values[present | 1 << i] - values[present]
            present |= 1 << i
    return total / math.factorial(players)


@given(set_functions())
def test_it_is_the_mean_over_all_orders(values: Floats) -> None:
    before = values.copy()
    np.testing.assert_allclose(shapley(values), by_permutations(values), atol=1e-9)
    np.testing.assert_array_equal(values, before)


@given(set_functions(8))
def test_efficiency(values: Floats) -> None:
    total = shapley(values).sum(axis=0)
    np.testing.assert_allclose(total, values[-1] - values[0], atol=1e-9)


@given(set_functions(), st.data())
def test_symmetry(values: Floats, data: st.DataObject) -> None:
    players = len(values).bit_length() - 1
    order = data.draw(st.permutations(range(players)))
    moved = np.empty_like(values)
    for s in range(len(values)):
        moved[sum(1 << order[i] for i in range(players) if s >> i & 1)] = values[s]
    np.testing.assert_allclose(shapley(moved)[list(order)], shapley(values), atol=1e-9)


@given(set_functions(), st.data())
def test_equal_players_share_alike(values: Floats, data: st.DataObject) -> None:
    sizes = np.bitwise_count(np.arange(len(values)))
    by_size = values[: int(sizes.max()) + 1]
    shares = shapley(by_size[sizes])
    np.testing.assert_allclose(shares, np.broadcast_to(shares[:1], shares.shape), atol=1e-9)


@given(set_functions(), st.data())
def test_a_null_player_has_exactly_nothing(values: Floats, data: st.DataObject) -> None:
    players = len(values).bit_length() - 1
    null = data.draw(st.integers(0, players))
    below = (1 << null) - 1
    subsets = np.arange(2 * len(values))
    rest = (subsets & below) | (subsets >> 1 & ~below)
    shares = shapley(values[rest])
    assert (shares[null] == 0.0).all()
    np.testing.assert_allclose(np.delete(shares, null, axis=0), shapley(values), atol=1e-9)


@given(set_functions(), _NUMBER, st.integers(0, 2**32 - 1))
def test_linearity(values: Floats, factor: float, seed: int) -> None:
    other = np.random.default_rng(seed).normal(0.0, 1.0, values.shape)
    joint = shapley(values + factor * other)
    np.testing.assert_allclose(joint, shapley(values) + factor * shapley(other), atol=1e-8)


@given(set_functions())
def test_interaction_of_additive_players_is_nothing(values: Floats) -> None:
    players = len(values).bit_length() - 1
    single = values[:players]
    bits = (np.arange(1 << players)[:, None] >> np.arange(players)) & 1
    between = interaction(bits @ single)
    off = ~np.eye(players, dtype=np.bool_)
    np.testing.assert_allclose(between[off], 0.0, atol=1e-9)
    assert np.isnan(between[~off]).all()


@given(set_functions())
def test_interaction_is_how_one_share_changes_when_the_other_is_present(values: Floats) -> None:
    # Shapley interaction: the share of i in the game with j present minus that without j.
    players = len(values).bit_length() - 1
    subsets = np.arange(len(values))
    between = interaction(values)
    for j in range(players):
        others = [i for i in range(players) if i != j]
        with_j = shapley(values[subsets >> j & 1 == 1])
        without_j = shapley(values[subsets >> j & 1 == 0])
        np.testing.assert_allclose(between[others, j], with_j - without_j, atol=1e-9)
        np.testing.assert_array_equal(between[others, j], between[j, others])


def test_golden() -> None:
    # The glove game (Shapley & Shubik 1969): one left glove, two right ones; 2/3, 1/6, 1/6.
    left, right = 0b001, 0b110
    worth = [float(bool(s & left) and bool(s & right)) for s in range(8)]
    np.testing.assert_allclose(shapley(np.array(worth)[:, None]).ravel(), [2 / 3, 1 / 6, 1 / 6])


def test_an_undefined_subset_leaves_shares_undefined() -> None:
    values = np.array([[1.0, 1.0], [2.0, np.nan], [3.0, 3.0], [4.0, 4.0]])
    shares = shapley(values)
    assert np.isfinite(shares[:, 0]).all()
    assert np.isnan(shares[:, 1]).all()
    assert np.isnan(shapley(np.array([[np.inf], [np.inf]]))).all()


@pytest.mark.parametrize("shape", [(0, 1), (3, 1), (4,), (2 << MOST_PLAYERS, 1)])
def test_other_tables_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputsError, match="must"):
        shapley(np.zeros(shape))
