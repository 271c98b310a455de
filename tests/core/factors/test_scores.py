from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.factors.scores import average, combine, standardise, zscore

FINITE = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
VALUES = arrays(np.float64, st.integers(2, 40), elements=FINITE)
LIMITS = st.floats(1.0, 10.0)


def everyone(values: np.ndarray) -> np.ndarray:
    return np.ones(values.shape, dtype=np.bool_)


def test_zscore_by_hand() -> None:
    # Median 2, MAD 1, cut at 2 ± 4.4478: nothing is cut. Mean 2, deviation √2 of −2 … 2.
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    expected = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) / np.sqrt(2.0)
    assert zscore(values, everyone(values), 3.0) == pytest.approx(expected)


def test_one_absurd_value_does_not_squeeze_the_others() -> None:
    values = np.append(np.linspace(-1.0, 1.0, 99), 1e9)
    scores = zscore(values, everyone(values), 3.0)
    plain = zscore(values[:-1], everyone(values[:-1]), 3.0)
    assert scores[-1] == scores.max() <= 3.0
    # A cut, finite outlier moves the others a little; a plain z-score would make them all −0.1.
    assert np.abs(scores[:-1] - plain).max() < 0.25
    assert np.ptp(scores[:-1]) > 2.5


@given(VALUES, LIMITS)
def test_scores_stay_within_the_limit_and_keep_the_order(values: np.ndarray, limit: float) -> None:
    scores = zscore(values, everyone(values), limit)
    assert np.abs(scores).max() <= limit
    assert (np.diff(scores[np.argsort(values)]) >= -1e-9).all()


@given(VALUES)
def test_uncut_scores_have_mean_0_and_deviation_1(values: np.ndarray) -> None:
    assume(np.ptp(values) > 1e-3)
    # With most values next to each other the cut is narrower than the rest is wide.
    assume(10.0 * np.median(np.abs(values - np.median(values))) > np.ptp(values))
    scores = zscore(values, everyone(values), 10.0)
    assert scores.mean() == pytest.approx(0.0, abs=1e-7)
    assert scores.std() == pytest.approx(1.0, abs=1e-7)


@given(VALUES, LIMITS, st.floats(1e-2, 1e2), st.floats(-100.0, 100.0))
def test_unit_and_offset_do_not_matter(
    values: np.ndarray, limit: float, factor: float, offset: float
) -> None:
    values = np.round(values, 2)
    distances = np.abs(values - np.median(values))
    assume(np.ptp(values) > 0.1)
    assume(np.median(distances) == 0.0 or np.median(distances) > 0.005)
    moved = zscore(values * factor + offset, everyone(values), limit)
    if np.median(distances) > 0.0:
        assert moved == pytest.approx(zscore(values, everyone(values), limit), abs=1e-5)
    assert np.isfinite(moved).all()


@given(VALUES, LIMITS, st.integers(0, 2**32))
def test_the_order_of_names_does_not_matter(values: np.ndarray, limit: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(values))
    straight = zscore(values, everyone(values), limit)
    assert zscore(values[order], everyone(values), limit) == pytest.approx(
        straight[order], abs=1e-9
    )


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [0.1, 0.1, 0.1], [7.0, np.nan, np.nan]])
def test_equal_scores_say_nothing_and_are_0(values: list[float]) -> None:
    scores = zscore(np.array(values), np.ones(3, dtype=np.bool_), 3.0)
    assert scores[0] == 0.0
    assert np.isnan(scores[np.isnan(values)]).all()


def test_more_than_half_equal_is_no_division_by_zero() -> None:
    values = np.array([1.0, 1.0, 1.0, 1.0, 9.0])
    scores = zscore(values, everyone(values), 3.0)
    assert np.isfinite(scores).all()
    assert scores[-1] > 0.0


def test_names_outside_the_universe_have_no_score_and_no_influence() -> None:
    values = np.array([1.0, 2.0, 3.0, 1e9, np.inf])
    inside = np.array([True, True, True, False, True])
    scores = zscore(values, inside, 3.0)
    assert np.isnan(scores[3:]).all()
    assert scores[:3] == pytest.approx(zscore(values[:3], everyone(values[:3]), 3.0))


def test_a_handful_of_names_is_no_cross_section() -> None:
    values = np.full(100, np.nan)
    values[:9] = np.arange(9.0)
    assert np.isnan(zscore(values, everyone(values), 3.0)).all()
    values[9] = 9.0  # a tenth of the universe
    assert np.isfinite(zscore(values, everyone(values), 3.0)[:10]).all()


def test_nothing_known_is_nothing() -> None:
    values = np.full(4, np.nan)
    assert np.isnan(zscore(values, everyone(values), 3.0)).all()
    assert np.isnan(zscore(values, np.zeros(4, dtype=np.bool_), 3.0)).all()
    assert np.isnan(standardise(values)).all()


def test_combine_spreads_the_weight_of_what_is_missing() -> None:
    scores = np.array([[1.0, 2.0, -1.0], [1.0, np.nan, -1.0], [np.nan, np.nan, np.nan]])
    mixed = combine(scores, [0.25, 0.25, 0.5])
    # All there: .25 + .5 − .5 = .25. Second missing: (.25 − .5) / .75 = −1/3. None: no score.
    assert mixed[:2] == pytest.approx([0.25, -1.0 / 3.0])
    assert np.isnan(mixed[2])


def test_leaving_a_factor_out_is_the_same_as_spreading_its_weight() -> None:
    scores = np.array([[0.3, -1.2, 2.0], [1.0, 0.0, -0.5]])
    # 25/30/25/20 with the second factor missing: 25/70, 25/70, 20/70.
    assert combine(scores, [0.25, 0.25, 0.20]) == pytest.approx(
        scores @ (np.array([25.0, 25.0, 20.0]) / 70.0)
    )


def test_weights_of_zero_cannot_be_spread() -> None:
    scores = np.array([[np.nan, 1.0], [2.0, 1.0]])
    mixed = combine(scores, [1.0, 0.0])
    assert np.isnan(mixed[0])
    assert mixed[1] == 2.0


@given(arrays(np.float64, (6, 3), elements=st.floats(-3.0, 3.0)), st.integers(0, 2**32))
def test_a_mixture_lies_between_its_scores(scores: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores[rng.uniform(size=scores.shape) < 0.3] = np.nan
    mixed = combine(scores, rng.uniform(0.1, 1.0, 3))
    for row, value in zip(scores, mixed, strict=True):
        known = row[np.isfinite(row)]
        if len(known):
            assert known.min() - 1e-12 <= value <= known.max() + 1e-12
        else:
            assert np.isnan(value)


def test_an_average_uses_the_ingredients_there_are() -> None:
    one = np.array([-1.0, 0.0, 1.0, np.nan])
    two = np.array([-1.0, np.nan, 1.0, np.nan])
    score = average([one, two], np.ones(4, dtype=np.bool_), 3.0)
    # Means −1, 0, 1, missing → deviation √(2/3).
    assert score[:3] == pytest.approx(np.array([-1.0, 0.0, 1.0]) / np.sqrt(2.0 / 3.0))
    assert np.isnan(score[3])
