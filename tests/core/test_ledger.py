"""Trades and events as tables for people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.ledger import EventKind, Events, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate

DATES = np.array(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"], dtype="datetime64[D]")
TICKERS = ("AAA", "BBB")


def _result() -> BacktestResult:
    # AAA is stopped at session 2 and sold at 3; BBB stays.
    inputs = SimulationInputs(
        close=np.array([[100.0, 100.0], [100.0, 100.0], [80.0, 110.0], [75.0, 110.0]]),
        rebalance=np.array([0]),
        target=np.array([[0.5, 0.5]]),
    )
    return simulate(
        inputs, RiskConfig(cost_per_trade_bps=0, vol_rebalance_threshold=None), initial_nav=1000.0
    )


def test_trades_as_a_table() -> None:
    frame = _result().trades.frame(DATES, TICKERS)
    assert frame["ticker"].tolist() == ["AAA", "BBB"]
    assert frame["reason"].tolist() == ["stop", "open"]
    assert frame["entry_date"].tolist() == [pd.Timestamp("2024-01-03")] * 2
    assert frame["exit_date"][0] == pd.Timestamp("2024-01-05")
    assert pd.isna(frame["exit_date"][1])
    assert frame["is_open"].tolist() == [False, True]
    assert frame["trade_return"].round(12).tolist() == [-0.25, 0.1]
    assert frame["pnl"].round(9).tolist() == [-125, 50]
    assert list(frame.columns) == [
        "ticker",
        "entry_date",
        "exit_date",
        "entry_price",
        "exit_price",
        "quantity",
        "notional",
        "trade_return",
        "pnl",
        "costs",
        "holding_sessions",
        "reason",
        "is_open",
    ]


def test_events_as_a_table() -> None:
    result = _result()
    frame = result.events.frame(DATES, TICKERS)
    assert frame["event"].tolist() == ["rebalance", "stop"]
    assert frame["ticker"].tolist() == ["", "AAA"]
    assert frame["date"].tolist() == [pd.Timestamp("2024-01-03"), pd.Timestamp("2024-01-04")]
    assert frame["value"].round(12).tolist() == [1.0, -0.2]
    assert pd.isna(frame["threshold"][0])
    assert frame["threshold"][1] == -0.12
    assert result.events.count(EventKind.STOP) == 1
    assert result.events.count(EventKind.BREAKER) == 0


def test_data_that_only_ended_are_not_called_a_delisting() -> None:
    kinds = [EventKind.DELISTED, EventKind.DELISTED, EventKind.REBALANCE, EventKind.STOP]
    columns = np.array([[1, 2, 2, 3], kinds, [0, 1, -1, 1]])
    events = Events(*columns, np.zeros(4), np.zeros(4))
    said = events.frame(DATES, TICKERS, np.array([False, True]))["event"].tolist()
    assert said == ["delisted", "data_ended", "rebalance", "stop"]
    assert events.frame(DATES, TICKERS)["event"].tolist()[:2] == ["delisted", "delisted"]


def test_empty_ledgers_have_their_columns() -> None:
    inputs = SimulationInputs(np.ones((4, 2)), np.array([], dtype=int), np.empty((0, 2)))
    result = simulate(inputs, RiskConfig())
    assert result.trades.frame(DATES, TICKERS).empty
    events = result.events.frame(DATES, TICKERS)
    assert list(events.columns) == ["date", "event", "ticker", "value", "threshold"]
    assert len(result.trades) == len(result.events) == 0


def test_names_are_those_of_the_contract() -> None:
    assert [reason.label for reason in ExitReason] == [
        "open",
        "rebalance",
        "stop",
        "trailing",
        "breaker",
        "delisted",
        "data_ended",
    ]
    assert [kind.label for kind in EventKind] == [
        "stop",
        "trailing",
        "breaker",
        "reentry",
        "rescale",
        "cap",
        "gate",
        "leverage_limit",
        "waiting",
        "delisted",
        "rebalance",
        "margin_call",
        "infeasible",
        "empty_sector",
        "equal_scores",
        "missing_scores",
        "short_history",
        "no_vix",
        "no_fund",
    ]
    assert next(kind.label for kind in EventKind if kind.is_fallback) == "infeasible"
    assert len({kind.flag for kind in EventKind}) == len(EventKind)
