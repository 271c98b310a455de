from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core.book_weights
from core.book import Book, build_book, factor_weights
from core.caps import ROUNDING
from core.config import BookConfig, FactorWeights, RegimeWeights, Scenario
from core.factors.names import AVAILABLE_FACTORS, REGIMES, WITHOUT_TOPOLOGY
from core.factors.scores import standardise
from core.market import MarketPanel
from core.scenario import specs, with_values
from core.signals import Signals, compute_signals
from tests.markets import SHORT, by_sector_of, changed_after, make_market, permuted, until

FIRST = 65


def scenario(**changes: object) -> Scenario:
    book = BookConfig(names_held=4, position_cap=None).model_copy(update=changes)
    return SHORT.model_copy(update={"book": book})


def with_weights(momentum: float, topology: float, value: float, quality: float) -> Scenario:
    row = FactorWeights(momentum=momentum, topology=topology, value=value, quality=quality)
    weights = RegimeWeights(**dict.fromkeys(REGIMES, row))
    factors = SHORT.factors.model_copy(update={"weights": weights})
    return scenario().model_copy(update={"factors": factors})


def book_of(market: MarketPanel, chosen: Scenario) -> tuple[Book, Signals]:
    signals = compute_signals(market, chosen, (FIRST, len(market.sessions) - 1))
    return build_book(market, signals, chosen), signals


def test_the_best_scores_are_held_in_equal_weights() -> None:
    book, signals = book_of(make_market(), scenario())
    for row, target in enumerate(book.target):
        held = np.flatnonzero(target)
        assert target[held] == pytest.approx(0.25)
        others = np.setdiff1d(np.flatnonzero(signals.universe[row]), held)
        assert np.nanmin(book.composite[row, held]) >= np.nanmax(book.composite[row, others])
    assert np.isnan(book.composite[~signals.universe]).all()
    assert book.regime.tolist() == signals.regime[signals.rebalance].tolist()


def test_the_composite_by_hand() -> None:
    # Weights 40/20/20/20 without topology: 50 % momentum, 25 % value, 25 % quality; then mean 0
    # and standard deviation 1 over the universe.
    market = make_market(seed=4)
    book, signals = book_of(market, with_weights(0.40, 0.20, 0.20, 0.20))
    for row, inside in enumerate(signals.universe):
        scores = signals.panel.values[row, inside]
        complete = np.isfinite(scores).all(axis=1)
        assert complete.any()
        mixed = []
        for name in scores:
            known = np.isfinite(name)
            weights = np.array([0.50, 0.25, 0.25])[known]
            mixed.append((weights * name[known]).sum() / weights.sum())
        expected = (np.array(mixed) - np.mean(mixed)) / np.std(mixed)
        assert book.composite[row, inside] == pytest.approx(expected)


def test_alpha_is_skill_times_volatility_times_score() -> None:
    book, signals = book_of(make_market(), scenario())
    assert book.alpha is not None
    known = np.isfinite(book.composite)
    assert known.any()
    expected = 0.05 * signals.horizon_vol * book.composite
    np.testing.assert_array_equal(book.alpha[known], expected[known])
    assert np.isnan(book.alpha[~known]).all()  # not gated


def test_each_regime_has_its_own_weights() -> None:
    table = factor_weights(RegimeWeights())
    assert table.shape == (len(REGIMES), len(AVAILABLE_FACTORS))
    assert table[REGIMES.index("bull")].tolist() == [0.40, 0.20, 0.20]
    assert table[REGIMES.index("volatile")].tolist() == [0.20, 0.15, 0.30]
    market = make_market()
    signals = compute_signals(market, scenario(), (FIRST, 199))
    books = [
        build_book(market, dataclasses.replace(signals, regime=np.full(200, code)), scenario())
        for code in (REGIMES.index("bull"), REGIMES.index("volatile"))
    ]
    assert not np.array_equal(books[0].composite, books[1].composite, equal_nan=True)


def test_topology_is_said_to_be_missing_where_it_has_a_weight() -> None:
    market = make_market()
    assert WITHOUT_TOPOLOGY in book_of(market, scenario())[0].notes
    assert WITHOUT_TOPOLOGY not in book_of(market, with_weights(0.4, 0.0, 0.3, 0.3))[0].notes
    # Spreading it pro rata is the same as never having given it a weight.
    with_it, _ = book_of(market, with_weights(0.2, 0.5, 0.15, 0.15))
    without, _ = book_of(market, with_weights(0.4, 0.0, 0.3, 0.3))
    np.testing.assert_allclose(with_it.composite, without.composite, atol=1e-12)


def test_topology_that_is_on_takes_its_weight_and_nothing_is_said() -> None:
    market = make_market()
    on = {"factors.topology.enabled": True, "factors.topology.window_days": 30}
    only = with_values(with_weights(0.0, 1.0, 0.0, 0.0), on)
    book, signals = book_of(market, only)
    assert not any("topology" in note for note in book.notes)
    score = signals.panel.values[:, :, signals.panel.factors.index("topology")]
    assert np.isfinite(score).any()
    for row, inside in enumerate(signals.universe):
        expected = standardise(np.where(inside, score[row], np.nan))
        np.testing.assert_allclose(book.composite[row], expected, atol=1e-12)


