"""Factor contributions: exact sums, and a market whose returns are made of known slopes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.book import build_book
from core.config import BookConfig
from core.contribution import PORTFOLIO_LINES, Contribution, by_name
from core.errors import InputsError
from core.factor_contribution import SPECIFIC, UNIVERSE, by_factor
from core.factors.names import AVAILABLE_FACTORS
from core.market import MarketPanel
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.signals import Signals, compute_signals
from core.simulation import SimulationInputs, simulate
from tests.markets import SHORT, changed_after, make_market

FIRST = 65
SCENARIO = SHORT.model_copy(update={"book": BookConfig(names_held=4, position_cap=None)})


def run(market: MarketPanel, signals: Signals) -> tuple[Contribution, BacktestResult, np.ndarray]:
    book = build_book(market, signals, SCENARIO)
    columns = np.flatnonzero((book.target > 0.0).any(axis=0))
    inputs = SimulationInputs(
        close=market.close[FIRST:, columns],
        rebalance=book.rebalance - FIRST,
        target=book.target[:, columns],
        cash_rate=np.full(len(market.sessions) - FIRST, 1e-4),
    )
    result = simulate(inputs, RiskConfig(), weights=True)
    return by_name(inputs, result, [market.tickers[i] for i in columns]), result, columns


def signals_of(market: MarketPanel) -> Signals:
    return compute_signals(market, SCENARIO, (FIRST, len(market.sessions) - 1))


@pytest.mark.parametrize("seed", range(4))
def test_the_lines_sum_as_those_of_the_names_do(seed: int) -> None:
    market = make_market(seed=seed, names=30)
    signals = signals_of(market)
    names, result, columns = run(market, signals)
    found = by_factor(names, result, market, signals, FIRST, columns)
    assert found.labels == (UNIVERSE, *AVAILABLE_FACTORS, SPECIFIC, *PORTFOLIO_LINES)
    assert found.pnl.sum(axis=1) == pytest.approx(names.pnl.sum(axis=1), abs=1e-6)
    assert found.pnl[:, -3:].tolist() == names.pnl[:, -3:].tolist()
    assert found.total().sum() == pytest.approx(result.nav[-1] / result.initial_nav - 1, rel=1e-12)
    assert found.risk().sum() == pytest.approx(names.risk().sum(), rel=1e-12)
    assert np.abs(found.total()[:4]).min() > 0.0


def test_known_slopes_are_found_and_leave_nothing_specific() -> None:
    # From the first rebalance on a name gains 5 bp, and 10, −20, 30 bp a unit of its three scores.
    market = make_market(seed=1, names=30, gaps=0.0)
    signals = signals_of(market)
    panel = signals.panel
    slopes = np.array([0.0010, -0.0020, 0.0030])
    rng = np.random.default_rng(0)
    scores = np.where(signals.universe[..., None], rng.normal(size=panel.values.shape), np.nan)
    scores[:] = scores[0]  # the same at every rebalance, so that the book holds one set of names
    signals = dataclasses.replace(
        signals,
        universe=np.broadcast_to(signals.universe[0], signals.universe.shape),
        panel=dataclasses.replace(panel, values=scores),
    )
    returns = 0.0005 + np.nan_to_num(scores[0]) @ slopes
    start = signals.rebalance[0]
    close = market.close.copy()
    for t in range(start + 1, len(close)):
        close[t] = close[t - 1] * (1.0 + returns)
    market = dataclasses.replace(market, close=close)
    names, result, columns = run(market, signals)
    found = by_factor(names, result, market, signals, FIRST, columns)
    held = (result.weights * result.nav[:, None])[:-1]
    assert held.any()
    expected = held @ np.column_stack([np.ones(30), np.nan_to_num(scores[0])])[columns]
    expected *= np.r_[0.0005, slopes]
    assert found.pnl[1:, :4] == pytest.approx(expected, abs=1e-6)
    assert found.pnl[:, 4] == pytest.approx(0.0, abs=1e-6)


def test_a_factor_that_nobody_has_brings_exactly_nothing() -> None:
    market = make_market(seed=2, names=30)
    signals = signals_of(market)
    values = signals.panel.values.copy()
    values[..., AVAILABLE_FACTORS.index("value")] = np.nan
    without = dataclasses.replace(signals, panel=dataclasses.replace(signals.panel, values=values))
    names, result, columns = run(market, without)
    found = by_factor(names, result, market, without, FIRST, columns)
    column = found.labels.index("value")
    assert found.pnl[:, column].tolist() == [0.0] * len(found.nav)
    assert np.abs(found.pnl[:, found.labels.index("momentum")]).sum() > 0.0


def test_later_prices_and_scores_change_nothing() -> None:
    market = make_market(seed=3, names=30)
    signals = signals_of(market)
    names, result, columns = run(market, signals)
    before = by_factor(names, result, market, signals, FIRST, columns)
    cut = int(signals.rebalance[2]) + 5
    late = signals.rebalance > cut
    values = np.where(late[:, None, None], -signals.panel.values, signals.panel.values)
    other = dataclasses.replace(signals, panel=dataclasses.replace(signals.panel, values=values))
    changed = changed_after(market, cut, 9)
    after = by_factor(names, result, changed, other, FIRST, columns)
    until = cut - FIRST + 1
    assert after.pnl[:until].tolist() == before.pnl[:until].tolist()
    assert not np.array_equal(after.pnl, before.pnl)


def test_parts_of_different_runs_are_refused() -> None:
    market = make_market(seed=2, names=30)
    signals = signals_of(market)
    names, result, columns = run(market, signals)
    bare = dataclasses.replace(result, weights=None)
    with pytest.raises(InputsError, match=r"weights=True"):
        by_factor(names, bare, market, signals, FIRST, columns)
    with pytest.raises(InputsError, match=r"must be of one run"):
        by_factor(names, result, market, signals, FIRST, columns[1:])
