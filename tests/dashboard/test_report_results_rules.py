"""The tables of docs/results.md about rules, on the simulated market and on random ones."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.attribution import ACCOUNT_METRICS, RuleAccount, rule_account
from core.risk.config import RiskConfig
from core.rules import Rule
from core.scenario import preset, with_values
from core.shapley import shapley
from core.simulation import SimulationInputs, simulate
from core.units import Floats
from dashboard.format import DASH, MINUS
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from scripts import results_rules
from tests.markets import weekdays
from tests.strategies import Recipe, make_inputs

RECIPE = Recipe(sessions=300, names=6, seed=11, alpha=True, cash_rate=True)
RISK = RiskConfig(
    target_annual_vol=0.2,
    position_stop_loss=0.06,
    trailing_stop_pct=0.08,
    circuit_breaker_dd=0.9,
    max_turnover_per_rebal=None,
)
PERIOD = {"period.start": "2022-01-03", "period.end": "2022-12-30"}


@pytest.fixture(scope="module")
def inputs() -> SimulationInputs:
    return make_inputs(RECIPE)


@pytest.fixture(scope="module")
def account(inputs: SimulationInputs) -> RuleAccount:
    return rule_account(inputs, RISK, weekdays(RECIPE.sessions, "2019-10-01"))


@pytest.fixture(scope="module")
def run(shared_demo_home: Path) -> Run:
    return Pipeline(shared_demo_home).run(with_values(preset("Phase 8"), PERIOD))


@pytest.fixture(scope="module")
def plain(shared_demo_home: Path) -> Run:
    return Pipeline(shared_demo_home).run(with_values(preset("No overlay"), PERIOD))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _number(cell: str) -> float:
    return float(cell.split("\u202f")[0].replace(MINUS, "-").replace(DASH, "0"))


def _is_a_table(lines: list[str]) -> None:
    assert len({len(_cells(line)) for line in lines}) == 1
    assert set(_cells(lines[1])) == {"---", "---:"}


def test_the_rows_of_an_account_sum_to_its_difference(
    account: RuleAccount, inputs: SimulationInputs
) -> None:
    lines = list(results_rules.account_table("Phase 8", account, inputs.cash_rate))
    _is_a_table(lines)
    rows = [_cells(line) for line in lines[2:]]
    assert [row[0] for row in rows] == [
        "No rules",
        *(rule.label for rule in account.rules),
        "Scenario",
    ]
    for column in range(1, 1 + len(ACCOUNT_METRICS)):
        first, *parts, last = (_number(row[column]) for row in rows)
        half_a_digit = 0.005 if ACCOUNT_METRICS[column - 1] == "sharpe_ratio" else 0.05
        assert abs(first + sum(parts) - last) <= half_a_digit * len(rows)
    breaker = rows[1 + account.rules.index(Rule.CIRCUIT_BREAKER)]
    assert breaker[1:] == [DASH] * 6 + ["changed nothing"]
    assert Rule.TURNOVER_CAP not in account.rules


def test_intervals_of_shares_are_reproducible_and_of_the_resamples(
    account: RuleAccount, inputs: SimulationInputs
) -> None:
    found = results_rules.sharpe_intervals(account, inputs.cash_rate)
    assert found == results_rules.sharpe_intervals(account, inputs.cash_rate)
    assert list(found) == list(account.rules)
    assert found[Rule.CIRCUIT_BREAKER] == (0.0, 0.0)
    assert all(low <= high for low, high in found.values())
    shares = account.shares().contributions[:, ACCOUNT_METRICS.index("sharpe_ratio")]
    for rule, share in zip(Rule, shares.tolist(), strict=True):
        if rule in account.rules and account.binds[rule]:
            low, high = found[rule]
            assert low < share < high
    # Without cash the shares differ: the rate is taken into account.
    assert found != results_rules.sharpe_intervals(account, None)


def test_a_verdict_needs_the_whole_interval(account: RuleAccount) -> None:
    share = shapley(account.values)[:, ACCOUNT_METRICS.index("sharpe_ratio")]
    rule = account.rules[int(np.argmax(np.abs(share)))]
    sign = float(np.sign(share[account.rules.index(rule)]))
    word = "earned its keep" if sign > 0 else "cost"
    beyond = tuple(sorted((0.1 * sign, 0.5 * sign)))
    assert results_rules._judged(account, rule, beyond)[1] == word  # type: ignore[arg-type]
    assert results_rules._judged(account, rule, (-0.1, 0.5))[1] == "within noise"


def test_years_leave_out_what_changed_nothing(account: RuleAccount) -> None:
    lines = list(results_rules.years_table("Phase 8", account))
    _is_a_table(lines)
    assert _cells(lines[0])[1:] == list(account.by_year().names)
    labels = [_cells(line)[0] for line in lines[2:]]
    assert "Circuit breaker" not in labels
    assert {"Drawdown scaling", "Costs"} < set(labels)


def test_a_control_stands_below_its_run_at_the_same_exposure(run: Run, plain: Run) -> None:
    runs = {"Phase 8": run, "No overlay": plain}
    controls = {"Phase 8": results_rules.control_of(run)}
    lines = list(results_rules.control_table(runs, controls))
    _is_a_table(lines)
    own, other = (_cells(line) for line in lines[2:])
    assert own[0] == "Phase 8"
    assert other[0].startswith("its book at ")
    assert own[5] == other[5] != ""
    assert other[6] == ""
    said = list(results_rules.verdict_table(runs, controls, "No overlay"))
    _is_a_table(said)
    assert [_cells(line)[0] for line in said[2:]] == [
        f"Phase 8 {MINUS} {other[0]}",
        f"Phase 8 {MINUS} No overlay",
    ]
    difference = controls["Phase 8"].differences()["cagr"]
    assert _number(_cells(said[2])[1]) == pytest.approx(100.0 * difference, abs=0.05)


def test_a_run_minus_itself_is_no_difference(plain: Run) -> None:
    same = results_rules.control_of(plain)
    lines = list(
        results_rules.verdict_table({"No overlay": plain}, {"No overlay": same}, "No overlay")
    )
    assert all(cell.endswith("no difference") for cell in _cells(lines[-1])[1:])


def test_a_later_decision_keeps_its_book(inputs: SimulationInputs) -> None:
    same = results_rules._later(inputs, 0)
    np.testing.assert_array_equal(simulate(same, RISK).nav, simulate(inputs, RISK).nav)
    later = results_rules._later(inputs, 7)
    left = len(later.rebalance)
    np.testing.assert_array_equal(later.rebalance, inputs.rebalance[:left] + 7)
    np.testing.assert_array_equal(later.target, inputs.target[:left])
    assert later.rebalance[-1] < RECIPE.sessions
    assert left == len(inputs.rebalance) or inputs.rebalance[left] + 7 >= RECIPE.sessions


def test_the_range_of_days_holds_the_month_end(run: Run) -> None:
    lines = list(results_rules.days_table("Phase 8", run))
    _is_a_table(lines)
    values: Floats = np.array([-0.25, 0.5, 0.0])[:, None].repeat(3, axis=1)
    spans = list(results_rules._ranges(values))
    assert spans[1::2] == ["1 of 3"] * 3
    assert spans[0] == f"{MINUS}25.0\u202fpt … +50.0\u202fpt"
    change = results_rules.control_of(run).differences()["total_return"]
    low, high = (_number(part) for part in _cells(lines[2])[1].split(" … "))
    assert low - 0.05 <= 100.0 * change <= high + 0.05


def test_every_way_of_execution_is_another_run(run: Run, shared_demo_home: Path) -> None:
    pipeline = Pipeline(shared_demo_home)
    runs = {
        title: pipeline.run(with_values(run.scenario, fields))
        for title, fields in results_rules.EXECUTIONS.items()
    }
    lines = list(results_rules.execution_table("Phase 8", runs))
    _is_a_table(lines)
    assert [_cells(line)[0] for line in lines[2:]] == list(results_rules.EXECUTIONS)
    assert all(not np.array_equal(a.result.nav, b.result.nav) for a, b in pairwise(runs.values()))
    np.testing.assert_array_equal(next(iter(runs.values())).result.nav, run.result.nav)
