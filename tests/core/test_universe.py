from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import UniverseConfig
from core.market import MarketPanel
from core.universe import by_ticker, universes
from tests.markets import changed_after, make_market, permuted, until

CONFIG = UniverseConfig(size=10, liquidity_lookback_days=10)
DATES = np.array([30, 60, 90])


def even_market(names: int = 14) -> MarketPanel:
    """All members, no gaps, name 0 the most traded, then name 1 and so on."""
    market = make_market(names=names, gaps=0.0)
    volume = np.broadcast_to(1e6 * (names - np.arange(names)), market.shape)
    return dataclasses.replace(
        market,
        member=np.ones(market.shape, dtype=np.bool_),
        dollar_volume=volume.astype(np.float64),
    )


def chosen(market: MarketPanel, session: int = 60) -> list[int]:
    members, _ = universes(market, np.array([session]), CONFIG)
    return np.flatnonzero(members[0]).tolist()


def test_the_most_traded_members_are_kept() -> None:
    assert chosen(even_market()) == list(range(10))


def test_membership_is_that_of_the_date() -> None:
    market = even_market()
    member = market.member.copy()
    member[:60, 0] = False  # joins on session 60
    member[60:, 1] = False  # has left on session 60
    market = dataclasses.replace(market, member=member)
    assert chosen(market, 59) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert chosen(market, 60) == [0, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_a_name_without_a_bar_that_session_is_passed_over() -> None:
    market = even_market()
    close = market.close.copy()
    close[60, 3] = np.nan
    assert 3 not in chosen(dataclasses.replace(market, close=close))


def test_half_of_the_volume_window_is_needed() -> None:
    market = even_market()
    volume = market.dollar_volume.copy()
    volume[51:57, 2] = np.nan  # 4 of 10 known
    volume[51:56, 3] = np.nan  # 5 of 10 known
    names = chosen(dataclasses.replace(market, dollar_volume=volume))
    assert 2 not in names
    assert 3 in names


def test_a_name_on_its_last_session_is_passed_over() -> None:
    market = even_market()
    last = market.last_session.copy()
    last[4] = 60
    market = dataclasses.replace(market, last_session=last)
    assert 4 in chosen(market, 59)
    assert 4 not in chosen(market, 60)


def test_ties_go_to_the_alphabet_whatever_the_column() -> None:
    market = even_market()
    tied = dataclasses.replace(market, dollar_volume=np.full(market.shape, 1e6))
    assert chosen(tied) == list(range(10))
    backwards = permuted(tied, np.arange(14)[::-1])
    assert {backwards.tickers[name] for name in chosen(backwards)} == set(market.tickers[:10])
    assert by_ticker(("B", "C", "A")).tolist() == [1, 2, 0]


def test_a_small_index_gives_a_small_universe() -> None:
    market = even_market()
    member = np.zeros(market.shape, dtype=np.bool_)
    assert chosen(dataclasses.replace(market, member=member)) == []
    member[:, [2, 7]] = True
    assert chosen(dataclasses.replace(market, member=member)) == [2, 7]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([30, 45, 60, 89, 90]))
def test_nothing_after_a_session_changes_its_universe(seed: int, cut: int) -> None:
    market = make_market(seed=seed, gaps=0.1)
    past = DATES[cut >= DATES]
    expected = universes(market, DATES, CONFIG)
    for other in (changed_after(market, cut, seed), until(market, cut)):
        found = universes(other, past, CONFIG)
        for one, two in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one[: len(past)], two)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_names_changes_nothing(seed: int) -> None:
    market = make_market(seed=seed, gaps=0.1)
    order = np.random.default_rng(seed).permutation(14)
    members, volume = universes(market, DATES, CONFIG)
    other, other_volume = universes(permuted(market, order), DATES, CONFIG)
    np.testing.assert_array_equal(other, members[:, order])
    np.testing.assert_array_equal(other_volume, volume[:, order])
    assert (members.sum(axis=1) <= CONFIG.size).all()


def test_a_balanced_universe_has_each_sector_in_proportion() -> None:
    market = dataclasses.replace(
        even_market(), sector=tuple("Energy" if name < 11 else "Utilities" for name in range(14))
    )
    balanced = CONFIG.model_copy(update={"selection": "sector_balanced", "size": 7})
    members, _ = universes(market, np.array([60]), balanced)
    # 7 · 11/14 = 5.5 and 7 · 3/14 = 1.5: the first in the alphabet takes the odd one.
    assert np.flatnonzero(members[0]).tolist() == [0, 1, 2, 3, 4, 5, 11]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 20))
def test_a_balanced_universe_uses_nothing_later(seed: int, size: int) -> None:
    market = make_market(seed=seed, sessions=120, names=20)
    balanced = CONFIG.model_copy(update={"selection": "sector_balanced", "size": size})
    members, _ = universes(market, DATES, balanced)
    other, _ = universes(changed_after(market, 60, seed), DATES, balanced)
    np.testing.assert_array_equal(other[:2], members[:2])
    order = np.random.default_rng(seed).permutation(20)
    moved, _ = universes(permuted(market, order), DATES, balanced)
    np.testing.assert_array_equal(moved, members[:, order])
    assert (members.sum(axis=1) <= size).all()
