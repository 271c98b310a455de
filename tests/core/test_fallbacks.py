from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from core.book import Book, build_book
from core.config import Scenario
from core.fallbacks import Fallback, regime_fallbacks, with_fallbacks
from core.ledger import EventKind
from core.market import MarketPanel
from core.risk.config import RiskConfig
from core.scenario import with_values
from core.signals import compute_signals
from core.simulation import SimulationInputs, simulate
from tests.markets import SHORT, make_filings, make_market, until

FIRST = 65


def booked(market: MarketPanel, **changes: Any) -> Book:
    scenario = with_values(SHORT, {k.replace("__", "."): v for k, v in changes.items()})
    return build_book(
        market, compute_signals(market, scenario, (FIRST, len(market.sessions) - 1)), scenario
    )


def told(book: Book, kind: EventKind) -> list[Fallback]:
    return [one for one in book.fallbacks if one.kind is kind]


def test_a_plain_market_needs_no_fallback() -> None:
    market = make_market(gaps=0.0)
    assert booked(market, book__names_held=6, book__position_cap=0.3).fallbacks == ()
    assert regime_fallbacks(market, SHORT, np.array([100])) == ()


def test_an_infeasible_cap() -> None:
    book = booked(make_market(), book__names_held=5, book__position_cap=0.1)
    found = told(book, EventKind.INFEASIBLE)
    assert [one.session for one in found] == book.rebalance.tolist()
    assert found[0].value == pytest.approx(0.5)
    assert "infeasible cap" in found[0].text
    assert np.isfinite(book.target).all()


def test_no_filings() -> None:
    book = booked(make_market(filings=make_filings()))
    found = told(book, EventKind.MISSING_SCORES)
    assert {one.text.partition(":")[0] for one in found} == {"value"}
    assert len(found) == len(book.rebalance)
    assert found[0].value == 0.0
    assert np.isfinite(book.target).all()
    assert book.target.sum() > 0.0


def test_all_equal_scores() -> None:
    market = make_market(gaps=0.0, filings=make_filings())
    same = np.tile(market.close[:, :1], (1, market.shape[1]))
    book = booked(dataclasses.replace(market, close=same), book__names_held=3)
    found = {one.text for one in told(book, EventKind.EQUAL_SCORES)}
    assert "composite: all names score the same: names come by the alphabet" in found
    assert "momentum: all names score the same: it says nothing" in found
    assert np.isfinite(book.target).all()
    chosen = np.flatnonzero(book.target[0])
    assert chosen.tolist() == np.flatnonzero(np.isfinite(book.composite[0]))[:3].tolist()


def test_a_sector_without_members() -> None:
    market = make_market(gaps=0.0)
    member = market.member.copy()
    member[:, [k for k, name in enumerate(market.sector) if name == "Energy"]] = False
    without = dataclasses.replace(market, member=member)
    assert told(booked(without), EventKind.EMPTY_SECTOR) == []  # nobody asked for sectors
    book = booked(without, book__selection="sector_balanced", book__position_cap=0.5)
    found = told(book, EventKind.EMPTY_SECTOR)
    assert len(found) == len(book.rebalance)
    assert (found[0].value, found[0].threshold) == (1.0, 3.0)
    assert "no eligible member of Energy: no place goes there" in found[0].text
    np.testing.assert_allclose(book.target.sum(axis=1), 1.0)


def test_no_volatility_index() -> None:
    scenario = with_values(SHORT, {"regimes.vix_override": True})
    none = make_market(vix=False)
    (found,) = regime_fallbacks(none, scenario, np.array([100]))
    assert (found.kind, found.session) == (EventKind.NO_VIX, 100)
    assert found.text.endswith("the rules alone decide")
    market = make_market()
    assert market.vix is not None
    hole = np.where(np.arange(200) == 100, np.nan, market.vix)
    some = regime_fallbacks(dataclasses.replace(market, vix=hole), scenario, np.array([99, 100]))
    assert [one.session for one in some] == [100]


def test_too_short_a_history() -> None:
    market = make_market(gaps=0.0, sessions=320)
    changes = {"regimes.lookback_days": 60, "regimes.detector": "markov"}
    changes |= {"regimes.turbulence.quantile": 0.9}
    found = regime_fallbacks(market, with_values(SHORT, changes), np.array([30, 90, 310]))
    assert [(one.session, one.text.partition(":")[0]) for one in found[:3]] == [
        (30, "regime"), (30, "Markov switching"), (30, "turbulence"),
    ]  # fmt: skip
    assert (found[0].value, found[0].threshold) == (30.0, 60.0)
    # Sessions of the window of 50 that are known on day 30; clouds that are known on day 310.
    storms = {one.session: one for one in found if one.text.startswith("turbulence")}
    assert (storms[30].value, storms[30].threshold) == (30.0, 50.0)
    assert (storms[90].value, storms[90].threshold) == (41.0, 252.0)
    assert {one.session for one in found} >= {90}
    assert 310 not in {one.session for one in found if one.text.startswith(("regime", "Markov"))}


@pytest.mark.parametrize("cut", [110, 150])
def test_they_are_told_from_the_past_alone(cut: int) -> None:
    market = make_market(filings=make_filings())
    scenario = with_values(
        SHORT, {"regimes.vix_override": True, "book.selection": "sector_balanced"}
    )
    sessions = np.arange(60, cut)
    whole = regime_fallbacks(market, scenario, sessions)
    assert whole == regime_fallbacks(until(market, cut), scenario, sessions)
    full = booked(market, book__selection="sector_balanced").fallbacks
    early = booked(until(market, cut), book__selection="sector_balanced").fallbacks
    before = cut - 25
    assert [one for one in full if one.session < before] == [
        one for one in early if one.session < before
    ]


def test_they_stand_among_the_events_of_a_result() -> None:
    inputs = SimulationInputs(
        close=np.full((5, 1), 10.0), rebalance=np.array([1, 3]), target=np.ones((2, 1))
    )
    plain = simulate(inputs, RiskConfig(), weights=True)
    two = [
        Fallback(13, EventKind.NO_VIX, np.nan, 30.0, "b"),
        Fallback(11, EventKind.INFEASIBLE, 0.5, 1.0, "a"),
        Fallback(3, EventKind.NO_VIX, np.nan, 30.0, "before the run"),
    ]
    result = with_fallbacks(plain, two, 10)
    assert (np.diff(result.events.session) >= 0).all()
    assert len(result.events) == len(plain.events) + 2
    assert np.flatnonzero(result.happened(EventKind.INFEASIBLE)).tolist() == [1]
    assert np.flatnonzero(result.happened(EventKind.NO_VIX)).tolist() == [3]
    assert np.array_equal(result.nav, plain.nav)
    assert with_fallbacks(plain, [], 10) is plain
    sessions = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")
    frame = result.events.frame(sessions, ["A"])
    assert {"infeasible", "no_vix"} <= set(frame["event"])
    assert not any(kind.is_fallback for kind in (EventKind.STOP, EventKind.REBALANCE))


def test_the_scenario_as_declared_is_the_one_of_before() -> None:
    assert with_values(Scenario(), {"book.eafe.enabled": False}) == Scenario()
