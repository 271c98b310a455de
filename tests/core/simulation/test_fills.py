"""ENGINE §4, the four steps of a rebalance; every number by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.ledger import EventKind
from core.result import BacktestResult

Run = Callable[..., BacktestResult]
Happened = Callable[[BacktestResult], list[tuple[int, str, int]]]
NAN = float("nan")

# A hurdle of 1000 x 2 x 1e-10 = 2e-7 for alphas, with costs too small to move a digit here.
GATE = {"min_alpha_to_cost_ratio": 1000, "cost_per_trade_bps": 1e-6, "execution_lag_days": 0}


def _near(expected: object) -> object:
    return pytest.approx(expected, rel=1e-8, abs=1e-9)


def _weights(result: BacktestResult, session: int) -> list[float]:
    assert result.weights is not None
    return [float(weight) for weight in result.weights[session]]


# --- step 1: risk part ---------------------------------------------------------------------------


def test_the_risk_part_is_neither_gated_nor_capped(run: Run) -> None:
    # Wanted 0.25 at a rebalance whose only name is gated, under a cap of 1 %.
    result = run(
        [[100, 85]],
        {0: [1.0], 1: [1.0]},
        inputs={"alpha": [[NAN], [0.0]]},
        max_allowed_drawdown=0.3,
        max_turnover_per_rebal=0.01,
        **GATE,
    )
    assert result.invested == _near([1.0, 0.25])
    assert result.turnover[1] == _near(0.75)
    assert result.applied_exposure == _near([1.0, 0.25])


def test_a_rise_in_exposure_is_risk_part_up_to_the_leverage_limit(run: Run) -> None:
    # Leverage 0.5 then 1; the price doubled: c = 1000 / 1500, f = min(2, 1 / c) = 1.5, b = 1. The
    # target is 1 as well, so nothing is left for the cap of 0.
    result = run(
        [[100, 200]],
        {0: [1.0], 1: [1.0]},
        inputs={"leverage": [0.5, 1.0]},
        max_turnover_per_rebal=0.0,
        execution_lag_days=0,
    )
    assert result.invested == _near([0.5, 1.0])


def test_with_nothing_applied_the_risk_part_is_what_is_held(run: Run) -> None:
    # Exposure 0 is applied at 1 while the name has no bar, so it stays held. At 2 f = 1: b = c =
    # 0.5, and the cap lets 0.1 of the way to 1 through.
    result = run(
        [[100, NAN, 100]],
        {0: [0.5], 1: [0.5], 2: [1.0]},
        inputs={"leverage": [1.0, 0.0, 1.0]},
        max_turnover_per_rebal=0.1,
        execution_lag_days=0,
    )
    assert result.applied_exposure == _near([1.0, 0.0, 1.0])
    assert result.invested == _near([0.5, 0.5, 0.6])


# --- step 2: alpha gate --------------------------------------------------------------------------


def test_the_gate_leaves_names_below_the_hurdle_alone(run: Run, events: Happened) -> None:
    # Bought: alpha above the hurdle either way, and NaN. Not bought: below it either way.
    result = run(
        [[100]] * 5,
        {0: [0.2] * 5},
        inputs={"alpha": [[0.01, 1e-7, NAN, -0.01, -1e-7]]},
        weights=True,
        **GATE,
    )
    assert _weights(result, 0) == _near([0.2, 0, 0.2, 0.2, 0])
    assert events(result) == [(0, "rebalance", -1), (0, "gate", -1)]
    assert (result.events.value[1], result.events.threshold[1]) == (2, _near(2e-7))


def test_the_gate_is_off_without_alpha_or_ratio(run: Run, events: Happened) -> None:
    assert run([[100]], {0: [1.0]}, **GATE).holdings.tolist() == [1]
    off = run([[100]], {0: [1.0]}, inputs={"alpha": [[0.0]]}, execution_lag_days=0)
    assert off.holdings.tolist() == [1]


def test_a_name_on_its_way_out_is_never_gated(run: Run, events: Happened) -> None:
    result = run([[100, 100]], {0: [1.0], 1: [0.0]}, inputs={"alpha": [[NAN], [0.0]]}, **GATE)
    assert result.holdings.tolist() == [1, 0]
    assert "gate" not in [kind for _, kind, _ in events(result)]


def test_gated_names_do_not_lift_the_book_above_its_exposure(run: Run) -> None:
    # A keeps 0.5 (gated), C goes to 0.125, B wants 0.5: 1.125 in all. Its buy of 0.25 is halved.
    result = run(
        [[100, 100], [100, 100], [100, 100]],
        {0: [0.5, 0.25, 0.25], 1: [0.25, 0.5, 0.125]},
        inputs={"alpha": [[NAN] * 3, [0.0, 0.01, 0.01]]},
        weights=True,
        **GATE,
    )
    assert _weights(result, 1) == _near([0.5, 0.375, 0.125])


def test_a_book_that_drifted_above_its_exposure_may_stay_there(run: Run) -> None:
    # A and B grew from 250 to 500 each: 2/3 of 1500, above the exposure of 0.5. Both are gated and
    # may stay; C, which is not, finds no room.
    result = run(
        [[100, 200], [100, 200], [100, 100]],
        {0: [0.5, 0.5, 0.0], 1: [0.4, 0.4, 0.2]},
        inputs={"alpha": [[NAN] * 3, [0.0, 0.0, 0.01]], "leverage": [0.5, 0.5]},
        weights=True,
        **GATE,
    )
    assert _weights(result, 1) == _near([1 / 3, 1 / 3, 0])


# --- step 3: turnover cap ------------------------------------------------------------------------


def test_the_cap_lets_the_first_purchase_through_and_spreads_the_rest(
    run: Run, events: Happened
) -> None:
    # 1 -> 0 and 0 -> 1 is 2; 0.5 of it: a quarter. Then 1.5 is left: a third.
    result = run(
        [[100] * 3, [100] * 3],
        {0: [1.0, 0.0], 1: [0.0, 1.0], 2: [0.0, 1.0]},
        max_turnover_per_rebal=0.5,
        execution_lag_days=0,
        weights=True,
    )
    assert _weights(result, 0) == _near([1, 0])
    assert _weights(result, 1) == _near([0.75, 0.25])
    assert _weights(result, 2) == _near([0.5, 0.5])
    assert result.turnover == _near([1, 0.5, 0.5])
    assert [row[:2] for row in events(result) if row[1] == "cap"] == [(1, "cap"), (2, "cap")]
    assert result.events.value[result.events.kind == EventKind.CAP] == _near([2.0, 1.5])


def test_names_without_a_bar_use_up_the_cap(run: Run) -> None:
    # A out 0.5, B in 0.5 (no bar), C in 0.5: 1.5, cap 0.75, half of each; B's lapses.
    result = run(
        [[100, 100], [100, NAN], [100, 100]],
        {0: [0.5, 0, 0], 1: [0, 0.5, 0.5]},
        max_turnover_per_rebal=0.75,
        execution_lag_days=0,
        weights=True,
    )
    assert _weights(result, 1) == _near([0.25, 0, 0.25])
    assert result.turnover[1] == _near(0.5)


def test_a_waiting_exit_counts_as_held_for_the_cap(run: Run) -> None:
    # A stops at 2 and never trades again; B's purchase at 4 is held to 0.2.
    result = run(
        [[100, 100, 80, NAN, NAN], [100] * 5],
        {0: [0.5, 0.0], 3: [0.0, 0.5]},
        position_stop_loss=0.1,
        max_turnover_per_rebal=0.2,
        weights=True,
    )
    assert _weights(result, 4) == _near([400 / 900, 0.2])


def test_an_exit_of_the_same_fill_counts_as_held_and_stands_outside_the_cap(run: Run) -> None:
    # A is sold in full (stop) whatever the cap; B's 0.5 is held to 0.2.
    result = run(
        [[100, 100, 80, 80], [100] * 4],
        {0: [0.5, 0.0], 2: [0.0, 0.5]},
        position_stop_loss=0.1,
        max_turnover_per_rebal=0.2,
        weights=True,
    )
    assert _weights(result, 3) == _near([0, 0.2])
    assert result.turnover[3] == _near(400 / 900 + 0.2)


# --- step 4: leverage limit ----------------------------------------------------------------------


def test_what_cannot_be_sold_leaves_no_room_to_buy(run: Run, events: Happened) -> None:
    result = run(
        [[100, NAN], [100, 100]],
        {0: [1.0, 0.0], 1: [0.0, 1.0]},
        execution_lag_days=0,
        weights=True,
    )
    assert _weights(result, 1) == _near([1, 0])
    assert events(result)[-1] == (1, "leverage_limit", -1)
    assert (result.events.value[-1], result.events.threshold[-1]) == _near((2.0, 1.0))


def test_buys_share_the_room_there_is_and_sales_go_through(run: Run) -> None:
    # A keeps 0.5 (no bar). C sells 0.125 to 0. B wants 0.25 -> 1: room 1 - 0.5 - 0.25 = 0.25.
    result = run(
        [[100, NAN], [100, 100], [100, 100]],
        {0: [0.5, 0.25, 0.125], 1: [0.0, 1.0, 0.0]},
        execution_lag_days=0,
        weights=True,
    )
    assert _weights(result, 1) == _near([0.5, 0.5, 0])


def test_waiting_exits_take_room_and_filled_exits_do_not(run: Run) -> None:
    # A (stopped at 2, no bar at 3) keeps 400 of 840, B (stopped at 2) is sold at 3. C wants all and
    # gets what A leaves.
    result = run(
        [[100, 100, 80, NAN], [100, 100, 88, 88], [100] * 4],
        {0: [0.5, 0.5, 0.0], 2: [0.0, 0.0, 1.0]},
        position_stop_loss=0.1,
        weights=True,
    )
    assert _weights(result, 3) == _near([400 / 840, 0, 440 / 840])
