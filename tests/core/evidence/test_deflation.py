"""The best of many trials: published numbers, limits, and draws that check the approximation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputsError
from core.evidence.deflation import (
    deflated_sharpe,
    expected_maximum,
    expected_maximum_sharpe,
    minimum_backtest_length,
    most_trials,
)
from core.evidence.sharpe import SharpeMoments, probabilistic_sharpe

# Bailey & López de Prado 2014, "The deflated Sharpe ratio", the worked example: an annual Sharpe
# ratio of 2.5 over five years of 250 days, the trials' annual variance one half.
_KEPT = SharpeMoments(2.5 / math.sqrt(250), 1250, -3.0, 10.0)
_VARIANCE = 0.5 / 250


def test_the_worked_example_of_the_deflated_sharpe_ratio() -> None:
    assert expected_maximum_sharpe(_VARIANCE, 100) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(_KEPT, _VARIANCE, 100) == pytest.approx(0.9004, abs=5e-5)
    assert deflated_sharpe(_KEPT, _VARIANCE, 46) == pytest.approx(0.9505, abs=5e-5)
    normal = SharpeMoments(_KEPT.sharpe, 1250)
    assert deflated_sharpe(normal, _VARIANCE, 88) == pytest.approx(0.9505, abs=5e-5)


def test_the_published_lengths_of_a_backtest() -> None:
    # Bailey, Borwein, López de Prado & Zhu 2014: five years allow 45 independent trials.
    assert minimum_backtest_length(45) == pytest.approx(4.998, abs=5e-4)
    assert minimum_backtest_length(7) == pytest.approx(1.92, abs=5e-3)
    assert [most_trials(years) for years in (3, 5, 10)] == [13, 45, 724]


@pytest.mark.parametrize("trials", [5, 20, 100, 1000])
def test_the_approximation_is_near_the_mean_of_real_maxima(trials: int) -> None:
    maxima = np.random.default_rng(1).standard_normal((20_000, trials)).max(axis=1)
    assert expected_maximum(trials) == pytest.approx(float(maxima.mean()), abs=0.05)


@given(st.floats(1.0, 1e6), st.floats(1.0, 10.0))
def test_more_trials_never_show_less(trials: float, times: float) -> None:
    few, many = expected_maximum(trials), expected_maximum(trials * times)
    assert 0.0 <= few <= many
    kept = [deflated_sharpe(_KEPT, _VARIANCE, n) for n in (trials, trials * times)]
    assert 0.0 <= kept[1] <= kept[0] <= 1.0


@given(st.floats(0.0, 40.0))
def test_so_many_trials_fit_and_one_more_does_not(years: float) -> None:
    found = most_trials(years)
    assert minimum_backtest_length(found) <= years
    if found < 10**9:
        assert minimum_backtest_length(found + 1) > years


def test_one_trial_deflates_nothing() -> None:
    assert expected_maximum(1) == 0.0
    assert minimum_backtest_length(1) == 0.0
    assert deflated_sharpe(_KEPT, _VARIANCE, 1) == probabilistic_sharpe(_KEPT)
    assert deflated_sharpe(_KEPT, 0.0, 1000) == probabilistic_sharpe(_KEPT)


def test_what_is_no_number_of_trials_is_explained() -> None:
    for wrong in (0.5, 0.0, math.nan, math.inf):
        with pytest.raises(InputsError, match="number of trials must be at least 1"):
            expected_maximum(wrong)
    with pytest.raises(InputsError, match="variance across trials"):
        expected_maximum_sharpe(-1.0, 5)
    with pytest.raises(InputsError, match="to reach must be above 0"):
        minimum_backtest_length(5, 0.0)
    with pytest.raises(InputsError, match="years must be at least 0"):
        most_trials(-1.0)
