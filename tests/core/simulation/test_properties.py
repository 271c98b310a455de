"""What must hold of every simulation, whatever the numbers."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import RuinError
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.oracle import OracleResult, simulate_plainly
from tests.oracle.compare import SAFE_MARGIN
from tests.strategies import QUIET, Recipe, make_inputs, markets, risks

quick = settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
SERIES = (
    "nav", "gross_return", "net_return", "drawdown", "risk_drawdown", "sigma", "dd_scale",
    "vol_scale", "leverage", "wanted_exposure", "applied_exposure", "cash", "turnover", "cost",
    "cost_fraction", "invested", "holdings", "flags", "interest", "overlay",
)  # fmt: skip
PER_SESSION = ("close", "open", "low", "cash_rate", "overlay")
PER_DECISION = ("rebalance", "target", "alpha", "leverage", "stop_scale")


def run(inputs: SimulationInputs, risk: RiskConfig, **more: Any) -> BacktestResult:
    """Simulate; a market that ruins the portfolio proves nothing here."""
    try:
        return simulate(inputs, risk, **more)
    except RuinError:
        assume(False)
        raise


def safe(inputs: SimulationInputs, risk: RiskConfig) -> OracleResult:
    """Keep away from thresholds, where a changed rounding may change the outcome."""
    try:
        plain = simulate_plainly(inputs, risk)
    except RuinError:
        assume(False)
        raise
    assume(plain.margin > SAFE_MARGIN)
    return plain


def sliced(inputs: SimulationInputs, names: tuple[str, ...], keep: Any) -> dict[str, Any]:
    given_ones = {name: getattr(inputs, name) for name in names}
    return {name: None if a is None else a[keep].copy() for name, a in given_ones.items()}


def until(inputs: SimulationInputs, sessions: int) -> SimulationInputs:
    """Return what was known after the first `sessions` sessions."""
    past = inputs.rebalance < sessions
    return replace(
        inputs,
        **sliced(inputs, PER_SESSION, slice(0, sessions)),
        **sliced(inputs, PER_DECISION, past),
    )


def same_past(result: BacktestResult, other: BacktestResult, sessions: int) -> None:
    for name in SERIES:
        left, right = getattr(result, name)[:sessions], getattr(other, name)[:sessions]
        assert np.array_equal(left, right, equal_nan=True), name
    for kind in ("events", "trades"):
        tables = []
        for each in (result, other):
            table = getattr(each, kind)
            when = table.session if kind == "events" else table.exit_session
            seen = (when >= 0) & (when < sessions)
            tables.append([getattr(table, f.name)[seen] for f in fields(table)])
        for left, right in zip(*tables, strict=True):
            assert np.array_equal(left, right, equal_nan=True), kind


@quick
@given(markets(), risks(), st.data())
def test_a_prefix_of_the_inputs_gives_a_prefix_of_the_outputs(
    inputs: SimulationInputs, risk: RiskConfig, data: st.DataObject
) -> None:
    sessions = data.draw(st.integers(1, len(inputs.close)))
    same_past(run(until(inputs, sessions), risk), run(inputs, risk), sessions)


@quick
@given(markets(), risks(), st.data())
def test_nothing_depends_on_what_comes_later(
    inputs: SimulationInputs, risk: RiskConfig, data: st.DataObject
) -> None:
    sessions = data.draw(st.integers(1, len(inputs.close) - 1))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    close, target = inputs.close.copy(), inputs.target.copy()
    close[sessions:] *= rng.uniform(0.7, 1.5, close[sessions:].shape)
    close[sessions:][rng.random(close[sessions:].shape) < 0.2] = np.nan
    later = inputs.rebalance >= sessions
    target[later] = target[later][:, ::-1] * 0.9
    changes: dict[str, Any] = {"close": close, "target": target}
    for name in ("open", "low"):
        changes[name] = getattr(inputs, name).copy()
        changes[name][sessions:] *= rng.uniform(0.7, 1.5, close[sessions:].shape)
    for name in ("leverage", "stop_scale", "alpha"):
        if (given_one := getattr(inputs, name)) is not None:
            changes[name] = given_one.copy()
            changes[name][later] *= 0.5
    if inputs.last_session is not None:
        # A name known to live at session t − 1 may have its last session there, or much later.
        alive = inputs.last_session >= sessions - 1
        changes["last_session"] = np.where(alive, sessions - 1, inputs.last_session)
    same_past(run(inputs, risk), run(replace(inputs, **changes), risk), sessions)


@quick
@given(markets(), risks())
def test_inputs_are_untouched_and_runs_repeat(inputs: SimulationInputs, risk: RiskConfig) -> None:
    arrays = {f.name: getattr(inputs, f.name) for f in fields(inputs) if f.init}
    arrays = {name: a.copy() for name, a in arrays.items() if a is not None}
    before = {name: a.copy() for name, a in arrays.items()}
    again = SimulationInputs(**arrays)
    first, second = run(again, risk), run(again, risk)
    for name, a in arrays.items():
        assert np.array_equal(before[name], a, equal_nan=a.dtype.kind == "f"), name
    same_past(first, second, len(inputs.close))


@quick
@given(markets(), risks())
def test_identities_of_one_run(inputs: SimulationInputs, risk: RiskConfig) -> None:
    result = run(inputs, risk, weights=True)
    assert result.weights is not None
    assert abs(result.books_residual) < 1e-9
    nav = result.nav
    held = result.weights.sum(axis=1) * nav
    assert result.cash + held == pytest.approx(nav, rel=1e-12)
    assert result.invested == pytest.approx(result.weights.sum(axis=1), rel=1e-9, abs=1e-12)
    assert np.array_equal((result.weights > 0.0).sum(axis=1) <= result.holdings, [True] * len(nav))
    assert result.weights.min(initial=0.0) >= 0.0
    peak = np.maximum.accumulate(np.maximum(nav, result.initial_nav))
    assert result.drawdown == pytest.approx(nav / peak - 1.0, abs=1e-15)
    rate = risk.cost_per_trade_bps / 1e4
    assert result.cost_fraction == pytest.approx(result.turnover * rate, rel=1e-14)
    if (risk.execution, risk.stop_fill) == ("next_close", "close"):
        assert result.cost == pytest.approx(result.turnover * (nav + result.cost) * rate, rel=1e-9)
    start = np.append(result.initial_nav, nav[:-1])
    assert result.net_return == pytest.approx(nav / start - 1.0, abs=1e-12)
    assert result.gross_return == pytest.approx((nav + result.cost) / start - 1.0, abs=1e-12)
    wanted = result.wanted_exposure[~np.isnan(result.wanted_exposure)]
    assert np.all((wanted >= risk.min_position_scale) & (wanted <= risk.max_leverage))


@quick
@given(markets(), risks(), st.sampled_from([1e-3, 0.37, 1e4]), st.integers(0, 7))
def test_the_unit_of_a_price_does_not_matter(
    inputs: SimulationInputs, risk: RiskConfig, scale: float, which: int
) -> None:
    safe(inputs, risk)
    scaled = sliced(inputs, ("close", "open", "low"), slice(None))
    for prices in scaled.values():
        prices[:, which % prices.shape[1]] *= scale
    alike(run(inputs, risk), run(replace(inputs, **scaled), risk))


@quick
@given(markets(), risks(), st.sampled_from([1.0, 3e-2, 7e8]))
def test_the_unit_of_nav_does_not_matter(
    inputs: SimulationInputs, risk: RiskConfig, initial_nav: float
) -> None:
    safe(inputs, risk)
    alike(run(inputs, risk), run(inputs, risk, initial_nav=initial_nav))


@quick
@given(markets(), risks(), st.randoms(use_true_random=False))
def test_the_order_of_names_does_not_matter(
    inputs: SimulationInputs, risk: RiskConfig, random: Any
) -> None:
    safe(inputs, risk)
    order = list(range(inputs.close.shape[1]))
    random.shuffle(order)
    mixed = replace(
        inputs,
        **sliced(inputs, ("close", "open", "low", "target", "alpha"), (slice(None), order)),
        **sliced(inputs, ("last_session", "delisting_return", "data_ended"), order),
    )
    left, right = run(inputs, risk), run(mixed, risk)
    alike(left, right)
    back = np.append(order, -1)
    tables = [
        sorted(zip(events.session, events.kind, security, strict=True))
        for events, security in (
            (left.events, left.events.security),
            (right.events, back[right.events.security]),
        )
    ]
    assert tables[0] == tables[1]


def alike(left: BacktestResult, right: BacktestResult) -> None:
    scale = right.initial_nav / left.initial_nav
    for name in SERIES:
        dollars = name in ("nav", "cash", "cost", "interest", "overlay")
        a = getattr(left, name) * (scale if dollars else 1)
        absolute = 1e-10 * (right.nav.max() if dollars else 1.0)
        b = getattr(right, name)
        assert np.allclose(a, b, rtol=1e-9, atol=absolute, equal_nan=True), name
    assert len(left.trades) == len(right.trades)
    assert len(left.events) == len(right.events)


@quick
@given(markets(missing_rate=0.0, delisted_rate=0.0, cash_rate=False, overlay=False, leverage=False))
def test_without_rules_it_is_the_textbook_portfolio(inputs: SimulationInputs) -> None:
    result = run(inputs, QUIET)
    nav, shares, cash = 1e6, np.zeros(inputs.close.shape[1]), 1e6
    decisions = dict(zip(inputs.rebalance.tolist(), inputs.target, strict=True))
    for t, close in enumerate(inputs.close):
        nav = cash + shares @ close
        if t in decisions:
            shares, cash = decisions[t] * nav / close, nav * (1.0 - decisions[t].sum())
        assert result.nav[t] == pytest.approx(nav, rel=1e-10)
        assert result.cash[t] == pytest.approx(cash, abs=1e-10 * result.nav.max())
    assert result.cost.sum() == 0.0


@pytest.mark.parametrize("lag", [0, 1])
def test_buy_and_hold_in_closed_form(lag: int) -> None:
    made = make_inputs(Recipe(sessions=100, names=4, seed=1))
    weights = np.array([0.1, 0.4, 0.0, 0.3])
    inputs = SimulationInputs(close=made.close, rebalance=np.array([7]), target=weights[None, :])
    risk = QUIET.model_copy(update={"execution_lag_days": lag, "cost_per_trade_bps": 25.0})
    result = run(inputs, risk)
    bought = made.close[7 + lag]
    expected = 1e6 * (0.2 + made.close / bought @ weights - 0.8 * 0.0025)
    expected[: 7 + lag] = 1e6
    assert result.nav == pytest.approx(expected, rel=1e-12)
    assert np.flatnonzero(result.turnover).tolist() == [7 + lag]
    assert result.turnover[7 + lag] == pytest.approx(0.8)
