"""Vietoris–Rips persistence of small point clouds in dimensions 0 and 1, exact and compiled."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_part
from core.units import Bools, Floats, Ints

__all__ = ["embedded_bars", "most_loops", "rips_bars"]

_Masks = npt.NDArray[np.uint64]

# Not int: to numba a literal is a type of its own, for which callees would be compiled as well.
_NONE = cast(int, np.int64(0))
_ONE_WORD = cast(int, np.int64(1))

_OVERFLOW = -1  # more classes live at once than the bits can tell apart
_BITS = 64
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def rips_bars(points: Floats) -> tuple[Floats, Floats]:
    """Find the persistence of the Rips filtration of `points` by Euclidean distance.

    Parameters
    ----------
    points : float64[P, D]
        Finite; P may be 0.

    Returns
    -------
    float64[max(P - 1, 0)]
        Deaths of the components, ascending: the edges of a minimum spanning tree. All are born at
        0; the one that lives for ever is left out, those of points that coincide are 0.
    float64[B, 2]
        Birth and death of the loops with positive persistence, by death, then birth.

    Notes
    -----
    Coefficients modulo 2. Annotations after Dey, Fan & Wang 2014 (Computing topological
    persistence for simplicial maps): each edge carries the values of all living classes on it, a
    triangle whose three edges do not sum to zero ends the youngest class in the sum. Beyond the
    enclosing radius, the least of the largest distances from one point, everything is a cone and
    nothing lives, so longer edges are not looked at.
    """
    cloud = np.ascontiguousarray(points, dtype=np.float64)
    components = np.zeros(max(len(cloud) - 1, 0))
    loops = np.empty((most_loops(len(cloud)), 2))
    bars = loops[: _bars(cloud, components, loops)]
    return components, bars[np.lexsort((bars[:, 0], bars[:, 1]))].copy()


def most_loops(points: int) -> int:
    """Rows that the loops of a cloud of so many points fit into: one for each pair."""
    return max(points * (points - 1) // 2, 1)


@compiled
def embedded_bars(
    series: Floats,
    dimension: int,
    delay: int,
    step: int,
    components: Floats,
    loops: Floats,
    counts: Ints,
) -> Floats:
    """Bars of the delay embedding of each row of `series`.

    Parameters
    ----------
    series : float64[M, L]
        Finite.
    dimension, delay, step : int
        Point p of a row has the coordinates ``series[p * step + axis * delay]``.
    components : float64[M, P - 1]
        Written: as :func:`rips_bars` returns them.
    loops : float64[most_loops(P), 2]
        Scratch.
    counts : int64[M]
        Written: loops of each row.

    Returns
    -------
    float64[sum of counts, 2]
        Birth and death of the loops, row after row, by death within a row.
    """
    points = components.shape[1] + 1
    cloud = np.empty((points, dimension))
    kept = np.empty((16 * len(series) + 16, 2))
    used = _NONE
    for row in range(len(series)):
        for point in range(points):
            for axis in range(dimension):
                cloud[point, axis] = series[row, point * step + axis * delay]
        found = _bars(cloud, components[row], loops)
        counts[row] = found
        if used + found > len(kept):
            longer = np.empty((2 * (used + found), 2))
            _copy(kept, used, longer, _NONE)
            kept = longer
        _copy(loops, found, kept, used)
        used += found
    return kept[:used].copy()


@compiled_part
def _copy(rows: Floats, count: int, into: Floats, at: int) -> None:
    # One by one: a slice would bring the text of numpy's error along, which takes long to compile.
    for row in range(count):
        for column in range(rows.shape[1]):
            into[at + row, column] = rows[row, column]


@compiled
def _bars(points: Floats, components: Floats, loops: Floats) -> int:
    # How many loops were written; one word of classes at a time is enough for nearly every cloud.
    words = _ONE_WORD
    found = _attempt(points, words, components, loops)
    while found == _OVERFLOW:
        words *= 2
        found = _attempt(points, words, components, loops)
    return found


@compiled_part
def _attempt(points: Floats, words: int, components: Floats, loops: Floats) -> int:
    count = len(points)
    if count < 2:
        return 0
    length, first, second = _edges(points)
    parent = np.arange(count)
    present = np.zeros((count, count), dtype=np.uint64)  # all bits set once an edge is there
    label = np.zeros((words, count, count), dtype=np.uint64)
    born = np.zeros(words * _BITS, dtype=np.int64)  # place of the edge a living class began with
    taken = np.zeros(words * _BITS, dtype=np.bool_)
    total = np.zeros(words, dtype=np.uint64)
    merged = 0
    found = 0
    for edge in range(len(length)):
        i, j = first[edge], second[edge]
        one, other = _root(parent, i), _root(parent, j)
        if one != other:
            # The first edge between two components closes no triangle: the third point would
            # already join them.
            parent[one] = other
            components[merged] = length[edge]
            merged += 1
        else:
            apex = _common(present[i], present[j])
            if apex >= 0:
                for word in range(words):
                    label[word, i, j] = label[word, j, i] = (
                        label[word, i, apex] ^ label[word, j, apex]
                    )
                while _unequal(present, label, i, j, total):
                    youngest = _youngest(total, born)
                    if length[edge] > length[born[youngest]]:
                        loops[found, 0] = length[born[youngest]]
                        loops[found, 1] = length[edge]
                        found += 1
                    _clear(label, youngest, total)
                    taken[youngest] = False
            else:
                slot = _free(taken)
                if slot < 0:
                    return _OVERFLOW
                taken[slot] = True
                born[slot] = edge
                word, bit = slot // _BITS, _ONE << np.uint64(slot % _BITS)
                label[word, i, j] = label[word, j, i] = bit
        present[i, j] = present[j, i] = _ALL
    return found


@compiled_part
def _edges(points: Floats) -> tuple[Floats, Ints, Ints]:
    # Edges up to the enclosing radius, the shortest first; equal ones in any fixed order.
    count = len(points)
    distance = np.zeros((count, count))
    radius = np.inf
    for i in range(count):
        for j in range(i):
            square = 0.0
            for axis in range(points.shape[1]):
                gap = points[i, axis] - points[j, axis]
                square += gap * gap
            distance[i, j] = distance[j, i] = np.sqrt(square)
    for i in range(count):
        furthest = 0.0
        for j in range(count):
            furthest = max(furthest, distance[i, j])
        radius = min(radius, furthest)
    length = np.empty(count * (count - 1) // 2)
    pair = np.empty(len(length), dtype=np.int64)
    kept = 0
    for i in range(count):
        for j in range(i):
            if distance[i, j] <= radius:
                length[kept] = distance[i, j]
                pair[kept] = i * count + j
                kept += 1
    order = np.argsort(length[:kept])
    sorted_length = np.empty(kept)
    first, second = np.empty(kept, dtype=np.int64), np.empty(kept, dtype=np.int64)
    for place in range(kept):
        sorted_length[place] = length[order[place]]
        first[place] = pair[order[place]] // count
        second[place] = pair[order[place]] % count
    return sorted_length, first, second


@compiled_part
def _root(parent: Ints, point: int) -> int:
    while parent[point] != point:
        parent[point] = parent[parent[point]]
        point = parent[point]
    return point


@compiled_part
def _youngest(total: _Masks, born: Ints) -> int:
    # The class in the sum that began last.
    best = -1
    for word in range(len(total)):
        bits = total[word]
        slot = word * _BITS
        while bits != _ZERO:
            if bits & _ONE and (best < 0 or born[slot] > born[best]):
                best = slot
            bits >>= _ONE
            slot += 1
    return best


@compiled_part
def _common(one: _Masks, other: _Masks) -> int:
    # The first point that both ends are joined to, or -1.
    for k in range(len(one)):
        if one[k] & other[k]:
            return k
    return -1


@compiled_part
def _unequal(present: _Masks, label: _Masks, i: int, j: int, total: _Masks) -> bool:
    # Whether some triangle over the edge does not sum to zero; its sum goes to `total`. The loop
    # that nearly always finds nothing has no branch in it.
    words, count = label.shape[0], label.shape[1]
    for word in range(words):
        own, any_bit = label[word, i, j], _ZERO
        for k in range(count):
            both = present[i, k] & present[j, k]
            any_bit |= both & (own ^ label[word, i, k] ^ label[word, j, k])
        if any_bit != _ZERO:
            break
    else:
        return False
    for k in range(count):
        if present[i, k] & present[j, k]:
            rest = _ZERO
            for word in range(words):
                total[word] = label[word, i, j] ^ label[word, i, k] ^ label[word, j, k]
                rest |= total[word]
            if rest != _ZERO:
                return True
    return False


@compiled_part
def _free(taken: Bools) -> int:
    for slot in range(len(taken)):
        if not taken[slot]:
            return slot
    return -1


@compiled_part
def _clear(label: _Masks, slot: int, total: _Masks) -> None:
    # Add the sum to every edge that carries the class: nothing carries it afterwards.
    word, shift = slot // _BITS, np.uint64(slot % _BITS)
    rows = label.reshape(len(total), -1)
    carries = (rows[word] >> shift) & _ONE
    for each in range(len(total)):
        for place in range(rows.shape[1]):
            rows[each, place] ^= total[each] * carries[place]
