"""Uncertainty of a Sharpe ratio: published numbers, limits, and a simulation of its own claim."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HistoryError, InputsError
from core.evidence.sharpe import (
    SharpeMoments,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_moments,
    sharpe_standard_error,
)
from core.metrics import sharpe_ratio


@st.composite
def moments(draw: st.DrawFn) -> SharpeMoments:
    skewness = draw(st.floats(-3.0, 3.0))
    kurtosis = 1.0 + skewness**2 + draw(st.floats(0.01, 20.0))
    observations = draw(st.integers(2, 5000))
    return SharpeMoments(draw(st.floats(-0.5, 0.5)), observations, skewness, kurtosis)


def test_the_worked_example_of_the_paper() -> None:
    # Bailey & López de Prado 2012: two years of monthly returns of a hedge fund index, and its
    # three years; the normal case beside it.
    fund = {"skewness": -2.448, "kurtosis": 10.164}
    assert probabilistic_sharpe(SharpeMoments(0.458, 24, **fund)) == pytest.approx(0.913, abs=5e-4)
    assert probabilistic_sharpe(SharpeMoments(0.458, 24)) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe(SharpeMoments(0.458, 36, **fund)) == pytest.approx(0.953, abs=1e-3)


def test_three_years_of_the_origin_report_say_little() -> None:
    # The report's Sharpe of 0.52 over three years: its own numbers, worked out for the design.
    report = SharpeMoments(0.52 / math.sqrt(252), 756)
    assert probabilistic_sharpe(report) == pytest.approx(0.816, abs=5e-4)
    assert sharpe_standard_error(report) * math.sqrt(252) == pytest.approx(0.58, abs=5e-3)
    years = minimum_track_record(report)
    assert years is not None
    assert years / 252 == pytest.approx(10.0, abs=0.05)


@given(moments())
def test_a_record_of_the_least_length_reaches_the_confidence(found: SharpeMoments) -> None:
    needed = minimum_track_record(found, confidence=0.9)
    if needed is None:
        assert found.sharpe < 1e-6
        return
    assert needed >= 1.0
    longer = SharpeMoments(found.sharpe, max(math.ceil(needed), 2), found.skewness, found.kurtosis)
    assert probabilistic_sharpe(longer) >= 0.9 - 1e-9  # rounding of a length of millions


@given(moments(), st.floats(-0.5, 0.5), st.floats(0.0, 0.5))
def test_psr_is_a_probability_that_falls_with_what_is_to_be_beaten(
    found: SharpeMoments, benchmark: float, more: float
) -> None:
    low, high = (probabilistic_sharpe(found, b) for b in (benchmark + more, benchmark))
    assert 0.0 <= low <= high <= 1.0


@given(st.lists(st.floats(-0.1, 0.1), min_size=4, max_size=60), st.floats(0.01, 100.0))
def test_moments_are_those_of_the_series_whatever_its_scale(
    values: list[float], scale: float
) -> None:
    excess = np.array(values)
    if np.ptp(excess) < 1e-6:
        return
    before = excess.copy()
    found = sharpe_moments(excess)
    assert (excess == before).all()
    assert found.sharpe * math.sqrt(252) == pytest.approx(sharpe_ratio(excess), rel=1e-9, abs=1e-12)
    scaled = sharpe_moments(excess * scale)
    np.testing.assert_allclose(
        (scaled.sharpe, scaled.skewness, scaled.kurtosis),
        (found.sharpe, found.skewness, found.kurtosis),
        rtol=1e-6, atol=1e-9,
    )  # fmt: skip


def test_the_standard_error_is_what_skewed_returns_show() -> None:
    # 4,000 records of 250 shifted exponential returns: skewness 2, kurtosis 9.
    generator = np.random.default_rng(5)
    returns = generator.exponential(0.01, (4000, 250)) - 0.0095
    ratios = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
    claimed = sharpe_standard_error(SharpeMoments(0.05, 250, 2.0, 9.0))
    assert float(ratios.std()) == pytest.approx(claimed, rel=0.05)
    normal = sharpe_standard_error(SharpeMoments(0.05, 250))
    assert abs(float(ratios.std()) - claimed) < abs(float(ratios.std()) - normal)


def test_what_cannot_be_measured_is_explained() -> None:
    with pytest.raises(HistoryError, match="at least 4 returns, had 3"):
        sharpe_moments(np.array([0.1, 0.2, 0.3]))
    with pytest.raises(InputsError, match="what never moves has no Sharpe ratio"):
        sharpe_moments(np.full(50, 1e-4))
    with pytest.raises(InputsError, match="found NaN"):
        sharpe_moments(np.array([0.1, 0.2, math.nan, 0.3]))
    with pytest.raises(InputsError, match="not its excess over 3"):
        SharpeMoments(0.1, 50, 0.0, 0.2)
    with pytest.raises(InputsError, match="must be finite"):
        SharpeMoments(math.inf, 50)
    with pytest.raises(HistoryError, match="at least 2 returns"):
        SharpeMoments(0.1, 1)
    with pytest.raises(InputsError, match="to beat must be finite"):
        probabilistic_sharpe(SharpeMoments(0.1, 50), math.nan)
    with pytest.raises(InputsError, match=r"above 0\.5"):
        minimum_track_record(SharpeMoments(0.1, 50), confidence=0.5)


def test_a_series_of_two_values_without_any_uncertainty() -> None:
    sure = SharpeMoments(1.0, 10, 2.0, 5.0)  # (1 − γ₃·SR/2)² is 0 here
    assert sharpe_standard_error(sure) == 0.0
    assert [probabilistic_sharpe(sure, b) for b in (0.5, 1.0, 1.5)] == [1.0, 0.5, 0.0]
