from __future__ import annotations

import threading

import numpy as np
import pytest

from core.errors import CancelledError, InputsError
from core.factors.topology_diagrams import Diagrams, diagrams_key, diagrams_of, takens
from core.factors.topology_rips import rips_bars


def some_windows(count: int, length: int = 30, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(4.0, (count, length)) * 0.02


@pytest.mark.parametrize(("dimension", "delay"), [(3, 1), (2, 4)])
def test_each_window_has_the_bars_of_its_own_cloud(dimension: int, delay: int) -> None:
    windows = some_windows(150)
    before = windows.copy()
    found = diagrams_of(windows, dimension, delay, workers=3)
    assert len(found) == 150
    for number in (0, 63, 64, 149):  # on both sides of a block's end
        components, loops = rips_bars(takens(windows[number], dimension, delay))
        assert found.components[number].tolist() == components.tolist()
        assert np.array_equal(np.sort(found.loops_of(number), axis=0), np.sort(loops, axis=0))
    assert (windows == before).all()


def test_workers_do_not_change_anything_and_no_thread_stays() -> None:
    windows = some_windows(100)
    threads = threading.active_count()
    one, many = diagrams_of(windows, 3, 1, workers=1), diagrams_of(windows, 3, 1, workers=4)
    assert np.array_equal(one.loops, many.loops)
    assert np.array_equal(one.components, many.components)
    assert threading.active_count() == threads


def test_progress_is_told_and_ends_with_all() -> None:
    told: list[int] = []
    diagrams_of(some_windows(200), 3, 1, workers=1, done=told.append)
    assert told[-1] == 200
    assert told == sorted(told)


def test_it_can_be_cancelled() -> None:
    with pytest.raises(CancelledError, match=r"cancelled after .* of 20000 runs"):
        diagrams_of(some_windows(20_000), 3, 1, workers=1, cancelled=lambda: True)


def test_no_window_is_no_diagram() -> None:
    found = diagrams_of(np.empty((0, 30)), 3, 1)
    assert len(found) == 0
    assert found.components.shape == (0, 27)
    assert found.loops.shape == (0, 2)


def test_windows_that_cannot_be_embedded_are_refused() -> None:
    with pytest.raises(InputsError, match="at least 12 returns for dimension 3 and delay 5"):
        diagrams_of(np.zeros((1, 11)), 3, 5)
    with pytest.raises(InputsError, match="must be finite"):
        diagrams_of(np.full((1, 20), np.nan), 3, 1)


def test_arrays_and_back() -> None:
    found = diagrams_of(some_windows(5), 3, 1)
    again = Diagrams.from_arrays(found.to_arrays())
    assert np.array_equal(again.loops, found.loops)
    assert np.array_equal(again.components, found.components)
    arrays = found.to_arrays()
    with pytest.raises(ValueError, match="format 1, was 2"):
        Diagrams.from_arrays(arrays | {"format": np.array(2)})
    with pytest.raises(ValueError, match="as many loops"):
        Diagrams.from_arrays(arrays | {"loops": found.loops[1:]})


def test_the_key_is_of_the_content() -> None:
    windows = some_windows(5)
    key = diagrams_key(windows, 3, 1)
    assert key == diagrams_key(windows.copy(), 3, 1)
    changed = windows.copy()
    changed[4, 29] += 1e-9
    others = {diagrams_key(changed, 3, 1), diagrams_key(windows, 2, 1), diagrams_key(windows, 3, 2)}
    assert len(others | {key}) == 4


def test_a_series_too_short_to_embed_has_no_points() -> None:
    assert takens(np.zeros(4), 3, 2).shape == (0, 3)
