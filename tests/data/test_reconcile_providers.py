"""Two providers tell of one market through their own clients, and what they say is compared."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from data.net.pacing import Pace
from data.providers.base import BarsComplete
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from data.providers.yahoo import YahooProvider
from data.providers.yahoo_settings import YahooSettings
from data.reconcile import ProviderSeries, Reconciliation, reconcile
from tests.loopback.market import FIRST, LAST, Market, Split, small_market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer
from tests.loopback.yahoo import YahooProtocol

NAMES = ("N001", "SPLF", "DIVI", "HALT", "BRK.B", "I:VIX")
EVENING = dt.datetime.combine(LAST, dt.time(23), dt.UTC)


@pytest.fixture
def truth() -> Market:
    market = small_market()
    market.splits.append(Split("DIVI", dt.date(2024, 6, 3), 1, 4))
    return market


def compared(home: Path, truth: Market, yahoos: Market) -> dict[str, Reconciliation]:
    """Fetch NAMES from both, Yahoo telling of a market that may differ."""
    with LoopbackServer(PolygonProtocol(truth), YahooProtocol(yahoos)) as server:
        environ = {"POLYGON_API_KEY": KEY, "POLYGON_BASE_URL": server.url}
        environ["YAHOO_BASE_URL"] = server.url
        polygon = PolygonProvider(PolygonSettings(pace=Pace(0.001)), environ)
        settings = YahooSettings(pace=Pace(0.001))
        yahoo = YahooProvider(settings, environ, home, lambda: EVENING)
        left = {}
        for outcome in polygon.fetch_bars(NAMES, FIRST, LAST):
            assert isinstance(outcome, BarsComplete)
            ticker = outcome.ticker
            actions = (polygon.splits(ticker=ticker).table, polygon.dividends(ticker=ticker).table)
            left[ticker] = ProviderSeries("polygon", "raw", outcome.bars, *actions, LAST)
        polygon.close()
        results = {}
        for outcome in yahoo.fetch_bars(NAMES, FIRST, LAST):
            assert isinstance(outcome, BarsComplete)
            assert outcome.actions is not None
            told = outcome.actions
            actions = (told.splits.table, told.dividends.table)
            right = ProviderSeries("yahoo", "split", outcome.bars, *actions, told.end)
            results[outcome.ticker] = reconcile(outcome.ticker, left[outcome.ticker], right)
    return results


def test_two_sources_of_one_market_agree_on_every_day_and_action(
    tmp_path: Path, truth: Market
) -> None:
    for ticker, result in compared(tmp_path, truth, truth).items():
        assert result.findings.to_pylist() == [], ticker
        assert result.days == result.agreeing == len(truth.bars(ticker))


def test_a_source_that_lacks_a_split_and_shifts_a_price_is_found_out(
    tmp_path: Path, truth: Market
) -> None:
    yahoos = small_market()  # Yahoo never heard of DIVI's split, and its prices show none
    yahoos.revised["HALT", truth.bars("HALT")[700].day] = 1.05
    found = {ticker: one.counts() for ticker, one in compared(tmp_path, truth, yahoos).items()}
    assert found["HALT"] == {"close": 1}
    assert found["DIVI"] == {"scale": 1, "split_missing_right": 1}
    assert {ticker for ticker, counts in found.items() if counts} == {"HALT", "DIVI"}
