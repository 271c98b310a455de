"""ENGINE §2 and §8, fills at the next open; every number by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from core.ledger import ExitReason
from core.metrics import summarise
from core.result import BacktestResult

Run = Callable[..., BacktestResult]
Happened = Callable[[BacktestResult], list[tuple[int, str, int]]]
NAN = float("nan")
AT_OPEN = {"execution": "next_open"}


def _near(expected: object) -> object:
    return pytest.approx(expected, nan_ok=True)


def _opens(*names: Sequence[float]) -> dict[str, Any]:
    return {"open": np.array(names, dtype=float).T}


def test_a_decision_fills_at_the_open_of_the_next_session(run: Run) -> None:
    # 20 shares at 50, worth 100 each at the close.
    result = run([[100, 100, 110]], {0: [1.0]}, inputs=_opens([90, 50, 105]), **AT_OPEN)
    assert result.nav == _near([1000, 2000, 2200])
    assert result.gross_return == _near([0, 1.0, 0.1])
    assert result.trades.entry_price == _near([50])
    assert result.trades.entry_session.tolist() == [1]
    assert result.turnover == _near([0, 1, 0])


def test_costs_are_of_nav_at_the_open(run: Run) -> None:
    # 1000 bought at 50 and 10 of costs; then 20 · 80 − 10 = 1590 at the open, all of it sold: 16.
    result = run(
        [[100, 100, 100]], {0: [1.0], 1: [0.0]}, inputs=_opens([100, 50, 80]),
        cost_per_trade_bps=100.0, **AT_OPEN,
    )  # fmt: skip
    assert result.cost == _near([0, 10, 16])
    assert result.nav == _near([1000, 1990, 1574])
    assert result.turnover == _near([0, 1, 1600 / 1590])
    assert result.cost_fraction == _near([0, 0.01, 16 / 1590])
    assert result.trades.pnl - result.trades.costs == _near([574])
    dates = np.array(["2024-01-02", "2024-01-03", "2024-01-04"], dtype="datetime64[D]")
    assert summarise(result, dates).cost_bps == _near(100 + 160000 / 1590)


def test_weights_are_of_nav_at_the_open(run: Run) -> None:
    # Half of 1000 at 50 each; at the open of 2 the first is at 100: 10 · 100 + 500 = 1500.
    result = run(
        [[50, 50, 200], [50, 50, 50]],
        {0: [0.5, 0.5], 1: [0.5, 0.5]},
        inputs=_opens([50, 50, 100], [50, 50, 50]),
        weights=True,
        **AT_OPEN,
    )
    assert result.turnover[2] == _near(500 / 1500)
    assert result.nav[2] == _near(750 / 100 * 200 + 750)


def test_the_close_stands_in_for_a_missing_open(run: Run) -> None:
    result = run([[100, 80, 100]], {0: [1.0]}, inputs=_opens([100, NAN, 100]), **AT_OPEN)
    assert result.trades.entry_price == _near([80])
    assert result.nav == _near([1000, 1000, 1250])


def test_an_open_without_a_close_is_no_bar(run: Run, events: Happened) -> None:
    result = run(
        [[100, 100, 88, NAN, 90]], {0: [1.0]}, inputs=_opens([100, 100, 90, 50, 85]),
        position_stop_loss=0.12, **AT_OPEN,
    )  # fmt: skip
    assert events(result)[1:] == [(2, "stop", 0), (3, "waiting", 0)]
    assert result.nav == _near([1000, 1000, 880, 880, 850])
    assert result.trades.exit_session.tolist() == [4]


def test_an_open_is_no_highest_close(run: Run, events: Happened) -> None:
    # Bought at 120; from the close of that session on it never fell by 15 %.
    result = run(
        [[100, 100, 101, 130, 111]], {0: [1.0]}, inputs=_opens([100, 120, 120, 150, 130]),
        trailing_stop_pct=0.15, **AT_OPEN,
    )  # fmt: skip
    assert events(result) == [(1, "rebalance", -1)]


def test_stops_on_closes_are_sold_at_the_next_open(run: Run) -> None:
    result = run(
        [[100, 100, 88, 95]], {0: [1.0]}, inputs=_opens([100, 100, 70, 91]),
        position_stop_loss=0.12, **AT_OPEN,
    )  # fmt: skip
    assert result.trades.exit_price == _near([91])
    assert result.trades.reason.tolist() == [ExitReason.STOP]
    assert result.nav == _near([1000, 1000, 880, 910])


def test_the_sleeve_earns_from_close_to_close(run: Run) -> None:
    # All is sold at the open of 4; the return of session 4 is that of its closes all the same.
    closes = [100, 100, 103, 101, 106]
    result = run(
        [closes], {0: [1.0], 3: [0.0]}, inputs=_opens([100, 99, 98, 97, 96]),
        vol_lookback_days=3, **AT_OPEN,
    )  # fmt: skip
    moves = [103 / 100 - 1, 101 / 103 - 1, 106 / 101 - 1]
    assert result.sigma[4] == _near(np.std(moves, ddof=1) * np.sqrt(252))
    assert result.cash[4] == _near(1000 / 99 * 96)


def test_a_decision_does_not_see_the_open_it_fills_at(run: Run) -> None:
    # The breaker looks at closes: −50 % at the open alone does nothing.
    result = run(
        [[100, 100, 100, 100]], {0: [1.0]}, inputs=_opens([100, 100, 50, 100]),
        circuit_breaker_dd=0.2, **AT_OPEN,
    )  # fmt: skip
    assert result.nav == _near([1000, 1000, 1000, 1000])
    assert result.trades.is_open.tolist() == [True]
