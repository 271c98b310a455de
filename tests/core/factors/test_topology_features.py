from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.factors.topology_diagrams import Diagrams, diagrams_of
from core.factors.topology_features import DEGREES, FEATURES, bar_statistics, diagram_features


def statistics(bars: list[tuple[float, float]]) -> np.ndarray:
    table = np.array(bars, dtype=np.float64).reshape(-1, 2)
    return bar_statistics(table[:, 0], table[:, 1], np.zeros(len(table), dtype=np.int64), 1)[0]


def test_one_bar() -> None:
    # One bar (0.2, 1.4): a tent of base 1.2 and height 0.6; (1.2)²/4 and √(1.2³/12).
    assert statistics([(0.2, 1.4)]) == pytest.approx([0.36, 0.144**0.5, 1.2, 0.0])
    assert statistics([(0.2, 1.4)])[1] == pytest.approx(0.37947, abs=5e-6)


def test_equal_bars_have_the_entropy_of_their_number() -> None:
    assert statistics([(0.0, 1.0), (2.0, 3.0), (5.0, 6.0)])[3] == pytest.approx(np.log(3.0))
    # Shares 3/4 and 1/4.
    assert statistics([(0.0, 3.0), (0.0, 1.0)])[3] == pytest.approx(0.5623351446188083)


def test_no_bar_and_bars_without_length_are_zero() -> None:
    assert statistics([]).tolist() == [0.0] * 4
    assert statistics([(1.0, 1.0), (2.0, 2.0)]).tolist() == [0.0] * 4
    assert statistics([(0.2, 1.4), (1.0, 1.0)]) == pytest.approx(statistics([(0.2, 1.4)]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.01, 1.0)), min_size=1, max_size=6))
def test_norms_are_those_of_the_landscape_drawn_on_a_grid(bars: list[tuple[float, float]]) -> None:
    table = np.array([(birth, birth + length) for birth, length in bars])
    grid = np.linspace(0.0, 2.0, 40_001)
    tents = np.maximum(np.minimum(grid[None, :] - table[:, :1], table[:, 1:] - grid[None, :]), 0.0)
    landscape = -np.sort(-tents, axis=0)  # its k-th row is the k-th function
    width = grid[1] - grid[0]
    found = statistics([(birth, death) for birth, death in table])
    assert found[0] == pytest.approx(landscape.sum() * width, rel=1e-3, abs=1e-7)
    assert found[1] == pytest.approx(np.sqrt((landscape**2).sum() * width), rel=1e-3, abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100.0))
def test_each_statistic_grows_with_its_degree(seed: int, scale: float) -> None:
    windows = np.random.default_rng(seed).normal(size=(3, 25))
    small, large = (diagram_features(diagrams_of(w, 3, 1)) for w in (windows, windows * scale))
    assert large == pytest.approx(small * scale ** np.array([*DEGREES, *DEGREES]), rel=1e-8)
    assert (small >= 0.0).all()


def test_both_dimensions_in_their_columns() -> None:
    found = Diagrams(
        components=np.array([[1.0, 1.0], [0.0, 2.0]]),
        loops=np.array([[0.2, 1.4]]),
        counts=np.array([0, 1]),
    )
    table = diagram_features(found)
    assert table.shape == (2, len(FEATURES))
    first = dict(zip(FEATURES, table[0], strict=True))
    second = dict(zip(FEATURES, table[1], strict=True))
    assert first["h0_total_persistence"] == 2.0
    assert first["h0_entropy"] == pytest.approx(np.log(2.0))
    assert first["h1_landscape_l1"] == 0.0
    assert second["h0_landscape_l1"] == 1.0
    assert second["h0_entropy"] == 0.0
    assert second["h1_landscape_l1"] == pytest.approx(0.36)
