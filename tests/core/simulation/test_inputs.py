"""What SimulationInputs accepts, converts and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import InputsError
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate

NAN = float("nan")


def _arguments(**changes: Any) -> dict[str, Any]:
    valid: dict[str, Any] = {
        "close": np.array([[10.0, 20.0], [11.0, NAN], [12.0, 22.0]]),
        "rebalance": np.array([0, 2]),
        "target": np.array([[0.5, 0.5], [1.0, 0.0]]),
    }
    return valid | changes


def test_numbers_become_contiguous_float64_and_whole_ones_int64() -> None:
    inputs = SimulationInputs(
        **_arguments(
            close=np.asfortranarray(np.array([[10, 20], [11, 21], [12, 22]], dtype=np.int32)),
            rebalance=np.array([0, 2], dtype=np.int16),
            target=[[0.5, 0.5], [1, 0]],
            leverage=[1, 2],
            last_session=np.array([1, 9], dtype=np.uint8),
        )
    )
    assert inputs.shape == (3, 2)
    for array in (inputs.close, inputs.target, inputs.leverage):
        assert array is not None
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
    assert inputs.rebalance.dtype == np.int64
    assert inputs.last_session is not None
    assert inputs.last_session.dtype == np.int64


def test_optional_arrays_stay_none_and_are_completed_for_the_kernel() -> None:
    inputs = SimulationInputs(**_arguments())
    assert inputs.alpha is None
    assert inputs.cash_rate is None
    assert inputs.market.leverage.tolist() == [1, 1]
    assert inputs.market.stop_scale.tolist() == [1, 1]
    assert inputs.market.last_session.tolist() == [3, 3]
    assert inputs.market.delisting_return.tolist() == [0, 0]
    assert inputs.market.data_ended.tolist() == [False, False]
    assert inputs.market.cash_rate.tolist() == [0, 0, 0]
    assert inputs.market.overlay.tolist() == [0, 0, 0]
    assert inputs.market.alpha.shape == (0, 2)


def test_a_close_after_the_last_session_is_no_bar() -> None:
    given = np.array([[10.0, 20.0], [11.0, 21.0], [12.0, 22.0]])
    inputs = SimulationInputs(**_arguments(close=given, last_session=np.array([0, 7])))
    np.testing.assert_array_equal(inputs.close, [[10, 20], [NAN, 21], [NAN, 22]])
    assert given[1, 0] == 11.0


def test_nothing_given_is_modified_and_nothing_held_can_be() -> None:
    given = _arguments(
        alpha=np.array([[0.1, NAN], [0.0, 0.2]]),
        leverage=np.array([0.7, 1.0]),
        last_session=np.array([1, 9]),
        cash_rate=np.full(3, 1e-4),
        overlay=np.full(3, 1e-3),
    )
    before = {name: array.copy() for name, array in given.items()}
    inputs = SimulationInputs(**given)
    simulate(inputs, RiskConfig(execution_lag_days=0))
    for name, array in given.items():
        np.testing.assert_array_equal(array, before[name])
        assert array.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        inputs.target[0, 0] = 1.0
    with pytest.raises(AttributeError):
        inputs.close = given["close"]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"close": np.ones(3)}, r"close must have 2 dimensions, had shape \(3,\)"),
        ({"close": np.ones((0, 2))}, "close must have at least one session and one security"),
        ({"close": [["a", "b"]]}, "close must be an array of numbers"),
        (
            {"close": [[1.0, 2.0], [3.0, 0.0], [1.0, 1.0]]},
            r"close must be a positive price, or NaN .* was 0 at \[1, 1\]",
        ),
        ({"close": [[1.0, 2.0], [3.0, -2.0], [1.0, 1.0]]}, r"close .* was -2 at \[1, 1\]"),
        ({"close": [[1.0, np.inf], [3.0, 2.0], [1.0, 1.0]]}, r"close .* was inf at \[0, 1\]"),
        ({"rebalance": np.array([[0, 2]])}, "rebalance must have 1 dimension"),
        ({"rebalance": np.array([0.0, 2.0])}, "rebalance must hold whole session numbers"),
        ({"rebalance": None}, "rebalance must be an array of sessions, was None"),
        ({"rebalance": np.array([0, 3])}, r"a session from 0 to 2, was 3 at \[1\]"),
        ({"rebalance": np.array([-1, 2])}, r"a session from 0 to 2, was -1 at \[0\]"),
        ({"rebalance": np.array([2, 2])}, r"strictly increasing, was 2 at \[1\]"),
        ({"rebalance": np.array([2, 0])}, r"strictly increasing, was 0 at \[1\]"),
        ({"target": np.ones((1, 2)) / 2}, r"target must have shape \(2, 2\), had shape \(1, 2\)"),
        ({"target": [[0.5, -0.1], [0, 0]]}, r"a weight of at least 0, was -0.1 at \[0, 1\]"),
        ({"target": [[0.5, NAN], [0, 0]]}, r"a weight of at least 0, was nan at \[0, 1\]"),
        ({"target": [[0.5, np.inf], [0, 0]]}, "a weight of at least 0, was inf"),
        ({"target": [[0.5, 0.5], [0.6, 0.5]]}, r"target must sum to at most 1.*was 1.1 in row 1"),
        ({"target": [[50, 50], [0, 0]]}, "fractions: 0.02 is 2 %"),
        ({"open": np.ones((3, 1))}, r"open must have shape \(3, 2\)"),
        ({"low": np.zeros((3, 2))}, "low must be a positive price"),
        ({"alpha": np.ones((2, 3))}, r"alpha must have shape \(2, 2\)"),
        ({"alpha": [[np.inf, 0], [0, 0]]}, "alpha must be finite or NaN, was inf"),
        ({"leverage": [1.0]}, r"leverage must have shape \(2,\)"),
        ({"leverage": [1.0, -0.5]}, r"leverage must be at least 0, was -0.5 at \[1\]"),
        ({"leverage": [1.0, NAN]}, r"leverage must be finite, was nan at \[1\]"),
        ({"stop_scale": [1.0, 0.0]}, r"stop_scale must be above 0, was 0 at \[1\]"),
        ({"last_session": [1]}, r"last_session must have shape \(2,\)"),
        ({"last_session": [1.5, 2.0]}, "last_session must hold whole session numbers"),
        ({"delisting_return": [0.0, -1.1]}, "delisting_return must be at least -1, was -1.1"),
        ({"delisting_return": [0.0, NAN]}, "delisting_return must be finite, was nan"),
        ({"cash_rate": [0.0, 0.0]}, r"cash_rate must have shape \(3,\)"),
        ({"cash_rate": [0.0, 0.0, NAN]}, r"cash_rate must be finite, was nan at \[2\]"),
        ({"cash_rate": [0.0, 0.0, -1.0]}, r"cash_rate must be above -1, was -1 at \[2\]"),
        ({"overlay": [0.0, NAN, 0.0]}, "overlay must be finite"),
        ({"data_ended": [0, 1]}, r"data_ended must be bool of shape \(2,\), was int64"),
        ({"data_ended": [True]}, r"data_ended must be bool of shape \(2,\)"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputsError, match=message):
        SimulationInputs(**_arguments(**changes))


def test_what_is_unusual_but_allowed() -> None:
    SimulationInputs(
        **_arguments(
            target=[[0.5, 0.5 + 5e-10], [0.0, 0.0]],
            last_session=np.array([-3, 99]),
            delisting_return=[-1.0, 2.0],
            leverage=[0.0, 3.0],
            alpha=[[NAN, -5.0], [0.0, 5.0]],
        )
    )
    empty = SimulationInputs(np.ones((1, 1)), np.array([], dtype=int), np.empty((0, 1)))
    assert simulate(empty, RiskConfig()).nav.tolist() == [1_000_000.0]
    SimulationInputs(np.ones((1, 1)), [], np.empty((0, 1)))  # type: ignore[arg-type]


def test_opens_and_lows_have_a_value_on_every_bar_and_none_elsewhere() -> None:
    close = np.array([[10.0, 20.0], [11.0, NAN], [12.0, 22.0]])
    opened = np.array([[9.0, NAN], [10.0, 19.0], [13.0, 21.0]])
    low = np.array([[8.0, NAN], [NAN, 18.0], [NAN, 23.0]])
    inputs = SimulationInputs(**_arguments(close=close, open=opened, low=low))
    found = inputs.market.open, inputs.market.low
    assert np.array_equal(found[0], [[9, 20], [10, NAN], [13, 21]], equal_nan=True)
    assert np.array_equal(found[1], [[8, 20], [10, NAN], [12, 21]], equal_nan=True)
    assert np.array_equal(inputs.open, opened, equal_nan=True)
    assert not found[0].flags.writeable
    without = SimulationInputs(**_arguments())
    assert without.market.open.shape == without.market.low.shape == (0, 2)


def test_a_low_without_opens_is_still_no_higher_than_its_close() -> None:
    low = np.array([[8.0, 21.0], [NAN, 18.0], [13.0, 21.0]])
    inputs = SimulationInputs(**_arguments(low=low))
    expected = [[8, 20], [11, NAN], [12, 21]]
    assert np.array_equal(inputs.market.low, expected, equal_nan=True)


@pytest.mark.parametrize("name", ["open", "low"])
def test_prices_inside_the_session_are_checked_like_closes(name: str) -> None:
    with pytest.raises(InputsError, match=f"{name} must be a positive price.*\\[1, 0\\]"):
        SimulationInputs(**_arguments(**{name: np.array([[1.0, 1], [-1, 1], [1, 1]])}))
    with pytest.raises(InputsError, match=f"{name} must have shape"):
        SimulationInputs(**_arguments(**{name: np.ones((2, 2))}))
