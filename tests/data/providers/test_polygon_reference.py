"""Actions, lists, details, filings, status and last prices, as the market has them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow.compute as pc
import pytest

from data.net.errors import BadAnswerError
from data.providers.base import count_reasons
from data.providers.polygon_actions import DIVIDENDS, SPLITS
from data.providers.polygon_filings import FILINGS
from data.providers.polygon_listings import LISTINGS, SymbolChange, identities
from data.providers.polygon_market import SNAPSHOTS
from tests.data.providers.conftest import Polygon
from tests.loopback import faults as wrong
from tests.loopback.market import FIRST


def test_actions_come_whole_over_pages_and_within_their_dates(polygon: Polygon) -> None:
    polygon.protocol.page_size = 4
    provider = polygon.provider()
    dividends = provider.dividends()
    assert dividends.table.schema == DIVIDENDS
    assert dividends.table.num_rows == len(polygon.market.dividends) == 13
    assert dividends.provenance.requests == 4
    assert pc.sum(dividends.table["cash_amount"]).as_py() == pytest.approx(12 * 0.45 + 2.0)
    some = provider.dividends(dt.date(2025, 1, 1), dt.date(2025, 6, 30), ticker="DIVI").table
    assert some["ex_date"].to_pylist() == [dt.date(2025, 2, 10), dt.date(2025, 5, 10)]
    assert provider.splits(ticker="N001").table["ratio"].to_pylist() == [0.1]
    assert provider.splits(ticker="N000").table.equals(SPLITS.empty_table())


def test_actions_that_mean_nothing_are_refused_and_counted(polygon: Polygon) -> None:
    def spoil(answer: Any) -> None:
        row = answer["results"][0]
        answer["results"] += [
            row | {"split_from": 0},
            row | {"split_to": None},
            row | {"split_to": "5"},
            row | {"execution_date": "soon"},
            row | {"ticker": "\x00"},
            row | {"id": "again"},
        ]

    polygon.server.faults.on("splits", wrong.edit(spoil))
    batch = polygon.provider().splits()
    assert batch.table.num_rows == 2
    assert count_reasons(batch.refused) == {
        "bad_ratio": 2,
        "unparsable_number": 1,
        "unparsable_date": 1,
        "bad_ticker": 1,
        "duplicate_identical": 1,
    }


def test_two_dividends_of_one_day_are_two_and_one_listed_twice_is_one(polygon: Polygon) -> None:
    def spoil(answer: Any) -> None:
        row = answer["results"][0]
        answer["results"] += [
            row | {"cash_amount": 3.0, "dividend_type": "SC"},
            row | {"id": "another"},
            row | {"cash_amount": -1},
        ]

    polygon.server.faults.on("dividends", wrong.edit(spoil))
    batch = polygon.provider().dividends()
    assert batch.table.num_rows == 14
    assert count_reasons(batch.refused) == {"duplicate_identical": 1, "negative_cash": 1}


def test_lists_have_the_living_and_the_dead_and_tell_them_apart(polygon: Polygon) -> None:
    provider = polygon.provider()
    both = provider.listings()
    assert both.table.schema == LISTINGS
    stocks = [one for one in polygon.market.securities if not one.is_index]
    assert both.table.num_rows == len(stocks)
    found = identities(both.table)
    assert found.reused == {"REUS": ("BBG0000REUS1", "BBG0000REUS2")}
    assert found.renamed == {"BBG0000NAME1": ("NEWN", "OLDN")}
    dead = provider.listings(active=False).table
    assert dict(
        zip(dead["ticker"].to_pylist(), dead["delisted_date"].to_pylist(), strict=True)
    ) == {
        "GONE": dt.date(2024, 5, 31),
        "OLDN": dt.date(2025, 5, 30),
        "REUS": dt.date(2023, 12, 29),
    }
    assert provider.listings(active=True).table.num_rows == len(stocks) - 3


def test_details_tell_who_a_reused_symbol_was_on_a_day(polygon: Polygon) -> None:
    provider = polygon.provider()
    now, then = provider.ticker_details("REUS"), provider.ticker_details("REUS", FIRST)
    assert now is not None
    assert then is not None
    assert (then.identity, now.identity) == ("BBG0000REUS1", "BBG0000REUS2")
    assert then.delisted_date == dt.date(2023, 12, 29)
    assert (now.sic_code, now.shares_outstanding, now.active) == ("3571", 1e8, True)
    assert provider.ticker_details("GONE") is None
    assert provider.ticker_details("GONE", FIRST) is not None


def test_details_of_another_ticker_are_not_believed(polygon: Polygon) -> None:
    other = wrong.edit(lambda answer: answer["results"].update(ticker="OTHER"))
    polygon.server.faults.on("tickers/N000", other)
    with pytest.raises(BadAnswerError, match="must be of N000, were of 'OTHER'"):
        polygon.provider().ticker_details("N000")


def test_symbol_changes_are_in_order(polygon: Polygon) -> None:
    provider = polygon.provider()
    expected = (SymbolChange(FIRST, "OLDN"), SymbolChange(dt.date(2025, 6, 2), "NEWN"))
    assert provider.symbol_changes("NEWN") == expected
    assert provider.symbol_changes("ZZZZ") == ()


def test_filings_have_the_day_they_were_filed_or_are_refused(polygon: Polygon) -> None:
    batch = polygon.provider().filings("N000")
    assert batch.table.schema == FILINGS
    assert count_reasons(batch.refused) == {"no_filing_date": 1}
    rows = batch.table.to_pylist()
    assert [row["fiscal_period"] for row in rows] == ["Q1", "Q2", "Q3"]
    first = rows[0]
    assert (first["period_end"], first["available_date"]) == (
        dt.date(2025, 3, 31),
        dt.date(2025, 5, 5),
    )
    assert (first["revenue"], first["equity"], first["average_shares"]) == (1.01e9, 2e9, 1e8)
    some = polygon.provider().filings("N000", dt.date(2025, 6, 1))
    assert some.table["fiscal_period"].to_pylist() == ["Q2", "Q3"]


def test_filings_that_are_silent_or_wrong(polygon: Polygon) -> None:
    def spoil(answer: Any) -> None:
        rows = [row for row in answer["results"] if "filing_date" in row]
        rows[0]["financials"] = {"income_statement": {}, "balance_sheet": None}
        rows[1]["financials"]["balance_sheet"]["assets"]["value"] = "5"
        rows[2]["filing_date"] = "2025-09-01"

    polygon.server.faults.on("financials", wrong.edit(spoil))
    batch = polygon.provider().filings("N000")
    assert batch.table["revenue"].to_pylist() == [None]
    assert count_reasons(batch.refused) == {
        "no_filing_date": 1,
        "unparsable_number": 1,
        "available_before_period_end": 1,
    }


def test_status_and_holidays(polygon: Polygon) -> None:
    provider = polygon.provider()
    status = provider.market_status()
    assert (status.market, status.nyse) == ("closed", "closed")
    assert status.server_time.utcoffset() == dt.timedelta(hours=-5)
    closed, early = provider.holidays()
    assert (closed.day, closed.status) == (dt.date(2026, 11, 26), "closed")
    assert (early.day, early.status) == (dt.date(2026, 11, 27), "early-close")
    polygon.server.faults.always("marketstatus", wrong.body(b'{"x": 1}'))
    with pytest.raises(BadAnswerError, match="must name the market's state"):
        provider.market_status()
    with pytest.raises(BadAnswerError, match="must be a list, were a dict"):
        provider.holidays()


def test_last_prices_say_which_price_they_are(polygon: Polygon) -> None:
    def trade(answer: Any) -> None:
        answer["tickers"][0] |= {"lastTrade": {"p": 12.5}, "updated": 1_763_672_400_000_000_000}
        answer["tickers"].append({"ticker": "EMPTY", "day": {"c": 0}})

    polygon.server.faults.on("snapshot", wrong.edit(trade))
    batch = polygon.provider().snapshots(["N000", "N001"])
    assert batch.table.schema == SNAPSHOTS
    rows = batch.table.to_pylist()
    assert [(row["ticker"], row["price_from"]) for row in rows] == [
        ("N000", "last_trade"),
        ("N001", "prev_day"),
    ]
    assert rows[0]["price"] == 12.5
    assert rows[1]["price"] == polygon.market.bars("N001")[-1].close
    assert count_reasons(batch.refused) == {"missing_value": 1}