def test_all_weight_on_topology_is_all_cash_and_said() -> None:
    book, _ = book_of(make_market(), with_weights(0.0, 1.0, 0.0, 0.0))
    assert (book.target == 0.0).all()
    assert [reason for _, reason in book.infeasible] == ["no name has a score: all cash"] * 6
    assert "6 of 6 books are not as asked, first on 2019-04-30" in book.notes[-1]


def test_equal_scores_go_to_the_alphabet() -> None:
    market = make_market()
    signals = compute_signals(market, scenario(), (FIRST, 199))
    flat = dataclasses.replace(signals.panel, values=np.zeros_like(signals.panel.values))
    signals = dataclasses.replace(signals, panel=flat)
    book = build_book(market, signals, scenario())
    for row, inside in enumerate(signals.universe):
        assert np.flatnonzero(book.target[row]).tolist() == np.flatnonzero(inside)[:4].tolist()
        assert (book.composite[row, inside] == 0.0).all()


def test_a_name_that_trades_no_more_is_not_chosen() -> None:
    market = make_market()
    signals = compute_signals(market, scenario(), (FIRST, 199))
    book = build_book(market, signals, scenario())
    best = int(np.argmax(np.where(book.target[0] > 0, book.composite[0], -np.inf)))
    last = market.last_session.copy()
    last[best] = signals.rebalance[0]
    again = build_book(dataclasses.replace(market, last_session=last), signals, scenario())
    assert (again.target[:, best] == 0.0).all()
    assert (again.target > 0.0).sum(axis=1).tolist() == [4] * 6


def test_an_infeasible_cap_is_an_event_with_its_reason() -> None:
    book, _ = book_of(make_market(), scenario(names_held=10, position_cap=0.05))
    assert book.target.sum(axis=1) == pytest.approx(0.5)
    row, reason = book.infeasible[0]
    assert row == 0
    assert reason == (
        "infeasible cap: 10 of 10 names from 10 with a score under book.position_cap 0.05 "
        "leave 50.0% in cash"
    )


def test_other_counts_as_a_sector_and_is_reported() -> None:
    market = dataclasses.replace(make_market(), sector=("Other",) * 14)
    book, _ = book_of(market, scenario(sector_cap=0.25))
    assert book.target.sum(axis=1) == pytest.approx(0.25)
    assert "“Other” (no sector known) holds 25.0% of the book on average, 25.0% at most" in (
        book.notes
    )
    known, _ = book_of(dataclasses.replace(market, sector=("Energy",) * 14), scenario())
    assert not any("Other" in note for note in known.notes)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(1, 14),
    st.none() | st.floats(0.02, 1.0),
    st.none() | st.floats(0.02, 1.0),
)
def test_caps_hold_in_every_target(
    seed: int, held: int, position: float | None, by_sector: float | None
) -> None:
    market = make_market(seed=seed, sessions=120)
    chosen = scenario(names_held=held, position_cap=position, sector_cap=by_sector)
    book, signals = book_of(market, chosen)
    sectors = by_sector_of(market, book.target)
    assert (book.target >= 0.0).all()
    assert (book.target.sum(axis=1) <= 1.0 + ROUNDING).all()
    assert book.target.max() <= (position or 1.0) + ROUNDING
    assert sectors.max() <= (by_sector or 1.0) + ROUNDING
    assert ((book.target > 0.0).sum(axis=1) <= held).all()
    assert not (book.target[~signals.universe] > 0.0).any()
    short = np.flatnonzero(book.target.sum(axis=1) < 1.0 - 1e-6)
    assert {row for row, _ in book.infeasible} == set(short.tolist())


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.integers(90, 195))
def test_nothing_after_a_session_changes_a_decision(seed: int, cut: int) -> None:
    market = make_market(seed=seed)
    whole, _ = book_of(market, scenario(sector_cap=0.5))
    past = whole.rebalance <= cut
    for other in (changed_after(market, cut, seed), until(market, cut)):
        found, _ = book_of(other, scenario(sector_cap=0.5))
        kept = found.rebalance <= cut
        for name in ("rebalance", "target", "alpha", "composite", "regime"):
            np.testing.assert_array_equal(getattr(found, name)[kept], getattr(whole, name)[past])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_names_changes_nothing(seed: int) -> None:
    market = make_market(seed=seed)
    order = np.random.default_rng(seed).permutation(14)
    one, _ = book_of(market, scenario(sector_cap=0.5))
    two, _ = book_of(permuted(market, order), scenario(sector_cap=0.5))
    np.testing.assert_allclose(two.composite, one.composite[:, order], atol=1e-9)
    np.testing.assert_allclose(two.target, one.target[:, order], atol=1e-12)


def test_every_choice_of_weighting_exists() -> None:
    assert set(specs()["book.weighting"].choices) == set(core.book_weights._WEIGHTINGS)
