"""A market of a few sessions and names, and a risk configuration with every rule off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate

OFF: dict[str, Any] = {
    "max_allowed_drawdown": None,
    "min_position_scale": 0.0,
    "target_annual_vol": None,
    "vol_rebalance_threshold": None,
    "cost_per_trade_bps": 0.0,
    "min_alpha_to_cost_ratio": None,
    "max_turnover_per_rebal": None,
    "position_stop_loss": None,
    "trailing_stop_pct": None,
    "circuit_breaker_dd": None,
    "borrow_spread": 0.0,
    "execution_lag_days": 1,
}


@pytest.fixture
def run() -> Callable[..., BacktestResult]:
    """Simulate with 1000 dollars; `close` has one list a name, `books` maps sessions to targets."""

    def simulate_small(
        close: Sequence[Sequence[float]],
        books: dict[int, Sequence[float]],
        *,
        inputs: dict[str, Any] | None = None,
        weights: bool = False,
        **rules: Any,
    ) -> BacktestResult:
        prices = np.array(close, dtype=float).T
        target = np.array(list(books.values()), dtype=float).reshape(len(books), prices.shape[1])
        given = SimulationInputs(
            close=prices,
            rebalance=np.array(list(books), dtype=np.int64),
            target=target,
            **{name: np.asarray(value) for name, value in (inputs or {}).items()},
        )
        risk = RiskConfig(**{**OFF, **rules})
        return simulate(given, risk, initial_nav=1000.0, weights=weights)

    return simulate_small


@pytest.fixture
def events() -> Callable[[BacktestResult], list[tuple[int, str, int]]]:
    """Return what happened as (session, event, security), in order."""
    from core.ledger import EventKind

    def happened(result: BacktestResult) -> list[tuple[int, str, int]]:
        tape = result.events
        return [
            (int(session), EventKind(kind).label, int(security))
            for session, kind, security in zip(tape.session, tape.kind, tape.security, strict=True)
        ]

    return happened
