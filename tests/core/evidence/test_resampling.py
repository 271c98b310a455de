"""The compiled bootstrap against core.metrics and against arch's sampler."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.resampling import METRICS, draw_indices, measure_at, resampled_metrics
from core.metrics import CurveMetrics, curve_metrics, daily_returns

SESSIONS = 300


def dates(sessions: int) -> np.ndarray:
    return np.busday_offset(np.datetime64("2021-06-01", "D"), np.arange(sessions), roll="forward")


def span(days: np.ndarray) -> float:
    return float((days[-1] - days[0]).astype(int))


def drawn(seed: int, n: int, mean_length: float) -> np.ndarray:
    indices = np.empty(n, np.int64)
    draw_indices(np.random.default_rng(seed), mean_length, indices)
    return indices


def measured(nav: np.ndarray, cash: np.ndarray, indices: np.ndarray, days: float) -> np.ndarray:
    out = np.empty(len(METRICS))
    returns = daily_returns(nav)
    centres = float(returns.mean()), float((returns - cash).mean())
    measure_at(returns, cash, indices, *centres, 365.25 / days, out)
    return out


@given(st.integers(0, 2**32 - 1), st.integers(3, 800), st.floats(1e-3, 0.05))
def test_on_the_sessions_as_they_were_every_metric_is_that_of_core_metrics(
    seed: int, sessions: int, volatility: float
) -> None:
    rng = np.random.default_rng(seed)
    nav = 1e6 * np.cumprod(np.exp(rng.normal(2e-4, volatility, sessions)))
    cash = rng.uniform(0.0, 3e-4, sessions)
    days = dates(sessions)
    expected = astuple(curve_metrics(nav, days, cash))
    found = measured(nav, cash[1:], np.arange(sessions - 1), span(days))
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-12, nan_ok=True)


@given(st.integers(0, 2**32 - 1), st.floats(1.0, 40.0))
def test_on_any_indices_every_metric_is_that_of_the_curve_they_make(
    seed: int, mean_length: float
) -> None:
    rng = np.random.default_rng(seed)
    nav = np.cumprod(np.exp(rng.normal(2e-4, 0.01, SESSIONS)))
    cash = rng.uniform(0.0, 3e-4, SESSIONS - 1)
    indices = drawn(seed, SESSIONS - 1, mean_length)
    curve = np.cumprod(np.r_[1.0, 1.0 + daily_returns(nav)[indices]])
    days = dates(SESSIONS)
    expected = astuple(curve_metrics(curve, days, np.r_[0.0, cash[indices]]))
    found = measured(nav, cash, indices, span(days))
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_what_the_definition_leaves_undefined_is_nan() -> None:
    # A curve that earns exactly cash: only rounding is left of its excess.
    nav = 1.001 ** np.arange(80.0)
    found = measured(nav, np.full(79, 0.001), drawn(1, 79, 5.0), 115.0)
    expected = curve_metrics(nav, dates(80), np.full(80, 0.001))
    undefined = {name for name, value in zip(METRICS, found, strict=True) if np.isnan(value)}
    assert undefined == {name for name in METRICS if np.isnan(getattr(expected, name))}
    assert undefined == {"sharpe_ratio", "sortino_ratio", "calmar_ratio"}


def test_metrics_are_those_of_the_curve_in_their_order() -> None:
    assert tuple(CurveMetrics.__dataclass_fields__) == METRICS


@given(st.integers(0, 2**32 - 1), st.integers(1, 500), st.floats(1.0, 600.0))
def test_indices_lie_within_the_sample(seed: int, n: int, mean_length: float) -> None:
    indices = drawn(seed, n, mean_length)
    assert indices.min() >= 0
    assert indices.max() < n


@pytest.mark.parametrize("mean_length", [1.0, 2.5, 10.0, 60.0])
def test_blocks_go_on_with_the_probability_that_their_length_says(mean_length: float) -> None:
    # A session follows its neighbour with 1 − 1/length, or by chance with 1/length/n: 200,000
    # sessions, five standard errors.
    n = 200_000
    indices = drawn(3, n, mean_length)
    following = np.mean((indices[:-1] + 1) % n == indices[1:])
    expected = 1.0 - 1.0 / mean_length
    error = np.sqrt(max(expected * (1.0 - expected), 1e-5) / n)
    assert following == pytest.approx(expected, abs=5 * error)
    assert indices.mean() == pytest.approx(n / 2, rel=0.1)


@pytest.mark.parametrize("mean_length", [1.0, 8.0, 30.0])
def test_agrees_with_arch_in_distribution(mean_length: float) -> None:
    # The mean of a persistent series, whose spread depends on the blocks: 4,000 resamples each.
    rng = np.random.default_rng(5)
    noise = rng.normal(0.0, 0.01, SESSIONS)
    returns = noise.copy()
    for t in range(1, SESSIONS):
        returns[t] += 0.5 * returns[t - 1]
    ours = resampled_metrics(
        np.random.default_rng(1), returns[None], np.zeros(SESSIONS), mean_length, 4000, 435.0
    )[:, 0]
    theirs = StationaryBootstrap(int(mean_length), returns, seed=np.random.default_rng(2))
    growth, volatility = theirs.apply(
        lambda r: np.array([np.prod(1.0 + r) - 1.0, np.std(r, ddof=1) * np.sqrt(252)]), 4000
    ).T
    for name, sample in (("total_return", growth), ("volatility", volatility)):
        column = ours[:, METRICS.index(name)]
        assert column.mean() == pytest.approx(sample.mean(), abs=0.1 * sample.std())
        assert column.std() == pytest.approx(sample.std(), rel=0.08)
        tails = [0.025, 0.25, 0.75, 0.975]
        assert np.quantile(column, tails) == pytest.approx(
            np.quantile(sample, tails), abs=0.2 * sample.std()
        )


def test_curves_of_a_pair_are_measured_on_the_same_sessions() -> None:
    rng = np.random.default_rng(0)
    returns = rng.normal(0.0, 0.01, SESSIONS)
    cash = np.full(SESSIONS, 1e-4)
    pair = resampled_metrics(
        np.random.default_rng(1), np.stack([returns, returns]), cash, 5.0, 300, 435.0
    )
    alone = resampled_metrics(np.random.default_rng(1), returns[None], cash, 5.0, 300, 435.0)
    assert np.array_equal(pair[:, 0], pair[:, 1])
    assert np.array_equal(pair[:, 0], alone[:, 0])
