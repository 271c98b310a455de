"""ENGINE §3 and §8, stops inside the session; every number by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from core.ledger import EventKind, ExitReason
from core.result import BacktestResult

Run = Callable[..., BacktestResult]
Happened = Callable[[BacktestResult], list[tuple[int, str, int]]]
NAN = float("nan")
STOP = {"stop_fill": "intraday", "position_stop_loss": 0.12}
AT_OPEN = {**STOP, "execution": "next_open"}


def _near(expected: object) -> object:
    return pytest.approx(expected, nan_ok=True)


def _bars(opens: Sequence[Sequence[float]], lows: Sequence[Sequence[float]]) -> dict[str, Any]:
    return {"open": np.array(opens, dtype=float).T, "low": np.array(lows, dtype=float).T}


@pytest.mark.parametrize("lag", [0, 1])
@pytest.mark.parametrize(
    ("opened", "low", "close", "price"),
    [
        (98, 85, 95, 88),  # inside the session, at the level
        (98, 88, 95, 88),  # exactly
        (80, 70, 95, 80),  # the open is below already
        (NAN, 85, 95, 88),  # the close stands in for the open …
        (NAN, 70, 81, 81),  # … also below the level
        (98, NAN, 87, 88),  # without a low, what traded is known to have been reached
        (84, NAN, 95, 84),
        (98, 99, 86, 88),  # a low above its close is no low
    ],
)
def test_a_resting_stop_is_sold_at_the_lesser_of_open_and_level(
    run: Run,
    events: Happened,
    lag: int,
    opened: float,
    low: float,
    close: float,
    price: float,
) -> None:
    result = run(
        [[100, 100, close, 100]], {0: [1.0]}, execution_lag_days=lag, **STOP,
        inputs=_bars([[100, 100, opened, 100]], [[100, 100, low, 100]]),
    )  # fmt: skip
    assert events(result) == [(lag, "rebalance", -1), (2, "stop", 0)]
    reached = np.nanmin([opened, low, close])
    assert (result.events.value[1], result.events.threshold[1]) == _near((reached / 100 - 1, -0.12))
    assert result.nav == _near([1000, 1000, 10 * price, 10 * price])
    assert result.trades.exit_session.tolist() == [2]
    assert result.trades.exit_price == _near([price])
    assert result.trades.reason.tolist() == [ExitReason.STOP]
    assert result.applied_exposure[2:] == _near([1, 1])


def test_a_low_above_the_level_sells_nothing_and_closes_are_not_tested(run: Run) -> None:
    result = run([[100, 100, 89]], {0: [1.0]}, inputs=_bars([[100] * 3], [[100, 100, 89]]), **STOP)
    assert result.trades.is_open.tolist() == [True]
    no_bar = _bars([[100, 100, 50]], [[100, 100, 50]])
    result = run([[100, 100, NAN]], {0: [1.0]}, inputs=no_bar, **STOP)
    assert result.trades.is_open.tolist() == [True]


@pytest.mark.parametrize(
    ("high", "low", "kind", "price"),
    [(120, 101, "trailing", 102), (103, 87, "stop", 88), (120, 80, "trailing", 102)],
)
def test_the_higher_level_counts(
    run: Run, events: Happened, high: float, low: float, kind: str, price: float
) -> None:
    # 12 % below 100 is 88; 15 % below the highest close is 102 or 87.55.
    result = run(
        [[100, 100, high, 110]], {0: [1.0]}, trailing_stop_pct=0.15, **STOP,
        inputs=_bars([[100, 100, high, 110]], [[100, 100, 100, low]]),
    )  # fmt: skip
    assert events(result)[1:] == [(3, kind, 0)]
    assert result.trades.exit_price == _near([price])
    reference, limit = (high, 0.15) if kind == "trailing" else (100, 0.12)
    assert result.events.value[1] == _near(low / reference - 1)
    assert result.events.threshold[1] == _near(-limit)


def test_todays_high_does_not_lift_todays_level(run: Run) -> None:
    # 15 % below the close of 3 would be 127.5; known at the close of 2 is 85.
    result = run(
        [[100, 100, 100, 150, 150]], {0: [1.0]}, stop_fill="intraday", trailing_stop_pct=0.15,
        inputs=_bars([[100] * 4 + [150]], [[100, 100, 100, 100, 127]]),
    )  # fmt: skip
    assert result.trades.exit_session.tolist() == [4]
    assert result.trades.exit_price == _near([127.5])


@pytest.mark.parametrize("execution", ["next_close", "next_open"])
def test_a_name_is_tested_from_the_session_after_its_first_fill(
    run: Run, events: Happened, execution: str
) -> None:
    # Bought in session 1, whose low is far below; at the open it is bought at 100 and closes at 80,
    # below its level of 88: sold at the next open.
    result = run(
        [[100, 80, 90]], {0: [1.0]}, execution=execution, **STOP,
        inputs=_bars([[100, 100, 84]], [[100, 50, 83]]),
    )  # fmt: skip
    if execution == "next_close":
        assert events(result) == [(1, "rebalance", -1)]
        assert result.nav == _near([1000, 1000, 1125])
    else:
        assert events(result) == [(1, "rebalance", -1), (2, "stop", 0)]
        assert result.nav == _near([1000, 800, 840])


def test_costs_leave_with_the_sale_and_turnover_is_on_nav_before(run: Run) -> None:
    # Session 3: 5 shares at 88 are sold, 4.4 of costs; then the other name goes from 500 to
    # 30 % of NAV 440 − 4.4 + 500 at the close.
    result = run(
        [[100, 100, 100, 95], [100, 100, 100, 100]], {0: [0.5, 0.5], 2: [0.5, 0.3]},
        cost_per_trade_bps=100.0, weights=True, **STOP,
        inputs=_bars([[100] * 4, [100] * 4], [[100, 100, 100, 80], [100] * 4]),
    )  # fmt: skip
    before = 1000 - 10 + 440 - 500 - 4.4  # cash −10 after the first fill
    sold = 500 - 0.3 * before
    assert result.nav[2] == _near(990)
    assert result.turnover[3] == _near(440 / 990 + sold / before)
    assert result.cost[3] == _near(4.4 + sold * 0.01)
    assert result.cost_fraction[3] == _near(result.turnover[3] * 0.01)
    assert result.nav[3] == _near(before - sold * 0.01)
    assert result.gross_return[3] == _near((result.nav[3] + result.cost[3]) / 990 - 1)


@pytest.mark.parametrize("lag", [0, 1])
def test_at_the_close_an_order_for_a_stopped_name_is_void(run: Run, lag: int) -> None:
    # The rebalance that fills in session 3 wants both; the other name gets its half and no more.
    result = run(
        [[100, 100, 100, 95, 95], [100] * 5], {0: [0.5, 0.0], 3 - lag: [0.5, 0.5]},
        execution_lag_days=lag, weights=True, **STOP,
        inputs=_bars([[100] * 5, [100] * 5], [[100, 100, 100, 80, 95], [100] * 5]),
    )  # fmt: skip
    assert result.weights is not None
    assert result.weights[3] == _near([0, 0.5])
    assert result.turnover[3] == _near(440 / 1000 + 0.5)


def test_a_stop_cools_down_from_its_session(run: Run) -> None:
    closes = [100, 100, 95, 95, 95, 95]
    for cooldown, bought in ((0, 3), (1, 4), (2, 5)):
        result = run(
            [closes], {t: [1.0] for t in range(5)}, stop_cooldown_days=cooldown, **STOP,
            inputs=_bars([[100] * 6], [[100, 100, 80, 95, 95, 95]]),
        )  # fmt: skip
        assert result.trades.entry_session.tolist() == [1, bought]


def test_a_stop_scale_is_in_force_from_its_decision(run: Run) -> None:
    # Scale 0.5 is decided at the close of 2: the level of session 3 is 94, not 88.
    bars = _bars([[100] * 4], [[100, 100, 93, 93]])
    scales = bars | {"stop_scale": [1.0, 0.5]}
    result = run([[100] * 4], {0: [1.0], 2: [1.0]}, inputs=scales, **STOP)
    assert result.trades.exit_session[0] == 3
    assert result.trades.exit_price[0] == _near(94)
    assert result.events.threshold[result.events.kind == EventKind.STOP] == _near([-0.06])


def test_the_sleeves_return_is_to_the_sale_price(run: Run) -> None:
    # Half in each; session 3: 500 to 440 and 500 to 510.
    result = run(
        [[100, 100, 100, 120], [100, 100, 100, 102]], {0: [0.5, 0.5]}, vol_lookback_days=2,
        inputs=_bars([[100] * 4, [100] * 4], [[100, 100, 100, 80], [100] * 4]), **STOP,
    )  # fmt: skip
    assert result.sigma[3] == _near(np.std([0.0, -0.05], ddof=1) * np.sqrt(252))


def test_the_stop_comes_before_the_breakers_exit(run: Run, events: Happened) -> None:
    # The breaker trips at the close of 2; the stop of session 3 was in the market first.
    result = run(
        [[100, 100, 90, 85], [100, 100, 90, 90]], {0: [0.5, 0.5]},
        circuit_breaker_dd=0.09, **STOP,
        inputs=_bars([[100, 100, 95, 95]] * 2, [[100, 100, 90, 84], [100, 100, 90, 89]]),
    )  # fmt: skip
    assert events(result) == [(1, "rebalance", -1), (2, "breaker", -1), (3, "stop", 0)]
    reasons = dict(zip(result.trades.security, result.trades.reason, strict=True))
    assert reasons == {0: ExitReason.STOP, 1: ExitReason.BREAKER}
    assert result.nav[3] == _near(440 + 450)
    assert result.applied_exposure[3] == 0.0


def test_an_exit_that_waits_has_no_stop(run: Run, events: Happened) -> None:
    # No bar in session 3; in session 4 the breaker's exit is sold at the close, not at 88.
    result = run(
        [[100, 100, 90, NAN, 70]], {0: [1.0]}, circuit_breaker_dd=0.09, **STOP,
        inputs=_bars([[100, 100, 95, NAN, 95]], [[100, 100, 90, NAN, 60]]),
    )  # fmt: skip
    assert events(result)[1:] == [(2, "breaker", -1), (3, "waiting", 0)]
    assert result.trades.reason.tolist() == [ExitReason.BREAKER]
    assert result.nav[4] == _near(700)


def test_at_the_open_the_order_fills_before_the_stop(run: Run, events: Happened) -> None:
    # 5 shares at 100; the order doubles them at the open of 3 at 100, the low then sells all ten at
    # 88, the level of before.
    result = run(
        [[100, 100, 100, 95]], {0: [0.5], 2: [1.0]}, **AT_OPEN,
        inputs=_bars([[100, 100, 100, 100]], [[100, 100, 100, 80]]),
    )  # fmt: skip
    assert events(result)[1:] == [(3, "rebalance", -1), (3, "stop", 0)]
    assert result.nav[3] == _near(880)
    assert result.turnover[3] == _near(0.5 + 0.88)
    assert result.trades.quantity == _near([10])


def test_below_the_open_the_stop_comes_first_and_the_order_is_void(
    run: Run, events: Happened
) -> None:
    result = run(
        [[100, 100, 100, 95]], {0: [0.5], 2: [1.0]}, **AT_OPEN,
        inputs=_bars([[100, 100, 100, 86]], [[100, 100, 100, 80]]),
    )  # fmt: skip
    assert sorted(events(result)[1:]) == [(3, "rebalance", -1), (3, "stop", 0)]
    assert result.nav[3] == _near(930)
    assert result.turnover[3] == _near(0.43)
    assert result.trades.quantity == _near([5])


def test_what_the_open_sold_in_full_is_not_stopped(run: Run, events: Happened) -> None:
    result = run(
        [[100, 100, 100, 95]], {0: [1.0], 2: [0.0]}, **AT_OPEN,
        inputs=_bars([[100, 100, 100, 97]], [[100, 100, 100, 80]]),
    )  # fmt: skip
    assert events(result)[1:] == [(3, "rebalance", -1)]
    assert result.trades.exit_price == _near([97])
    assert result.trades.reason.tolist() == [ExitReason.REBALANCE]


def test_a_level_at_or_below_zero_is_never_reached(run: Run) -> None:
    bars = _bars([[100] * 3], [[100, 100, 1e-9]]) | {"stop_scale": [10.0]}
    result = run([[100, 100, 100]], {0: [1.0]}, inputs=bars, **STOP)
    assert result.trades.is_open.tolist() == [True]
