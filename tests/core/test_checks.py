from __future__ import annotations

import numpy as np
import pytest

from core.checks import (
    check_cash,
    check_confidence,
    check_curve,
    check_dates,
    check_length,
    check_weights,
    check_window,
)
from core.errors import InputsError
from tests.markets import weekdays


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_curve_is_finite_and_above_0(bad: float) -> None:
    check_curve("nav", np.array([1.0, 2.0]))
    with pytest.raises(
        InputsError, match=r"benchmark must be finite and above 0, was .* session 1"
    ):
        check_curve("benchmark", np.array([1.0, bad]))


@pytest.mark.parametrize("shape", [(0,), (2, 2)])
def test_a_curve_is_one_row(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputsError, match=r"nav must be one row of at least one session"):
        check_curve("nav", np.ones(shape))


def test_lengths_and_dates() -> None:
    check_dates(weekdays(3), 3)
    with pytest.raises(InputsError, match=r"labels must have one entry a session \(3\), had 2"):
        check_length("labels", np.zeros(2), 3)
    with pytest.raises(InputsError, match=r"dates must have one entry a session \(4\), had 3"):
        check_dates(weekdays(3), 4)
    with pytest.raises(InputsError, match="dates must increase"):
        check_dates(weekdays(3)[::-1], 3)


def test_cash() -> None:
    assert check_cash(None, 3).tolist() == [0.0] * 3
    rate = np.array([np.nan, 1e-4])
    with pytest.raises(InputsError, match=r"cash_rate must be finite, was nan at session 0"):
        check_cash(rate, 2)
    with pytest.raises(InputsError, match=r"cash_rate must have one entry a session \(3\), had 2"):
        check_cash(rate, 3)


def test_parameters() -> None:
    check_window(2)
    with pytest.raises(InputsError, match=r"window must be at least 2 sessions, was 1"):
        check_window(1)
    for bad in (0.0, 1.0, 95.0, np.nan):
        with pytest.raises(InputsError, match=r"confidence must be between 0 and 1 \(a fraction"):
            check_confidence(bad)


@pytest.mark.parametrize("bad", [-1e-9, np.nan, np.inf])
def test_weights_are_not_negative(bad: float) -> None:
    check_weights(np.zeros((2, 2)))
    with pytest.raises(InputsError, match="weights must be finite and at least 0"):
        check_weights(np.array([0.1, bad]))
