"""Persistence of known clouds, of gudhi's, and of a plain reduction of the boundary matrix."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.golden_factors import make_windows
from core.factors.topology_diagrams import takens
from core.factors.topology_rips import rips_bars
from core.units import Floats

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "gudhi_rips.csv"


def plain_bars(points: Floats) -> tuple[list[float], list[tuple[float, float]]]:
    """The textbook: order all simplices, reduce the boundary matrix column by column, modulo 2."""
    count = len(points)

    def size(simplex: tuple[int, ...]) -> float:
        pairs = itertools.combinations(simplex, 2)
        lengths = [np.sqrt(((points[i] - points[j]) ** 2).sum()) for i, j in pairs]
        return float(max(lengths, default=0.0))

    simplices = [s for k in (1, 2, 3) for s in itertools.combinations(range(count), k)]
    sizes = {simplex: size(simplex) for simplex in simplices}
    simplices.sort(key=lambda s: (sizes[s], len(s), s))
    place = {simplex: number for number, simplex in enumerate(simplices)}
    owner: dict[int, set[int]] = {}
    deaths, loops = [], []
    for simplex in simplices:
        faces = itertools.combinations(simplex, len(simplex) - 1) if len(simplex) > 1 else ()
        column = {place[face] for face in faces}
        while column and max(column) in owner:
            column ^= owner[max(column)]
        if not column:
            continue
        youngest = max(column)
        owner[youngest] = column
        birth, death = sizes[simplices[youngest]], sizes[simplex]
        if len(simplex) == 2:
            deaths.append(death)
        elif death > birth:
            loops.append((birth, death))
    return sorted(deaths), sorted(loops)


def polygon(corners: int) -> Floats:
    angle = 2.0 * np.pi * np.arange(corners) / corners
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def test_a_square_is_a_loop_from_its_side_to_its_diagonal() -> None:
    components, loops = rips_bars(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
    assert components.tolist() == [1.0, 1.0, 1.0]
    assert loops.tolist() == [[1.0, 2.0**0.5]]


@pytest.mark.parametrize(("corners", "third"), [(12, 4), (10, 4), (31, 11), (64, 22)])
def test_a_circle_is_one_loop_that_ends_with_its_largest_triangle(corners: int, third: int) -> None:
    # Adamaszek & Adams 2017: the loop lives until an edge spans a third of the circle.
    components, loops = rips_bars(polygon(corners))
    side = 2.0 * np.sin(np.pi / corners)
    assert components == pytest.approx(np.full(corners - 1, side))
    assert loops == pytest.approx(np.array([[side, 2.0 * np.sin(np.pi * third / corners)]]))


def test_two_clusters_are_one_late_merger_and_no_loop() -> None:
    cluster = np.array([[0.0, 0.0], [0.1, 0.0], [0.05, 0.05]])
    components, loops = rips_bars(np.concatenate([cluster, cluster + np.array([5.0, 0.0])]))
    within = 0.05 * 2.0**0.5
    assert components == pytest.approx([within] * 4 + [4.9])
    assert loops.shape == (0, 2)


def test_points_on_a_line_have_no_loop() -> None:
    steps = np.array([0.0, 3.0, 1.0, 7.0, 12.0])
    components, loops = rips_bars(np.stack([steps, 2.0 * steps], axis=1))
    assert components == pytest.approx(np.array([1.0, 2.0, 4.0, 5.0]) * 5.0**0.5)
    assert len(loops) == 0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_points_than_a_triangle_have_no_loop(count: int) -> None:
    components, loops = rips_bars(np.arange(3.0)[:count, None])
    assert components.tolist() == [1.0] * max(count - 1, 0)
    assert len(loops) == 0


def test_points_that_coincide_merge_at_zero() -> None:
    components, loops = rips_bars(np.zeros((5, 3)))
    assert components.tolist() == [0.0] * 4
    assert len(loops) == 0


def test_more_loops_at_once_than_one_word_has_bits() -> None:
    # 9 × 9 unit squares beside each other: 81 loops live at once, from 1 to the diagonal.
    corner = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=2).reshape(-1, 2)
    components, loops = rips_bars(corner)
    assert components.tolist() == [1.0] * 99
    assert loops.tolist() == [[1.0, 2.0**0.5]] * 81


def test_gudhi_says_the_same_of_embedded_returns() -> None:
    lines = [x for x in GOLDEN.read_text(encoding="utf-8").splitlines() if not x.startswith("#")]
    assert lines[0] == "window,dimension,birth,death"
    golden = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    for number, series in enumerate(make_windows()):
        components, loops = rips_bars(takens(series, 3, 1))
        own = golden[golden[:, 0] == number]
        assert components == pytest.approx(own[own[:, 1] == 0.0, 3], rel=1e-12)
        assert loops == pytest.approx(own[own[:, 1] == 1.0, 2:], rel=1e-12)
        assert len(loops) > 5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 11), st.integers(1, 3), st.booleans())
def test_a_plain_reduction_says_the_same(seed: int, count: int, axes: int, lattice: bool) -> None:
    rng = np.random.default_rng(seed)
    # On a lattice most distances are equal: the bars must not depend on how ties are ordered.
    points = rng.integers(0, 3, (count, axes)) * 1.0 if lattice else rng.normal(size=(count, axes))
    before = points.copy()
    components, loops = rips_bars(points)
    deaths, bars = plain_bars(points)
    assert components.tolist() == pytest.approx(deaths, rel=1e-12)
    assert [value for bar in sorted(map(tuple, loops)) for value in bar] == pytest.approx(
        [value for bar in bars for value in bar], rel=1e-12
    )
    assert (points == before).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100.0))
def test_order_place_and_size_of_the_cloud(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(30, 3))
    components, loops = rips_bars(points)
    moved = rng.permutation(points)[:, ::-1] * scale + rng.normal(size=3)
    grown, larger = rips_bars(moved)
    assert grown == pytest.approx(components * scale, rel=1e-9)
    assert larger == pytest.approx(loops * scale, rel=1e-9)
    assert (loops[:, 0] < loops[:, 1]).all()
    assert len(components) == 29
