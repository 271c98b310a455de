from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings

from core.attribution import (
    ACCOUNT_METRICS,
    NO_RULES,
    SCENARIO,
    AccountError,
    RuleAccount,
    Shares,
    rule_account,
)
from core.errors import CancelledError
from core.metrics import curve_metrics
from core.risk.config import RiskConfig
from core.rules import Rule, only, without_regime_leverage
from core.simulation import SimulationInputs, simulate
from core.windows import Window
from tests.markets import weekdays
from tests.strategies import Recipe, hostile_recipe, hostile_risk, make_inputs, markets, risks

BUSY = RiskConfig(
    max_allowed_drawdown=0.2,
    min_position_scale=0.3,
    target_annual_vol=0.2,
    vol_lookback_days=5,
    vol_rebalance_threshold=0.1,
    position_stop_loss=0.06,
    trailing_stop_pct=0.08,
    circuit_breaker_dd=0.9,
    max_turnover_per_rebal=0.5,
)


def _account(
    risk: RiskConfig = BUSY, recipe: Recipe | None = None
) -> tuple[SimulationInputs, RuleAccount]:
    chosen = recipe or Recipe(sessions=300, names=6, seed=11, alpha=True, cash_rate=True)
    inputs = make_inputs(chosen)
    return inputs, rule_account(inputs, risk, weekdays(chosen.sessions, "2019-10-01"))


def _sums(shares: Shares) -> None:
    total = shares.contributions.sum(axis=0)
    np.testing.assert_allclose(total, shares.scenario - shares.without, rtol=0.0, atol=1e-9)


def test_shares_sum_to_what_all_rules_changed() -> None:
    _, account = _account()
    for shares in (account.shares(), account.by_year(), account.by_episode(3)):
        _sums(shares)
    assert account.runs == 2**8
    assert account.shares().names == ACCOUNT_METRICS


def test_ends_are_the_bare_book_and_the_scenario() -> None:
    inputs, account = _account()
    dates = weekdays(300, "2019-10-01")
    for row, risk in ((0, only(BUSY, ())), (-1, BUSY)):
        result = simulate(inputs, risk)
        np.testing.assert_allclose(account.nav[row, 1:], result.nav, rtol=1e-12)
        metrics = curve_metrics(result.nav, dates, inputs.cash_rate, initial_nav=1e6)
        expected = [getattr(metrics, name) for name in ACCOUNT_METRICS]
        np.testing.assert_allclose(account.values[row], expected, rtol=1e-9)


def test_a_rule_that_never_binds_has_exactly_nothing() -> None:
    # A breaker at 90 % of drawdown is on, takes part in 128 pairs of runs and changes none.
    _, account = _account()
    assert Rule.CIRCUIT_BREAKER in account.rules
    assert not account.binds[Rule.CIRCUIT_BREAKER]
    for shares in (account.shares(), account.by_year(), account.by_episode()):
        assert (shares.of(Rule.CIRCUIT_BREAKER) == 0.0).all()
        assert (shares.of(Rule.LEVERAGE) == 0.0).all()  # off
    assert account.binds[Rule.POSITION_STOP]
    assert (account.shares().of(Rule.POSITION_STOP) != 0.0).all()


def test_runs_that_differ_by_rounding_are_one_run() -> None:
    rounding = 1.0 + 1e-15 * np.arange(4.0)[:, None]
    nav = np.array([100.0, 110.0, 99.0]) * rounding
    values = np.full((4, len(ACCOUNT_METRICS)), 0.1) * rounding
    dates = weekdays(2)
    account = RuleAccount((Rule.POSITION_STOP, Rule.COSTS), values, nav, dates)
    for shares in (account.shares(), account.by_year(), account.by_episode()):
        assert (shares.contributions == 0.0).all()
    assert not any(account.binds.values())
    worse = RuleAccount(account.rules, values, nav * np.array([1.0, 1.0, 1.0 - 1e-9])
                        ** np.array([0, 0, 1, 1])[:, None], dates)  # fmt: skip
    assert worse.binds[Rule.COSTS]
    assert not worse.binds[Rule.POSITION_STOP]


