from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.errors import CancelledError, InputsError, RuinError
from core.metrics import summarise
from core.risk.config import RiskConfig
from core.simulation import METRICS, SimulationInputs, simulate, simulate_many, warm_up_many
from tests.oracle import simulate_plainly
from tests.oracle.compare import SAFE_MARGIN
from tests.strategies import Recipe, make_inputs, markets, random_risk, risks

SESSIONS = 40
START = np.datetime64("2024-01-01")
DATES = START + np.arange(SESSIONS)


def _inputs() -> SimulationInputs:
    returns = np.random.default_rng(7).normal(0.0, 0.03, (SESSIONS, 3))
    return SimulationInputs(
        close=100.0 * np.exp(np.cumsum(returns, axis=0)),
        rebalance=np.array([0, 15, 30]),
        target=np.full((3, 3), 1 / 3),
    )


RISKS = [RiskConfig(position_stop_loss=stop) for stop in (0.02, 0.05, 0.3, None)]


def _expected(inputs: SimulationInputs, risk: RiskConfig, initial_nav: float) -> np.ndarray:
    # By session, with the books' own metrics: nothing here is shared with the sweep but the rules.
    result = simulate(inputs, risk, initial_nav=initial_nav, weights=True)
    dates = START + np.arange(inputs.shape[0])
    metrics = summarise(result, dates, inputs.market.cash_rate)
    # Whether a trade that earned nothing was won is a matter of its last digit.
    even = np.abs(result.trades.pnl - result.trades.costs) < 1e-9 * result.trades.notional
    values = [float(value) for value in asdict(metrics).values()]
    if even.any():
        values[METRICS.index("win_rate")] = math.nan
    return np.array(values)


def _assert_row(inputs: SimulationInputs, risk: RiskConfig, initial_nav: float = 1e6) -> None:
    dates = START + np.arange(inputs.shape[0])
    many = simulate_many(inputs, [risk], dates, initial_nav=initial_nav, nav=True, workers=1)
    assert many.nav is not None
    ruined = int(many.ruined[0])
    if ruined >= 0:
        event("ruined")
        with pytest.raises(RuinError) as found:
            simulate(inputs, risk, initial_nav=initial_nav, weights=True)
        assert found.value.session == ruined
        assert np.isnan(many.values).all()
        assert np.isfinite(many.nav[0, :ruined]).all()
        assert np.isnan(many.nav[0, ruined:]).all()
        return
    expected = _expected(inputs, risk, initial_nav)
    nav = simulate(inputs, risk, initial_nav=initial_nav, weights=True).nav
    np.testing.assert_allclose(many.nav[0], nav, rtol=1e-12)
    for column, name in enumerate(METRICS):
        if name == "win_rate" and math.isnan(expected[column]):
            continue
        np.testing.assert_allclose(
            many.values[0, column], expected[column], rtol=1e-11, atol=1e-12, err_msg=name
        )


def test_each_row_equals_the_single_run() -> None:
    inputs = _inputs()
    many = simulate_many(inputs, RISKS, DATES, nav=True)
    assert many.nav is not None
    for row, risk in enumerate(RISKS):
        alone = simulate(inputs, risk)
        metrics = summarise(alone, DATES)
        np.testing.assert_allclose(many.nav[row], alone.nav, rtol=1e-12)
        for name in METRICS:
            np.testing.assert_allclose(
                many.metric(name)[row], getattr(metrics, name), rtol=1e-12, atol=1e-13, err_msg=name
            )


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(markets(), risks())
def test_rows_equal_runs_by_session(inputs: SimulationInputs, risk: RiskConfig) -> None:
    try:
        if simulate_plainly(inputs, risk).margin <= SAFE_MARGIN:
            return  # whether a rule acts hangs on the order of a sum
    except RuinError:
        pass
    _assert_row(inputs, risk)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    markets(sessions=50, volatility=0.06, jump_rate=0.05, rebalance_rate=0.6),
    risks(max_leverage=3.0, min_position_scale=3.0),
)
def test_ruined_rows_say_when(inputs: SimulationInputs, risk: RiskConfig) -> None:
    _assert_row(inputs, risk, 250.0)


def test_a_ruined_row_leaves_the_others_alone() -> None:
    fall = np.array([[100.0], [100.0], [70.0], [70.0], [70.0]])
    inputs = SimulationInputs(close=fall, rebalance=np.array([0]), target=np.ones((1, 1)))
    levered = RiskConfig(max_leverage=4.0, min_position_scale=4.0)
    calm = RiskConfig(min_position_scale=0.5, target_annual_vol=None)
    many = simulate_many(inputs, [levered, calm, levered], START + np.arange(5))
    assert many.ruined.tolist() == [2, -1, 2]
    assert np.isnan(many.metric("total_return")).tolist() == [True, False, True]


