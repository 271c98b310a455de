"""Shocks: of the size they say, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InputsError
from core.evidence.perturb import returns_of
from core.evidence.shocks import correlation_shock, sector_shock, volatility_shock
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.core.evidence.test_cut import inputs_of
from tests.strategies import Recipe, make_inputs

RISK = RiskConfig()


def calm(seed: int = 0) -> SimulationInputs:
    return make_inputs(
        Recipe(sessions=400, names=10, seed=seed, volatility=0.01, rebalance_rate=0.05)
    )


def test_a_sector_gaps_once_and_the_book_loses_its_weight_times_that() -> None:
    inputs = calm()
    before = simulate(inputs, RISK, weights=True)
    assert before.weights is not None
    names = np.arange(10) < 4
    day = int(np.argmax(before.weights[:-1, names].sum(axis=1))) + 1
    after = simulate(sector_shock(inputs, names, day, -0.2), RISK)
    np.testing.assert_array_equal(after.nav[:day], before.nav[:day])
    held = before.weights[day - 1, names]
    moved = inputs.close[day, names] / inputs.close[day - 1, names]
    lost = float((held * moved).sum()) * 0.2
    found = (after.nav[day] - before.nav[day]) / before.nav[day - 1]
    assert found == pytest.approx(-lost, rel=0.02)  # costs of a fill that day differ a little
    assert lost > 0.02


@pytest.mark.parametrize("seed", range(3))
def test_volatility_is_raised_by_the_factor_around_the_same_mean(seed: int) -> None:
    inputs = calm(seed)
    was, now = returns_of(inputs)[1:], returns_of(volatility_shock(inputs, 1.5))[1:]
    np.testing.assert_allclose(now.std(axis=0), 1.5 * was.std(axis=0), rtol=1e-9)
    np.testing.assert_allclose(now.mean(axis=0), was.mean(axis=0), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_correlation_rises_and_the_average_name_stays_as_volatile(seed: int) -> None:
    inputs = calm(seed)
    was = returns_of(inputs)[1:]
    upper = np.triu_indices(10, 1)
    last = np.corrcoef(was.T)[upper].mean()
    for share in (0.3, 0.6, 0.9):
        now = returns_of(correlation_shock(inputs, share))[1:]
        found = np.corrcoef(now.T)[upper].mean()
        assert found > last
        last = found
        assert np.mean(now.var(axis=0)) == pytest.approx(np.mean(was.var(axis=0)), rel=0.02)
        np.testing.assert_allclose(now.mean(axis=0), was.mean(axis=0), atol=1e-9)
    assert last > 0.9
    together = returns_of(correlation_shock(inputs, 1.0))[1:]
    assert np.corrcoef(together.T)[upper].min() > 0.999


def test_no_shock_is_none_with_gaps_and_delistings_too() -> None:
    inputs = inputs_of(5)
    expected = simulate(inputs, RISK).nav
    flags = np.ones(6, dtype=np.bool_)
    for other in (
        sector_shock(inputs, flags, 20, 0.0),
        volatility_shock(inputs, 1.0),
        correlation_shock(inputs, 0.0),
    ):
        np.testing.assert_array_equal(np.isnan(other.close), np.isnan(inputs.close))
        np.testing.assert_allclose(simulate(other, RISK).nav, expected, rtol=1e-9)


def test_sizes_out_of_range_are_refused() -> None:
    inputs = calm()
    flags = np.ones(10, dtype=np.bool_)
    for call, told in (
        (lambda: sector_shock(inputs, flags, 0, -0.2), "a session from 1 to 399"),
        (lambda: sector_shock(inputs, flags, 5, -1.0), "above -1, was -1"),
        (lambda: volatility_shock(inputs, 0.0), "must be above 0"),
        (lambda: correlation_shock(inputs, 1.1), r"in \[0, 1\]"),
    ):
        with pytest.raises(InputsError, match=told):
            call()
