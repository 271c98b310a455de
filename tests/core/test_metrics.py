"""Metrics against empyrical-reloaded, against hand-made answers, and at their edges."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import empyrical
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import InputsError
from core.ledger import EventKind, Events, ExitReason, Trades
from core.metrics import (
    Metrics,
    curve_metrics,
    daily_returns,
    drawdown_series,
    sharpe_ratio,
    summarise,
)
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.strategies import markets, risks


def weekdays(sessions: int, start: str = "2021-06-01") -> np.ndarray:
    first = np.datetime64(start, "D")
    return np.busday_offset(first, np.arange(sessions), roll="forward")


def curve(seed: int, sessions: int, volatility: float = 0.01) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 1e6 * np.cumprod(np.exp(rng.normal(2e-4, volatility, sessions)))


seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(3, 800)


@settings(deadline=None, max_examples=80)
@given(seeds, lengths, st.floats(1e-3, 0.05), st.booleans())
def test_agrees_with_empyrical_wherever_it_defines_the_same(
    seed: int, sessions: int, volatility: float, with_cash: bool
) -> None:
    nav = curve(seed, sessions, volatility)
    rate = np.random.default_rng(seed + 1).uniform(0.0, 3e-4, sessions) if with_cash else None
    found = curve_metrics(nav, weekdays(sessions), rate)
    returns = daily_returns(nav)
    cash = 0.0 if rate is None else rate[1:]
    close = {"rel": 1e-12, "abs": 1e-12}
    assert found.total_return == pytest.approx(empyrical.cum_returns_final(returns), **close)
    assert found.cagr_sessions == pytest.approx(empyrical.cagr(returns), **close)
    assert found.volatility == pytest.approx(empyrical.annual_volatility(returns), **close)
    assert found.max_drawdown == pytest.approx(empyrical.max_drawdown(returns), **close)
    assert found.sharpe_ratio == pytest.approx(empyrical.sharpe_ratio(returns, cash), **close)
    downside = empyrical.downside_risk(returns, cash)
    assume(downside > 0.0)
    assert found.sortino_ratio == pytest.approx(empyrical.sortino_ratio(returns, cash), **close)


@settings(deadline=None, max_examples=40)
@given(seeds, lengths, st.floats(0.5, 1.2))
def test_drawdowns_count_the_start(seed: int, sessions: int, first: float) -> None:
    nav = curve(seed, sessions)
    start = nav[0] / first
    found = drawdown_series(nav, start)
    peak = start
    for t in range(sessions):
        peak = max(peak, nav[t])
        assert found[t] == pytest.approx(nav[t] / peak - 1.0, abs=1e-15)
    assert curve_metrics(nav, weekdays(sessions), initial_nav=start).max_drawdown == found.min()


def test_a_loss_on_the_first_session_is_a_drawdown() -> None:
    # Research vector: returns of -10 %, 0, -11.11 % are a drawdown of 20 %, not of 11.11 %.
    nav = np.cumprod(1.0 + np.array([-0.10, 0.0, -1.0 / 9.0, 0.30]))
    assert drawdown_series(nav, 1.0).min() == pytest.approx(-0.20, abs=1e-15)
    found = curve_metrics(nav, weekdays(4), initial_nav=1.0)
    assert found.max_drawdown == pytest.approx(-0.20, abs=1e-15)
    assert found.total_return == pytest.approx(0.04, abs=1e-15)
    assert curve_metrics(nav, weekdays(4)).max_drawdown == pytest.approx(-1.0 / 9.0)


def test_returns_compound_to_the_total_return_with_the_cost_of_session_0() -> None:
    nav = np.array([999.0, 1010.0, 1005.0])
    returns = daily_returns(nav, 1000.0)
    assert len(returns) == 2
    assert np.prod(1.0 + returns) == pytest.approx(1.005, rel=1e-15)


def test_cagr_by_calendar_and_by_sessions_differ_as_they_should() -> None:
    # 784 weekdays, +28.7 %: the origin report's three years, by both conventions.
    dates = weekdays(784)
    nav = np.linspace(1.0, 1.287, 784)
    found = curve_metrics(nav, dates)
    days = (dates[-1] - dates[0]).astype(int)
    assert days == 1095
    assert found.cagr == pytest.approx(1.287 ** (365.25 / 1095) - 1.0, rel=1e-13)
    assert found.cagr_sessions == pytest.approx(1.287 ** (252 / 783) - 1.0, rel=1e-13)
    assert found.cagr == pytest.approx(0.0878, abs=1e-4)
    assert found.cagr_sessions == pytest.approx(0.0846, abs=1e-4)
    assert found.calmar_ratio != found.calmar_ratio


def test_gains_above_100_percent_are_returns_not_prices() -> None:
    found = curve_metrics(np.array([1.0, 2.2, 2.2, 2.3]), weekdays(4))
    assert found.total_return == pytest.approx(1.3)
    assert found.volatility == pytest.approx(np.std([1.2, 0.0, 2.3 / 2.2 - 1.0], ddof=1) * 252**0.5)


def test_calmar_is_calendar_growth_over_depth() -> None:
    nav = curve(3, 400)
    found = curve_metrics(nav, weekdays(400))
    assert found.calmar_ratio == pytest.approx(found.cagr / -found.max_drawdown, rel=1e-15)


@pytest.mark.parametrize("spread", [-2e-6, 2e-6])
def test_sharpe_of_something_like_bills_has_the_sign_of_its_excess(spread: float) -> None:
    rng = np.random.default_rng(0)
    rate = np.full(500, 0.04 / 252)
    nav = 100.0 * np.cumprod(1.0 + rate + spread + rng.normal(0.0, 1e-6, 500))
    found = curve_metrics(nav, weekdays(500), rate)
    assert found.total_return > 0.0
    assert math.copysign(1.0, found.sharpe_ratio) == math.copysign(1.0, spread)
    assert math.copysign(1.0, found.sortino_ratio) == math.copysign(1.0, spread)
    assert 10.0 < abs(found.sharpe_ratio) < 60.0


def test_cash_that_earns_the_cash_rate_has_no_sharpe_ratio() -> None:
    rate = np.random.default_rng(1).uniform(0.0, 3e-4, 300)
    nav = 1e6 * np.cumprod(1.0 + rate)
    found = curve_metrics(nav, weekdays(300), rate)
    assert math.isnan(found.sharpe_ratio)
    assert math.isnan(found.sortino_ratio)
    assert found.volatility > 0.0


def test_what_is_undefined_is_nan_and_none_never_zero() -> None:
    one = curve_metrics(np.array([5.0]), weekdays(1))
    assert one.total_return == 0.0
    for name in ("cagr", "cagr_sessions", "volatility", "sharpe_ratio", "sortino_ratio"):
        assert math.isnan(getattr(one, name)), name
        assert one.as_dict()[name] is None
    two = curve_metrics(np.array([5.0, 5.0]), weekdays(2))
    assert two.cagr == 0.0
    assert math.isnan(two.volatility)
    assert math.isnan(two.calmar_ratio)
    rising = curve_metrics(np.array([5.0, 5.1, 5.3]), weekdays(3))
    assert rising.sharpe_ratio > 0.0
    assert math.isnan(rising.sortino_ratio)
    assert curve_metrics(np.array([1.0, 20.0]), weekdays(2)).as_dict()["cagr"] is None


def test_sharpe_needs_two_returns_and_dispersion() -> None:
    assert math.isnan(sharpe_ratio(np.array([0.01])))
    assert math.isnan(sharpe_ratio(np.full(50, 0.01)))
    assert sharpe_ratio(np.array([0.01, 0.02])) == pytest.approx(
        0.015 / 0.0050**0.5 / 0.1 * 252**0.5
    )


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(10, 300), st.floats(1e-3, 1e6))
def test_the_unit_of_the_curve_does_not_matter(seed: int, sessions: int, scale: float) -> None:
    nav, dates = curve(seed, sessions), weekdays(sessions)
    before = nav.copy()
    found, scaled = curve_metrics(nav, dates), curve_metrics(nav * scale, dates)
    assert np.array_equal(nav, before)
    for name, value in found.as_dict().items():
        assert scaled.as_dict()[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


def test_bad_curves_are_refused_with_the_way_out() -> None:
    nav, dates = curve(0, 5), weekdays(5)
    with pytest.raises(InputsError, match=r"at least one session, was empty"):
        curve_metrics(nav[:0], dates[:0])
    with pytest.raises(InputsError, match=r"dates must have one entry a session \(5\), had 4"):
        curve_metrics(nav, dates[:4])
    with pytest.raises(InputsError, match=r"cash_rate must have one entry a session \(5\), had 3"):
        curve_metrics(nav, dates, np.zeros(3))
    with pytest.raises(InputsError, match=r"dates must increase"):
        curve_metrics(nav, dates[::-1])
    for bad in (0.0, -1.0, np.nan, np.inf):
        broken = nav.copy()
        broken[2] = bad
        with pytest.raises(InputsError, match=r"nav must be finite and above 0, was .* session 2"):
            curve_metrics(broken, dates)
    with pytest.raises(InputsError, match=r"cash_rate must be finite, was nan at session 1"):
        curve_metrics(nav, dates, np.array([0.0, np.nan, 0.0, 0.0, 0.0]))


def _run() -> SimpleNamespace:
    # Three closed round trips (one of them won before its costs only) and an open one.
    ints, floats = np.array([0, 1, 2, 3]), np.ones(4)
    trades = Trades(
        security=ints,
        entry_session=np.zeros(4, np.int64),
        exit_session=np.array([1, 2, 3, -1]),
        entry_price=floats,
        exit_price=floats,
        quantity=floats,
        notional=floats,
        trade_return=np.array([0.10, 0.01, -0.05, 9.0]),
        pnl=np.array([10.0, 1.0, -5.0, 900.0]),
        costs=np.array([1.0, 1.5, 1.0, 1.0]),
        holding_sessions=np.array([1, 2, 3, 3]),
        reason=np.array(
            [ExitReason.REBALANCE, ExitReason.STOP, ExitReason.BREAKER, ExitReason.OPEN]
        ),
        is_open=np.array([False, False, False, True]),
    )
    kinds = [EventKind.REBALANCE, EventKind.STOP, EventKind.TRAILING, EventKind.TRAILING]
    kinds += [EventKind.BREAKER, EventKind.REBALANCE, EventKind.CAP]
    events = Events(
        session=np.arange(7),
        kind=np.array(kinds),
        security=np.full(7, -1),
        value=np.zeros(7),
        threshold=np.zeros(7),
    )
    cost = np.array([0.0, 2.0, 0.0, 1.0])
    return SimpleNamespace(
        nav=np.array([1000.0, 998.0, 1010.0, 999.0]),
        initial_nav=1000.0,
        cost=cost,
        cost_fraction=cost / 1000.0,
        turnover=np.array([0.0, 2.0, 0.0, 1.0]),
        invested=np.array([0.0, 0.8, 0.6, 0.2]),
        trades=trades,
        events=events,
    )


def test_a_run_is_summed_up_line_by_line() -> None:
    found = summarise(_run(), weekdays(4))
    assert found.trades == 3
    assert found.win_rate == pytest.approx(1.0 / 3.0)
    assert found.average_trade_return == pytest.approx(0.02)
    assert found.turnover == pytest.approx(3.0)
    # Costs of 2 on 1000 before the fill and of 1 on 1000: 20 + 10 basis points.
    assert found.cost_bps == pytest.approx(30.0, rel=1e-12)
    assert (found.stop_hits, found.position_stops, found.trailing_stops) == (3, 1, 2)
    assert (found.breaker_trips, found.rebalances) == (1, 2)
    assert found.average_exposure == pytest.approx(0.4)
    assert found.total_return == pytest.approx(-0.001)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    markets(sessions=50, delisted_rate=0.0, overlay=False),
    risks(max_leverage=1.0, min_position_scale=0.5),
)
def test_the_lines_of_a_real_run_fit_together(inputs: SimulationInputs, risk: RiskConfig) -> None:
    result, dates = simulate(inputs, risk), weekdays(50)
    found = summarise(result, dates, inputs.cash_rate)
    assert found.cost_bps == pytest.approx(found.turnover * risk.cost_per_trade_bps, abs=1e-8)
    assert found.total_return == pytest.approx(np.prod(1.0 + result.net_return) - 1.0, abs=1e-10)
    assert found.max_drawdown == pytest.approx(result.drawdown.min(), abs=1e-14)
    trades = result.trades
    assert found.trades == len(trades) - result.holdings[-1]
    won = [p > c for p, c, o in zip(trades.pnl, trades.costs, trades.is_open, strict=True) if not o]
    assert found.win_rate == pytest.approx(np.mean(won) if won else np.nan, nan_ok=True)
    curve_only = curve_metrics(result.nav, dates, inputs.cash_rate, initial_nav=result.initial_nav)
    assert repr({k: found.as_dict()[k] for k in curve_only.as_dict()}) == repr(curve_only.as_dict())


def test_without_a_closed_trade_the_win_rate_is_undefined() -> None:
    run = _run()
    nothing = {name: getattr(run.trades, name)[3:] for name in Trades.__slots__}
    run.trades = Trades(**nothing)
    found = summarise(run, weekdays(4))
    assert found.trades == 0
    assert math.isnan(found.win_rate)
    assert math.isnan(found.average_trade_return)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["win_rate"] is None


def test_every_metric_is_documented() -> None:
    text = (Metrics.__doc__ or "") + (Metrics.__mro__[1].__doc__ or "")
    for name in Metrics.__dataclass_fields__:
        assert f"{name} : " in text or f"{name}, " in text or f", {name}" in text, name
