"""The numbers of the Trades page against the run and against `plimsoll explain`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import CancelledError
from core.ledger import EventKind, ExitReason
from core.scenario import preset, with_values
from dashboard.explanation import explain_day
from dashboard.pipeline import Pipeline
from dashboard.report.explanation_fill import fill_words
from dashboard.review_fills import BLOTTER, blotter
from dashboard.review_trades import (
    TRIPS,
    Filters,
    Kind,
    filtered,
    round_trips,
    traded_sessions,
    triggers,
)
from dashboard.run import Run
from dashboard.studies import Pace
from dashboard.views.trades_words import _near

WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"risk.stop_fill": "intraday"},
    {"risk.execution": "next_open", "risk.stop_fill": "intraday"},
    {"risk.execution_lag_days": 0},
)
PERIOD = {"period.start": "2022-01-03", "period.end": "2023-06-30"}


@pytest.fixture(scope="module", params=WAYS, ids=["close", "intraday", "open", "lag 0"])
def run(shared_demo_home: Any, request: pytest.FixtureRequest) -> Run:
    scenario = with_values(preset("Phase 8"), PERIOD | request.param)
    return Pipeline(shared_demo_home).run(scenario)


@pytest.fixture(scope="module")
def orders(run: Run) -> pd.DataFrame:
    return blotter(run)


def test_the_blotter_adds_up_to_the_run(run: Run, orders: pd.DataFrame) -> None:
    result = run.result
    assert tuple(orders.columns) == BLOTTER
    by_day = orders.groupby("date")["cost"].sum().reindex(run.index).fillna(0.0)
    np.testing.assert_allclose(by_day.to_numpy(), result.cost, atol=1e-6)
    ended = orders["kind"].isin([Kind.DELISTED, Kind.DATA_ENDED])
    days = orders[(orders["dollars"] != 0.0) & ~ended]["date"].unique()
    assert set(days) == set(run.index[traded_sessions(run)])
    assert orders["date"].is_monotonic_increasing


def test_the_blotter_leaves_the_cash_that_the_run_has(run: Run, orders: pd.DataFrame) -> None:
    result = run.result
    paid = orders["dollars"].sum() + orders["cost"].sum()
    cash = result.initial_nav - paid + (result.interest + result.overlay).sum()
    assert cash == pytest.approx(result.cash[-1], abs=1e-4)


def test_a_name_whose_trading_ends_leaves_with_a_line(run: Run, orders: pd.DataFrame) -> None:
    trades = run.result.trades
    ended = np.isin(trades.reason, (ExitReason.DELISTED, ExitReason.DATA_ENDED))
    rows = orders[orders["kind"].isin([Kind.DELISTED, Kind.DATA_ENDED])]
    assert ended.any()
    left = {(run.tickers[i], run.index[t]) for i, t in
            zip(trades.security[ended], trades.exit_session[ended], strict=True)}  # fmt: skip
    assert {*zip(rows["ticker"], rows["date"], strict=True)} == left
    assert (rows["cost"] == 0.0).all()
    assert (rows["dollars"] <= 0.0).all()
    found = explain_day(run, rows["date"].iloc[0].date())
    assert any(rows["ticker"].iloc[0] in line for line in fill_words(found))


def test_what_sales_realise_is_what_the_round_trips_made(run: Run, orders: pd.DataFrame) -> None:
    trades = run.result.trades
    delisted = np.isin(trades.reason, (ExitReason.DELISTED, ExitReason.DATA_ENDED))
    whole = {run.tickers[i] for i in trades.security.tolist()} - {
        run.tickers[i] for i in trades.security[delisted | trades.is_open].tolist()
    }
    assert len(whole) > 20
    realised = orders.groupby("ticker")["profit"].sum()
    for ticker in whole:
        own = trades.security == run.tickers.index(ticker)
        assert realised[ticker] == pytest.approx(trades.pnl[own].sum(), abs=1e-4)


def test_a_day_of_the_blotter_is_the_day_explained(run: Run, orders: pd.DataFrame) -> None:
    for t in traded_sessions(run)[[0, 3, -1]]:
        found = explain_day(run, run.dates[t].astype(dt.date)).day
        assert found.fill is not None
        rows = orders[orders["date"] == run.index[t]]
        sold = {run.tickers[sale.security]: -sale.dollars for sale in found.sales}
        filled = {
            run.tickers[i]: (dollars, before, after)
            for i, dollars, before, after in zip(
                found.fill.security, found.fill.traded, found.fill.current, found.fill.final,
                strict=True,
            )
        }  # fmt: skip
        for _, row in rows.iterrows():
            if row["also"] == "inside the session":
                assert row["dollars"] == sold.pop(row["ticker"])
            else:
                assert (row["dollars"], row["before"], row["after"]) == filled[row["ticker"]]
        assert not sold


def test_kinds_and_events_agree(run: Run, orders: pd.DataFrame) -> None:
    events = run.result.events
    traded = orders[orders["dollars"] != 0.0]
    for kind, event in ((Kind.STOP, EventKind.STOP), (Kind.TRAILING, EventKind.TRAILING)):
        # A stop of the last session has no fill; one whose name was delisted neither.
        assert abs((traded["kind"] == kind).sum() - events.count(event)) <= 2
    assert set(traded.loc[traded["kind"] == Kind.RESCALE, "date"]) <= set(
        run.index[events.session[events.kind == EventKind.RESCALE]]
    )
    gated = orders[orders["also"] == Kind.GATE]
    assert len(gated) == events.value[events.kind == EventKind.GATE].sum()
    cut = orders.loc[orders["also"] == Kind.CAP, "date"]
    assert set(cut) <= set(run.index[events.session[events.kind == EventKind.CAP]])


def test_round_trips_balance_with_nav(run: Run) -> None:
    table, result = round_trips(run), run.result
    assert tuple(table.columns) == TRIPS
    assert len(table) == len(result.trades)
    earned = table["profit"].sum() + result.interest.sum() + result.overlay.sum()
    assert earned == pytest.approx(result.nav[-1] - result.initial_nav, abs=1e-3)
    open_ = table["kind"] == "open"
    assert table["exit_date"].isna().equals(open_)
    closed = table.loc[~open_, "exit_date"]
    assert closed.is_monotonic_decreasing
    assert open_.iloc[: int(open_.sum())].all()


def test_filters(run: Run, orders: pd.DataFrame) -> None:
    assert len(filtered(orders, Filters())) == len(orders)
    name = str(orders["ticker"].iloc[-1])
    assert set(filtered(orders, Filters(names=(name,)))["ticker"]) == {name}
    sales = filtered(orders, Filters(side="sell", result="loss"))
    assert len(sales)
    assert (sales["dollars"] < 0.0).all()
    assert (sales["profit"] < 0.0).all()
    stops = filtered(orders, Filters(kinds=(Kind.STOP, Kind.TRAILING)))
    assert set(stops["kind"]) == {"stop", "trailing"}
    gate = filtered(orders, Filters(kinds=(Kind.GATE,)))
    assert set(gate["also"]) <= {"gate"}
    day = orders["date"].iloc[len(orders) // 2].date()
    assert set(filtered(orders, Filters(first=day, last=day))["date"].dt.date) == {day}
    trips = round_trips(run)
    won = filtered(trips, Filters(result="profit", kinds=(Kind.REBALANCE,)))
    assert len(won)
    assert (won["profit"] > 0.0).all()
    assert set(won["kind"]) == {"rebalance"}


def test_triggers_are_those_of_the_explained_day(run: Run) -> None:
    table = triggers(run)
    assert len(table) == run.result.sessions
    for t in (60, 150, 300):
        decision = explain_day(run, run.dates[t].astype(dt.date)).day.decision
        row, exposure = table.iloc[t], decision.exposure
        assert (row["drawdown"], row["dd_scale"]) == (exposure.risk_drawdown, exposure.dd_scale)
        assert row["wanted"] == exposure.wanted
        levels = [1.0 - test.stop_level / test.close for test in decision.stops]
        assert row["position"] == pytest.approx(min(levels), abs=1e-12)
        nearest = decision.stops[int(np.argmin(levels))]
        assert row["position_name"] == run.tickers[nearest.security]


def test_a_blotter_that_nobody_waits_for_ends(run: Run) -> None:
    with pytest.raises(CancelledError):
        blotter(run, Pace(lambda: True, lambda _share: None))


def test_a_price_below_its_level_is_measured_against_the_level() -> None:
    # Close 80 under a level of 100: 20 % below it, not 25 %.
    assert _near("position", 1.0 - 100.0 / 80.0) == "20.0\u202f% below"
    assert _near("trailing", 1.0 - 90.0 / 100.0) == "10.0\u202f% above"
