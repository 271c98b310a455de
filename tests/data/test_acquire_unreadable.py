"""A split or dividend that cannot be read is one that nobody knows: never one that is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.catalog import Catalog
from data.fetched import FetchedStore
from data.providers import yahoo_bars
from tests.data.acquire_cases import NAMES, World, world
from tests.loopback import polygon_rows
from tests.loopback.market import Market

Rows = list[dict[str, Any]]
FEW = ("N000", "SPLF")  # each is asked for; of more names the last days come in one list
EARLIER = dt.date(2022, 1, 3)  # everything is asked for anew
SPLITS, DIVIDENDS = "/v3/reference/splits", "/v3/reference/dividends"


def _spoilt(
    monkeypatch: pytest.MonkeyPatch, path: str, change: Callable[[Rows], Rows], ticker: str
) -> None:
    tell = polygon_rows.LISTS[path]

    def spoilt(market: Market, query: dict[str, str]) -> Rows:
        rows = tell(market, query)
        ours = [row for row in rows if row["ticker"] == ticker]
        return [row for row in rows if row["ticker"] != ticker] + change(ours)

    monkeypatch.setitem(polygon_rows.LISTS, path, spoilt)


def _no_number(rows: Rows) -> Rows:
    return [{**row, "split_to": None} for row in rows]


def _contradiction(rows: Rows) -> Rows:
    return rows + [{**row, "split_to": 7} for row in rows]


def _worst_day(one: World, ticker: str) -> float:
    prices = Catalog(one.home).prices("live").query(f"ticker == '{ticker}'").sort_values("date")
    return float(prices["adj_close"].pct_change().min())


def _refused(one: World, provider: str, ticker: str) -> list[str]:
    series = FetchedStore(one.home).read("refused", provider, ticker)
    return [] if series is None else [row["table"] for row in series.rows.to_pylist()]


@pytest.mark.parametrize("names", [NAMES, FEW])
@pytest.mark.parametrize("change", [_no_number, _contradiction])
def test_a_split_that_turns_unreadable_takes_nothing_from_the_store(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    change: Callable[[Rows], Rows],
) -> None:
    with world(tmp_path) as one:
        assert one.fetch(names, provider="polygon", filings=False).complete
        before = _worst_day(one, "SPLF")
        assert before > -0.2
        _spoilt(monkeypatch, SPLITS, change, "SPLF")
        report = one.refresh()
        outcome = {item.ticker: item for item in report.outcomes}
        assert not report.complete
        assert outcome["SPLF"].state == "failed"
        assert "polygon: splits of SPLF must have no row" in outcome["SPLF"].detail
        assert outcome["N000"].state in ("stored", "fresh")
        assert _worst_day(one, "SPLF") == before
        stored = FetchedStore(one.home).read("splits", "polygon", "SPLF")
        assert stored is not None
        assert stored.rows["ratio"].to_pylist() == [5.0]
        assert set(_refused(one, "polygon", "SPLF")) == {"splits"}


def test_a_first_fetch_is_not_complete_without_a_readable_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoilt(monkeypatch, SPLITS, _no_number, "SPLF")
    with world(tmp_path) as one:
        report = one.fetch(FEW, provider="polygon", filings=False)
        assert not report.complete
        assert set(Catalog(one.home).prices("live")["ticker"]) == {"N000"}
        report = one.fetch(FEW, filings=False)  # whoever else can serve the name does
        assert report.complete
        assert _worst_day(one, "SPLF") > -0.2
        served = {item.ticker: item.provider for item in report.outcomes}
        assert served == {"N000": "polygon", "SPLF": "yahoo"}


def test_a_dividend_that_cannot_be_read_fails_its_name_and_one_told_twice_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("N000", "DIVI")
    _spoilt(monkeypatch, DIVIDENDS, lambda rows: rows + rows[:1], "DIVI")
    with world(tmp_path) as one:
        assert one.fetch(names, provider="polygon", filings=False).complete
        assert _refused(one, "polygon", "DIVI") == ["dividends"]
        _spoilt(
            monkeypatch,
            DIVIDENDS,
            lambda rows: [{**row, "cash_amount": -1} for row in rows],
            "DIVI",
        )
        report = one.fetch(names, provider="polygon", start=EARLIER, filings=False)
        assert [item.ticker for item in report.outcomes if item.state == "failed"] == ["DIVI"]
        stored = FetchedStore(one.home).read("dividends", "polygon", "DIVI")
        assert stored is not None
        assert stored.rows.num_rows == 13


def test_of_yahoo_nothing_is_stored_whose_split_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = yahoo_bars._splits
    with world(tmp_path, key=False) as one:
        assert one.fetch(FEW, filings=False).complete
        before = _worst_day(one, "SPLF")
        labels = FetchedStore(one.home).labels("bars", "yahoo")

        def spoilt(result: Any, ticker: str, start: dt.date, end: dt.date, thing: str) -> Rows:
            rows = tell(result, ticker, start, end, thing)
            return [{**row, "split_to": 0} if ticker == "SPLF" else row for row in rows]

        monkeypatch.setattr(yahoo_bars, "_splits", spoilt)
        report = one.fetch(FEW, start=EARLIER, filings=False)
        outcome = {item.ticker: item for item in report.outcomes}
        assert outcome["SPLF"].state == "failed"
        assert "yahoo: splits of SPLF" in outcome["SPLF"].detail
        assert _worst_day(one, "SPLF") == before
        assert FetchedStore(one.home).labels("bars", "yahoo")["SPLF"] == labels["SPLF"]
        assert set(_refused(one, "yahoo", "SPLF")) == {"splits"}


def test_actions_are_asked_once_however_many_providers_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path) as one:
        last, one.market.today = one.market.today, dt.date(2026, 11, 13)
        one.fetch(FEW, filings=False)
        one.market.today = last
        _spoilt(monkeypatch, SPLITS, _no_number, "SPLF")
        one.forget()
        report = one.refresh()
        assert [item.provider for item in report.outcomes] == ["polygon", "yahoo"]
        asked = [one for one in one.server.meter.requests if one.query.get("ticker") == "N000"]
        assert sorted(one.path for one in asked) == [DIVIDENDS, SPLITS]
