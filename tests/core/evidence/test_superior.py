"""The test of the best trial: like arch's, at its nominal rate, and never without a reason."""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import SPA

from core.errors import HistoryError, InputsError
from core.evidence.superior import superiority

RNG = np.random.default_rng(11)
NOISE = RNG.normal(0.0, 0.01, (300, 12))


def test_it_says_what_arch_says() -> None:
    for shift in (0.0, 0.0009):
        gains = NOISE.copy()
        gains[:, 3] += shift
        gains[:, 5] -= 0.004  # clearly worse: counts for the reality check only
        found = superiority(gains, resamples=2000, mean_length=5.0, seed=2)
        theirs = SPA(np.zeros(300), -gains, block_size=5, reps=2000, seed=3, studentize=True)
        theirs.compute()
        assert found.p_value == pytest.approx(theirs.pvalues["consistent"], abs=0.03)
        assert found.reality_check == pytest.approx(theirs.pvalues["upper"], abs=0.03)
        assert found.p_value <= found.reality_check


def test_a_trial_with_skill_is_found_and_noise_is_not() -> None:
    gains = NOISE.copy()
    gains[:, 7] += 0.003
    found = superiority(gains, seed=1)
    assert found.best == 7
    assert found.p_value < 0.01
    assert superiority(NOISE, seed=1).p_value > 0.05


def test_on_noise_it_says_skill_at_its_nominal_rate() -> None:
    rng = np.random.default_rng(5)
    said = 0
    for seed in range(200):
        common = rng.normal(0.0, 1.0, (120, 1))
        gains = 0.01 * (0.8 * common + 0.6 * rng.normal(0.0, 1.0, (120, 8)))
        said += superiority(gains, resamples=200, mean_length=1.0, seed=seed).p_value <= 0.05
    assert 2 <= said <= 22  # 5 % of 200 within four standard deviations


def test_where_no_trial_gains_nothing_is_claimed() -> None:
    found = superiority(NOISE - 0.01)
    assert (found.statistic, found.p_value, found.reality_check) == (0.0, 1.0, 1.0)


def test_inputs_are_left_alone_and_seeds_decide() -> None:
    before = NOISE.copy()
    assert superiority(NOISE, seed=4) == superiority(NOISE, seed=4)
    assert np.array_equal(before, NOISE)
    still = np.column_stack([np.zeros(300), NOISE])
    assert superiority(still, seed=4).trials == 12
    assert superiority(still, seed=4).best == superiority(NOISE, seed=4).best + 1


def test_bad_input_is_explained() -> None:
    with pytest.raises(HistoryError, match="at least 60 returns, had 59"):
        superiority(NOISE[:59])
    with pytest.raises(InputsError, match="ever differs from the benchmark"):
        superiority(np.zeros((100, 3)))
    with pytest.raises(InputsError, match="finite"):
        superiority(np.full((100, 3), np.nan))
    with pytest.raises(InputsError, match="at least 200, was 10"):
        superiority(NOISE, resamples=10)
    with pytest.raises(InputsError, match="at least 1 session"):
        superiority(NOISE, mean_length=0.5)
