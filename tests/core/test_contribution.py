"""Contributions: exact against trades, NAV, volatility, and a ledger made by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.contribution import PORTFOLIO_LINES, Contribution, by_name
from core.errors import InputsError, RuinError
from core.ledger import Events, ExitReason, Trades
from core.metrics import curve_metrics
from core.name_pnl import name_pnl
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.strategies import QUIET, Recipe, make_inputs, markets, risks


def weekdays(sessions: int, start: str = "2021-06-01") -> np.ndarray:
    return np.busday_offset(np.datetime64(start, "D"), np.arange(sessions), roll="forward")


def tickers(inputs: SimulationInputs) -> list[str]:
    return [f"T{i}" for i in range(inputs.shape[1])]


def account(inputs: SimulationInputs, risk: RiskConfig) -> tuple[Contribution, BacktestResult]:
    try:
        result = simulate(inputs, risk, weights=True)
    except RuinError:
        assume(False)
    found = by_name(inputs, result, tickers(inputs), execution=risk.execution)
    return found, result


def of_trades(result: BacktestResult, names: int) -> np.ndarray:
    return np.bincount(result.trades.security, weights=result.trades.pnl, minlength=names)


@settings(max_examples=150)
@given(markets(), risks())
def test_every_name_sums_to_its_trades_and_every_session_to_nav(
    inputs: SimulationInputs, risk: RiskConfig
) -> None:
    found, result = account(inputs, risk)
    names = inputs.shape[1]
    scale = max(result.nav.max(), result.initial_nav)
    per_name = found.pnl[:, :names].sum(axis=0)
    assert per_name == pytest.approx(of_trades(result, names), abs=1e-9 * scale)
    change = np.diff(result.nav, prepend=result.initial_nav)
    assert found.pnl.sum(axis=1) == pytest.approx(change, abs=1e-12 * scale)
    assert found.total().sum() == pytest.approx(
        result.nav[-1] / result.initial_nav - 1.0, rel=1e-12, abs=1e-12 * scale / 1e6
    )
    assert found.sessions().sum(axis=1) == pytest.approx(result.net_return, abs=1e-10)


@settings(max_examples=60)
@given(markets(), risks(), st.data())
def test_any_span_sums_to_its_return_and_its_volatility(
    inputs: SimulationInputs, risk: RiskConfig, data: st.DataObject
) -> None:
    found, result = account(inputs, risk)
    last = data.draw(st.integers(0, inputs.shape[0] - 1))
    first = data.draw(st.integers(0, last))
    curve = result.nav[max(first - 1, 0) : last + 1]
    start = result.initial_nav if first == 0 else float(curve[0])
    metrics = curve_metrics(curve, weekdays(len(curve)), initial_nav=start)
    close = {"rel": 1e-9, "abs": 1e-12, "nan_ok": True}
    assert found.total(first, last).sum() == pytest.approx(curve[-1] / start - 1.0, **close)
    volatility = 0.0 if metrics.volatility < 1e-12 else metrics.volatility
    assert found.risk(first, last).sum() == pytest.approx(volatility, **close)


@settings(max_examples=40)
@given(markets(delisted_rate=0.3), risks(), st.data())
def test_what_happens_later_changes_nothing(
    inputs: SimulationInputs, risk: RiskConfig, data: st.DataObject
) -> None:
    found, _ = account(inputs, risk)
    cut = data.draw(st.integers(1, inputs.shape[0]))
    rows = inputs.rebalance < cut

    def kept(name: str, chosen: Any) -> Any:
        values = getattr(inputs, name)
        return None if values is None else values[chosen]

    until = dataclasses.replace(
        inputs,
        close=inputs.close[:cut],
        rebalance=inputs.rebalance[rows],
        **{name: kept(name, rows) for name in ("target", "alpha", "leverage", "stop_scale")},
        **{name: kept(name, slice(cut)) for name in ("open", "low", "cash_rate", "overlay")},
    )
    before, _ = account(until, risk)
    assert before.pnl == pytest.approx(found.pnl[:cut], rel=1e-9, abs=1e-6)


def test_nothing_given_is_changed() -> None:
    inputs = make_inputs(Recipe(sessions=60, missing_rate=0.05, delisted_rate=0.4, cash_rate=True))
    result = simulate(inputs, RiskConfig(), weights=True)
    assert result.weights is not None
    kept = [inputs.close.copy(), result.weights.copy(), result.nav.copy(), result.trades.pnl.copy()]
    found = by_name(inputs, result, tickers(inputs))
    pnl = found.pnl.copy()
    found.risk()
    found.by_year(weekdays(60))
    found.grouped({"T0": "x"})
    for before, after in zip(
        [*kept, pnl],
        [inputs.close, result.weights, result.nav, result.trades.pnl, found.pnl],
        strict=True,
    ):
        assert np.array_equal(before, after, equal_nan=True)


def test_groups_are_sums_and_keep_the_total() -> None:
    inputs = make_inputs(Recipe(sessions=80, names=5, cash_rate=True, overlay=True))
    found, _ = account(inputs, RiskConfig())
    grouped = found.grouped({"T0": "Energy", "T3": "Energy", "T1": "Other", "T2": "Other"})
    assert grouped.labels == ("Energy", "Other", "T4", *PORTFOLIO_LINES)
    for measure in ("total", "risk"):
        single, summed = getattr(found, measure)(), getattr(grouped, measure)()
        assert summed[0] == pytest.approx(single[0] + single[3], rel=1e-12)
        assert summed.sum() == pytest.approx(single.sum(), rel=1e-12)
    assert grouped.cumulative()[-1] == pytest.approx(grouped.total(), rel=1e-12)


def test_a_year_sums_to_its_own_return_and_years_compound() -> None:
    inputs = make_inputs(Recipe(sessions=600, rebalance_rate=0.05, cash_rate=True))
    found, result = account(inputs, RiskConfig())
    dates = weekdays(600)
    frame = found.by_year(dates)
    assert frame.index.tolist() == [2021, 2022, 2023]
    ends = [
        np.flatnonzero(dates.astype("datetime64[Y]").astype(int) + 1970 == y)[-1]
        for y in frame.index
    ]
    growth = result.nav[ends] / np.r_[result.initial_nav, result.nav[ends[:-1]]]
    assert frame["total"].to_numpy() == pytest.approx(growth - 1.0, rel=1e-12)
    assert (1.0 + frame["total"]).prod() == pytest.approx(result.nav[-1] / result.initial_nav)


def test_by_hand_with_costs_interest_and_a_delisting() -> None:
    # Half of 1000 in each name at 100, filled at session 0. A: +10 %, then delisted at −50 %.
    # B: no bar at session 1, +20 % at session 2. Cost of the fill 1 %: 10 dollars, lent at 1 %.
    inputs = SimulationInputs(
        close=np.array([[100.0, 100.0], [110.0, np.nan], [np.nan, 120.0]]),
        rebalance=np.array([0]),
        target=np.array([[0.5, 0.5]]),
        last_session=np.array([1, 3]),
        delisting_return=np.array([-0.5, 0.0]),
        cash_rate=np.full(3, 0.01),
    )
    risk = QUIET.model_copy(update={"cost_per_trade_bps": 100.0, "borrow_spread": 0.0})
    result = simulate(inputs, risk, initial_nav=1000.0, weights=True)
    found = by_name(inputs, result, ("A", "B"))
    expected = [[0, 0, -10, 0, 0], [50, 0, 0, -0.1, 0], [-275, 100, 0, -0.101, 0]]
    assert found.labels == ("A", "B", *PORTFOLIO_LINES)
    assert found.pnl == pytest.approx(np.array(expected), abs=1e-10)
    assert found.total() == pytest.approx([-0.225, 0.1, -0.01, -0.000201, 0.0])
    assert found.total(2) == pytest.approx(np.array(expected[2]) / (1000 - 10 + 50 - 0.1))
    # Two intervals; the cost of session 0 belongs to the first, as in core.metrics.
    returns = np.array([39.9 / 1000, -175.101 / 1039.9])
    lines = np.array([[50, 0, -10, -0.1, 0] / np.array(1000), np.array(expected[2]) / 1039.9])
    slope = [np.cov(line, returns)[0, 1] for line in lines.T]
    assert found.risk() == pytest.approx(np.array(slope) / returns.std(ddof=1) * 252**0.5)


def opened() -> tuple[SimulationInputs, BacktestResult]:
    # Filled at the open: 5 shares at 105 in session 1, 2 sold at 114 in session 3; the rest is
    # stopped within session 4 at 111, between open 118 and close 105.
    inputs = SimulationInputs(
        close=np.array([[100.0], [110.0], [108.0], [120.0], [105.0]]),
        open=np.array([[100.0], [105.0], [112.0], [114.0], [118.0]]),
        rebalance=np.array([0]),
        target=np.array([[0.5]]),
    )
    nav = np.array([1000.0, 1025.0, 1015.0, 1063.0, 1036.0])
    one = {"security": 0, "entry_session": 1, "exit_session": 4, "holding_sessions": 3}
    trades = Trades(
        **{name: np.array([value]) for name, value in one.items()},
        entry_price=np.array([105.0]),
        exit_price=np.array([561.0 / 5]),
        quantity=np.array([5.0]),
        notional=np.array([525.0]),
        trade_return=np.array([36.0 / 525.0]),
        pnl=np.array([36.0]),
        costs=np.zeros(1),
        reason=np.array([int(ExitReason.STOP)]),
        is_open=np.zeros(1, dtype=np.bool_),
    )
    none = np.empty(0, np.int64)
    columns = {
        field.name: np.zeros(5)
        for field in dataclasses.fields(BacktestResult)
        if field.init and field.name not in ("initial_nav", "nav", "trades", "events", "weights")
    }
    result = BacktestResult(
        initial_nav=1000.0,
        nav=nav,
        trades=trades,
        events=Events(none, none, none, np.empty(0), np.empty(0)),
        weights=(np.array([0.0, 550.0, 540.0, 360.0, 0.0]) / nav)[:, None],
        **columns,  # type: ignore[arg-type]
    )
    return inputs, result


def test_fills_at_the_open_and_stops_inside_the_session_are_exact() -> None:
    inputs, result = opened()
    found = by_name(inputs, result, ("A",), execution="next_open")
    assert found.pnl[:, 0] == pytest.approx([0, 25, -10, 48, -27], abs=1e-10)


def test_an_account_of_another_run_is_refused() -> None:
    inputs, result = opened()
    with pytest.raises(InputsError, match=r"lines must sum to the change of NAV.*session 1"):
        by_name(inputs, result, ("A",))
    with pytest.raises(InputsError, match=r"weights=True"):
        name_pnl(inputs, dataclasses.replace(result, weights=None))
    with pytest.raises(InputsError, match=r"same \(5, 1\) sessions and securities"):
        name_pnl(inputs, dataclasses.replace(result, weights=np.zeros((4, 1))))


def test_wrong_shapes_labels_and_spans_are_refused() -> None:
    nav = np.array([100.0, 101.0])
    pnl = np.array([[0.0, 0.0], [2.0, -1.0]])
    found = Contribution(("a", "b"), pnl, nav, 100.0)
    with pytest.raises(InputsError, match=r"pnl must have shape \(2, 3\), had \(2, 2\)"):
        Contribution(("a", "b", "c"), pnl, nav, 100.0)
    with pytest.raises(InputsError, match=r"labels must be different"):
        Contribution(("a", "a"), pnl, nav, 100.0)
    with pytest.raises(InputsError, match=r"change of NAV, were off by 1\.0+ dollars at session 1"):
        Contribution(("a", "b"), np.abs(pnl) - [[0.0, 0.0], [0.0, 1.0]], nav, 100.0)
    for first, last in ((1, 0), (0, 2), (-1, 1)):
        with pytest.raises(InputsError, match=r"a span must lie within sessions 0 to 1"):
            found.total(first, last)


def test_a_run_in_cash_has_no_risk_to_share_and_a_short_one_no_figure() -> None:
    quiet = Contribution(("a",), np.zeros((5, 1)), np.full(5, 10.0), 10.0)
    assert quiet.risk().tolist() == [0.0]
    assert np.isnan(quiet.risk(4, 4)).all()
