"""Combinatorial paths: counted by hand, purged, and without skill on noise."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from core.errors import ConfigError, HistoryError, InputsError
from core.evidence.purged import purged_paths, training_sessions
from core.units import Floats


def noise(seed: int, sessions: int = 240, trials: int = 8) -> Floats:
    return np.random.default_rng(seed).normal(0.0, 0.01, (sessions, trials))


def test_six_groups_two_at_a_time_make_five_paths_of_the_book() -> None:
    """López de Prado 2018, ch. 12: N = 6, k = 2 gives 15 splits and 5 paths."""
    found = purged_paths(noise(0), groups=6, tests=2)
    assert len(found.splits) == 15
    assert found.excess.shape == (5, 240)
    assert np.isfinite(found.excess).all()


def test_each_split_by_hand() -> None:
    excess = noise(1)
    found = purged_paths(excess, groups=4, tests=2, purge=2, embargo=5)
    edges = [0, 60, 120, 180, 240]
    uses = {group: 0 for group in range(4)}
    for number, tested in enumerate(combinations(range(4), 2)):
        kept = [
            t for t in range(240) if all(not edges[g] - 2 <= t < edges[g + 1] + 5 for g in tested)
        ]
        seen = excess[kept]
        best = int(np.argmax(seen.mean(axis=0) / seen.std(axis=0, ddof=1)))
        assert found.chosen[number] == best
        for group in tested:
            rows = slice(edges[group], edges[group + 1])
            np.testing.assert_array_equal(found.excess[uses[group], rows], excess[rows, best])
            uses[group] += 1


def test_what_is_tested_purged_or_embargoed_cannot_be_looked_at() -> None:
    excess = noise(2)
    before = purged_paths(excess, groups=6, tests=2, purge=3, embargo=10)
    for number, tested in enumerate(before.splits[:5]):
        hidden = ~training_sessions(240, 6, tested, purge=3, embargo=10)
        other = excess.copy()
        other[hidden] = np.random.default_rng(number).normal(0.0, 0.5, other[hidden].shape)
        after = purged_paths(other, groups=6, tests=2, purge=3, embargo=10)
        assert after.chosen[number] == before.chosen[number]
        assert after.in_sample[number] == before.in_sample[number]


def test_on_noise_nothing_is_left_and_skill_is_kept() -> None:
    found = [purged_paths(noise(seed)) for seed in range(40)]
    promised = np.mean([one.in_sample.mean() for one in found])
    kept = np.array([one.sharpe.mean() for one in found])
    assert promised > 1.0
    assert abs(kept.mean()) < 3.0 * kept.std(ddof=1) / math.sqrt(len(kept))
    skilled = noise(0)
    skilled[:, 3] += 0.01
    lasting = purged_paths(skilled)
    assert (lasting.chosen == 3).all()
    assert lasting.efficiency == pytest.approx(1.0, abs=0.1)


def test_bad_input_is_explained() -> None:
    excess = noise(3)
    untouched = excess.copy()
    purged_paths(excess)
    np.testing.assert_array_equal(excess, untouched)
    with pytest.raises(ConfigError, match="tests from 1 to groups"):
        purged_paths(excess, groups=3, tests=3)
    with pytest.raises(ConfigError, match="purge and embargo must be at least 0"):
        purged_paths(excess, purge=-1)
    with pytest.raises(InputsError, match="at least 2 settings"):
        purged_paths(excess[:, :1])
    with pytest.raises(InputsError, match="must vary"):
        purged_paths(np.zeros((240, 3)))
    with pytest.raises(HistoryError, match="at least 10 sessions each"):
        purged_paths(excess[:50])
    with pytest.raises(HistoryError, match="to train on"):
        purged_paths(excess, groups=6, tests=3, embargo=100)
