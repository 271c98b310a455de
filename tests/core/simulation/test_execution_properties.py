"""What must hold of fills at the open and of stops inside the session, whatever the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import RuinError
from core.ledger import EventKind, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.oracle import simulate_plainly
from tests.oracle.compare import SAFE_MARGIN
from tests.strategies import EXECUTIONS, markets, risks

quick = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
PLAIN = {"execution": "next_close", "stop_fill": "close"}
STOPS = (EventKind.STOP, EventKind.TRAILING)


def run(inputs: SimulationInputs, risk: RiskConfig) -> BacktestResult:
    """Simulate away from thresholds and from ruin, where a rounding may change the outcome."""
    try:
        assume(simulate_plainly(inputs, risk).margin > SAFE_MARGIN)
        return simulate(inputs, risk, weights=True)
    except RuinError:
        assume(False)
        raise


def changed(risk: RiskConfig, **fields: Any) -> RiskConfig:
    return RiskConfig(**{**risk.model_dump(), **fields})


def same_path(left: BacktestResult, right: BacktestResult) -> None:
    assert left.nav == pytest.approx(right.nav, rel=1e-9)
    assert left.cash == pytest.approx(right.cash, rel=1e-9, abs=1e-4)
    assert np.allclose(left.weights, right.weights, rtol=1e-8, atol=1e-10)  # type: ignore[arg-type]


@quick
@given(markets(), risks(**PLAIN))
def test_opens_and_lows_that_nobody_asks_for_change_nothing(
    inputs: SimulationInputs, risk: RiskConfig
) -> None:
    with_them = run(inputs, risk)
    without = run(replace(inputs, open=None, low=None), risk)
    assert np.array_equal(with_them.nav, without.nav)
    assert np.array_equal(with_them.flags, without.flags)


@quick
@given(markets(), risks(execution="next_open", stop_fill="close", execution_lag_days=1))
def test_an_open_at_the_close_is_a_fill_at_the_close(
    inputs: SimulationInputs, risk: RiskConfig
) -> None:
    inputs = replace(inputs, open=inputs.close)
    at_open, at_close = run(inputs, risk), run(inputs, changed(risk, **PLAIN))
    same_path(at_open, at_close)
    assert at_open.turnover == pytest.approx(at_close.turnover, rel=1e-9, abs=1e-12)
    assert at_open.flags.tolist() == at_close.flags.tolist()
    assert at_open.sigma == pytest.approx(at_close.sigma, rel=1e-9, nan_ok=True, abs=1e-12)


@quick
@given(markets(), risks(position_stop_loss=None, trailing_stop_pct=None, stop_fill="intraday"))
def test_without_stops_it_does_not_matter_where_they_fill(
    inputs: SimulationInputs, risk: RiskConfig
) -> None:
    inside, on_closes = run(inputs, risk), run(inputs, changed(risk, stop_fill="close"))
    assert np.array_equal(inside.nav, on_closes.nav)
    assert np.array_equal(inside.flags, on_closes.flags)


@quick
@given(
    markets(stop_scale=False),
    risks(
        execution_lag_days=0,
        cost_per_trade_bps=0.0,
        circuit_breaker_dd=None,
        max_turnover_per_rebal=None,
        stop_fill="intraday",
        execution="next_close",
    ),
)
def test_bars_without_a_range_are_stopped_at_their_close(
    inputs: SimulationInputs, risk: RiskConfig
) -> None:
    # At lag 0 and without costs, a stop inside a session that is but its close is the stop on it.
    flat = replace(inputs, open=inputs.close, low=inputs.close)
    inside, on_closes = run(flat, risk), run(flat, changed(risk, stop_fill="close"))
    same_path(inside, on_closes)
    assert len(inside.trades) == len(on_closes.trades)


@quick
@given(markets(), risks(execution="next_open", execution_lag_days=1), st.data())
def test_no_fill_at_the_open_knows_the_low_or_the_close(
    inputs: SimulationInputs, risk: RiskConfig, data: st.DataObject
) -> None:
    # All that is written of the fills themselves, and what they leave of names that no stop sells.
    t = data.draw(st.integers(1, len(inputs.close) - 1))
    assert inputs.low is not None
    low, close, opened = inputs.low.copy(), inputs.close.copy(), inputs.open.copy()
    opened[t] = np.where(np.isnan(opened[t]), close[t], opened[t])
    inputs = replace(inputs, open=opened)
    low[t] *= data.draw(st.sampled_from([0.5, 0.9, 1.0]))
    close[t] *= data.draw(st.sampled_from([0.8, 1.0, 1.1]))
    left, right = (run(each, risk) for each in (inputs, replace(inputs, low=low, close=close)))
    tables = []
    for each in (left, right):
        events = each.events
        seen = (events.session == t) & np.isin(
            events.kind, [kind for kind in EventKind if kind not in (*STOPS, EventKind.BREAKER,
                                                                      EventKind.REENTRY)]
        )  # fmt: skip
        tables.append((events.kind[seen], events.security[seen], events.value[seen]))
    for a, b in zip(*tables, strict=True):
        assert np.array_equal(a, b, equal_nan=True)
    assert np.array_equal(left.nav[:t], right.nav[:t])


@quick
@given(markets(), risks(stop_fill="intraday"))
def test_a_stop_sells_once_in_its_own_session_below_its_level(
    inputs: SimulationInputs, risk: RiskConfig
) -> None:
    result = run(inputs, risk)
    events, trades = result.events, result.trades
    stops = np.isin(events.kind, STOPS)
    assert np.all(events.value[stops] <= events.threshold[stops] + 1e-12)
    stopped = np.isin(trades.reason, (ExitReason.STOP, ExitReason.TRAILING))
    sold = zip(trades.exit_session[stopped], trades.security[stopped], strict=True)
    decided = zip(events.session[stops], events.security[stops], strict=True)
    assert sorted(sold) == sorted(decided)
    assert np.all(trades.exit_session[stopped] > trades.entry_session[stopped])


@quick
@given(markets(), risks(), st.sampled_from(EXECUTIONS))
def test_turnover_costs_and_books_agree(
    inputs: SimulationInputs, risk: RiskConfig, execution: dict[str, Any]
) -> None:
    result = run(inputs, changed(risk, **execution))
    traded = result.trades.costs.sum()
    assert traded == pytest.approx(result.cost.sum(), rel=1e-9, abs=1e-6)
    assert (result.cost > 0.0).tolist() == (result.cost_fraction > 0.0).tolist()
    assert abs(result.books_residual) < 1e-9
