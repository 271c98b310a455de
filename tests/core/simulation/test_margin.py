"""Maintenance margin: worked by hand; kernel, event-driven runs and oracle agree elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.ledger import EventKind
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.rule_health import rule_health
from core.rules import Rule
from core.simulation import SimulationInputs, simulate, simulate_many

Run = Callable[..., BacktestResult]

# 2,000 dollars of stock on 1,000 of NAV at session 0; 1,100 on 100 at session 1 of a fall by 45 %.
FALL = [100.0, 55.0, 55.0, 55.0]
LEVERED = {"max_leverage": 2.0, "min_position_scale": 2.0, "execution_lag_days": 0}


@pytest.mark.parametrize("weights", [False, True])
def test_a_call_rescales_to_the_leverage_limit(run: Run, weights: bool) -> None:
    result = run([FALL], {0: [1.0]}, weights=weights, maintenance_margin=0.25, **LEVERED)
    assert result.nav.tolist() == pytest.approx([1000.0, 100.0, 100.0, 100.0])
    # At the close of session 1 NAV is 100 / 1,100 of what is held: 200 may be.
    assert result.invested.tolist() == pytest.approx([2.0, 2.0, 2.0, 2.0])
    events = result.events
    (call,) = np.flatnonzero(events.kind == EventKind.MARGIN_CALL)
    assert events.session[call] == 1
    assert events.value[call] == pytest.approx(100.0 / 1100.0)
    assert events.threshold[call] == 0.25
    assert events.count(EventKind.RESCALE) == 1
    without = run([FALL], {0: [1.0]}, **LEVERED)
    assert without.invested[1] == pytest.approx(11.0)
    assert without.events.count(EventKind.MARGIN_CALL) == 0


def test_at_the_margin_there_is_no_call(run: Run) -> None:
    # A fall to 5/8: 1,250 held on 250, exactly one fifth.
    result = run([[64.0, 40.0, 40.0]], {0: [1.0]}, maintenance_margin=0.2, **LEVERED)
    assert result.events.count(EventKind.MARGIN_CALL) == 0
    result = run([[64.0, 39.9, 40.0]], {0: [1.0]}, maintenance_margin=0.2, **LEVERED)
    assert result.events.count(EventKind.MARGIN_CALL) == 1


def test_with_a_lag_the_sale_is_at_the_next_close(run: Run) -> None:
    rules = {**LEVERED, "execution_lag_days": 1}
    result = run([[100.0, 100.0, 55.0, 52.0, 52.0]], {0: [1.0]}, maintenance_margin=0.25, **rules)
    # Bought at session 1; 1,100 on 100 at session 2; sold at session 3.
    assert result.events.session[result.events.kind == EventKind.MARGIN_CALL].tolist() == [2]


def test_a_rebalance_date_needs_no_second_order(run: Run) -> None:
    result = run([FALL], {0: [1.0], 1: [1.0]}, maintenance_margin=0.25, **LEVERED)
    assert result.invested[1] == pytest.approx(2.0)
    assert result.events.count(EventKind.MARGIN_CALL) == 1
    assert result.events.count(EventKind.RESCALE) == 0


def test_many_rows_and_rule_health_count_it() -> None:
    inputs = SimulationInputs(
        close=np.array([[100.0], [55.0], [56.0], [57.0], [56.0]]),
        rebalance=np.array([0]),
        target=np.array([[1.0]]),
    )
    off = dict.fromkeys(
        ("max_allowed_drawdown", "target_annual_vol", "circuit_breaker_dd", "position_stop_loss",
         "trailing_stop_pct", "vol_rebalance_threshold")
    )  # fmt: skip
    rows = [
        RiskConfig(**off, **LEVERED, maintenance_margin=margin)
        for margin in (None, 0.05, 0.1, 0.25, 0.4)
    ]
    dates = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")
    found = simulate_many(inputs, rows, dates, nav=True, workers=1)
    assert found.nav is not None
    for row, risk in enumerate(rows):
        alone = simulate(inputs, risk, weights=True)
        np.testing.assert_allclose(found.nav[row], alone.nav, rtol=1e-12)
        health = {one.rule: one for one in rule_health(inputs, risk, alone)}[Rule.LEVERAGE]
        calls = dict(health.details).get("margin calls, which rescale at once")
        assert calls == {None: None, 0.05: 0}.get(risk.maintenance_margin, 1)


def test_a_margin_that_a_purchase_would_break_is_refused() -> None:
    with pytest.raises(ValueError, match=r"maintenance_margin must be below 1 / max_leverage"):
        RiskConfig(max_leverage=2.0, min_position_scale=1.0, maintenance_margin=0.5)
