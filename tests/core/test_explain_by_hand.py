"""Explanations of markets small enough to be worked out by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InputsError
from core.explain import explain
from core.explain_decision import Order
from core.explain_marking import at_decision
from core.explain_state import RunRecord
from core.explain_switches import Switch
from core.ledger import EventKind, ExitReason
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate


def test_the_formula_is_written_with_its_numbers() -> None:
    # Drawdown and volatility by hand: NAV falls to 0.955, the sleeve's volatility is not measured.
    close = np.array([[100.0], [100.0], [95.5], [95.5]])
    inputs = SimulationInputs(close, np.array([0]), np.array([[1.0]]))
    risk = RiskConfig(cost_per_trade_bps=0.0, vol_lookback_days=20, min_position_scale=0.0)
    result = simulate(inputs, risk, weights=True)
    found = explain(result, inputs, risk, 2)
    exposure = found.decision.exposure
    assert exposure.risk_peak == pytest.approx(1_000_000.0)
    assert exposure.risk_drawdown == pytest.approx(-0.045)
    assert exposure.scale == exposure.wanted == pytest.approx((1.0 - 0.045 / 0.30) ** 2)
    assert exposure.binding is Switch.DRAWDOWN_SCALING
    assert found.decision.order is Order.NOTHING  # 0.7225 is within the threshold of 0.30
    (without,) = found.alternatives
    assert without.off is Switch.DRAWDOWN_SCALING
    assert without.decision.exposure.wanted == 1.0
    assert without.moved == 0.0


def test_a_sale_at_a_stop_has_its_level_and_price() -> None:
    close = np.array([[100.0], [100.0], [87.0], [90.0], [90.0]])
    inputs = SimulationInputs(close, np.array([0]), np.array([[1.0]]))
    risk = RiskConfig(max_allowed_drawdown=None, target_annual_vol=None, borrow_spread=0.0)
    found = explain(simulate(inputs, risk, weights=True), inputs, risk, 3)
    assert found.filled is not None
    (test,) = found.filled.stops
    assert (test.hit, test.stop_level, test.close) == (ExitReason.STOP, pytest.approx(88.0), 87.0)
    assert found.fill is not None
    assert found.fill.price[0] == 90.0
    assert found.fill.final[0] == 0.0
    without = {each.off: each for each in found.fill_alternatives}
    assert set(without) == {Switch.POSITION_STOP, Switch.COSTS}
    kept = without[Switch.POSITION_STOP]
    assert kept.moved == pytest.approx(found.fill.current[0])
    assert kept.cost_change == pytest.approx(-found.fill.cost)
    # 90 to 90: what is kept earns nothing, what is not sold costs nothing.
    assert kept.nav_change == pytest.approx(found.fill.cost, rel=1e-6)


def test_events_of_the_session_carry_what_triggered_them() -> None:
    close = np.array([[100.0], [100.0], [87.0], [90.0]])
    inputs = SimulationInputs(close, np.array([0]), np.array([[1.0]]))
    risk = RiskConfig(max_allowed_drawdown=None, target_annual_vol=None)
    (event,) = explain(simulate(inputs, risk, weights=True), inputs, risk, 2).events
    assert (event.kind, event.security) == (EventKind.STOP, 0)
    assert (event.value, event.threshold) == (pytest.approx(-0.13), -0.12)


def _still() -> tuple[SimulationInputs, RiskConfig]:
    return SimulationInputs(np.ones((3, 1)), np.array([0]), np.ones((1, 1))), RiskConfig()


def test_the_moment_of_a_decision_is_the_end_of_its_session() -> None:
    inputs, risk = _still()
    record = RunRecord.of(inputs, risk, simulate(inputs, risk, weights=True))
    moment, result = at_decision(record, 1), record.result
    found = (moment.nav, moment.cash, *moment.held)
    assert found == (result.nav[1], result.cash[1], True)


@pytest.mark.parametrize("session", [-1, 3])
def test_a_session_outside_the_run_is_refused(session: int) -> None:
    inputs, risk = _still()
    result = simulate(inputs, risk, weights=True)
    with pytest.raises(InputsError, match="session must be from 0 to 2"):
        explain(result, inputs, risk, session)


def test_weights_are_asked_for() -> None:
    inputs, risk = _still()
    with pytest.raises(InputsError, match="weights=True"):
        explain(simulate(inputs, risk), inputs, risk, 1)


def test_fills_inside_a_session_ask_for_their_prices() -> None:
    inputs, risk = _still()
    result = simulate(inputs, risk, weights=True)
    for other in (RiskConfig(execution="next_open"), RiskConfig(stop_fill="intraday")):
        with pytest.raises(InputsError, match="open must be given"):
            explain(result, inputs, other, 1)