def test_two_rules_equal_the_mean_over_both_orders() -> None:
    risk = only(BUSY, [Rule.POSITION_STOP, Rule.COSTS])
    inputs, account = _account(risk)
    assert account.rules == (Rule.POSITION_STOP, Rule.COSTS)

    def total(*on: Rule) -> float:
        return float(simulate(inputs, only(risk, on)).nav[-1]) / 1e6 - 1.0

    stop, costs, both = total(Rule.POSITION_STOP), total(Rule.COSTS), total(*account.rules)
    expected = {
        Rule.POSITION_STOP: ((stop - total()) + (both - costs)) / 2.0,
        Rule.COSTS: ((costs - total()) + (both - stop)) / 2.0,
    }
    for rule, share in expected.items():
        assert account.shares().of(rule)[0] == pytest.approx(share, abs=1e-12)
    between = account.interactions("total_return")
    assert between.iloc[0, 1] == pytest.approx(both - stop - costs + total(), abs=1e-12)


def test_regime_leverage_is_part_of_the_rule_leverage() -> None:
    recipe = Recipe(sessions=120, names=4, seed=5, leverage=True)
    risk = RiskConfig(max_leverage=1.5, min_position_scale=0.2, circuit_breaker_dd=None,
                      max_turnover_per_rebal=None, position_stop_loss=None,
                      trailing_stop_pct=None)  # fmt: skip
    inputs, account = _account(risk, recipe)
    plain = without_regime_leverage(inputs)
    for row in range(account.runs):
        on = [rule for i, rule in enumerate(account.rules) if row >> i & 1]
        used = inputs if Rule.LEVERAGE in on else plain
        expected = simulate(used, only(risk, on)).nav
        np.testing.assert_allclose(account.nav[row, 1:], expected, rtol=1e-12)
    _sums(account.shares())
    assert account.binds[Rule.LEVERAGE]


@settings(max_examples=15)
@given(
    markets(overlay=False, leverage=False, delisted_rate=0.0),
    risks(max_leverage=1.0, min_position_scale=0.5),
)
def test_random_rule_sets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    dates = weekdays(inputs.shape[0])
    held = (inputs.close.copy(), inputs.target.copy())
    try:
        account = rule_account(inputs, risk, dates)
    except AccountError:
        return
    assert account.runs == 2 ** len(account.rules)
    shares = account.shares()
    finite = np.isfinite(account.values).all(axis=0)
    total = shares.contributions.sum(axis=0)
    difference = shares.scenario - shares.without
    scale = np.maximum(1.0, np.abs(account.values).max(axis=0))
    assert (np.abs(total - difference) <= 1e-9 * scale)[finite].all()
    _sums(account.by_year())
    for rule, bound in account.binds.items():
        if not bound:
            assert (shares.of(rule) == 0.0).all()
    np.testing.assert_array_equal(inputs.close, held[0])
    np.testing.assert_array_equal(inputs.target, held[1])


def test_symmetric_rules_share_alike() -> None:
    # While prices only fall from the entry on, both stops see the same fall and act alike.
    falling = 100.0 * 0.99 ** np.arange(40.0)
    inputs = SimulationInputs(falling[:, None], np.array([0]), np.ones((1, 1)))
    risk = only(
        RiskConfig(position_stop_loss=0.1, trailing_stop_pct=0.1),
        [Rule.POSITION_STOP, Rule.TRAILING_STOP],
    )
    account = rule_account(inputs, risk, weekdays(40))
    shares = account.shares()
    np.testing.assert_allclose(
        shares.of(Rule.POSITION_STOP), shares.of(Rule.TRAILING_STOP), atol=1e-12
    )
    assert shares.of(Rule.POSITION_STOP)[0] > 0.05


