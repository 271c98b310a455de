"""Choices: of the past alone, the best of it, and worth nothing on noise."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from core.axes import parse_axes
from core.book import Book
from core.errors import ConfigError, HistoryError, InputsError
from core.evidence.cut import cut_inputs
from core.evidence.folds import Fold, lay_out
from core.evidence.walkforward import (
    best_rows,
    check_metric,
    check_plan,
    drift,
    efficiency,
    spliced_book,
)
from core.metrics import summarise
from core.presets import preset
from core.risk.config import RiskConfig
from core.scenario import PRESETS
from core.simulation import METRICS, SimulationInputs, simulate, simulate_many
from core.sweep_plan import plan_sweep
from core.units import Floats, Ints
from tests.core.evidence.test_cut import inputs_of
from tests.markets import weekdays

SHARPE = METRICS.index("sharpe_ratio")
RISKS = tuple(
    RiskConfig(position_stop_loss=stop, trailing_stop_pct=trail, target_annual_vol=vol)
    for stop in (0.05, None)
    for trail in (0.08, None)
    for vol in (0.1, 0.3)
)


def tuned(inputs: SimulationInputs, folds: tuple[Fold, ...]) -> Floats:
    dates = weekdays(inputs.shape[0])
    rows = []
    for fold in folds:
        stretch = slice(fold.train_first, fold.train_last + 1)
        window = cut_inputs(inputs, fold.train_first, fold.train_last)
        rows.append(simulate_many(window, RISKS, dates[stretch], workers=1).values[:, SHARPE])
    return np.array(rows)


@pytest.mark.parametrize("seed", range(3))
def test_no_choice_changes_when_the_future_is_scrambled(seed: int) -> None:
    inputs = inputs_of(seed, 220)
    folds = lay_out(inputs.rebalance, 220, train=4, test=2)
    chosen = best_rows(tuned(inputs, folds), "sharpe_ratio")
    rng = np.random.default_rng(seed)
    for number, fold in enumerate(folds):
        after = fold.train_last + 1
        close, target = inputs.close.copy(), inputs.target.copy()
        close[after:] *= rng.uniform(0.5, 2.0, close[after:].shape)
        target[inputs.rebalance >= after] = target[inputs.rebalance >= after][:, ::-1]
        scrambled = dataclasses.replace(inputs, close=close, target=target)
        again = best_rows(tuned(scrambled, folds[: number + 1]), "sharpe_ratio")
        np.testing.assert_array_equal(again, chosen[: number + 1])


def test_the_best_of_each_row_and_the_first_of_equals() -> None:
    table = np.array([[1.0, 3.0, 3.0], [np.nan, -1.0, -2.0]])
    assert best_rows(table, "sharpe_ratio").tolist() == [1, 1]
    assert best_rows(table, "cost_bps").tolist() == [0, 2]
    with pytest.raises(HistoryError, match="at fold 2 none had"):
        best_rows(np.array([[1.0, 2.0], [np.nan, np.nan]]), "cagr")


def test_on_noise_the_efficiency_is_about_zero() -> None:
    """Books of pure noise without costs: tuning promises something, nothing of it is left."""
    free = preset("No overlay").risk.model_copy(update={"cost_per_trade_bps": 0.0})
    promised, kept = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        close = np.cumprod(1.0 + rng.normal(0.0, 0.01, (253, 6)), axis=0)
        rebalance = np.arange(0, 253, 21)
        dates = weekdays(253)
        values = []
        for name in range(6):
            target = np.zeros((len(rebalance), 6))
            target[:, name] = 1.0
            inputs = SimulationInputs(close=close, rebalance=rebalance, target=target)
            halves = [cut_inputs(inputs, 0, 125), cut_inputs(inputs, 126, 252)]
            values.append(
                [
                    summarise(simulate(half, free), dates[: half.shape[0]]).sharpe_ratio
                    for half in halves
                ]
            )
        table = np.array(values)
        row = best_rows(table[None, :, 0], "sharpe_ratio")[0]
        promised.append(table[row, 0])
        kept.append(table[row, 1])
    assert np.mean(promised) > 1.0
    found = efficiency(np.array(promised), float(np.mean(kept)), "sharpe_ratio")
    error = np.std(kept, ddof=1) / math.sqrt(len(kept)) / np.mean(promised)
    assert abs(found) < 3.0 * error < 0.6


def test_efficiency_by_hand_and_where_it_has_no_meaning() -> None:
    assert efficiency(np.array([1.0, 2.0]), 0.75, "sharpe_ratio") == 0.5
    assert efficiency(np.array([0.1, 0.1]), -0.05, "cagr") == pytest.approx(-0.5)
    assert math.isnan(efficiency(np.array([-1.0, 1.0]), 0.5, "sharpe_ratio"))
    assert math.isnan(efficiency(np.array([-0.1, -0.2]), -0.15, "max_drawdown"))


def test_drift_counts_what_moved() -> None:
    axes = parse_axes(["risk.position_stop_loss=0.1,0.2,off", "book.names_held=20,40"])
    plan = plan_sweep(PRESETS["Phase 8"], axes)
    chosen: Ints = np.array([0, 2, 2, 5])  # 0.1/20, 0.2/20, 0.2/20, off/40
    stop, names = drift(plan, chosen)
    assert (stop.values, stop.changes, stop.distinct) == ((0.1, 0.2, 0.2, None), 2, 3)
    assert (stop.commonest, stop.share, stop.levels) == (0.2, 0.5, 3)
    assert (names.changes, names.commonest, names.share) == (1, 20, 0.75)


def _book(value: float, rows: int = 4) -> Book:
    table = np.full((rows, 2), value)
    return Book(
        rebalance=10 + np.array([0, 20, 40, 60])[:rows], target=table, alpha=table,
        composite=table, regime=np.arange(rows),
    )  # fmt: skip


def test_a_spliced_book_has_the_rows_of_each_choice() -> None:
    folds = (Fold(0, 19, 20, 59), Fold(20, 59, 60, 79))
    found = spliced_book([_book(0.1), _book(0.2)], folds, first=10)
    assert found.rebalance.tolist() == [30, 50, 70]
    assert found.target[:, 0].tolist() == [0.1, 0.1, 0.2]
    assert found.regime.tolist() == [1, 2, 3]
    assert found.leverage is None
    levered = dataclasses.replace(_book(0.2), leverage=np.array([1.1, 1.2, 1.3, 1.4]))
    mixed = spliced_book([_book(0.1), levered], folds, first=10)
    assert mixed.leverage is not None
    assert mixed.leverage.tolist() == [1.0, 1.0, 1.4]
    assert mixed.stop_scale is None


def test_every_field_of_a_book_is_spliced() -> None:
    # Or is told of the books alone: nothing of it decides.
    told = {"infeasible", "notes", "fallbacks"}
    fields = {field.name for field in dataclasses.fields(Book)}
    assert fields - told == {
        "rebalance", "target", "alpha", "composite", "regime", "leverage", "stop_scale",
    }  # fmt: skip


def test_books_of_other_sessions_are_refused() -> None:
    folds = (Fold(0, 19, 20, 59), Fold(20, 59, 60, 79))
    with pytest.raises(InputsError, match="decided on the same sessions"):
        spliced_book([_book(0.1), _book(0.2, rows=3)], folds, first=10)


def test_what_cannot_be_chosen_is_refused() -> None:
    base = PRESETS["Phase 8"]
    fixed = plan_sweep(base, parse_axes(["risk.execution_lag_days=0,1"]))
    with pytest.raises(ConfigError, match=r"risk\.execution_lag_days must be the same all along"):
        check_plan(fixed)
    single = plan_sweep(base, parse_axes(["book.names_held=20"]))
    with pytest.raises(ConfigError, match="among at least 2 settings, had 1"):
        check_plan(single)
    for metric in ("volatility", "nonsense"):
        with pytest.raises(ConfigError, match="must choose by one of total_return, cagr"):
            check_metric(metric)
