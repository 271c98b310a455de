"""A result proves its own books."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.result import BacktestResult, BooksError
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate


def _result(**risk: Any) -> BacktestResult:
    inputs = SimulationInputs(
        close=np.array([[100.0], [100.0], [120.0]]),
        rebalance=np.array([0]),
        target=np.array([[0.5]]),
        cash_rate=np.full(3, 0.001),
        overlay=np.full(3, 0.002),
    )
    return simulate(inputs, RiskConfig(**risk), initial_nav=1000.0)


def test_the_parts_add_up_to_what_nav_did() -> None:
    # 1003 at session 1, half of it bought: 501.5 earn 20 %, cost 10 bps; cash earns 0.1 %.
    result = _result()
    assert result.interest == pytest.approx([0, 1, (501.5 - 0.5015) * 0.001])
    assert result.overlay == pytest.approx([0, 2, (1003 - 0.5015) * 0.002])
    assert result.trades.pnl == pytest.approx([100.3])
    parts = 100.3 - 0.5015 + result.interest.sum() + result.overlay.sum()
    assert result.nav[-1] - 1000 == pytest.approx(parts)
    assert abs(result.books_residual) < 1e-12


@pytest.mark.parametrize("column", ["cost", "interest", "overlay"])
def test_books_that_do_not_balance_are_refused(column: str) -> None:
    result = _result()
    wrong = getattr(result, column).copy()
    wrong[1] += 1e-3
    with pytest.raises(BooksError, match=r"books do not balance.*was off by") as error:
        replace(result, **{column: wrong})
    assert abs(error.value.residual) == pytest.approx(1e-3 / result.nav[-1], rel=1e-6)


def test_books_with_nan_are_refused() -> None:
    result = _result()
    with pytest.raises(BooksError):
        replace(result, cost=np.full(3, np.nan))


def test_columns_are_contiguous_and_as_long_as_the_run() -> None:
    result = _result()
    assert result.sessions == 3
    for field in fields(result):
        column = getattr(result, field.name)
        if isinstance(column, np.ndarray):
            assert column.shape == (3,)
            assert column.flags.c_contiguous
    assert result.holdings.dtype == result.flags.dtype == np.int64


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sessions=st.integers(2, 60),
    names=st.integers(1, 8),
    lag=st.sampled_from([0, 1]),
    leverage=st.sampled_from([1.0, 1.5]),
)
def test_books_balance_whatever_happens(
    seed: int, sessions: int, names: int, lag: int, leverage: float
) -> None:
    random = np.random.default_rng(seed)
    close = 50 * np.cumprod(1 + random.normal(0, 0.04, (sessions, names)), axis=0)
    close[random.random(close.shape) < 0.1] = np.nan
    rebalance = np.flatnonzero(random.random(sessions) < 0.3)
    target = random.dirichlet(np.ones(names + 1), len(rebalance))[:, :names]
    inputs = SimulationInputs(
        close=close,
        rebalance=rebalance,
        target=target,
        alpha=random.normal(0, 0.005, target.shape),
        leverage=random.uniform(0.5, leverage, len(rebalance)),
        last_session=random.integers(0, 2 * sessions, names),
        delisting_return=random.uniform(-1, 0.5, names),
        cash_rate=random.normal(1e-4, 1e-4, sessions),
        overlay=random.normal(0, 1e-3, sessions),
    )
    risk = RiskConfig(
        execution_lag_days=lag,
        max_leverage=leverage,
        circuit_breaker_dd=0.1,
        breaker_cooldown_days=3,
        vol_lookback_days=3,
        vol_rebalance_threshold=0.1,
        stop_cooldown_days=2,
    )
    result = simulate(inputs, risk, weights=True)
    assert abs(result.books_residual) <= 1e-12
    assert result.weights is not None
    assert result.weights.sum(axis=1) == pytest.approx(result.invested, abs=1e-12)
    assert result.invested + result.cash / result.nav == pytest.approx(np.ones(sessions))
    assert result.trades.costs.sum() == pytest.approx(result.cost.sum())
    assert (result.drawdown <= 0).all()
    assert (result.risk_drawdown <= 0).all()
    assert ((result.weights > 0).sum(axis=1) == result.holdings).all()
    growth = np.cumprod(1 + result.net_return)
    assert result.nav == pytest.approx(result.initial_nav * growth)