@given(st.integers(1, 5), st.integers(0, 2**20))
@settings(deadline=None, max_examples=15)
def test_threads_and_blocks_change_nothing(workers: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = make_inputs(Recipe(sessions=60, names=6, seed=seed, missing_rate=0.02))
    configurations = [random_risk(rng) for _ in range(30)]
    dates = START + np.arange(60)
    alone = simulate_many(inputs, configurations, dates, workers=1)
    shared = simulate_many(inputs, configurations, dates, workers=workers)
    np.testing.assert_array_equal(shared.values, alone.values)
    np.testing.assert_array_equal(shared.ruined, alone.ruined)


def test_a_long_tape_is_taken_again() -> None:
    # A trade and a stop of every name on every session: more than the tapes hold at first.
    rng = np.random.default_rng(2)
    sessions, names = 1400, 4
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.05, (sessions, names)), axis=0))
    inputs = SimulationInputs(
        close=close, rebalance=np.arange(sessions), target=np.full((sessions, names), 0.2)
    )
    risk = RiskConfig(position_stop_loss=0.001, trailing_stop_pct=0.001, execution_lag_days=0)
    assert len(simulate(inputs, risk).trades.security) > 1032
    _assert_row(inputs, risk)


@pytest.mark.parametrize(
    "changes", [{"execution": "next_open"}, {"stop_fill": "intraday"}], ids=["open", "intraday"]
)
def test_other_executions_are_rows_too(changes: dict[str, str]) -> None:
    inputs = _inputs()
    whole = SimulationInputs(
        close=inputs.close,
        rebalance=inputs.rebalance,
        target=inputs.target,
        open=inputs.close * 1.001,
        low=inputs.close * 0.98,
    )
    mixed = [RiskConfig(), RiskConfig(**changes), RiskConfig(position_stop_loss=0.05)]
    many = simulate_many(whole, mixed, DATES)
    for row, risk in enumerate(mixed):
        metrics = summarise(simulate(whole, risk), DATES)
        expected = [float(value) for value in asdict(metrics).values()]
        np.testing.assert_allclose(many.values[row], expected, rtol=1e-11, atol=1e-12)


def test_other_executions_need_their_prices() -> None:
    with pytest.raises(InputsError, match="open"):
        simulate_many(_inputs(), [RiskConfig(execution="next_open")], DATES)


def test_nothing_to_run_gives_no_rows() -> None:
    assert len(simulate_many(_inputs(), [], DATES)) == 0


@pytest.mark.parametrize("nav", [0.0, -1.0, math.nan, math.inf])
def test_initial_nav_must_be_dollars(nav: float) -> None:
    with pytest.raises(InputsError, match="initial_nav must be a positive number of dollars"):
        simulate_many(_inputs(), RISKS, DATES, initial_nav=nav)


def test_dates_must_fit() -> None:
    with pytest.raises(InputsError, match="dates must have one entry a session"):
        simulate_many(_inputs(), RISKS, DATES[:-1])


def test_inputs_stay_as_they_were() -> None:
    inputs = _inputs()
    before = inputs.close.copy()
    simulate_many(inputs, RISKS, DATES)
    np.testing.assert_array_equal(inputs.close, before)


def test_cancelling_says_how_far_it_came() -> None:
    with pytest.raises(CancelledError, match="cancelled after 0 of 4 runs"):
        simulate_many(_inputs(), RISKS, DATES, cancelled=lambda: True)


def test_cancelling_on_the_way_stops_soon() -> None:
    asked = iter([False])
    total = 200_000
    with pytest.raises(CancelledError) as stopped:
        simulate_many(
            _inputs(), RISKS[:1] * total, DATES, workers=2, cancelled=lambda: next(asked, True)
        )
    assert stopped.value.total == total
    assert stopped.value.finished < total


def test_progress_rises_to_the_end() -> None:
    told: list[int] = []
    simulate_many(_inputs(), RISKS * 50, DATES, workers=2, done=told.append)
    assert told == sorted(told)
    assert told[-1] == 200


def test_an_error_in_a_callback_ends_the_sweep() -> None:
    def fail(_: int) -> None:
        raise ZeroDivisionError("from the callback")

    with pytest.raises(ZeroDivisionError, match="from the callback"):
        simulate_many(_inputs(), RISKS * 50, DATES, done=fail)


def test_warming_up_can_be_done_again() -> None:
    warm_up_many()
    warm_up_many()
