"""What luck shows among alike trials: limits that are known, and the rate that is promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HistoryError, InputsError
from core.evidence.deflation import deflated_sharpe, expected_maximum
from core.evidence.luck import effective_trials, families, luck_of_the_best
from core.evidence.sharpe import probabilistic_sharpe, sharpe_moments
from core.units import Floats


def alike(seed: int, correlation: float, trials: int = 40, sessions: int = 504) -> Floats:
    """Trials without skill that all correlate with each other by so much."""
    generator = np.random.default_rng(seed)
    common = generator.normal(0.0, 0.01, (sessions, 1))
    own = generator.normal(0.0, 0.01, (sessions, trials))
    return np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own


def test_independent_trials_are_as_many_as_they_are() -> None:
    found = luck_of_the_best(alike(1, 0.0, 100))
    assert found.effective == pytest.approx(100, rel=0.15)
    assert found.families == 100


def test_one_trial_many_times_is_one() -> None:
    one = alike(1, 0.0, 1)
    found = luck_of_the_best(np.repeat(one, 30, axis=1))
    assert found.effective == pytest.approx(1.0, abs=0.4)
    assert found.families == 1
    assert found.expected_best == pytest.approx(0.0, abs=0.003)


def test_equally_correlated_trials_show_what_theory_says() -> None:
    # The maximum of N draws that correlate by ρ is √(1 − ρ) of that of independent ones.
    found = luck_of_the_best(alike(3, 0.75, 60, 5000), draws=4000)
    claimed = 0.5 * expected_maximum(60) / np.sqrt(4999)
    assert found.expected_best == pytest.approx(claimed, rel=0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.99])
def test_on_noise_the_best_is_called_skill_at_most_at_the_nominal_rate(correlation: float) -> None:
    naive = deflated = beaten = 0
    for seed in range(60):
        trials = alike(seed, correlation, 25, 252)
        ratios = trials.mean(axis=0) / trials.std(axis=0, ddof=1)
        kept = sharpe_moments(trials[:, int(ratios.argmax())])
        luck = luck_of_the_best(trials, draws=200)
        naive += probabilistic_sharpe(kept) > 0.95
        deflated += deflated_sharpe(kept, 1.0 / (len(trials) - 1), luck.effective) > 0.95
        beaten += luck.p_value < 0.05
    # 60 tries at 5 %: more than 8 hits come less than once in a hundred such tests.
    assert deflated <= 8
    assert beaten <= 8
    if correlation == 0.0:
        assert naive > 30  # what happens to those who do not count


def test_skill_is_found() -> None:
    trials = alike(5, 0.5)
    trials[:, 7] += 0.004
    found = luck_of_the_best(trials)
    assert found.p_value < 0.01
    assert found.best > found.quantile_95 > found.expected_best > 0.0


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.permutations(range(8)), st.floats(0.1, 10.0))
def test_order_and_scale_of_the_trials_do_not_matter(
    seed: int, order: list[int], scale: float
) -> None:
    trials = alike(seed, 0.3, 8, 100)
    before = trials.copy()
    one = luck_of_the_best(trials, draws=200)
    other = luck_of_the_best(trials[:, order] * scale, draws=200)
    assert (trials == before).all()
    assert one.effective == pytest.approx(other.effective, rel=1e-9)
    assert (one.families, one.p_value) == (other.families, other.p_value)
    assert 1.0 <= one.effective <= one.trials == 8


@given(st.integers(1, 5000), st.floats(-1.0, 6.0))
def test_the_effective_number_turns_the_expected_maximum_around(n: int, best: float) -> None:
    found = effective_trials(best, n)
    assert 1.0 <= found <= n
    if 1.0 < found < n:
        assert expected_maximum(found) == pytest.approx(best, abs=1e-9)


def test_families_are_the_groups_that_were_made() -> None:
    groups = [alike(seed, 0.99, 5) for seed in (1, 2, 3)]
    found = families(np.hstack(groups))
    assert found.tolist() == [1] * 5 + [2] * 5 + [3] * 5
    assert families(np.hstack([groups[0], np.zeros((504, 1))])).tolist() == [1] * 5
    assert families(groups[0][:, :1]).tolist() == [1]


def test_what_has_no_luck_to_measure_is_explained() -> None:
    with pytest.raises(InputsError, match="none of the trials ever moved"):
        luck_of_the_best(np.zeros((100, 3)))
    with pytest.raises(HistoryError, match="at least 4 returns, had 3"):
        luck_of_the_best(np.ones((3, 2)))
    with pytest.raises(InputsError, match="at least 200 times"):
        luck_of_the_best(alike(0, 0.0), draws=10)
    with pytest.raises(InputsError, match=r"float64\[T, N\]"):
        luck_of_the_best(np.zeros((100, 0)))
    with pytest.raises(InputsError, match="at least 1"):
        effective_trials(1.0, 0)
    with pytest.raises(InputsError, match="below 1"):
        families(alike(0, 0.0), 1.0)