def test_a_rule_has_nothing_in_a_window_before_it_acts() -> None:
    falling = np.r_[np.full(20, 100.0), 100.0 * 0.97 ** np.arange(1.0, 21.0)]
    inputs = SimulationInputs(falling[:, None], np.array([0]), np.ones((1, 1)))
    risk = only(RiskConfig(), [Rule.POSITION_STOP])
    account = rule_account(inputs, risk, weekdays(40))
    shares = account.over([Window("before", 0, 19), Window("after", 20, 39)])
    before, after = shares.of(Rule.POSITION_STOP)
    assert before == 0.0
    assert after > 0.05


def test_windows_chain_to_the_whole() -> None:
    _, account = _account()
    years = account.by_year()
    for ends, row in ((years.without, 0), (years.scenario, -1)):
        growth = account.nav[row, -1] / account.nav[row, 0]
        assert np.prod(1.0 + ends) == pytest.approx(growth, rel=1e-12)
    assert years.names == ("2019", "2020")


def test_table_and_waterfall_lead_from_no_rules_to_the_scenario() -> None:
    _, account = _account()
    shares = account.shares()
    frame = account.frame()
    assert list(frame.index) == [NO_RULES, *(rule.label for rule in Rule), SCENARIO]
    rows = shares.waterfall("sharpe_ratio")
    assert (rows[0].label, rows[-1].label) == (NO_RULES, SCENARIO)
    for before, bar in itertools.pairwise(rows[:-1]):
        assert bar.start == before.end
        assert bar.end - bar.start == pytest.approx(bar.value, abs=1e-12)
    assert rows[-2].end == pytest.approx(rows[-1].value, abs=1e-9)
    assert "Circuit breaker" not in [row.label for row in rows]


def test_without_any_rule_there_is_one_run() -> None:
    _, account = _account(only(BUSY, ()))
    assert (account.runs, account.rules) == (1, ())
    shares = account.shares()
    assert (shares.contributions == 0.0).all()
    np.testing.assert_array_equal(shares.without, shares.scenario)


def test_never_invested_has_no_sharpe_and_no_shares() -> None:
    inputs = SimulationInputs(np.ones((5, 1)), np.zeros(0, np.int64), np.zeros((0, 1)))
    shares = rule_account(inputs, RiskConfig(), weekdays(5)).shares()
    assert math.isnan(shares.scenario[ACCOUNT_METRICS.index("sharpe_ratio")])
    assert (shares.contributions == 0.0).all()


def test_cancelled_and_done_count_all_runs() -> None:
    inputs = make_inputs(Recipe(sessions=30, names=3, seed=2, leverage=True))
    risk = only(BUSY.model_copy(update={"max_leverage": 1.2}),
                [Rule.COSTS, Rule.POSITION_STOP, Rule.LEVERAGE])  # fmt: skip
    told: list[int] = []
    account = rule_account(inputs, risk, weekdays(30), done=told.append)
    assert account.runs == 8
    assert told[-1] == 8
    assert told == sorted(told)
    with pytest.raises(CancelledError, match=r"after \d of 8 runs"):
        rule_account(inputs, risk, weekdays(30), cancelled=lambda: True)


def test_ruin_of_a_combination_is_said() -> None:
    close = np.array([[100.0], [100.0], [100.0], [20.0], [20.0], [20.0]])
    inputs = SimulationInputs(close, np.array([0]), np.ones((1, 1)), leverage=np.array([3.0]))
    risk = only(RiskConfig(max_leverage=3.0, min_position_scale=0.0), [Rule.LEVERAGE, Rule.COSTS])
    with pytest.raises(AccountError, match="only regime leverage on, at session 3"):
        rule_account(inputs, risk, weekdays(6))


@pytest.mark.parametrize("seed", range(4))
def test_hostile_markets_sum_too(seed: int) -> None:
    rng = np.random.default_rng([seed, 5])
    recipe, risk = hostile_recipe(rng, seed), hostile_risk(rng)
    inputs = make_inputs(recipe)
    account = rule_account(inputs, risk, weekdays(recipe.sessions))
    _sums(account.by_year())
    _sums(account.by_episode())
