"""Where a result stands among its trials: nothing taken off for one, more for more."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HistoryError, InputsError
from core.evidence.sharpe import probabilistic_sharpe, sharpe_moments
from core.evidence.standing import ENOUGH_KNOWN, chances, standing

RNG = np.random.default_rng(3)
MINE = RNG.normal(0.0006, 0.01, 400)
NONE = np.empty((400, 0))


def alike(count: int, correlation: float) -> np.ndarray:
    rng = np.random.default_rng(8)
    own = rng.normal(0.0, 0.01, (400, count))
    return math.sqrt(correlation) * MINE[:, None] + math.sqrt(1.0 - correlation) * own


def test_a_single_trial_loses_nothing() -> None:
    found = standing(MINE, NONE, 1)
    assert (found.trials, found.known, found.effective) == (1, 1, 1.0)
    assert found.deflated == found.deflated_all == found.probabilistic
    assert found.probabilistic == probabilistic_sharpe(sharpe_moments(MINE))
    assert found.expected_best == 0.0 == found.backtest_years


def test_identical_trials_are_one_chance() -> None:
    found = standing(MINE, np.tile(MINE[:, None], 30), 31)
    assert found.effective == pytest.approx(1.0, abs=0.1)
    assert found.luck.families == 1
    assert found.deflated > found.deflated_all


def test_the_more_alike_the_less_is_taken_off() -> None:
    apart, close = standing(MINE, alike(40, 0.0), 41), standing(MINE, alike(40, 0.97), 41)
    assert close.effective < 3.0 < 25.0 < apart.effective
    assert close.deflated > apart.deflated
    assert close.deflated_all == apart.deflated_all <= apart.deflated


def test_trials_that_are_only_counted_are_as_alike_as_the_others() -> None:
    few, many = standing(MINE, alike(40, 0.97), 41), standing(MINE, alike(40, 0.97), 5000)
    assert many.trials == 5000
    assert many.known == 41
    assert few.effective < many.effective < 10.0
    assert many.deflated < few.deflated
    unknown = standing(MINE, NONE, 5000)
    assert unknown.effective == 5000.0, "nothing is known of how alike they are"


@settings(max_examples=30)  # each draws the best of every trial twice
@given(st.integers(0, 60), st.integers(0, 400))
def test_a_trial_that_nothing_stands_for_is_a_chance_of_its_own(known: int, unseen: int) -> None:
    found = standing(MINE, alike(known, 0.97), 1 + known + unseen, unseen=unseen, draws=200)
    seen = standing(MINE, alike(known, 0.97), 1 + known, draws=200)
    assert found.unseen == unseen
    assert found.effective == pytest.approx(seen.effective + unseen)
    assert found.deflated <= seen.deflated


def test_evidence_does_not_get_better_by_trying_more_of_the_same() -> None:
    before = standing(MINE, alike(1, 0.97), 137, unseen=135)
    after = standing(MINE, alike(5, 0.97), 141, unseen=135)
    assert after.effective >= before.effective > 135.0
    assert after.deflated <= before.deflated + 1e-3


def test_trials_in_cash_are_no_chances() -> None:
    still = np.zeros((400, 9))
    found = standing(MINE, still, 10)
    assert (found.trials, found.known, found.effective) == (10, 1, 1.0)


@given(st.integers(1, 300), st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_chances_lie_between_the_known_and_all(known: int, more: int, share: float) -> None:
    effective = 1.0 + share * (known - 1)
    found = chances(effective, known, known + more)
    assert effective <= found <= known + more
    if known >= ENOUGH_KNOWN:
        assert chances(effective, known, known + more + 1) >= found


def test_it_is_the_power_law_of_alike_trials() -> None:
    # Of the sources' expected maximum, for trials that all correlate by 0.9.
    small, large = (standing(MINE, alike(n, 0.9), n + 1).effective for n in (60, 600))
    assert chances(small, 61, 601) == pytest.approx(large, rel=0.25)


def test_bad_input_is_explained() -> None:
    with pytest.raises(HistoryError, match="at least 4 returns, had 3"):
        standing(MINE[:3], NONE[:3], 1)
    with pytest.raises(InputsError, match="must vary"):
        standing(np.zeros(400), NONE, 1)
    with pytest.raises(InputsError, match="T = 400"):
        standing(MINE, NONE[:3], 1)
    with pytest.raises(InputsError, match="amount to 1"):
        chances(4.0, 3, 10)


def test_numbers_are_never_nan() -> None:
    for mine in (MINE, -MINE, MINE * 1e-6, np.r_[np.zeros(399), -0.5]):
        found = standing(mine, alike(6, 0.5), 7)
        values = (found.deflated, found.deflated_all, found.probabilistic, found.standard_error)
        assert all(0.0 <= value <= 1.0 for value in values)
