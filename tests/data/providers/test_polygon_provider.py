"""What the provider returns is what the market has: no more, no less, with where it came from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from data.net.errors import BadQueryError, NotInPlanError
from data.providers.base import BarsComplete, BarsEmpty, BarsFailed, Progress, count_reasons
from tests.data.providers.bars import expected_bars
from tests.data.providers.conftest import Polygon
from tests.loopback import faults as wrong
from tests.loopback.market import FIRST, HALTED, LAST, SPLIT_DAY

START = dt.date(2025, 1, 2)


def test_every_ticker_has_one_outcome_with_exactly_its_bars(polygon: Polygon) -> None:
    asked = [*polygon.market.tickers(), "I:VIX", "ZZZZ", "N000", "a/../b?x=1#"]
    seen: list[Progress] = []
    outcomes = list(polygon.provider().fetch_bars(asked, FIRST, LAST, progress=seen.append))
    by_ticker = {outcome.ticker: outcome for outcome in outcomes}
    assert len(outcomes) == len(by_ticker) == len(set(asked))
    for ticker in polygon.market.tickers():
        outcome = by_ticker[ticker]
        assert isinstance(outcome, BarsComplete)
        assert outcome.bars.equals(expected_bars(polygon.market, ticker))
        assert outcome.bars.num_rows == len(polygon.market.bars(ticker)) > 0
    empty = by_ticker["ZZZZ"]
    assert isinstance(empty, BarsEmpty)
    assert "counted 0 bars from 2022-11-22" in empty.proof
    failed = by_ticker["a/../b?x=1#"]
    assert isinstance(failed, BarsFailed)
    assert isinstance(failed.error, BadQueryError)
    assert len(polygon.server.meter.requests) == len(set(asked)) - 1
    assert [progress.done for progress in seen] == list(range(1, len(outcomes) + 1))
    last = seen[-1]
    assert (last.total, last.failed, last.remaining_seconds) == (len(outcomes), 1, 0.0)
    assert last.rows == sum(o.bars.num_rows for o in outcomes if isinstance(o, BarsComplete))


def test_provenance_says_where_bars_come_from(polygon: Polygon) -> None:
    before = dt.datetime.now(dt.UTC)
    outcome = polygon.provider().bars("N000", START, LAST)
    said = outcome.provenance
    assert (said.provider, said.base, said.requests, said.status) == ("polygon", "raw", 1, "OK")
    assert before <= said.fetched_at <= dt.datetime.now(dt.UTC)
    package = {"polygon": "polygon-api-client 1.16.3", "massive": "massive 2."}
    assert said.client.startswith(package[polygon.client])


def test_only_the_asked_dates_come_both_ends_included(polygon: Polygon) -> None:
    sessions = polygon.market.sessions()
    outcome = polygon.provider().bars("N000", sessions[10], sessions[12])
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars["date"].to_pylist() == sessions[10:13]


def test_a_halt_leaves_a_gap_and_no_filler(polygon: Polygon) -> None:
    outcome = polygon.provider().bars("HALT", FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    dates = set(outcome.bars["date"].to_pylist())
    assert not dates & HALTED
    assert dates | HALTED == set(polygon.market.sessions())


def test_an_index_has_prices_and_no_volume(polygon: Polygon) -> None:
    outcome = polygon.provider().bars("I:VIX", FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars["volume"].null_count == outcome.bars.num_rows > 900
    assert outcome.bars["close"].null_count == 0


def test_an_index_outside_the_plan_fails_alone(polygon: Polygon) -> None:
    polygon.protocol.outside_plan = ("I:VIX", "I%3AVIX")
    outcomes = {o.ticker: o for o in polygon.provider().fetch_bars(["I:VIX", "N000"], START, LAST)}
    failed = outcomes["I:VIX"]
    assert isinstance(failed, BarsFailed)
    assert isinstance(failed.error, NotInPlanError)
    assert "403" in str(failed.error)
    assert isinstance(outcomes["N000"], BarsComplete)


def test_pages_are_joined_whole(polygon: Polygon) -> None:
    polygon.protocol.page_size = 97
    outcome = polygon.provider().bars("N000", FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_bars(polygon.market, "N000"))
    assert outcome.provenance.requests == len(polygon.server.meter.requests) == 11


def test_a_grouped_day_is_the_same_bars_as_those_of_each_ticker(polygon: Polygon) -> None:
    day = dt.date(2026, 7, 6)  # in summer time
    grouped = polygon.provider().grouped_day(day)
    assert set(grouped.bars["ticker"].to_pylist()) == {
        ticker for ticker in polygon.market.tickers() if polygon.market.bars(ticker, day, day)
    }
    for row in grouped.bars.to_pylist():
        assert [row] == expected_bars(polygon.market, row["ticker"], day, day).to_pylist()
    some = polygon.provider().grouped_day(day, {"N000", "N001"})
    assert some.bars["ticker"].to_pylist() == ["N000", "N001"]
    assert some.others == grouped.bars.num_rows - 2


def test_a_grouped_day_refuses_garbage_and_rows_of_other_days(polygon: Polygon) -> None:
    def spoil(answer: Any) -> None:
        rows = answer["results"]
        rows[0]["T"] = "\x00HTLP"
        rows[1]["T"] = None
        rows[2]["t"] += 86_400_000

    polygon.server.faults.on("grouped", wrong.edit(spoil))
    day = dt.date(2026, 1, 6)
    grouped = polygon.provider().grouped_day(day)
    assert count_reasons(grouped.refused) == {"bad_ticker": 2, "outside_request": 1}
    whole = polygon.provider().grouped_day(day)
    assert grouped.bars.num_rows + 3 == whole.bars.num_rows


def test_a_grouped_day_without_a_session_is_empty(polygon: Polygon) -> None:
    grouped = polygon.provider().grouped_day(dt.date(2026, 7, 4))
    assert (grouped.bars.num_rows, grouped.refused, grouped.others) == (0, (), 0)


def test_a_split_between_two_refreshes_changes_only_the_actions(polygon: Polygon) -> None:
    provider = polygon.provider()
    polygon.market.today = SPLIT_DAY - dt.timedelta(days=1)
    before = provider.bars("SPLF", FIRST, polygon.market.today)
    polygon.market.today = LAST
    after = provider.bars("SPLF", FIRST, LAST)
    assert isinstance(before, BarsComplete)
    assert isinstance(after, BarsComplete)
    assert after.bars.slice(0, before.bars.num_rows).equals(before.bars)
    splits = provider.splits(SPLIT_DAY).table.to_pylist()
    assert [(s["ticker"], s["execution_date"], s["ratio"]) for s in splits] == [
        ("SPLF", SPLIT_DAY, 5.0)
    ]
    # The server's own adjusted history did change, which is why it is not asked for.
    assert polygon.market.split_factor("SPLF", FIRST) == pytest.approx(0.2)


def test_revised_history_comes_when_asked_again(polygon: Polygon) -> None:
    provider = polygon.provider()
    day = polygon.market.sessions()[-2]
    first = provider.grouped_day(day, {"N000"}).bars["close"][0].as_py()
    polygon.market.revised[("N000", day)] = 1.01
    again = provider.grouped_day(day, {"N000"}).bars["close"][0].as_py()
    assert again == pytest.approx(first * 1.01, abs=1e-3)


def test_nothing_is_written_and_only_the_base_url_is_contacted(
    polygon: Polygon, only_loopback: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    polygon.protocol.page_size = 5
    provider = polygon.provider()
    list(provider.fetch_bars(["N000", "I:VIX"], LAST - dt.timedelta(days=30), LAST))
    for ask in (provider.splits, provider.dividends, provider.listings, provider.holidays):
        ask()
    provider.filings("N000")
    provider.snapshots(["N000"])
    provider.ticker_details("N000")
    port = int(polygon.server.url.rpartition(":")[2])
    assert set(only_loopback) == {("127.0.0.1", port)}
    assert list(tmp_path.iterdir()) == []
