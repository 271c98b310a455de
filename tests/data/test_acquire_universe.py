"""Universes by dollar volume: ranked from the provider's lists, by identity, once for a market."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.acquire import last_request
from data.catalog import Catalog
from data.errors import BadTableError, ReferenceFileError
from data.net.errors import ProviderError
from data.universe_ranked import MostTraded, keep_ranking, kept_ranking, most_traded
from tests.data.acquire_cases import World, world
from tests.loopback import faults
from tests.loopback.market import Security

THEN = dt.date(2023, 6, 30)


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, plain=4) as one:
        fund = Security("FUND", "A fund", "BBG0000FUND1", "0000009100", kind="ETF")
        fund = Security(**{**vars(fund), "start_price": 9_000.0})  # the most traded of all
        one.market.securities.append(fund)
        yield one


def _by_hand(one: World, day: dt.date) -> list[str]:
    # The loopback market itself, ranked without the code under test.
    sessions = [s for s in one.market.sessions() if s <= day][-63:]
    found = {}
    for ticker in one.market.tickers():
        listed = [s for s in one.market.listings(ticker) if s.first <= day <= (s.last or day)]
        if not listed or listed[0].kind != "CS":
            continue
        traded = dict.fromkeys(sessions, 0.0)
        bars = one.market.bars(ticker, sessions[0], day)
        traded |= {bar.day: bar.close * bar.volume for bar in bars}
        found[ticker] = statistics.median(traded.values())
    return sorted((t for t in found if found[t] > 0), key=lambda t: (-found[t], t))


def test_the_most_traded_stocks_of_today(keyed: World) -> None:
    report = keyed.fetch("top:5", filings=False)
    expected = _by_hand(keyed, keyed.market.today)
    assert "FUND" not in expected
    assert kept_ranking(keyed.home, MostTraded(5, keyed.market.today)).tickers == tuple(
        expected[:5]
    )
    assert report.snapshot is not None
    assert set(Catalog(keyed.home).prices("live")["ticker"]) == set(expected[:5])
    assert any("look-ahead" in note for note in report.snapshot.notes)
    assert not any("survivorship" in note for note in report.snapshot.notes)


def test_as_of_a_day_past_by_identity(keyed: World) -> None:
    report = keyed.fetch(f"top:99@{THEN}", filings=False)
    ranked = _by_hand(keyed, THEN)
    assert {"GONE", "OLDN", "REUS"} <= set(ranked)
    assert "NEWN" not in ranked
    # Renamed since: its symbol of today. Symbol given away since: left out, and named.
    wanted = [{"OLDN": "NEWN"}.get(ticker, ticker) for ticker in ranked if ticker != "REUS"]
    assert kept_ranking(keyed.home, MostTraded(99, THEN)).tickers == tuple(wanted)
    assert report.snapshot is not None
    assert any("symbol today: REUS" in note for note in report.snapshot.notes)
    prices = Catalog(keyed.home).prices("live")
    assert set(prices["ticker"]) == set(wanted)  # the delisted one too
    assert prices.query("ticker == 'NEWN'")["date"].min().date() < dt.date(2025, 6, 2)


def test_a_refresh_has_the_same_names(keyed: World) -> None:
    last = keyed.market.today
    keyed.market.today = dt.date(2026, 11, 13)
    keyed.fetch("top:4", filings=False)
    pinned = last_request(keyed.home)
    assert pinned is not None
    assert pinned.universe == "top:4@2026-11-13"
    keyed.market.today = last
    keyed.forget()
    report = keyed.refresh()
    assert keyed.asked("/v3/reference/tickers?") == []
    assert len(keyed.asked("/grouped/")) <= 8  # the newest sessions, not sixty-three
    assert report.snapshot is not None
    assert report.snapshot.last_date == last
    assert report.snapshot.names == 4


def test_nothing_is_ranked_by_some_of_the_days(keyed: World) -> None:
    keyed.server.faults.always("2026-10-01", faults.html(500))
    with pytest.raises(ProviderError):
        keyed.fetch("top:4")
    with pytest.raises(ReferenceFileError, match="was not"):
        kept_ranking(keyed.home, MostTraded(4, keyed.market.today))
    assert last_request(keyed.home) is None
    keyed.server.faults.clear()
    assert keyed.fetch("top:4", filings=False).complete


def test_a_session_without_rows_is_no_answer(keyed: World) -> None:
    empty = faults.edit(
        lambda said: (said.pop("results", None), said.update(resultsCount=0, queryCount=0))
    )  # type: ignore[arg-type, return-value]
    keyed.server.faults.always("stocks/2026-10-01", empty)
    with pytest.raises(ProviderError, match="it was a session"):
        keyed.fetch("top:4")


def test_without_polygon_it_says_the_way_out(tmp_path: Path) -> None:
    with world(tmp_path, key=False, plain=1) as keyless:
        with pytest.raises(ReferenceFileError, match=r"POLYGON_API_KEY.*us200"):
            keyless.fetch("top:4")
        with pytest.raises(ReferenceFileError, match=r"Yahoo has none.*us200"):
            keyless.fetch("top:4", provider="yahoo")
        assert keyless.asked("") == []


def test_a_ranking_that_is_kept_needs_nobody(tmp_path: Path) -> None:
    with world(tmp_path, plain=4) as keyed:
        keyed.fetch(f"top:4@{THEN}", filings=False)
        del keyed.env["POLYGON_API_KEY"]
        report = keyed.fetch(f"top:4@{THEN}", provider="yahoo", filings=False)
        assert report.snapshot is not None
        assert "yahoo" in report.snapshot.origin


def test_a_day_that_is_not_over_cannot_be_ranked(keyed: World) -> None:
    with pytest.raises(BadTableError, match="bars are final"):
        keyed.fetch("top:4@2031-01-02")


@pytest.mark.parametrize("text", ["top:500", "top500", "TOP:500"])
def test_how_it_is_written(text: str) -> None:
    assert most_traded(text) == MostTraded(500)
    day = MostTraded(500, dt.date(2024, 12, 31))
    assert most_traded(f"{text}@2024-12-31") == day
    assert most_traded(day.text) == day


@pytest.mark.parametrize("text", ["us200", "topaz.csv", "stop:5", "top:", "top:x"])
def test_what_is_another_universe(text: str) -> None:
    assert most_traded(text) is None


@pytest.mark.parametrize("text", ["top:0", "top:3001", "top:5@yesterday", "top:5@2024-13-01"])
def test_what_means_nothing(text: str) -> None:
    with pytest.raises(BadTableError, match="dollar volume must"):
        most_traded(text)


@pytest.mark.parametrize("content", ["", "{}", '{"version": 9, "members": [], "notes": []}'])
def test_a_damaged_ranking_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    asked = MostTraded(5, THEN)
    keep_ranking(tmp_path, asked, [], ["a note"])
    assert kept_ranking(tmp_path, asked).notes == ("a note",)
    next((tmp_path / "fetched" / "universes").iterdir()).write_text(content)
    with pytest.raises(ReferenceFileError):
        kept_ranking(tmp_path, asked)
