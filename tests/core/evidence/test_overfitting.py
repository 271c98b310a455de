"""PBO: the invariants of the source, an independent reading of it, and its range."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HistoryError, InputsError
from core.evidence.overfitting import probability_of_overfitting
from core.units import Floats


def noise(seed: int, sessions: int = 320, trials: int = 12) -> Floats:
    return np.random.default_rng(seed).normal(0.0, 0.01, (sessions, trials))


def by_hand(excess: Floats, blocks: int) -> float:
    """CSCV as the paper words it, one split after the other."""
    parts = np.array_split(excess, blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        seen = np.concatenate([parts[b] for b in chosen])
        kept = np.concatenate([parts[b] for b in range(blocks) if b not in chosen])
        best = int(np.argmax(seen.mean(axis=0) / seen.std(axis=0)))
        judged = kept.mean(axis=0) / kept.std(axis=0)
        rank = 1 + int((judged < judged[best]).sum())
        relative = rank / (excess.shape[1] + 1)
        logits.append(np.log(relative / (1 - relative)))
    return float(np.mean(np.array(logits) <= 1e-12))


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_the_paper_words(seed: int) -> None:
    excess = noise(seed)
    found = probability_of_overfitting(excess, blocks=8, resamples=20)
    assert found.splits == 70
    assert found.probability == pytest.approx(by_hand(excess, 8), abs=1e-12)


def test_the_invariants_of_the_source() -> None:
    # What is up in one half is down in the other when every trial sums to nothing.
    excess = noise(0)
    nothing = probability_of_overfitting(excess - excess.mean(axis=0), resamples=20)
    assert nothing.probability == 1.0
    assert nothing.splits == 12_870
    better = excess.copy()
    better[:, 3] += 0.02
    skill = probability_of_overfitting(better, resamples=20)
    assert (skill.probability, skill.high) == (0.0, 0.0)
    assert skill.median_rank == pytest.approx(12 / 13)


def test_on_noise_the_range_holds_one_half() -> None:
    found = [probability_of_overfitting(noise(s, 640, 30), resamples=40) for s in range(8)]
    assert sum(one.low <= 0.5 <= one.high for one in found) >= 6
    assert 0.3 < np.mean([one.probability for one in found]) < 0.7


@settings(max_examples=15)
@given(st.integers(0, 1000), st.permutations(range(6)))
def test_the_order_of_the_trials_does_not_matter(seed: int, order: list[int]) -> None:
    excess = noise(seed, 80, 6)
    before = excess.copy()
    one = probability_of_overfitting(excess, blocks=4, resamples=20)
    other = probability_of_overfitting(excess[:, order], blocks=4, resamples=20)
    assert one == other
    assert (excess == before).all()
    assert 0.0 <= one.low <= one.high <= 1.0


def test_a_trial_that_repeats_another_counts_once() -> None:
    excess = noise(2)
    twice = np.hstack([excess, excess[:, :5]])
    assert probability_of_overfitting(twice, resamples=20) == probability_of_overfitting(
        excess, resamples=20
    )


def test_a_trial_in_cash_is_a_trial() -> None:
    excess = noise(3)
    excess[:, 0] = 0.0
    excess[:160, 1] = 0.0
    assert 0.0 <= probability_of_overfitting(excess, resamples=20).probability <= 1.0


def test_what_cannot_be_estimated_is_explained() -> None:
    same = np.repeat(noise(1, 320, 1), 5, axis=1)
    with pytest.raises(InputsError, match="at least 2 different trials, had 1 among 5"):
        probability_of_overfitting(same)
    with pytest.raises(HistoryError, match="at least 160 sessions, had 100"):
        probability_of_overfitting(noise(1, 100))
    with pytest.raises(InputsError, match="must be even and from 4 to 16, was 7"):
        probability_of_overfitting(noise(1), blocks=7)
    with pytest.raises(InputsError, match="at least 20 resamples"):
        probability_of_overfitting(noise(1), resamples=3)
    with pytest.raises(InputsError, match="must be finite"):
        probability_of_overfitting(np.full((320, 3), np.nan))
