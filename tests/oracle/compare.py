"""Hold a run of the kernel against the oracle, number by number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from core.errors import RuinError
from core.ledger import EventKind, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.oracle.engine import simulate_plainly
from tests.oracle.records import OracleResult, Trade

__all__ = ["SAFE_MARGIN", "assert_kernel_agrees", "assert_same", "assert_same_run"]

# Closer to a threshold than this, the outcome hangs on the order of a sum.
SAFE_MARGIN = 1e-9
TOLERANCE = 1e-10
SAME_RUN = 1e-12  # two ways of the program itself, which differ in the order of sums only
# Series in dollars are held to this fraction of the largest NAV, all others to it as they are.
_DOLLARS = {"nav", "cash", "cost", "interest", "overlay"}


def assert_kernel_agrees(
    inputs: SimulationInputs, risk: RiskConfig, *, initial_nav: float = 1_000_000.0
) -> OracleResult | None:
    """Run both and compare everything; None when both were ruined in the same session."""
    plain = ruined_at = None
    try:
        plain = simulate_plainly(inputs, risk, initial_nav=initial_nav)
    except RuinError as ruin:
        ruined_at = ruin.session
    if plain is None:
        with pytest.raises(RuinError) as found:
            simulate(inputs, risk, initial_nav=initial_nav)
        assert found.value.session == ruined_at
    elif plain.margin > SAFE_MARGIN:
        by_session = simulate(inputs, risk, initial_nav=initial_nav, weights=True)
        assert_same(by_session, plain)
        assert_same_run(simulate(inputs, risk, initial_nav=initial_nav), by_session)
    return plain


def assert_same_run(event_driven: BacktestResult, by_session: BacktestResult) -> None:
    """Compare two ways through the same sessions: whole numbers exactly, the rest to 1e-12."""
    for tape in ("events", "trades"):
        for field in fields(getattr(by_session, tape)):
            found = getattr(getattr(event_driven, tape), field.name)
            expected = getattr(getattr(by_session, tape), field.name)
            _close(f"{tape}.{field.name}", found, expected, by_session.initial_nav)
    for field in fields(by_session):
        found, expected = getattr(event_driven, field.name), getattr(by_session, field.name)
        if field.name == "vol_scale":  # it has the error of the volatility that it divides by
            found, expected = 1.0 / found, 1.0 / expected
        if isinstance(expected, np.ndarray) and field.name != "weights":
            scale = by_session.nav.max() if field.name in _DOLLARS else 1.0
            _close(field.name, found, expected, scale)


def _close(name: str, found: np.ndarray, expected: np.ndarray, scale: float) -> None:
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected, err_msg=name)
        return
    np.testing.assert_allclose(
        found, expected, rtol=SAME_RUN, atol=SAME_RUN * scale, equal_nan=True, err_msg=name
    )


def assert_same(result: BacktestResult, plain: OracleResult) -> None:
    """Compare events and trades first: they say best where two runs part."""
    _same_events(result, plain)
    for name, expected in plain.series().items():
        found = getattr(result, name)
        if name == "vol_scale":  # it has the error of the volatility that it divides by
            found, expected = 1.0 / found, [1.0 / scale for scale in expected]
        scale = max(plain.nav) if name in _DOLLARS else 1.0
        _same(name, found, expected, TOLERANCE * scale, TOLERANCE)
    assert np.abs(result.nav / np.array(plain.nav) - 1.0).max() < TOLERANCE
    assert result.weights is not None
    _same("weights", result.weights.ravel(), np.ravel(plain.weights), TOLERANCE, TOLERANCE)
    _same_trades(result, plain)
    assert abs(result.books_residual) < 1e-9


def _same(
    name: str, found: Any, expected: Sequence[float], absolute: float, relative: float
) -> None:
    left, right = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert left.shape == right.shape, f"{name}: {left.shape} against {right.shape}"
    equal = np.isclose(left, right, rtol=relative, atol=absolute, equal_nan=True)
    if not equal.all():
        t = int(np.argmin(equal))
        pytest.fail(f"{name}[{t}]: kernel {left[t]!r}, oracle {right[t]!r}")


def _same_events(result: BacktestResult, plain: OracleResult) -> None:
    events = result.events
    columns = (events.session, events.kind, events.security, events.value, events.threshold)
    found = sorted(
        (int(t), EventKind(kind).label, int(i), float(value), float(threshold))
        for t, kind, i, value, threshold in zip(*columns, strict=True)
    )
    expected = sorted((e.session, e.kind, e.security, e.value, e.threshold) for e in plain.events)
    left, right = [e[:3] for e in found], [e[:3] for e in expected]
    if left != right:
        both = set(left) & set(right)
        pytest.fail(
            f"events: only the kernel has {[e for e in left if e not in both][:6]}, "
            f"only the oracle {[e for e in right if e not in both][:6]}"
        )
    for a, b in zip(found, expected, strict=True):
        if not (_near(a[3], b[3]) and _near(a[4], b[4])):
            pytest.fail(f"event values: kernel {a}, oracle {b}")
    flags = np.zeros(len(plain.nav), dtype=np.int64)
    for e in plain.events:
        flags[e.session] |= EventKind[e.kind.upper()].flag
    assert np.array_equal(result.flags, flags)


def _near(left: float, right: float) -> bool:
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)


def _same_trades(result: BacktestResult, plain: OracleResult) -> None:
    trades = result.trades
    order = np.lexsort((trades.security, trades.entry_session))
    keys = ("security", "entry_session", "exit_session", "holding_sessions")
    for name in keys:
        found = getattr(trades, name)[order].tolist()
        assert found == [getattr(trade, name) for trade in plain.trades], f"trades: {name}"
    reasons = [ExitReason(code).label for code in trades.reason[order]]
    assert reasons == [trade.reason for trade in plain.trades]
    assert np.array_equal(trades.is_open, trades.exit_session < 0)
    dollars = {"notional", "pnl", "costs"}
    for name in (f.name for f in fields(Trade) if f.name not in (*keys, "reason")):
        expected = [getattr(trade, name) for trade in plain.trades]
        scale = max(plain.nav) if name in dollars else 1.0
        _same(f"trades.{name}", getattr(trades, name)[order], expected, TOLERANCE * scale, 1e-9)
