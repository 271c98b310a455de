"""What Yahoo tells of the little market: split-adjusted bars, actions, late statements, symbols."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.adjustment import unsplit, unsplit_dividends
from data.net.errors import BadAnswerError, BadQueryError
from data.providers.base import BarsComplete, BarsEmpty, count_reasons
from data.providers.polygon_actions import DIVIDENDS, SPLITS
from data.providers.yahoo_bars import plimsoll_ticker, yahoo_symbol
from data.providers.yahoo_statements import STATEMENTS
from tests.data.providers.bars import expected_bars, expected_yahoo_bars
from tests.data.providers.conftest import Yahoo
from tests.loopback import faults as wrong
from tests.loopback.market import FIRST, LAST, SPLIT_DAY, Bar, Split
from tests.loopback.yahoo import CHART, SERIES

TICKERS = ("N000", "N001", "SPLF", "DIVI", "HALT", "BRK.B", "KMPpL", "I:VIX", "NEWN")


def complete(outcome: Any) -> BarsComplete:
    assert isinstance(outcome, BarsComplete), outcome
    return outcome


def test_every_name_comes_whole_on_the_split_basis(yahoo: Yahoo) -> None:
    outcomes = {o.ticker: o for o in yahoo.provider().fetch_bars(TICKERS, FIRST, LAST)}
    assert set(outcomes) == set(TICKERS)
    for ticker in set(TICKERS) - {"NEWN"}:
        outcome = complete(outcomes[ticker])
        assert outcome.bars.equals(expected_yahoo_bars(yahoo.market, ticker)), ticker
        assert outcome.provenance.provider == "yahoo"
        assert outcome.provenance.base == "split"
        assert outcome.provenance.client.startswith("yfinance 1.")
    assert yahoo.server.meter.count(CHART) == len(TICKERS)  # one request a name
    # Yahoo carries a renamed company's history under its new symbol.
    assert complete(outcomes["NEWN"]).bars.num_rows > expected_bars(yahoo.market, "NEWN").num_rows


def test_closes_are_raw_again_once_they_are_unsplit(yahoo: Yahoo) -> None:
    yahoo.market.splits.append(Split("SPLF", dt.date(2024, 6, 3), 1, 2))
    # The bars asked for end before the last split: its ratio is in them all the same.
    outcome = complete(yahoo.provider().bars("SPLF", FIRST, SPLIT_DAY - dt.timedelta(days=7)))
    assert outcome.actions is not None
    splits = outcome.actions.splits.table
    assert splits.schema.equals(SPLITS)
    assert splits["ratio"].to_pylist() == [2.0, 5.0]
    assert (outcome.actions.start, outcome.actions.end) == (FIRST, LAST)
    raw = unsplit(outcome.bars, splits, outcome.actions.end)
    expected = expected_bars(yahoo.market, "SPLF", end=SPLIT_DAY - dt.timedelta(days=7))
    assert raw["close"].to_pylist() == pytest.approx(expected["close"].to_pylist(), rel=1e-6)
    assert raw["volume"].to_pylist() == pytest.approx(expected["volume"].to_pylist(), abs=1.0)


def test_dividends_are_cash_again_once_they_are_unsplit(yahoo: Yahoo) -> None:
    yahoo.market.splits.append(Split("DIVI", dt.date(2024, 6, 3), 1, 4))
    outcome = complete(yahoo.provider().bars("DIVI", FIRST, LAST))
    assert outcome.actions is not None
    told = outcome.actions.dividends.table
    assert told.schema.equals(DIVIDENDS)
    assert told["cash_amount"][0].as_py() == pytest.approx(0.45 / 4)
    assert set(told["currency"].to_pylist()) == {"USD"}
    paid = unsplit_dividends(told, outcome.actions.splits.table, outcome.actions.end)
    cash = sorted(paid["cash_amount"].to_pylist())
    assert cash == pytest.approx([0.45] * 12 + [2.0], abs=4e-6)


def test_actions_are_told_for_one_ticker(yahoo: Yahoo) -> None:
    provider = yahoo.provider()
    assert provider.splits(ticker="N001").table["ratio"].to_pylist() == [0.1]
    some = provider.dividends(dt.date(2024, 1, 1), dt.date(2024, 12, 31), ticker="DIVI").table
    assert {day.year for day in some["ex_date"].to_pylist()} == {2024}
    assert some.num_rows == 4
    assert provider.splits(ticker="NOPE").table.num_rows == 0
    with pytest.raises(BadQueryError, match="must be asked for one ticker, were asked for all"):
        provider.splits()


def test_gains_of_a_fund_are_cash_like_dividends(yahoo: Yahoo) -> None:
    def gain(answer: Any) -> None:
        events = answer["chart"]["result"][0]["events"]
        events["capitalGains"] = {"1": {"amount": 1.5, "date": 1718000000}}

    yahoo.server.faults.on("DIVI", wrong.edit(gain))
    table = yahoo.provider().dividends(ticker="DIVI").table
    assert table.num_rows == 14
    kinds = table["dividend_type"].to_pylist()
    assert table["cash_amount"][kinds.index("CG")].as_py() == 1.5


def test_a_name_without_bars_in_the_dates_is_empty_with_proof(yahoo: Yahoo) -> None:
    early = yahoo.provider().bars("REUS", dt.date(2024, 3, 1), dt.date(2024, 6, 3))
    assert isinstance(early, BarsEmpty)
    assert "bars from 2025-01-06" in early.proof
    assert "none from 2024-03-01 to 2024-06-03" in early.proof
    gone = yahoo.provider().bars("GONE", FIRST, LAST)
    assert isinstance(gone, BarsEmpty)


def test_a_bar_of_a_session_under_way_is_refused(yahoo: Yahoo) -> None:
    yahoo.now = dt.datetime(LAST.year, LAST.month, LAST.day, 19, 0, tzinfo=dt.UTC)
    last = yahoo.market.bars("N000")[-1]
    yahoo.protocol.quote = Bar(LAST, 1.0, 1.2, 0.9, 1.1, 5.0, 1.0, 1)
    yahoo.protocol.quoted_at = yahoo.now
    outcome = complete(yahoo.provider().bars("N000", FIRST, LAST))
    assert count_reasons(outcome.refused) == {"live_quote": 1, "unfinished_session": 1}
    assert outcome.bars["date"][-1].as_py() < last.day
    yahoo.now = dt.datetime(LAST.year, LAST.month, LAST.day, 22, 0, tzinfo=dt.UTC)
    yahoo.protocol.quoted_at = yahoo.now.replace(hour=21, minute=0, second=1)
    outcome = complete(yahoo.provider().bars("N000", FIRST, LAST))
    assert count_reasons(outcome.refused) == {"live_quote": 1}
    assert outcome.bars.equals(expected_yahoo_bars(yahoo.market, "N000"))


def test_a_refresh_of_the_last_sessions_is_one_request(yahoo: Yahoo) -> None:
    outcome = complete(yahoo.provider().bars("SPLF", LAST - dt.timedelta(days=2), LAST))
    assert outcome.bars.num_rows == 3
    assert outcome.actions is not None
    assert outcome.actions.splits.table.num_rows == 1  # of the first of the three days
    assert yahoo.server.meter.count(CHART) == 1


def test_statements_are_known_sixty_days_after_their_quarter_and_say_so(yahoo: Yahoo) -> None:
    batch = yahoo.provider().filings("N000")
    assert batch.table.schema.equals(STATEMENTS)
    rows = batch.table.to_pylist()
    assert [row["period_end"].month for row in rows] == [3, 6, 9]
    for row in rows:
        assert row["available_date"] - row["period_end"] == dt.timedelta(days=60)
        assert row["date_kind"] == "assumed_60d"
        assert row["accepted_at"] is None
    assert rows[1]["revenue"] == 1e9 + 2e7
    assert rows[1]["average_shares"] == 1e8
    assert yahoo.server.meter.count(SERIES) == 1
    late = yahoo.provider().filings("N000", dt.date(2025, 8, 29), dt.date(2025, 8, 29))
    assert late.table["period_end"].to_pylist() == [dt.date(2025, 6, 30)]
    assert yahoo.provider().filings("N002").table.num_rows == 0


def test_annual_statements_wait_ninety_days(yahoo: Yahoo) -> None:
    def annual(answer: Any) -> None:
        for item in answer["timeseries"]["result"]:
            (kind,) = item["meta"]["type"]
            entry = {"asOfDate": "2024-12-31", "periodType": "12M", "reportedValue": {"raw": 7.0}}
            item[kind] = [entry]

    yahoo.server.faults.on(SERIES, wrong.edit(annual))
    (row,) = yahoo.provider().filings("N000", timeframe="annual").table.to_pylist()
    assert row["available_date"] == dt.date(2025, 3, 31)
    assert row["date_kind"] == "assumed_90d"
    with pytest.raises(BadQueryError, match="must be quarterly or annual"):
        yahoo.provider().filings("N000", timeframe="ttm")


def test_a_spoilt_statement_is_refused_item_by_item(yahoo: Yahoo) -> None:
    def spoil(answer: Any) -> None:
        rows = answer["timeseries"]["result"][0]["quarterlyTotalRevenue"]
        rows[0]["reportedValue"] = {"raw": "much"}
        rows[1]["asOfDate"] = "soon"
        rows[2]["currencyCode"] = "EUR"
        rows.append(7)

    yahoo.server.faults.on(SERIES, wrong.edit(spoil))
    batch = yahoo.provider().filings("N000")
    assert batch.table["revenue"].null_count == 3
    assert batch.table["net_income"].null_count == 0
    reasons = {"unparsable_number": 1, "unparsable_date": 2, "other_currency": 1}
    assert count_reasons(batch.refused) == reasons


@pytest.mark.parametrize(
    "fault",
    [wrong.body(b'{"timeseries": {"result": null}}'), wrong.truncated, wrong.body(b"[]")],
)
def test_statements_that_are_none_are_an_error(yahoo: Yahoo, fault: wrong.Fault) -> None:
    yahoo.server.faults.always(SERIES, fault)
    with pytest.raises(BadAnswerError):
        yahoo.provider().filings("N000")


@pytest.mark.parametrize("ticker", ["", "A B", "../../x", "A" * 30, "ABCw", "aapl"])
def test_a_symbol_that_is_none_is_never_asked(yahoo: Yahoo, ticker: str) -> None:
    with pytest.raises(BadQueryError):
        yahoo.provider().bars(ticker, FIRST, LAST)
    assert not yahoo.server.meter.requests


PLAIN = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5)


@given(PLAIN, st.sampled_from(["", ".A", ".B", "pA", "pL"]))
def test_symbols_go_there_and_back(root: str, ending: str) -> None:
    ticker = root + ending
    symbol = yahoo_symbol(ticker)
    assert symbol == symbol.upper()
    assert plimsoll_ticker(symbol) == ticker
    assert plimsoll_ticker(yahoo_symbol(f"I:{root}")) == f"I:{root}"
