from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.factors.config import TopologyConfig
from core.factors.names import AVAILABLE_FACTORS, FACTORS
from core.factors.panel import INGREDIENTS, FactorPanel, factor_panel
from core.factors.scores import zscore
from core.factors.topology import topology
from core.factors.trailing import simple_returns
from core.market import MarketPanel
from core.periods import month_ends
from core.universe import universes
from tests.markets import SHORT, changed_after, make_filings, make_market, permuted


def panel_of(market: MarketPanel) -> tuple[FactorPanel, np.ndarray, np.ndarray]:
    rebalance = month_ends(market.sessions, 60, len(market.sessions) - 1)
    universe, volume = universes(market, rebalance, SHORT.universe)
    return factor_panel(market, rebalance, universe, volume, SHORT.factors), universe, rebalance


def test_shapes_coverage_and_range() -> None:
    market = make_market()
    panel, universe, rebalance = panel_of(market)
    assert panel.values.shape == (len(rebalance), 14, len(AVAILABLE_FACTORS))
    assert np.nanmax(np.abs(panel.values)) <= SHORT.factors.winsor_limit
    assert np.isnan(panel.values[~universe]).all()
    known = np.isfinite(panel.values[..., 1]) & universe
    assert panel.coverage["value"] == pytest.approx(known.sum(axis=1) / universe.sum(axis=1))
    assert set(panel.coverage) == {*AVAILABLE_FACTORS, *INGREDIENTS}
    assert all(share.shape == rebalance.shape for share in panel.coverage.values())
    assert 0.0 < panel.coverage["quality.profitability"].mean() <= 1.0
    assert panel.volatility.shape == universe.shape


def test_every_factor_has_mean_0_over_the_universe() -> None:
    panel, universe, _ = panel_of(make_market(seed=3, gaps=0.0))
    for row, inside in enumerate(universe):
        assert np.nanmean(panel.values[row, inside], axis=0) == pytest.approx(0.0, abs=0.05)


def test_without_filings_value_is_missing_and_quality_is_calm() -> None:
    panel, universe, _ = panel_of(make_market(filings=make_filings()))
    assert np.isnan(panel.values[..., 1]).all()
    assert (panel.coverage["value"] == 0.0).all()
    assert (panel.coverage["quality.profitability"] == 0.0).all()
    assert (panel.coverage["quality"] == 1.0).all()
    # All that is left of quality is low volatility: the calmest name scores best.
    for row, inside in enumerate(universe):
        volatility = np.where(inside, panel.volatility[row], np.nan)
        assert np.nanargmax(panel.values[row, :, 2]) == np.nanargmin(volatility)


def test_shares_are_never_taken_from_the_future() -> None:
    market = make_market(seed=1)
    late = market.filings.available >= market.sessions[120]
    items = dict(market.filings.items)
    items["shares_outstanding"] = np.where(late, items["shares_outstanding"], np.nan)
    market = dataclasses.replace(market, filings=dataclasses.replace(market.filings, items=items))
    panel, _, rebalance = panel_of(market)
    assert (panel.coverage["value"][rebalance < 120] == 0.0).all()
    assert (panel.coverage["value"][rebalance >= 160] > 0.0).all()


def test_implausible_caps_are_named() -> None:
    market = make_market(seed=2)
    items = dict(market.filings.items)
    items["shares_outstanding"] = np.where(
        market.filings.security == 4, 212.0, items["shares_outstanding"]
    )
    market = dataclasses.replace(
        market,
        member=np.ones(market.shape, dtype=np.bool_),
        dollar_volume=np.where(np.arange(14) == 4, 1e12, market.dollar_volume),
        filings=dataclasses.replace(market.filings, items=items),
    )
    panel, universe, _ = panel_of(market)
    times = universe[:, 4].sum()
    assert times > 0
    assert np.isnan(panel.values[:, 4, 1]).all()
    assert any(f"value: {times} of" in note and f"T04 ({times})" in note for note in panel.notes)


