"""Two providers fetch one market into the store, and what they say of it is compared."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from data.fetched import FetchedStore, Source
from data.net.pacing import Pace
from data.providers.base import BarsComplete
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from data.providers.yahoo import YahooProvider
from data.providers.yahoo_settings import YahooSettings
from data.reconcile_store import reconcile_stored
from tests.loopback.market import FIRST, LAST, Market, Split, small_market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer
from tests.loopback.yahoo import YahooProtocol

NAMES = ("N001", "SPLF", "DIVI", "HALT", "I:VIX")
SPLIT = Split("DIVI", dt.date(2024, 6, 3), 1, 4)


@pytest.fixture
def truth() -> Market:
    market = small_market()
    market.splits.append(SPLIT)
    return market


def fetch(home: Path, truth: Market, yahoos: Market) -> FetchedStore:
    """Store NAMES from both, Yahoo telling of a market that may differ."""
    store = FetchedStore(home)
    evening = dt.datetime.combine(LAST, dt.time(23), dt.UTC)
    with LoopbackServer(PolygonProtocol(truth), YahooProtocol(yahoos)) as server:
        environ = {"POLYGON_API_KEY": KEY, "POLYGON_BASE_URL": server.url}
        environ["YAHOO_BASE_URL"] = server.url
        polygon = PolygonProvider(PolygonSettings(pace=Pace(0.001)), environ)
        for outcome in polygon.fetch_bars(NAMES, FIRST, LAST):
            assert isinstance(outcome, BarsComplete)
            source = Source("polygon", "raw", evening)
            ticker = outcome.ticker
            store.append("bars", ticker, outcome.bars, source, (FIRST, LAST))
            for table in ("splits", "dividends"):
                rows = getattr(polygon, table)(ticker=ticker).table
                store.append(table, ticker, rows, source, (FIRST, LAST))
        polygon.close()
        pace = YahooSettings(pace=Pace(0.001))
        yahoo = YahooProvider(pace, environ, home, lambda: evening)
        for outcome in yahoo.fetch_bars(NAMES, FIRST, LAST):
            assert isinstance(outcome, BarsComplete)
            actions = outcome.actions
            assert actions is not None
            source = Source("yahoo", "split", evening)
            asked = (actions.start, actions.end)
            store.append("bars", outcome.ticker, outcome.bars, source, (FIRST, LAST))
            store.append("splits", outcome.ticker, actions.splits.table, source, asked)
            store.append("dividends", outcome.ticker, actions.dividends.table, source, asked)
    return store


@pytest.fixture
def agreeing(tmp_path: Path, truth: Market) -> FetchedStore:
    return fetch(tmp_path, truth, truth)


def test_two_sources_of_one_market_agree_on_every_day_and_action(agreeing: FetchedStore) -> None:
    result = reconcile_stored(agreeing)
    assert [one.ticker for one in result.compared] == sorted(NAMES)
    assert result.left_out == ()
    for one in result.compared:
        assert one.findings.to_pylist() == [], one.ticker
        assert one.days == one.agreeing
    (only,) = reconcile_stored(agreeing, tickers=["DIVI", "NOPE"]).compared
    assert only.ticker == "DIVI"


def test_a_source_that_lacks_a_split_and_shifts_a_price_is_found_out(
    tmp_path: Path, truth: Market
) -> None:
    yahoos = small_market()  # Yahoo never heard of DIVI's split, and its prices show none
    day = truth.bars("HALT")[700].day
    yahoos.revised["HALT", day] = 1.05
    store = fetch(tmp_path, truth, yahoos)
    found = {one.ticker: one.counts() for one in reconcile_stored(store).compared}
    assert found["HALT"] == {"close": 1}
    assert found["DIVI"] == {"scale": 1, "split_missing_right": 1}
    assert {ticker for ticker, counts in found.items() if counts} == {"HALT", "DIVI"}


def test_a_name_without_its_actions_is_left_out_with_the_reason(agreeing: FetchedStore) -> None:
    agreeing.path("splits", "yahoo", "SPLF").unlink()
    damaged = agreeing.path("bars", "polygon", "HALT")
    damaged.write_bytes(damaged.read_bytes()[:-300] + bytes(300))
    seen: list[tuple[int, int]] = []
    result = reconcile_stored(agreeing, progress=lambda done, total: seen.append((done, total)))
    left_out = dict(result.left_out)
    assert left_out["SPLF"] == "the splits of SPLF from yahoo are not stored"
    assert "SPLF" not in {one.ticker for one in result.compared}
    assert "HALT" not in {one.ticker for one in result.compared}
    assert seen[-1][0] == seen[-1][1]
