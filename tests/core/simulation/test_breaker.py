"""ENGINE §3, the circuit breaker; every number by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.ledger import ExitReason
from core.result import BacktestResult

Run = Callable[..., BacktestResult]
Happened = Callable[[BacktestResult], list[tuple[int, str, int]]]
NAN = float("nan")


def _near(expected: object) -> object:
    return pytest.approx(expected, nan_ok=True)


def test_the_breaker_sells_all_and_waits_its_cooldown(run: Run, events: Happened) -> None:
    # 1000 -> 600 at 2: -40 %. Sold at f = 3; cooldown 2: first rebalance at t > 5.
    result = run(
        [[100, 100, 60, 60, 60, 60, 60, 60, 60]],
        {t: [1.0] for t in range(9)},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=2,
    )
    assert events(result) == [
        (1, "rebalance", -1),
        (2, "rebalance", -1),
        (2, "breaker", -1),
        (6, "reentry", -1),
        (7, "rebalance", -1),
        (8, "rebalance", -1),
    ]
    assert result.holdings.tolist() == [0, 1, 1, 0, 0, 0, 0, 1, 1]
    assert result.wanted_exposure == _near([1, 1, NAN, NAN, NAN, NAN, 1, 1, 1])
    assert result.applied_exposure == _near([0, 1, 1, 0, 0, 0, 0, 1, 1])
    # The risk peak becomes NAV at re-entry; the reported drawdown stays.
    assert result.risk_drawdown == _near([0, 0, -0.4, -0.4, -0.4, -0.4, 0, 0, 0])
    assert result.drawdown[2:] == _near([-0.4] * 7)
    assert (result.events.value[2], result.events.threshold[2]) == _near((-0.4, -0.35))
    assert (result.events.value[3], result.events.threshold[3]) == (3, 2)
    assert result.trades.reason.tolist() == [ExitReason.BREAKER, ExitReason.OPEN]


def test_at_lag_0_the_breakers_fill_is_its_trip_session(run: Run, events: Happened) -> None:
    # f = 2, cooldown 2: first rebalance at t > 4, filled at once.
    result = run(
        [[100, 100, 60, 60, 60, 60]],
        {t: [1.0] for t in range(6)},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=2,
        execution_lag_days=0,
    )
    assert result.holdings.tolist() == [1, 1, 0, 0, 0, 1]
    assert events(result)[-2:] == [(5, "reentry", -1), (5, "rebalance", -1)]
    assert result.risk_drawdown[2:] == _near([-0.4, -0.4, -0.4, 0])


def test_the_breaker_excludes_stops_and_rebalances(run: Run, events: Happened) -> None:
    result = run(
        [[100, 100, 60, 60]],
        {0: [1.0], 2: [0.5]},
        circuit_breaker_dd=0.35,
        position_stop_loss=0.1,
    )
    assert events(result) == [(1, "rebalance", -1), (2, "breaker", -1)]
    assert result.trades.reason.tolist() == [ExitReason.BREAKER]


def test_after_reentry_the_breaker_measures_from_the_new_peak(run: Run, events: Happened) -> None:
    # 600 at re-entry (4), filled at 5; 390 at 6 is -35 % of 600.
    result = run(
        [[100, 100, 60, 60, 60, 60, 39]],
        {0: [1.0], 4: [1.0]},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=0,
    )
    assert [row for row in events(result) if row[1] == "breaker"] == [
        (2, "breaker", -1),
        (6, "breaker", -1),
    ]
    assert result.drawdown[6] == _near(-0.61)
    assert result.risk_drawdown[6] == _near(-0.35)


def test_a_breaker_exit_waits_for_its_bar_and_starts_no_cooldown(
    run: Run, events: Happened
) -> None:
    # B has no bar at 3 and 4. Re-entry is decided at 4 (> f = 3) with B still waiting: its target
    # is 0 in the fill of 5, which sells it. The rebalance of 5 buys it at 6.
    result = run(
        [[100, 100, 60, 60, 60, 60, 60], [100, 100, 60, NAN, NAN, 60, 60]],
        {t: [0.5, 0.5] for t in range(7)},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=0,
        stop_cooldown_days=10,
    )
    assert [row for row in events(result) if row[1] != "rebalance"] == [
        (2, "breaker", -1),
        (3, "waiting", 1),
        (4, "waiting", 1),
        (4, "reentry", -1),
    ]
    assert result.holdings.tolist() == [0, 2, 2, 1, 1, 1, 2]
    assert result.trades.exit_session.tolist()[:2] == [3, 5]
    assert result.trades.reason.tolist()[:2] == [ExitReason.BREAKER] * 2
    assert result.events.value[4] == _near(0.5)  # the waiting name's weight


def test_a_waiting_stop_keeps_its_reason_when_the_breaker_trips(run: Run, events: Happened) -> None:
    # B stops at 2 (500 -> 400) and has no bar at 3 and 4. A falls to 200 at 3: 600 of 1000,
    # breaker, f = 4. B is sold at 5; cooldown 2: bought by the fill of 8, not by those of 6 and 7.
    result = run(
        [[100, 100, 100, 40, 40, 40, 40, 40, 40], [100, 100, 80, NAN, NAN, 80, 80, 80, 80]],
        {0: [0.5, 0.5]} | {t: [0.5, 0.5] for t in range(5, 9)},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=0,
        position_stop_loss=0.1,
        stop_cooldown_days=2,
    )
    assert [row for row in events(result) if row[1] not in {"rebalance", "reentry"}] == [
        (2, "stop", 1),
        (3, "waiting", 1),
        (3, "breaker", -1),
        (4, "waiting", 1),
    ]
    closed = result.trades
    assert closed.security.tolist()[:2] == [0, 1]
    assert closed.exit_session.tolist()[:2] == [4, 5]
    assert closed.reason.tolist()[:2] == [ExitReason.BREAKER, ExitReason.STOP]
    assert result.holdings.tolist() == [0, 2, 2, 2, 1, 0, 1, 1, 2]


def test_a_held_waiting_name_alone_can_trip_the_breaker(run: Run, events: Happened) -> None:
    # Only B is held, waiting since 3; the overlay takes NAV down at 4. Its reason stays.
    result = run(
        [[100, 100, 80, NAN, NAN, 80]],
        {0: [1.0]},
        inputs={"overlay": [0, 0, 0, 0, -0.5, 0]},
        position_stop_loss=0.1,
        circuit_breaker_dd=0.5,
    )
    assert (4, "breaker", -1) in events(result)
    assert result.trades.reason.tolist() == [ExitReason.STOP]
    assert result.trades.exit_session.tolist() == [5]


def test_an_empty_target_reenters_too(run: Run, events: Happened) -> None:
    result = run(
        [[100, 100, 60, 60, 60, 60]],
        {0: [1.0], 4: [0.0]},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=0,
    )
    assert (4, "reentry", -1) in events(result)
    assert result.wanted_exposure == _near([1, 1, NAN, NAN, 1, 1])
    assert result.applied_exposure == _near([0, 1, 1, 0, 0, 1])
    assert result.holdings.tolist() == [0, 1, 1, 0, 0, 0]


def test_regime_leverage_is_in_force_while_the_breaker_is_out(run: Run) -> None:
    result = run(
        [[100, 100, 60, 60, 60, 60]],
        {0: [1.0], 3: [1.0]},
        inputs={"leverage": [0.9, 0.5]},
        circuit_breaker_dd=0.35,
        breaker_cooldown_days=9,
    )
    assert result.leverage == _near([0.9, 0.9, 0.9, 0.5, 0.5, 0.5])
