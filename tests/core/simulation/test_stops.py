"""ENGINE §3, stops and cooldowns; every number by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.ledger import EventKind, ExitReason
from core.result import BacktestResult

Run = Callable[..., BacktestResult]
Happened = Callable[[BacktestResult], list[tuple[int, str, int]]]
NAN = float("nan")


def _near(expected: object) -> object:
    return pytest.approx(expected, nan_ok=True)


def test_a_position_stop_sells_at_the_next_close(run: Run, events: Happened) -> None:
    # 88 is 12 % below 100; sold at 90. The proceeds stay in cash, the exposure stays applied.
    result = run([[100, 100, 88, 90, 95]], {0: [1.0]}, position_stop_loss=0.12)
    assert events(result) == [(1, "rebalance", -1), (2, "stop", 0)]
    assert (result.events.value[1], result.events.threshold[1]) == _near((-0.12, -0.12))
    assert result.nav == _near([1000, 1000, 880, 900, 900])
    assert result.applied_exposure == _near([0, 1, 1, 1, 1])
    trade = result.trades
    assert (trade.exit_session[0], trade.exit_price[0]) == (3, _near(90))
    assert trade.reason.tolist() == [ExitReason.STOP]


def test_a_trailing_stop_measures_from_the_highest_close(run: Run, events: Happened) -> None:
    # 120 x 0.85 = 102, still above entry.
    result = run(
        [[100, 100, 120, 103, 102, 102]],
        {0: [1.0]},
        position_stop_loss=0.12,
        trailing_stop_pct=0.15,
    )
    assert events(result)[1:] == [(4, "trailing", 0)]
    assert (result.events.value[1], result.events.threshold[1]) == _near((-0.15, -0.15))
    assert result.trades.reason.tolist() == [ExitReason.TRAILING]


def test_the_position_stop_comes_before_the_trailing_stop(run: Run, events: Happened) -> None:
    result = run([[100, 100, 80]], {0: [1.0]}, position_stop_loss=0.12, trailing_stop_pct=0.15)
    assert events(result)[1:] == [(2, "stop", 0)]


def test_average_entry_is_average_cost(run: Run, events: Happened) -> None:
    # 5 shares at 100, then NAV 1500 and 2.5 more at 200: 1000 / 7.5 = 133.33; 12 % below is 117.33.
    result = run(
        [[100, 200, 118, 117]],
        {0: [0.5], 1: [1.0]},
        position_stop_loss=0.12,
        execution_lag_days=0,
    )
    assert events(result)[2:] == [(3, "stop", 0)]
    assert result.trades.entry_price == _near([400 / 3])


def test_sales_leave_average_entry_unchanged(run: Run, events: Happened) -> None:
    result = run(
        [[100, 200, 89, 88]],
        {0: [1.0], 1: [0.5]},
        position_stop_loss=0.12,
        execution_lag_days=0,
    )
    assert events(result)[2:] == [(3, "stop", 0)]
    assert result.trades.entry_price == _near([100])


def test_a_later_buy_does_not_reset_the_highest_close(run: Run, events: Happened) -> None:
    # Highest 120 at 1; more is bought at 110.
    result = run(
        [[100, 120, 110, 103, 102]],
        {0: [0.5], 2: [1.0]},
        trailing_stop_pct=0.15,
        execution_lag_days=0,
    )
    assert events(result)[2:] == [(4, "trailing", 0)]


def test_a_new_position_starts_a_new_highest_close(run: Run, events: Happened) -> None:
    # Stopped out at 80, bought again at 60: its level is 51, not 85.
    result = run(
        [[100, 80, 60, 52, 51]],
        {0: [1.0], 2: [1.0]},
        trailing_stop_pct=0.15,
        execution_lag_days=0,
    )
    assert [row for row in events(result) if row[1] == "trailing"] == [
        (1, "trailing", 0),
        (4, "trailing", 0),
    ]


def test_the_highest_close_starts_at_the_fill(run: Run, events: Happened) -> None:
    # 200 was the deciding close, 100 that of the fill.
    result = run([[200, 100, 86, 85]], {0: [1.0]}, trailing_stop_pct=0.15)
    assert events(result)[1:] == [(3, "trailing", 0)]


def test_a_name_without_a_bar_is_not_tested(run: Run, events: Happened) -> None:
    result = run([[100, 100, NAN, 80, 80]], {0: [1.0]}, position_stop_loss=0.12)
    assert events(result)[1:] == [(3, "stop", 0)]


def test_the_stop_scale_of_a_rebalance_counts_at_its_own_session(
    run: Run, events: Happened
) -> None:
    # 10 % x 2 from session 2 on: 85 at 2 is not stopped, 79 at 3 is.
    result = run(
        [[100, 100, 85, 79, 79]],
        {0: [1.0], 2: [1.0]},
        inputs={"stop_scale": [1.0, 2.0]},
        position_stop_loss=0.1,
    )
    assert [row for row in events(result) if row[1] == "stop"] == [(3, "stop", 0)]
    assert result.events.threshold[result.events.kind == EventKind.STOP] == _near([-0.2])


def test_a_rebalance_of_the_same_session_concerns_the_other_names(run: Run) -> None:
    # A stops at 2 (NAV 900). In the fill of 3 B goes to 0.5 x 900, A to nothing in spite of its
    # target.
    result = run(
        [[100, 100, 80, 80], [100, 100, 100, 100]],
        {0: [0.5, 0.5], 2: [0.5, 0.5]},
        position_stop_loss=0.1,
        weights=True,
    )
    assert result.weights is not None
    assert result.weights[3] == _near([0, 0.5])
    assert result.turnover[3] == _near((400 + 50) / 900)


def test_a_stopped_name_delisted_before_its_fill_is_left_out_of_the_rebalance(
    run: Run, events: Happened
) -> None:
    # A stops at 2 and is delisted at 3, so no stop is filled. B goes from 250/900 towards 0.5: the
    # cap of 0.1 is for B alone, 250 + 90.
    result = run(
        [[100, 100, 80, 80], [100, 100, 100, 100]],
        {0: [0.5, 0.25], 2: [0.5, 0.5]},
        inputs={"last_session": [2, 9]},
        position_stop_loss=0.1,
        max_turnover_per_rebal=0.1,
    )
    assert result.invested[3] == _near(340 / 900)
    assert result.trades.reason.tolist()[0] == ExitReason.DELISTED
    assert [row for row in events(result) if row[0] == 3] == [
        (3, "delisted", 0),
        (3, "rebalance", -1),
        (3, "cap", -1),
    ]


@pytest.mark.parametrize(("cooldown", "bought_again"), [(0, 4), (2, 6)])
def test_a_stopped_name_is_not_bought_within_its_cooldown(
    run: Run, cooldown: int, bought_again: int
) -> None:
    # Stop decided at 2, filled at f = 3. A rebalance that fills at s <= 3 + cooldown leaves it out.
    result = run(
        [[100, 100, 80] + [80] * 5],
        {t: [1.0] for t in range(8)},
        position_stop_loss=0.1,
        stop_cooldown_days=cooldown,
    )
    held = [0, 1, 1] + [int(t >= bought_again) for t in range(3, 8)]
    assert result.holdings.tolist() == held


def test_a_waiting_exit_ends_with_a_delisting(run: Run, events: Happened) -> None:
    # Stopped at 2, no bar at 3, last session 3: turned into cash at 4, no cost, no cooldown.
    result = run(
        [[100, 100, 80, NAN, NAN, NAN]],
        {0: [1.0]},
        inputs={"last_session": [3], "delisting_return": [-0.5]},
        position_stop_loss=0.1,
    )
    assert events(result)[1:] == [(2, "stop", 0), (3, "waiting", 0), (4, "delisted", 0)]
    assert result.nav == _near([1000, 1000, 800, 800, 400, 400])
    assert result.turnover[2:].tolist() == [0, 0, 0, 0]
    assert result.trades.reason.tolist() == [ExitReason.DELISTED]
