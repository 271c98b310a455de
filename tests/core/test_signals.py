from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import Scenario
from core.errors import HistoryError
from core.market import MarketPanel
from core.scenario import parse_assignment, with_values
from core.signals import HORIZON_SESSIONS, Signals, compute_signals, signals_key
from tests.markets import SHORT, changed_after, make_filings, make_market, permuted, until


def signals_of(market: MarketPanel, first: int = 65, scenario: Scenario = SHORT) -> Signals:
    return compute_signals(market, scenario, (first, len(market.sessions) - 1))


def changed(assignment: str) -> Scenario:
    return with_values(SHORT, dict([parse_assignment(assignment)]))


def test_shapes_and_the_horizon() -> None:
    market = make_market()
    signals = signals_of(market)
    rebalances = len(signals.rebalance)
    assert rebalances == 6  # April to September; October is not over
    assert signals.universe.shape == (rebalances, 14)
    assert signals.panel.values.shape == (rebalances, 14, 3)
    assert signals.regime.shape == (200,)
    # σ of a session, √21 sessions to the next rebalance.
    np.testing.assert_allclose(
        signals.horizon_vol, signals.panel.volatility * HORIZON_SESSIONS**0.5
    )


def test_they_survive_a_file_without_pickle() -> None:
    signals = signals_of(make_market(names=12))
    file = io.BytesIO()
    np.savez(file, **signals.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = Signals.from_arrays(arrays)
    assert again.panel.fingerprint == signals.panel.fingerprint
    assert again.notes == signals.notes != ()
    assert again.panel.notes == signals.panel.notes
    for name in ("rebalance", "universe", "regime", "horizon_vol"):
        np.testing.assert_array_equal(getattr(again, name), getattr(signals, name))
        assert getattr(again, name).dtype == getattr(signals, name).dtype
    for name, share in signals.panel.coverage.items():
        np.testing.assert_array_equal(again.panel.coverage[name], share)


def test_arrays_of_another_format_are_refused() -> None:
    arrays = signals_of(make_market()).to_arrays() | {"format": np.array(99)}
    with pytest.raises(ValueError, match="must be in format 1, was 99"):
        Signals.from_arrays(arrays)


@pytest.mark.parametrize(
    "assignment",
    [
        "universe.size=11",
        "universe.liquidity_lookback_days=11",
        "period.start=2019-05-01",
        "factors.momentum_lookback_days=61",
        "factors.filing_max_age_days=390",
        "factors.winsor_limit=2.5",
        "factors.topology.enabled=true",
        "regimes.vix_override=true",
    ],
)
def test_the_key_follows_what_signals_depend_on(assignment: str) -> None:
    assert signals_key("a", changed(assignment)) != signals_key("a", SHORT)
    assert signals_key("a", SHORT) != signals_key("b", SHORT)


@pytest.mark.parametrize(
    "assignment",
    [
        "factors.information_coefficient=0.1",
        "factors.topology.window_days=90",
        "book.names_held=20",
        "book.sector_cap=0.25",
        "risk.position_stop_loss=0.2",
        "name=other",
    ],
)
def test_the_key_is_the_same_where_signals_are(assignment: str) -> None:
    key, _, value = assignment.partition("=")
    other = SHORT.model_copy(update={"name": value}) if key == "name" else changed(assignment)
    assert signals_key("a", other) == signals_key("a", SHORT)
    market = make_market()
    one, two = signals_of(market), signals_of(market, scenario=other)
    assert one.panel.fingerprint == two.panel.fingerprint


def test_a_period_without_a_months_end_is_refused() -> None:
    with pytest.raises(HistoryError, match=r"each month's last session, .* holds none\. Choose"):
        compute_signals(make_market(), SHORT, (70, 75))


def test_an_empty_universe_is_refused() -> None:
    market = make_market()
    nobody = dataclasses.replace(market, member=np.zeros(market.shape, dtype=np.bool_))
    with pytest.raises(HistoryError, match=r"no index member has a bar .* membership table"):
        signals_of(nobody)


def test_no_factor_at_all_is_refused_and_one_is_enough() -> None:
    market = make_market(filings=make_filings())
    slow = SHORT.factors.model_copy(
        update={"volatility_lookback_days": 252, "momentum_lookback_days": 252}
    )
    scenario = SHORT.model_copy(update={"factors": slow})
    with pytest.raises(HistoryError, match=r"starts on 2019-01-01 and the factors need 252"):
        compute_signals(market, scenario, (10, 70))
    signals = compute_signals(market, scenario, (10, 199))
    assert any("little history: the first rebalance, 2019-01-31" in n for n in signals.notes)
    assert any("momentum: less than half of the universe has it at" in n for n in signals.notes)


def test_a_small_universe_is_said() -> None:
    market = make_market()
    bigger = SHORT.universe.model_copy(update={"size": 50})
    signals = signals_of(market, scenario=SHORT.model_copy(update={"universe": bigger}))
    assert "universe: fewer than 50 names at 6 of 6 rebalances" in signals.notes[0]


def test_history_before_the_start_is_used() -> None:
    market = make_market()
    early, late = signals_of(market, 65), signals_of(market, 120)
    rows = np.isin(early.rebalance, late.rebalance)
    np.testing.assert_array_equal(early.panel.values[rows], late.panel.values)
    np.testing.assert_array_equal(early.universe[rows], late.universe)
    assert 0 < len(late.rebalance) < len(early.rebalance)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(90, 195))
def test_nothing_after_a_session_changes_what_was_known(seed: int, cut: int) -> None:
    market = make_market(seed=seed)
    whole = signals_of(market)
    past = whole.rebalance <= cut
    for other in (changed_after(market, cut, seed), until(market, cut)):
        found = signals_of(other)
        # A cut in the middle of a month may hide that its last session ends it, never more.
        kept = found.rebalance <= cut
        np.testing.assert_array_equal(found.rebalance[kept], whole.rebalance[past])
        for name in ("universe", "horizon_vol"):
            np.testing.assert_array_equal(getattr(found, name)[kept], getattr(whole, name)[past])
        np.testing.assert_array_equal(found.panel.values[kept], whole.panel.values[past])
        np.testing.assert_array_equal(found.regime[: cut + 1], whole.regime[: cut + 1])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_names_changes_nothing(seed: int) -> None:
    market = make_market(seed=seed)
    order = np.random.default_rng(seed).permutation(14)
    one, two = signals_of(market), signals_of(permuted(market, order))
    np.testing.assert_array_equal(two.universe, one.universe[:, order])
    np.testing.assert_allclose(two.panel.values, one.panel.values[:, order], atol=1e-9)
    np.testing.assert_allclose(two.horizon_vol, one.horizon_vol[:, order], atol=1e-12)


def test_the_same_call_twice_gives_the_same_and_leaves_the_market_alone() -> None:
    market = make_market()
    before = {name: getattr(market, name).copy() for name in ("close", "price", "member")}
    first, second = signals_of(market), signals_of(market)
    assert first.panel.fingerprint == second.panel.fingerprint
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(market, name), values)
