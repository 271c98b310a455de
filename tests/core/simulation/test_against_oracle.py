"""The kernel and the plain-Python oracle give the same numbers to 1e-10."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from core.errors import RuinError
from core.ledger import EventKind, ExitReason
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.oracle import simulate_plainly
from tests.oracle.compare import SAFE_MARGIN, assert_kernel_agrees
from tests.strategies import (
    EXECUTIONS,
    QUIET,
    Recipe,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    markets,
    random_recipe,
    random_risk,
    risks,
)

SWEEP, PARTS = 300, 6
HOSTILE = 600
INTRADAY = 240


@pytest.mark.slow
@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(markets(), risks())
def test_small_markets_under_every_rule(inputs: SimulationInputs, risk: RiskConfig) -> None:
    plain = assert_kernel_agrees(inputs, risk)
    if plain is None:
        event("ruined")
        return
    assume(plain.margin > SAFE_MARGIN)
    for kind in {e.kind for e in plain.events}:
        event(kind)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    markets(sessions=50, volatility=0.06, jump_rate=0.05, rebalance_rate=0.6),
    risks(max_leverage=3.0, min_position_scale=3.0),
)
def test_high_leverage_down_to_ruin(inputs: SimulationInputs, risk: RiskConfig) -> None:
    plain = assert_kernel_agrees(inputs, risk, initial_nav=250.0)
    event("ruined" if plain is None else "survived")


@pytest.mark.parametrize("part", range(PARTS))
def test_long_runs_reach_deep_states(part: int) -> None:
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    held = 0
    for seed in range(part, SWEEP, PARTS):
        rng = np.random.default_rng(seed)
        inputs = make_inputs(random_recipe(rng, seed, sessions=150, names=20))
        plain = assert_kernel_agrees(inputs, random_risk(rng))
        if plain is None or plain.margin <= SAFE_MARGIN:
            continue
        held += 1
        kinds.update(e.kind for e in plain.events)
        reasons.update(trade.reason for trade in plain.trades)
    assert held > 0.9 * SWEEP / PARTS
    assert set(kinds) == {kind.label for kind in EventKind if not kind.is_fallback}
    assert set(reasons) == {reason.label for reason in ExitReason}


@pytest.mark.parametrize("part", range(PARTS))
def test_small_markets_full_of_gaps(part: int) -> None:
    waiting_runs = held = 0
    for seed in range(part, HOSTILE, PARTS):
        rng = np.random.default_rng(seed)
        inputs = make_inputs(hostile_recipe(rng, seed))
        plain = assert_kernel_agrees(inputs, hostile_risk(rng))
        if plain is not None and plain.margin > SAFE_MARGIN:
            held += 1
            waiting_runs += any(e.kind == "waiting" for e in plain.events)
    assert held > 0.9 * HOSTILE / PARTS
    assert waiting_runs >= 10


@pytest.mark.parametrize("execution", EXECUTIONS, ids=lambda e: "-".join(map(str, e.values())))
def test_every_way_of_execution(execution: dict[str, Any]) -> None:
    held = 0
    reasons: Counter[str] = Counter()
    for seed in range(INTRADAY // len(EXECUTIONS)):
        rng = np.random.default_rng(seed)
        if seed % 2:
            recipe, risk = hostile_recipe(rng, seed), hostile_risk(rng, execution)
        else:
            recipe = random_recipe(rng, seed, sessions=80, names=8)
            risk = random_risk(rng, execution)
        plain = assert_kernel_agrees(make_inputs(recipe), risk)
        if plain is not None and plain.margin > SAFE_MARGIN:
            held += 1
            reasons.update(trade.reason for trade in plain.trades)
    assert held > 0.85 * INTRADAY / len(EXECUTIONS)
    assert {"rebalance", "stop", "trailing", "breaker", "delisted"} <= set(reasons)


def test_gate_cap_and_leverage_limit_meet_in_one_fill() -> None:
    together = 0
    for seed in range(40):
        recipe = Recipe(
            sessions=80, names=8, seed=seed, missing_rate=0.08, jump_rate=0.02, alpha=True,
            leverage=True, rebalance_rate=0.5,
        )  # fmt: skip
        risk = RiskConfig(
            max_leverage=1.2,
            min_position_scale=1.2,
            max_turnover_per_rebal=0.8,
            position_stop_loss=0.03,
            cost_per_trade_bps=8.0,
        )
        plain = assert_kernel_agrees(make_inputs(recipe), risk)
        assert plain is not None
        by_session: dict[int, set[str]] = {}
        for e in plain.events:
            by_session.setdefault(e.session, set()).add(e.kind)
        together += sum({"gate", "cap", "leverage_limit"} <= kinds for kinds in by_session.values())
    assert together > 5


def test_a_sleeve_without_movement_has_no_volatility_to_scale_by() -> None:
    inputs = SimulationInputs(
        close=np.full((12, 2), 37.3),
        rebalance=np.array([0, 5]),
        target=np.array([[0.3, 0.7], [0.6, 0.4]]),
    )
    risk = QUIET.model_copy(update={"target_annual_vol": 0.1, "vol_lookback_days": 3})
    result, plain = simulate(inputs, risk), simulate_plainly(inputs, risk)
    assert plain.vol_scale == result.vol_scale.tolist() == [1.0] * 12
    assert result.sigma[4:].tolist() == [0.0] * 8
    assert result.nav.tolist() == pytest.approx(plain.nav, rel=1e-15)


def test_a_thinned_market_is_still_one_market() -> None:
    # A name whose every bar is missing can be wanted, and is never held.
    inputs = make_inputs(Recipe(sessions=30, names=3, seed=4))
    close = inputs.close.copy()
    close[:, 1] = np.nan
    thin = SimulationInputs(close=close, rebalance=inputs.rebalance, target=inputs.target)
    plain = assert_kernel_agrees(thin, RiskConfig())
    assert plain is not None
    assert all(trade.security != 1 for trade in plain.trades)
    assert len(plain.trades) > 0


def test_ruin_names_the_session() -> None:
    close = np.array([[100.0], [100.0], [100.0], [40.0], [40.0]])
    inputs = SimulationInputs(close=close, rebalance=np.array([0]), target=np.array([[1.0]]))
    risk = QUIET.model_copy(update={"max_leverage": 2.0, "min_position_scale": 2.0})
    for engine in (simulate, simulate_plainly):
        with pytest.raises(RuinError, match=r"at session 3") as found:
            engine(inputs, risk)
        assert found.value.session == 3


def test_a_rescale_beside_a_waiting_exit_counts_only_what_it_scales() -> None:
    # ENGINE §4: f = min(e / applied, max_leverage / Σc) over the other names; no step 4. The name
    # that waits comes on top of the limit until its bar.
    moves = [0.1, -0.1, 0.1, -0.1, 0.12] + [0.15, 0.1502, 0.1505, 0.1507] * 3
    rising = 100.0 * np.cumprod([1.0, *(1.0 + m for m in moves)])
    stuck = np.full(len(rising), np.nan)
    stuck[:8] = [50.0, 50.1, 50.2, 50.1, 50.3, 50.2, 50.1, 40.0]
    inputs = SimulationInputs(
        close=np.column_stack([stuck, rising]), rebalance=np.array([4]), target=np.full((1, 2), 0.5)
    )
    changes = {
        "execution_lag_days": 1,
        "target_annual_vol": 0.25,
        "vol_lookback_days": 3,
        "vol_rebalance_threshold": 0.3,
        "position_stop_loss": 0.1,
    }
    plain = assert_kernel_agrees(inputs, QUIET.model_copy(update=changes))
    assert plain is not None
    kinds = [(e.session, e.kind) for e in plain.events if e.kind != "waiting"]
    assert kinds == [(5, "rebalance"), (7, "stop"), *((t, "rescale") for t in (9, 11, 15))]
    waits, scaled = plain.weights[15]
    assert scaled == pytest.approx(1.0, rel=1e-12)
    assert waits > 0.2


@pytest.mark.parametrize(("cap", "bought"), [(None, 348_650 / 1_098_650), (0.3, 0.3)])
def test_a_name_without_a_bar_outlives_an_exposure_of_zero(
    cap: float | None, bought: float
) -> None:
    # Session 2: scaled to 0 while name 0 has no bar, so applied is 0 with something held and the
    # risk part of the next rebalance is what is held, f = 1.
    nan = np.nan
    close = [[100, 50], [100, 50], [nan, 35], [nan, 35], [150, 36], [151, 36], [152, 37]]
    inputs = SimulationInputs(
        close=np.array(close, dtype=float),
        rebalance=np.array([0, 2, 4]),
        target=np.array([[0.5, 0.5], [0.3, 0.7], [0.2, 0.8]]),
        alpha=np.array([[1.0, 1.0], [1.0, 1.0], [1e-5, 1.0]]),
    )
    changes = {
        "max_allowed_drawdown": 0.1,
        "max_turnover_per_rebal": cap,
        "min_alpha_to_cost_ratio": 1.0,
        "cost_per_trade_bps": 10.0,
        "borrow_spread": 0.0,
    }
    plain = assert_kernel_agrees(inputs, QUIET.model_copy(update=changes))
    assert plain is not None
    assert plain.applied_exposure[1:5] == [1.0, 0.0, 0.0, 1.0]
    assert plain.holdings[2:5] == [1, 1, 2]
    assert plain.turnover[4] == pytest.approx(bought, rel=1e-12)


def test_a_rebalance_leaves_out_a_stopped_name_that_is_delisted_at_its_fill() -> None:
    # ENGINE §3: stops of the same session come first and the rebalance "concerns the other names
    # only". That is settled at the decision: the delisting in between makes it no target again,
    # and so it takes no part of the turnover cap.
    close = np.array([[100, 100, 100], [100, 100, 100], [70, 100, 100], [70, 100, 100.0]])
    inputs = SimulationInputs(
        close=close,
        rebalance=np.array([0, 2]),
        target=np.array([[0.5, 0.5, 0.0], [0.4, 0.3, 0.3]]),
        last_session=np.array([2, 9, 9]),
    )
    changes = {
        "execution_lag_days": 1,
        "position_stop_loss": 0.1,
        "max_turnover_per_rebal": 0.3,
    }
    plain = assert_kernel_agrees(inputs, QUIET.model_copy(update=changes))
    assert plain is not None
    assert [e.kind for e in plain.events if e.session > 1] == [
        "stop",
        "cap",
        "delisted",
        "rebalance",
    ]
    # 0.5 / 0.85 to 0.3, and 0 to 0.3, cut to 0.3 in sum.
    wanted = 0.5 / 0.85 - 0.3 + 0.3
    assert plain.weights[3][2] == pytest.approx(0.3 * 0.3 / wanted, rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_a_standstill_has_exactly_no_volatility(seed: int) -> None:
    # No bars, unmoved closes and a delisting at the last price: every r is 0, so σ is 0 and the
    # scale 1. Rounding left over from sums of dollars would make it the largest exposure there is.
    rng = np.random.default_rng(seed)
    close = np.tile(rng.uniform(5.0, 500.0, 5), (9, 1))
    close[3:, 0] = np.nan
    close[1, 1] *= 1.013
    close[5:, 2] = np.nan
    inputs = SimulationInputs(
        close=close,
        rebalance=np.array([0, 1]),
        target=rng.dirichlet(np.ones(5), 2),
        last_session=np.array([3, 9, 9, 9, 9]),
    )
    changes = {"target_annual_vol": 0.2, "vol_lookback_days": 3, "max_leverage": 2.0}
    result = simulate(inputs, QUIET.model_copy(update=changes))
    assert result.sigma[3] > 0.0
    assert result.sigma[5:].tolist() == [0.0] * 4
    assert result.vol_scale[5:].tolist() == [1.0] * 4
    assert_kernel_agrees(inputs, QUIET.model_copy(update=changes))
