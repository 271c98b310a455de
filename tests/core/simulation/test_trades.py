"""ENGINE §4 and §5: what is too small to trade, and round trips; every number by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.ledger import ExitReason
from core.result import BacktestResult

Run = Callable[..., BacktestResult]


def _near(expected: object) -> object:
    return pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "turnover", "held"),
    [
        (0.5, 0.5 + 5e-13, 0.0, 1),  # the change is too small
        (0.5, 5e-13, 0.5, 0),  # what would be left is too small: all is sold
        (1.6e-12, 8e-13, 0.0, 1),  # too small a change comes first
        (3e-12, 9e-13, 3e-12, 0),
    ],
)
def test_trades_and_rests_below_1e_12(
    run: Run, first: float, second: float, turnover: float, held: int
) -> None:
    result = run([[100, 100]], {0: [first], 1: [second]}, execution_lag_days=0)
    assert result.turnover[1] == pytest.approx(turnover, rel=1e-3, abs=1e-30)
    assert result.holdings.tolist() == [1, held]


def test_an_exit_is_done_however_small(run: Run) -> None:
    # A holding of 2e-12 falls by 75 % and is stopped.
    result = run([[100, 100, 25, 25]], {0: [2e-12]}, position_stop_loss=0.5)
    assert result.holdings.tolist() == [0, 1, 1, 0]
    assert result.turnover[3] == pytest.approx(5e-13)


def test_a_partial_sale_realises_its_part_at_average_cost(run: Run) -> None:
    # 10 shares at 100; 5 sold at 200, 5 at 50: 1250 for 1000.
    result = run(
        [[100, 200, 50]],
        {0: [1.0], 1: [0.5], 2: [0.0]},
        execution_lag_days=0,
    )
    trade = result.trades
    assert len(trade) == 1
    assert (trade.entry_session[0], trade.exit_session[0], trade.holding_sessions[0]) == (0, 2, 2)
    assert (trade.entry_price[0], trade.exit_price[0]) == _near((100, 125))
    assert (trade.quantity[0], trade.notional[0]) == _near((10, 1000))
    assert (trade.pnl[0], trade.trade_return[0]) == _near((250, 0.25))
    assert trade.reason.tolist() == [ExitReason.REBALANCE]


def test_open_trades_are_marked_and_carry_their_costs(run: Run) -> None:
    result = run([[100, 100, 120]], {0: [0.5]}, cost_per_trade_bps=100)
    trade = result.trades
    assert trade.is_open.tolist() == [True]
    assert (trade.exit_session[0], trade.holding_sessions[0]) == (-1, 1)
    assert (trade.exit_price[0], trade.pnl[0], trade.costs[0]) == _near((120, 100, 5))
    assert trade.reason.tolist() == [ExitReason.OPEN]


def test_a_name_can_have_several_round_trips(run: Run) -> None:
    result = run(
        [[100, 110, 110, 99]],
        {0: [1.0], 1: [0.0], 2: [1.0], 3: [0.0]},
        execution_lag_days=0,
    )
    assert result.trades.entry_session.tolist() == [0, 2]
    assert result.trades.exit_session.tolist() == [1, 3]
    assert result.trades.pnl == _near([100, -110])
    assert result.books_residual == pytest.approx(0, abs=1e-12)
