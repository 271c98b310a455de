from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.book import Book, build_book
from core.book_effects import regime_leverage, with_effects
from core.config import Scenario
from core.factors.names import REGIMES
from core.regime_effects_config import LeverageConfig, StopScales
from core.regimes_config import RegimesConfig
from core.scenario import with_values
from core.signals import compute_signals
from tests.markets import SHORT, changed_after, make_market

CODE = {name: number for number, name in enumerate(REGIMES)}


def config(**levels: float | None) -> RegimesConfig:
    return RegimesConfig(leverage=LeverageConfig(**levels))  # type: ignore[arg-type]


def test_leverage_goes_with_volatility() -> None:
    regime = np.array([CODE[n] for n in ("bull", "volatile", "sideways", "default", "volatile")])
    volatility = np.array([0.10, 0.40, 0.20, 0.05, 0.10])
    found = regime_leverage(volatility, regime, config(calm=1.3, volatile=0.8))
    assert found.tolist() == [1.3, 0.8, 1.0, 1.0, 0.8]
    unknown = regime_leverage(np.array([np.nan]), regime[:1], config(calm=1.3))
    assert unknown.tolist() == [1.0]


def test_the_change_a_month_is_limited_from_one_on() -> None:
    regime = np.full(5, CODE["bull"])
    regime[3:] = CODE["volatile"]
    found = regime_leverage(np.full(5, 0.1), regime, config(calm=1.5, volatile=0.8, max_change=0.2))
    assert found == pytest.approx([1.2, 1.4, 1.5, 1.3, 1.1])


@given(st.integers(0, 2**32), st.floats(0.01, 1.0))
def test_no_change_is_above_its_limit_and_levels_hold(seed: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    levels = config(calm=1.4, volatile=0.7, max_change=step)
    found = regime_leverage(rng.uniform(0.05, 0.4, 30), rng.integers(0, len(REGIMES), 30), levels)
    assert np.abs(np.diff(np.append(1.0, found))).max() <= step + 1e-12
    assert 0.7 - 1e-12 <= found.min() <= found.max() <= 1.4 + 1e-12


def book_with(scenario: Scenario, seed: int = 0, cut: int | None = None) -> Book:
    market = make_market(seed=seed)
    market = market if cut is None else changed_after(market, cut, 9)
    book = build_book(market, compute_signals(market, scenario, (65, 199)), scenario)
    return with_effects(book, market, scenario.regimes)


def test_without_a_level_the_book_is_as_before() -> None:
    book = book_with(SHORT)
    assert book.leverage is None
    assert book.stop_scale is None


def test_levels_use_nothing_later() -> None:
    scenario = with_values(
        SHORT,
        {
            "regimes.leverage.calm": 1.4,
            "regimes.leverage.volatile": 0.7,
            "regimes.leverage.low_volatility": 0.2,
            "regimes.leverage.max_change": 0.3,
            "regimes.stop_scale.volatile": 1.5,
            "regimes.stop_scale.bear": 0.8,
            "regimes.volatility_threshold": 0.22,
        },
    )
    book, other = book_with(scenario), book_with(scenario, cut=140)
    past = book.rebalance <= 140
    assert book.leverage is not None
    assert len(np.unique(book.leverage)) > 1
    for name in ("leverage", "stop_scale"):
        np.testing.assert_array_equal(getattr(other, name)[past], getattr(book, name)[past])


def test_stops_are_scaled_by_the_regime_of_the_book() -> None:
    market = make_market()
    scenario = SHORT
    book = build_book(market, compute_signals(market, scenario, (65, 199)), scenario)
    codes = np.arange(len(book.rebalance)) % len(REGIMES)
    scales = StopScales(volatile=1.5, bear=0.8)
    found = with_effects(
        dataclasses.replace(book, regime=codes), market, RegimesConfig(stop_scale=scales)
    )
    expected = [{"volatile": 1.5, "bear": 0.8}.get(REGIMES[code], 1.0) for code in codes]
    assert found.stop_scale is not None
    assert found.stop_scale.tolist() == expected


def test_leverage_beyond_the_margin_limit_is_said() -> None:
    asked = with_values(Scenario(), {"regimes.leverage.calm": 1.3})
    assert "risk.max_leverage, the margin limit, is 1" in asked.warnings()[0]
    allowed = with_values(asked, {"risk.max_leverage": 1.5})
    assert allowed.warnings() == ()