def test_a_price_that_is_not_on_the_right_basis_gives_no_cap() -> None:
    market = make_market(seed=2)
    price = market.price.copy()
    price[:, 5] = np.nan
    panel, universe, _ = panel_of(dataclasses.replace(market, price=price))
    assert universe[:, 5].any()
    assert np.isnan(panel.values[:, 5, 1]).all()
    assert np.isfinite(panel.values[universe[:, 5], 5, 2]).all()


def test_free_cash_flow_is_said() -> None:
    market = make_market(seed=2)
    items = dict(market.filings.items)
    items["operating_cf"] = np.full(len(market.filings), np.nan)
    changed = dataclasses.replace(market.filings, items=items)
    panel, _, rebalance = panel_of(dataclasses.replace(market, filings=changed))
    count = len(rebalance)
    assert f"cash flow is free cash flow at {count} of {count} rebalances" in panel.notes[-1]


def test_the_fingerprint_tells_scores_apart() -> None:
    panel, _, _ = panel_of(make_market())
    again, _, _ = panel_of(make_market())
    other, _, _ = panel_of(make_market(seed=1))
    assert panel.fingerprint == again.fingerprint != other.fingerprint


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.integers(60, 190))
def test_nothing_after_a_session_changes_its_scores(seed: int, cut: int) -> None:
    market = make_market(seed=seed)
    panel, _, rebalance = panel_of(market)
    changed, _, _ = panel_of(changed_after(market, cut, seed))
    past = rebalance <= cut
    np.testing.assert_array_equal(panel.values[past], changed.values[past])
    np.testing.assert_array_equal(panel.volatility[past], changed.volatility[past])
    np.testing.assert_array_equal(
        panel.ingredient_coverage[past], changed.ingredient_coverage[past]
    )


def test_the_change_after_a_session_is_a_real_one() -> None:
    # Keeps the test above from being vacuous.
    market = make_market()
    panel, _, rebalance = panel_of(market)
    changed, _, _ = panel_of(changed_after(market, 100, 0))
    later = rebalance > 140
    for factor in range(len(AVAILABLE_FACTORS)):
        assert not np.array_equal(
            panel.values[later][..., factor], changed.values[later][..., factor], equal_nan=True
        )


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_names_changes_nothing(seed: int) -> None:
    market = make_market(seed=seed)
    order = np.random.default_rng(seed).permutation(14)
    panel, _, _ = panel_of(market)
    other, _, _ = panel_of(permuted(market, order))
    np.testing.assert_allclose(other.values, panel.values[:, order], atol=1e-9)
    assert {key: list(share) for key, share in other.coverage.items()} == {
        key: pytest.approx(list(share)) for key, share in panel.coverage.items()
    }


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.01, 100.0))
def test_units_of_price_do_not_matter_to_momentum_and_calm(seed: int, factor: float) -> None:
    market = make_market(seed=seed, filings=make_filings())
    panel, _, _ = panel_of(market)
    scaled, _, _ = panel_of(dataclasses.replace(market, close=market.close * factor))
    np.testing.assert_allclose(scaled.values, panel.values, atol=1e-8)


def test_topology_is_a_factor_of_its_own_where_it_is_on() -> None:
    market = make_market(seed=5, sessions=200)
    rebalance = np.array([100, 150, 199])
    universe, volume = universes(market, rebalance, SHORT.universe)
    config = SHORT.factors
    own = TopologyConfig(enabled=True, window_days=30)
    on = config.model_copy(update={"topology": own})
    without = factor_panel(market, rebalance, universe, volume, config)
    with_it = factor_panel(market, rebalance, universe, volume, on)
    assert without.factors == config.scored == AVAILABLE_FACTORS
    assert with_it.factors == on.scored == FACTORS
    others = [FACTORS.index(name) for name in AVAILABLE_FACTORS]
    assert np.array_equal(with_it.values[:, :, others], without.values, equal_nan=True)
    column = with_it.values[:, :, FACTORS.index("topology")]
    raw = topology(simple_returns(market.close), rebalance, universe, own)
    for row in range(3):
        expected = zscore(raw[row], universe[row], config.winsor_limit)
        assert np.array_equal(column[row], expected, equal_nan=True)
    assert with_it.coverage["topology"].min() > 0.5
    assert "topology" not in without.coverage
