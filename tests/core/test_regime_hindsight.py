from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import RegimesConfig
from core.errors import InputsError
from core.factors.names import REGIMES
from core.regime_hindsight import detection_lag, hindsight_labels
from core.regimes import label_sessions

CONFIG = RegimesConfig(
    lookback_days=20, trend_threshold=0.08, recovery_drawdown=0.10, volatility_threshold=0.25
)
CODE = {name: number for number, name in enumerate(REGIMES)}


def steady(total: float, sessions: int) -> list[float]:
    return [(1.0 + total) ** (1.0 / sessions) - 1.0] * sessions


def names(labels: np.ndarray) -> list[str]:
    return [REGIMES[code] for code in labels]


def test_turning_points_are_dated_to_the_session() -> None:
    # Sixteen sessions up, sixteen down, all at 1 % a day: the top is known afterwards only.
    returns = np.array([*[0.01] * 16, *[-0.01] * 16, *[0.0] * 8])
    labels = hindsight_labels(returns, CONFIG, half_window=2)
    assert names(labels[2:16]) == ["bull"] * 14
    assert names(labels[16:32]) == ["bear"] * 16
    assert names(labels[32:38]) == ["sideways"] * 6
    assert names(labels[:2]) == names(labels[-2:]) == ["default"] * 2


def test_a_way_shorter_than_the_threshold_is_no_trend() -> None:
    returns = np.array([*steady(0.07, 10), *steady(-0.06, 10), *steady(0.06, 10)])
    labels = hindsight_labels(returns, CONFIG, half_window=1)
    assert set(names(labels[1:-1])) == {"sideways"}


def test_a_slow_way_is_no_trend_and_a_fast_one_is() -> None:
    # +16 % over 20 sessions passes 8 % in 20; over 100 sessions it makes 3 % in 20.
    for sessions, name in ((20, "bull"), (100, "sideways")):
        labels = hindsight_labels(np.array(steady(0.16, sessions)), CONFIG, half_window=1)
        assert set(names(labels[1:-1])) == {name}


def test_a_rise_far_below_the_high_is_a_recovery_until_it_is_near() -> None:
    returns = np.array([*steady(-0.30, 20), *steady(0.40, 20)])
    calm = CONFIG.model_copy(update={"volatility_threshold": 3.0})
    labels = hindsight_labels(returns, calm, half_window=1)
    assert set(names(labels[1:20])) == {"bear"}
    level = np.cumprod(1.0 + returns)
    expected = ["recovery" if value <= 0.90 else "bull" for value in level[20:39]]
    assert names(labels[20:39]) == expected
    assert {"recovery", "bull"} == set(expected)


def test_volatility_around_the_session_comes_first() -> None:
    # ±2.5 % a day for ten sessions, with two calm ones on each side in the window of five.
    returns = np.array([*[0.0] * 20, *[0.025, -0.025] * 5, *[0.0] * 20])
    labels = hindsight_labels(returns, CONFIG, half_window=2)
    volatile = np.flatnonzero(labels == CODE["volatile"])
    around = [np.std(returns[t - 2 : t + 3], ddof=1) * 252**0.5 for t in range(2, 48)]
    assert volatile.tolist() == [t + 2 for t, value in enumerate(around) if value >= 0.25]
    assert {20, 25, 29} <= set(volatile.tolist())


def test_what_is_not_known_is_default() -> None:
    returns = np.array(steady(0.4, 40))
    returns[10] = np.nan
    labels = hindsight_labels(returns, CONFIG, half_window=3)
    assert np.flatnonzero(labels == CODE["default"]).tolist() == [
        0,
        1,
        2,
        *range(7, 14),
        37,
        38,
        39,
    ]
    assert names(hindsight_labels(returns[:6], CONFIG, half_window=3)) == ["default"] * 6
    with pytest.raises(InputsError, match="half_window must be at least 1 session, was 0"):
        hindsight_labels(returns, CONFIG, half_window=0)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(5, 300), st.floats(0.0, 0.3), st.integers(1, 15))
def test_labels_agree_with_the_way_they_lie_on(
    seed: int, sessions: int, threshold: float, half: int
) -> None:
    returns = np.random.default_rng(seed).normal(0.0, 0.01, sessions)
    config = CONFIG.model_copy(update={"trend_threshold": threshold, "volatility_threshold": 9.0})
    before = returns.copy()
    labels = hindsight_labels(returns, config, half_window=half)
    assert np.array_equal(returns, before)
    trend = np.where(np.isin(labels, [CODE["bull"], CODE["recovery"]]), 1, 0)
    trend[labels == CODE["bear"]] = -1
    # A whole way between two labels of another direction moves by the threshold or more.
    edges = np.flatnonzero(np.diff(trend)) + 1
    for begin, end in itertools.pairwise(edges):
        # At either end of the period the way itself may go on.
        if trend[begin] != 0 and begin > half and end < sessions - half:
            move = np.prod(1.0 + returns[begin:end]) - 1.0
            assert move * trend[begin] >= threshold - 1e-12


def test_the_lag_is_counted_from_the_turning_point() -> None:
    hindsight = np.array([5, 5, 0, 0, 0, 0, 1, 1, 1, 3, 0, 0, 0])
    labels = np.array([5, 5, 5, 0, 0, 0, 0, 0, 1, 1, 0, 2, 2])
    found = detection_lag(labels, hindsight)
    # The first spell follows what is not known; 1 is named after two sessions, 3 never, 0 at once.
    assert found.spells.code.tolist() == [1, 3, 0]
    assert found.lag[:1].tolist() == [2.0]
    assert math.isnan(found.lag[1])
    assert found.lag[2] == 0.0
    assert found.agreement == pytest.approx(5.0 / 11.0)
    frame = found.frame()
    assert frame["spells"].tolist() == [1, 1, 0, 1, 0, 0]
    assert frame["detected"].tolist() == [1, 1, 0, 0, 0, 0]
    assert frame.loc["bear", "median_lag"] == 2.0
    assert math.isnan(frame.loc["volatile", "median_lag"])


def test_without_labels_there_is_no_lag() -> None:
    found = detection_lag(np.full(4, 5), np.full(4, 5))
    assert len(found.lag) == 0
    assert math.isnan(found.agreement)
    assert detection_lag(np.empty(0, np.int64), np.empty(0, np.int64)).frame()["spells"].sum() == 0
    with pytest.raises(InputsError, match="hindsight must have one entry a session"):
        detection_lag(np.zeros(3, np.int64), np.zeros(2, np.int64))


def test_a_longer_window_is_later() -> None:
    # 1 % up and down in turn of 40 sessions: trailing windows of 15 and 30 see the turn at
    # different sessions, so the lag measures something.
    returns = np.array(([0.01] * 40 + [-0.01] * 40) * 4)
    lags = []
    for lookback in (15, 30):
        config = CONFIG.model_copy(update={"lookback_days": lookback, "recovery_drawdown": 1.0})
        labels = label_sessions(returns, config)
        found = detection_lag(labels, hindsight_labels(returns, config, half_window=1))
        assert len(found.lag) >= 6
        lags.append(float(np.nanmedian(found.lag)))
    assert lags[0] < lags[1]
