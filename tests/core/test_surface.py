from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.axes import Axis
from core.config import Scenario
from core.errors import ConfigError
from core.risk.config import RiskConfig
from core.simulation import METRICS, SweepResult
from core.surface import DIRECTIONS, KEPT, plateau_map, risk_surface

VALUES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    elements=st.one_of(st.floats(-2.0, 2.0), st.just(np.nan)),
)


def _by_hand(values: np.ndarray, direction: int, failed: np.ndarray, radius: int) -> np.ndarray:
    """Cell by cell, as the docstring says it."""
    out = np.full(values.shape, np.nan)
    for (i, j), v in np.ndenumerate(values):
        kept, seen = 0, 0
        for (a, b), w in np.ndenumerate(values):
            if (a, b) == (i, j) or max(abs(a - i), abs(b - j)) > radius:
                continue
            if np.isnan(w) and not failed[a, b]:
                continue
            seen += 1
            slack = (1.0 - KEPT) * abs(v) + 1e-12 * abs(v)
            if np.isnan(w) or np.isnan(v):
                continue
            better = w - v >= -slack
            worse = v - w >= -slack
            kept += {1: better, -1: worse, 0: better and worse}[direction]
        if not np.isnan(v) and seen:
            out[i, j] = kept / seen
    return out


@given(VALUES, st.sampled_from([1, -1, 0]), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_the_map_equals_a_count_by_hand(
    values: np.ndarray, direction: int, radius: int, seed: int
) -> None:
    before = values.copy()
    failed = np.isnan(values) & (np.random.default_rng(seed).random(values.shape) < 0.5)
    score = plateau_map(values, direction=direction, failed=failed, radius=radius)
    np.testing.assert_allclose(score, _by_hand(values, direction, failed, radius))
    assert ((score[np.isfinite(score)] >= 0.0) & (score[np.isfinite(score)] <= 1.0)).all()
    np.testing.assert_array_equal(values, before)


@given(VALUES, st.integers(1, 3))
def test_less_is_better_is_more_is_better_of_the_negative(values: np.ndarray, radius: int) -> None:
    np.testing.assert_array_equal(
        plateau_map(values, direction=-1, radius=radius),
        plateau_map(-values, direction=1, radius=radius),
    )


def test_a_spike_and_a_plateau() -> None:
    spike = np.zeros((5, 5))
    spike[2, 2] = 1.0
    assert plateau_map(spike, direction=1)[2, 2] == 0.0
    assert plateau_map(np.ones((5, 5)), direction=1).min() == 1.0


def test_drawdowns_and_signs() -> None:
    row = np.array([[-0.10, -0.109, -0.112]])
    assert plateau_map(row, direction=1, radius=2)[0, 0] == 0.5
    assert plateau_map(row, direction=1, radius=2)[0, 2] == 1.0  # shallower ones keep it
    assert plateau_map(np.array([[0.01, -0.0001]]), direction=1)[0].tolist() == [0.0, 1.0]
    assert plateau_map(np.array([[0.0, -1e-9]]), direction=1)[0, 0] == 0.0


def test_a_ruined_neighbour_keeps_nothing_and_a_refused_one_does_not_count() -> None:
    row = np.array([[1.0, np.nan, 1.0]])
    ruined = np.array([[False, True, False]])
    assert plateau_map(row, direction=1, radius=2, failed=ruined)[0, 0] == 0.5
    assert plateau_map(row, direction=1, radius=2)[0, 0] == 1.0


def test_a_radius_or_a_share_that_means_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="radius must be at least 1"):
        plateau_map(np.ones((2, 2)), direction=1, radius=0)
    with pytest.raises(ConfigError, match="kept in"):
        plateau_map(np.ones((2, 2)), direction=1, kept=0.0)


def _hill(scenario: Scenario, risks: Sequence[RiskConfig]) -> SweepResult:
    # A smooth hill over stop and target, its top at (0.2, 0.3); ruin at the highest leverage.
    values = np.zeros((len(risks), len(METRICS)))
    for row, risk in enumerate(risks):
        assert risk.position_stop_loss is not None
        assert risk.target_annual_vol is not None
        away = abs(risk.position_stop_loss - 0.2) + abs(risk.target_annual_vol - 0.3)
        values[row] = 1.0 - away + 0.001 * scenario.book.names_held
    return SweepResult(values, np.full(len(risks), -1, dtype=np.int64))


def test_the_surface_knows_its_best_and_its_present_cell() -> None:
    surface = risk_surface(
        Scenario(),
        "risk.target_annual_vol",
        "risk.position_stop_loss",
        _hill,
        size=11,
    )
    assert surface.shape == (11, 11)
    assert surface.exact
    row, column = surface.current
    assert surface.y.levels[row] == 0.12
    assert surface.x.levels[column] == 0.18
    sharpe = surface.metric("sharpe_ratio")
    stop, target = surface.y.levels[row], surface.x.levels[column]
    assert sharpe[row, column] == pytest.approx(1.05 - abs(stop - 0.2) - abs(target - 0.3))
    best = surface.best("sharpe_ratio")
    assert best is not None
    assert sharpe[best] == np.nanmax(sharpe)
    steady = surface.best("sharpe_ratio", least_plateau=0.5)
    assert steady is not None
    assert surface.plateau("sharpe_ratio")[steady] >= 0.5
    assert not surface.failed.any()


def test_a_field_of_the_book_may_be_an_axis() -> None:
    seen: list[int] = []

    def run(scenario: Scenario, risks: Sequence[RiskConfig]) -> SweepResult:
        seen.append(scenario.book.names_held)
        return _hill(scenario, risks)

    names = Axis("book.names_held", (20, 30))
    stops = Axis("risk.position_stop_loss", (0.1, 0.2, 0.3))
    surface = risk_surface(Scenario(), names, stops, run)
    assert seen == [20, 30]  # each book once
    assert surface.current == (0, 1)
    assert not surface.exact
    np.testing.assert_allclose(np.diff(surface.metric("cagr"), axis=1), 0.01)


def test_what_has_no_better_side_has_no_best_cell() -> None:
    surface = risk_surface(
        Scenario(), "risk.target_annual_vol", "risk.position_stop_loss", _hill, size=3
    )
    with pytest.raises(ConfigError, match="needs a metric with a better side"):
        surface.best("volatility")
    with pytest.raises(ConfigError, match="metric must be one of"):
        surface.metric("sharp")
    assert set(DIRECTIONS) == set(METRICS)


def test_two_axes_over_one_field_are_refused() -> None:
    with pytest.raises(ConfigError, match="two different fields"):
        risk_surface(Scenario(), "risk.max_leverage", "risk.max_leverage", _hill)
