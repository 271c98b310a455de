from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.curves import CURVE_METRICS, curve_metrics_many
from core.errors import InputsError
from core.metrics import curve_metrics

START = np.datetime64("2020-01-01")


def _walks(seed: int, curves: int, sessions: int) -> np.ndarray:
    moves = np.random.default_rng(seed).normal(0.0005, 0.02, (curves, sessions))
    return 100.0 * np.exp(np.cumsum(moves, axis=1))


@settings(deadline=None, max_examples=80)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.integers(1, 90),
    st.booleans(),
    st.sampled_from([None, 90.0, 120.0]),
)
def test_rows_equal_single_curves(
    seed: int, rows: int, sessions: int, has_cash: bool, initial_nav: float | None
) -> None:
    nav = _walks(seed, rows, sessions)
    dates = START + np.cumsum(np.random.default_rng(seed).integers(1, 4, sessions))
    cash = np.full(sessions, 2e-4) if has_cash else None
    many = curve_metrics_many(nav, dates, cash, initial_nav=initial_nav)
    for row in range(rows):
        one = asdict(curve_metrics(nav[row], dates, cash, initial_nav=initial_nav))
        for column, name in enumerate(CURVE_METRICS):
            np.testing.assert_allclose(
                many[row, column], one[name], rtol=1e-11, atol=1e-12, err_msg=name
            )


def test_the_deepest_drawdown_is_found_wherever_it_is() -> None:
    dates = START + np.arange(100)
    for low in range(100):
        nav = np.linspace(100.0, 110.0, 100)
        nav[60] = 90.0
        nav[low] = 70.0
        before = nav[:low].max(initial=100.0)
        row = curve_metrics_many(nav[None], dates, initial_nav=100.0)[0]
        assert row[CURVE_METRICS.index("max_drawdown")] == pytest.approx(70.0 / before - 1.0)


def test_a_flat_curve_has_no_ratios() -> None:
    row = curve_metrics_many(np.full((1, 5), 3.0), START + np.arange(5))[0]
    values = dict(zip(CURVE_METRICS, row, strict=True))
    assert values["total_return"] == values["volatility"] == values["max_drawdown"] == 0.0
    assert np.isnan(
        [values[name] for name in ("sharpe_ratio", "sortino_ratio", "calmar_ratio")]
    ).all()


def test_a_curve_that_ends_early_is_not_measured() -> None:
    nav = _walks(1, 3, 20)
    nav[1, 12:] = np.nan
    many = curve_metrics_many(nav, START + np.arange(20))
    assert np.isnan(many[1]).all()
    assert np.isfinite(many[[0, 2]]).all()


def test_inputs_stay_as_they_were() -> None:
    nav = _walks(2, 2, 30)
    before = nav.copy()
    curve_metrics_many(nav, START + np.arange(30))
    np.testing.assert_array_equal(nav, before)


def test_shapes_are_checked() -> None:
    with pytest.raises(InputsError, match="nav must have one curve a row"):
        curve_metrics_many(np.ones(5), START + np.arange(5))
    with pytest.raises(InputsError, match="dates must have one entry a session"):
        curve_metrics_many(np.ones((2, 5)), START + np.arange(4))
    with pytest.raises(InputsError, match="cash_rate must be finite"):
        curve_metrics_many(np.ones((1, 2)), START + np.arange(2), np.array([0.0, np.nan]))
