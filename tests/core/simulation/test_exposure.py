"""ENGINE §3, wanted exposure; every number by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from core.result import BacktestResult

Run = Callable[..., BacktestResult]
NAN = float("nan")
YEAR = math.sqrt(252)


def _near(expected: object) -> object:
    return pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("price", "floor", "wanted"), [(85, 0.1, 0.25), (85, 0.6, 0.6), (60, 0.1, 0.1), (70, 0, 0)]
)
def test_drawdown_scale_is_squared_and_floored(
    run: Run, price: float, floor: float, wanted: float
) -> None:
    # (1 - 0.15 / 0.3)^2 = 0.25; nothing is left at 30 % or beyond.
    result = run(
        [[100, 100, price]],
        {0: [1.0]},
        max_allowed_drawdown=0.3,
        min_position_scale=floor,
    )
    assert result.wanted_exposure[2] == _near(wanted)
    assert result.dd_scale[:2] == _near([1, 1])


def test_exposure_is_the_product_within_floor_and_ceiling(run: Run) -> None:
    # dd_scale 0.25 x leverage 1.5; 1.5 alone is cut to 1.2.
    result = run(
        [[100, 100, 85]],
        {0: [1.0]},
        inputs={"leverage": [1.5]},
        max_allowed_drawdown=0.35,
        max_leverage=1.2,
    )
    # 1.2 x NAV held: a fall of 15 % is one of 18 %, and (1 - 0.18 / 0.35)^2 = 0.23592.
    assert result.wanted_exposure == _near([1.2, 1.2, 1.5 * (0.17 / 0.35) ** 2])


def test_volatility_is_that_of_the_sleeve(run: Run) -> None:
    # Sleeve +10 %, -10 %: sample deviation sqrt(0.02), whatever the cash. NaN before, scale 1.
    result = run([[100, 100, 110, 99]], {0: [0.5]}, target_annual_vol=0.5, vol_lookback_days=2)
    sigma = math.sqrt(0.02) * YEAR
    assert result.sigma == _near([NAN, NAN, NAN, sigma])
    assert result.vol_scale == _near([1, 1, 1, 0.5 / sigma])
    assert result.wanted_exposure == _near([1, 1, 1, 0.5 / sigma])


def test_the_window_skips_sessions_in_cash_and_outlives_the_breaker(run: Run) -> None:
    # Returns -40 % (2), 0 (3, sold at its close), none at 4 and 5 (bought at its close), 10 % (6).
    result = run(
        [[100, 100, 60, 60, 60, 60, 66]],
        {0: [1.0], 4: [1.0]},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=0,
        vol_lookback_days=2,
    )
    first, second = math.sqrt(0.08) * YEAR, math.sqrt(0.005) * YEAR
    assert result.sigma == _near([NAN, NAN, NAN, first, first, first, second])


def test_a_delisting_return_is_part_of_the_sleeves(run: Run) -> None:
    # Half of the book loses half: -25 %; the name without a bar counts with 0. Then all in B: 0.
    result = run(
        [[100, 100, 100, 100, 100], [100, 100, 100, NAN, 100]],
        {0: [0.5, 0.5]},
        inputs={"last_session": [2, 9], "delisting_return": [-0.5, 0]},
        vol_lookback_days=2,
    )
    assert result.sigma[3:] == _near([math.sqrt(2 * 0.125**2) * YEAR] * 2)


def test_a_standstill_has_no_volatility_and_is_not_scaled(run: Run) -> None:
    # Prices and weights whose products are rounded.
    result = run(
        [[33.3] * 6, [7.7] * 6],
        {0: [0.31, 0.62], 2: [0.17, 0.71]},
        target_annual_vol=0.2,
        vol_lookback_days=2,
        max_leverage=3.0,
    )
    assert result.sigma[3:].tolist() == [0, 0, 0]
    assert result.wanted_exposure.tolist() == [1] * 6


def test_what_cannot_be_known_yet_is_not_used(run: Run) -> None:
    base = [[100, 100, 90, 95, 80, 85, 70, 75.0]]
    books = {0: [1.0], 4: [1.0]}
    rules = {
        "position_stop_loss": 0.15,
        "max_allowed_drawdown": 0.5,
        "target_annual_vol": 0.3,
        "vol_lookback_days": 2,
        "vol_rebalance_threshold": 0.1,
        "circuit_breaker_dd": 0.4,
    }
    whole = run(base, books, **rules)
    for cut in range(1, 8):
        changed = [base[0][:cut] + [price * 3 for price in base[0][cut:]]]
        other = run(changed, books, **rules)
        for column in ("nav", "wanted_exposure", "applied_exposure", "cash"):
            np.testing.assert_array_equal(
                getattr(whole, column)[:cut], getattr(other, column)[:cut]
            )
