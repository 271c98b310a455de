"""ENGINE §2: marking, cash, delistings, lags and what is recorded; every number by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.errors import InputsError, RuinError
from core.ledger import EventKind, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate, warm_up

Run = Callable[..., BacktestResult]
Happened = Callable[[BacktestResult], list[tuple[int, str, int]]]
NAN = float("nan")


def test_a_decision_fills_one_session_later(run: Run) -> None:
    # Decided at 0, filled at close[1] = 50: 20 shares, worth 20 x 55 at session 2.
    result = run([[40, 50, 55]], {0: [1.0]})
    assert result.nav == pytest.approx([1000, 1000, 1100])
    assert result.applied_exposure == pytest.approx([0, 1, 1])
    assert result.holdings.tolist() == [0, 1, 1]


def test_lag_0_fills_at_the_deciding_close(run: Run) -> None:
    # 1000 / 40 = 25 shares at close[0]; 25 x 50, 25 x 55.
    result = run([[40, 50, 55]], {0: [1.0]}, execution_lag_days=0)
    assert result.nav == pytest.approx([1000, 1250, 1375])
    assert result.applied_exposure == pytest.approx([1, 1, 1])


def test_the_last_decision_of_a_run_with_lag_is_never_filled(run: Run, events: Happened) -> None:
    result = run([[100, 100, 100]], {2: [1.0]})
    assert result.holdings.tolist() == [0, 0, 0]
    assert events(result) == []
    assert result.wanted_exposure == pytest.approx([1, 1, 1])


def test_costs_leave_cash_and_negative_cash_pays_the_spread(run: Run) -> None:
    # 1000 bought at 10 bps cost 1: cash -1, NAV 999. It then pays 0.0001 + 0.0252 / 252 = 0.0002.
    result = run(
        [[100, 100, 100]],
        {0: [1.0]},
        inputs={"cash_rate": [0.0, 0.0, 0.0001]},
        cost_per_trade_bps=10,
        borrow_spread=0.0252,
    )
    assert result.cash == pytest.approx([1000, -1, -1.0002])
    assert result.nav == pytest.approx([1000, 999, 998.9998])
    assert result.cost == pytest.approx([0, 1, 0])
    assert result.turnover == pytest.approx([0, 1, 0])
    assert result.interest == pytest.approx([0, 0, -0.0002])
    assert result.gross_return == pytest.approx([0, 0, -0.0002 / 999])
    assert result.net_return == pytest.approx([0, -0.001, -0.0002 / 999])


def test_cash_earns_from_session_1_on_what_was_there_the_close_before(run: Run) -> None:
    # Rates 50 %, 1 %, 2 %: 1000 -> 1010 at 1, half of it invested at 1, the other half earns 2 %.
    result = run([[100, 100, 100]], {0: [0.5]}, inputs={"cash_rate": [0.5, 0.01, 0.02]})
    assert result.interest == pytest.approx([0, 10, 505 * 0.02])
    assert result.nav == pytest.approx([1000, 1010, 1010 + 10.1])


def test_the_overlay_pays_on_yesterdays_nav_into_cash(run: Run) -> None:
    # overlay[0] is not used. 0.01 x 1000 at 1; at 2, 0.02 x NAV[1] = 0.02 x 1010.
    # Interest at 2 is on the cash of 1 (0 after buying 1010), not on the overlay of 2.
    result = run(
        [[100, 100, 110]],
        {0: [1.0]},
        inputs={"overlay": [0.5, 0.01, 0.02], "cash_rate": [0, 0, 0.1]},
    )
    assert result.overlay == pytest.approx([0, 10, 20.2])
    assert result.interest == pytest.approx([0, 0, 0], abs=1e-12)
    assert result.nav == pytest.approx([1000, 1010, 1010 * 1.1 + 20.2])


def test_a_name_without_a_bar_keeps_its_value(run: Run) -> None:
    result = run([[100, 100, NAN, 120]], {0: [1.0]})
    assert result.nav == pytest.approx([1000, 1000, 1000, 1200])
    assert result.holdings.tolist() == [0, 1, 1, 1]


def test_a_delisting_pays_the_return_without_cost_or_interest(run: Run, events: Happened) -> None:
    # Bought 1000 at 1 for a cost of 10 (100 bps). Worth 1100 at 2, the last session; at 3 a holder
    # gets 1100 x 0.25 = 275. The finite close at 3 is no bar. Cash -10 pays 1 % at 2 and at 3; the
    # 275 earn from 4 on: cash is -10 x 1.01^2 + 275 = 264.799 at 3, and 1 % more at 4.
    result = run(
        [[100, 100, 110, 500, 500]],
        {0: [1.0]},
        inputs={
            "last_session": [2],
            "delisting_return": [-0.75],
            "cash_rate": [0, 0, 0.01, 0.01, 0.01],
        },
        cost_per_trade_bps=100,
    )
    assert result.cash == pytest.approx([1000, -10, -10.1, 264.799, 264.799 * 1.01])
    assert result.nav[3:] == pytest.approx([264.799, 264.799 * 1.01])
    assert result.turnover == pytest.approx([0, 1, 0, 0, 0])
    assert result.cost == pytest.approx([0, 10, 0, 0, 0])
    assert result.applied_exposure == pytest.approx([0, 1, 1, 1, 1])
    assert events(result) == [(1, "rebalance", -1), (3, "delisted", 0)]
    assert result.events.value[1] == -0.75
    trades = result.trades
    assert trades.reason.tolist() == [ExitReason.DELISTED]
    assert (trades.exit_session[0], trades.exit_price[0]) == (3, pytest.approx(27.5))
    assert (trades.pnl[0], trades.costs[0]) == (pytest.approx(-725), pytest.approx(10))


def test_where_only_the_data_stops_the_reason_says_so(run: Run, events: Happened) -> None:
    inputs = {"last_session": [1], "data_ended": [True]}
    result = run([[100, 100, 100]], {0: [1.0]}, inputs=inputs)
    assert result.trades.reason.tolist() == [ExitReason.DATA_ENDED]
    assert events(result)[-1] == (2, "delisted", 0)


def test_a_buy_of_a_name_whose_last_session_is_past_lapses(run: Run) -> None:
    # Nothing could trade, and the exposure is applied all the same.
    result = run([[100, 100, 100]], {0: [1.0]}, inputs={"last_session": [0]})
    assert result.holdings.tolist() == [0, 0, 0]
    assert result.applied_exposure == pytest.approx([0, 1, 1])


def test_a_buy_without_a_bar_lapses_until_the_next_rebalance(run: Run) -> None:
    result = run([[NAN, NAN, 100, 100, 100]], {0: [1.0], 2: [1.0]})
    assert result.holdings.tolist() == [0, 0, 0, 1, 1]


def test_drawdown_starts_at_the_initial_nav(run: Run) -> None:
    # Cost of 1 % at the first fill is a drawdown of 1 % at once; 990 -> 1089 -> 980.1 of 1089.
    result = run([[100, 110, 99]], {0: [1.0]}, cost_per_trade_bps=100, execution_lag_days=0)
    cash = -10.0
    nav = [990, 1100 + cash, 990 + cash]
    assert result.nav == pytest.approx(nav)
    assert result.drawdown == pytest.approx([-0.01, 0, 980 / 1090 - 1])


def test_at_lag_0_the_risk_drawdown_is_taken_before_the_fill(run: Run) -> None:
    # The cost of session 0 is seen by the true drawdown at 0, by the risk rules from 1 on.
    result = run([[100, 100]], {0: [1.0]}, cost_per_trade_bps=100, execution_lag_days=0)
    assert result.drawdown == pytest.approx([-0.01, -0.01])
    assert result.risk_drawdown == pytest.approx([0, -0.01])


def test_with_lag_the_risk_drawdown_is_taken_after_the_fill(run: Run) -> None:
    result = run([[100, 100]], {0: [1.0]}, cost_per_trade_bps=100)
    assert result.risk_drawdown == pytest.approx([0, -0.01])


def test_ruin_names_the_session(run: Run) -> None:
    # Leverage 4: 4000 bought with 3000 borrowed. A fall of 25 % leaves nothing.
    with pytest.raises(RuinError, match="session 2") as ruin:
        run([[100, 100, 75]], {0: [1.0]}, inputs={"leverage": [4.0]}, max_leverage=4)
    assert ruin.value.session == 2
    assert ruin.value.nav == pytest.approx(0.0, abs=1e-9)


def test_ruin_by_the_costs_of_a_fill(run: Run) -> None:
    # 10 x NAV bought at 1000 bps costs all there is.
    with pytest.raises(RuinError, match="session 1"):
        run(
            [[100, 100]],
            {0: [1.0]},
            inputs={"leverage": [10.0]},
            max_leverage=10,
            cost_per_trade_bps=1000,
        )


def test_weights_are_held_value_over_nav(run: Run) -> None:
    result = run([[100, 100, 150], [100, 100, 100]], {0: [0.5, 0.25]}, weights=True)
    assert result.weights is not None
    assert result.weights == pytest.approx(
        np.array([[0, 0], [0.5, 0.25], [750 / 1250, 250 / 1250]])
    )
    assert result.invested == pytest.approx([0, 0.75, 0.8])
    assert run([[100]], {}).weights is None


def test_nothing_happens_without_rebalances(run: Run, events: Happened) -> None:
    result = run([[100, 50]], {}, circuit_breaker_dd=0.1, position_stop_loss=0.1)
    assert result.nav == pytest.approx([1000, 1000])
    assert events(result) == []
    assert len(result.trades) == 0


def test_a_run_that_needs_more_room_for_its_ledger_is_done_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = {k: [0.5, 0.0] if k % 2 else [0.0, 0.5] for k in range(10)}
    prices = [[100.0 + k for k in range(12)], [100.0 - k for k in range(12)]]
    plenty = run(prices, books)
    monkeypatch.setattr("core.simulation.run._TRADES", 2)
    monkeypatch.setattr("core.simulation.run._EVENTS", 3)
    scarce = run(prices, books)
    assert len(plenty.trades) == 10
    assert len(plenty.events) == 10
    for column in ("security", "entry_session", "exit_session", "pnl", "reason"):
        assert getattr(scarce.trades, column).tolist() == getattr(plenty.trades, column).tolist()
    assert scarce.events.session.tolist() == plenty.events.session.tolist()
    assert scarce.nav.tolist() == plenty.nav.tolist()


def test_flags_tell_the_kinds_of_each_session(run: Run) -> None:
    result = run([[100, 100, 80, 80]], {0: [1.0]}, position_stop_loss=0.1)
    assert result.flags.tolist() == [0, EventKind.REBALANCE.flag, EventKind.STOP.flag, 0]
    assert result.happened(EventKind.STOP).tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("risk", "given", "words"),
    [
        (RiskConfig(execution="next_open"), {}, "inputs.open must be given.*next_open.*was None"),
        (RiskConfig(stop_fill="intraday"), {}, "inputs.open must be given.*intraday.*was None"),
        (RiskConfig(stop_fill="intraday"), {"open": np.ones((2, 1))}, "inputs.low must be given"),
    ],
)
def test_prices_that_an_execution_reads_must_be_given(
    risk: RiskConfig, given: dict[str, np.ndarray], words: str
) -> None:
    inputs = SimulationInputs(np.ones((2, 1)), np.array([0]), np.ones((1, 1)), **given)
    with pytest.raises(InputsError, match=words):
        simulate(inputs, risk)


def test_opens_alone_are_enough_to_fill_at_them() -> None:
    inputs = SimulationInputs(np.ones((2, 1)), np.array([0]), np.ones((1, 1)), open=np.ones((2, 1)))
    assert simulate(inputs, RiskConfig(execution="next_open")).holdings.tolist() == [0, 1]


@pytest.mark.parametrize("nav", [0.0, -1.0, NAN, float("inf")])
def test_initial_nav_must_be_positive(nav: float) -> None:
    inputs = SimulationInputs(np.ones((2, 1)), np.array([0]), np.ones((1, 1)))
    with pytest.raises(InputsError, match="initial_nav must be a positive"):
        simulate(inputs, RiskConfig(), initial_nav=nav)


def test_warm_up_runs() -> None:
    warm_up()
