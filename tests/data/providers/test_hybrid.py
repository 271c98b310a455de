"""Polygon, else Yahoo, else the store: who serves whom, and what is written down of it."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from data.errors import BadNameError
from data.fetched import FetchedStore, Source
from data.net.errors import CancelledError, MissingKeyError, ProviderError
from data.net.pacing import Pace
from data.providers.base import BarsComplete, BarsEmpty, BarsFailed, Progress
from data.providers.hybrid import BarsStored, HybridOutcome, HybridProvider
from data.providers.hybrid_record import ProvidersRecord, ProviderState, read_record, record_path
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from data.providers.yahoo import YahooProvider
from data.providers.yahoo_settings import YahooSettings
from tests.data.providers.bars import expected_bars, expected_yahoo_bars
from tests.data.providers.conftest import EVENING, QUICK
from tests.loopback import faults as wrong
from tests.loopback.market import FIRST, LAST, Market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer
from tests.loopback.yahoo import CHART, YahooProtocol

AGGS = "/v2/aggs"
NAMES = ("N000", "N001", "DIVI", "SPLF")
WEEK = LAST - dt.timedelta(days=7)


@dataclass
class Both:
    """One server that speaks both protocols, and a hybrid provider that asks it."""

    server: LoopbackServer
    polygon: PolygonProtocol
    yahoo: YahooProtocol
    home: Path
    environ: dict[str, str]
    made: list[HybridProvider] = field(default_factory=list)

    def provider(self, use: str = "auto") -> HybridProvider:
        quick = {"pace": Pace(0.001), "retry": QUICK}
        polygon = PolygonProvider(PolygonSettings(**quick), self.environ)  # type: ignore[arg-type]
        settings = YahooSettings(**quick)  # type: ignore[arg-type]
        yahoo = YahooProvider(settings, self.environ, self.home, lambda: EVENING)
        self.made.append(HybridProvider(self.home, polygon, yahoo, use))
        return self.made[-1]

    def fetch(self, *tickers: str, use: str = "auto", **more: object) -> dict[str, HybridOutcome]:
        outcomes = list(self.provider(use).fetch_bars(tickers, WEEK, LAST, **more))  # type: ignore[arg-type]
        assert len(outcomes) == len(set(tickers))
        return {outcome.ticker: outcome for outcome in outcomes}

    def store(self, provider: str, base: str, ticker: str, market: Market) -> None:
        source = Source(provider, base, EVENING)
        rows = expected_bars(market, ticker, FIRST, WEEK)
        FetchedStore(self.home).append("bars", ticker, rows, source, (FIRST, WEEK))

    def state(self, name: str) -> ProviderState:
        states = {one.provider: one for one in read_record(self.home).states}
        return states[name]


@pytest.fixture
def both(market: Market, tmp_path: Path) -> Iterator[Both]:
    polygon, yahoo = PolygonProtocol(market), YahooProtocol(market)
    with LoopbackServer(polygon, yahoo) as server:
        environ = {"POLYGON_BASE_URL": server.url, "YAHOO_BASE_URL": server.url}
        both = Both(server, polygon, yahoo, tmp_path, environ | {"POLYGON_API_KEY": KEY})
        yield both
        for provider in both.made:
            provider.close()


def providers(outcomes: dict[str, HybridOutcome]) -> set[str]:
    return {o.provenance.provider for o in outcomes.values() if isinstance(o, BarsComplete)}


def test_with_a_key_polygon_serves_and_yahoo_is_not_asked(both: Both, market: Market) -> None:
    outcomes = both.fetch(*NAMES)
    for name in NAMES:
        outcome = outcomes[name]
        assert isinstance(outcome, BarsComplete)
        assert outcome.bars.equals(expected_bars(market, name, WEEK, LAST))
        assert outcome.provenance.base == "raw"
    assert both.server.meter.count(CHART) == 0
    record = read_record(both.home)
    assert record.active == "polygon"
    assert both.state("yahoo").state == "standby"
    assert both.state("yahoo").asked_at is None
    assert record.served() == {"polygon": (4, sum(o.bars.num_rows for o in outcomes.values()))}  # type: ignore[union-attr]


@pytest.mark.parametrize("key", [None, "", "  "])
def test_without_a_key_yahoo_serves_and_polygon_is_not_asked(
    both: Both, market: Market, key: str | None
) -> None:
    del both.environ["POLYGON_API_KEY"]
    if key is not None:
        both.environ["POLYGON_API_KEY"] = key
    outcomes = both.fetch(*NAMES)
    for name in NAMES:
        outcome = outcomes[name]
        assert isinstance(outcome, BarsComplete)
        assert outcome.bars.equals(expected_yahoo_bars(market, name, WEEK, LAST))
        assert outcome.provenance.base == "split"
    assert both.server.meter.count(AGGS) == 0
    record = read_record(both.home)
    assert record.active == "yahoo"
    polygon = both.state("polygon")
    assert (polygon.state, polygon.reason) == ("unavailable", "no_key")
    assert "Set POLYGON_API_KEY" in polygon.message
    source = record.sources["SPLF"]
    assert (source.provider, source.base, source.rows) == ("yahoo", "split", 6)
    assert (source.instead_of, source.reason) == ("polygon", "no_key")


FALLS: dict[str, tuple[wrong.Fault, str, int]] = {
    "rejected key": (wrong.status(401, f"Unknown API Key {KEY}"), "rejected_key", 5),
    "plan": (wrong.status(403, "not entitled"), "not_in_plan", 99),
    "silence": (wrong.html(502), "silent", 99),
    "limit": (wrong.status(429, "slow down"), "rate_limited", 99),
    "nonsense": (wrong.body(b"<html>"), "bad_answer", 99),
}


@pytest.mark.parametrize("name", FALLS)
def test_where_polygon_fails_yahoo_serves_and_the_reason_is_kept(both: Both, name: str) -> None:
    fault, reason, most = FALLS[name]
    both.server.faults.always(AGGS, fault)
    outcomes = both.fetch(*NAMES)
    assert providers(outcomes) == {"yahoo"}
    assert both.server.meter.count(AGGS) <= most
    record = read_record(both.home)
    assert record.active == "yahoo"
    polygon = both.state("polygon")
    assert (polygon.state, polygon.reason) == ("unavailable", reason)
    assert polygon.since is not None
    assert all(one.reason == reason for one in record.sources.values())
    files = [path for path in both.home.rglob("*") if path.is_file()]
    assert record_path(both.home) in files
    assert not [path for path in files if KEY[4:].encode() in path.read_bytes()]
    yahoos = [r for r in both.server.meter.requests if AGGS not in r.target]
    assert not [r for r in yahoos if KEY[4:] in r.target + str(r.headers)]
    assert KEY[4:] not in repr(record)
    assert KEY[4:] not in repr(outcomes)


def test_who_only_looks_does_not_know_since_when(both: Both) -> None:
    del both.environ["POLYGON_API_KEY"]
    states = both.provider().record().states
    assert [(one.provider, one.state, one.since) for one in states] == [
        ("polygon", "unavailable", None),
        ("yahoo", "active", None),
    ]
    both.fetch("N000")
    assert all(one.since is not None for one in both.provider().record().states)


def test_since_is_the_first_moment_and_ends_with_the_trouble(both: Both) -> None:
    both.server.faults.always(AGGS, wrong.html(502))
    both.fetch("N000")
    since = both.state("polygon").since
    both.fetch("N001")
    polygon = both.state("polygon")
    assert polygon.since == since
    assert polygon.asked_at is not None
    assert since is not None
    assert polygon.asked_at > since
    # What it last showed holds until it is asked again, also for who only looks.
    assert both.provider().record().active == "yahoo"
    both.server.faults.clear()
    assert providers(both.fetch("N000")) == {"polygon"}
    assert both.state("polygon").state == "active"
    assert both.state("polygon").since != since
    assert both.state("yahoo").state == "standby"


def test_a_name_outside_the_plan_comes_from_yahoo_and_the_others_do_not(both: Both) -> None:
    both.polygon.outside_plan = ("I:VIX", "I%3AVIX")
    outcomes = both.fetch("I:VIX", "N000")
    vix, stock = outcomes["I:VIX"], outcomes["N000"]
    assert isinstance(vix, BarsComplete)
    assert isinstance(stock, BarsComplete)
    assert (vix.provenance.provider, stock.provenance.provider) == ("yahoo", "polygon")
    record = read_record(both.home)
    assert record.active == "polygon"
    assert record.sources["I:VIX"].reason == "not_in_plan"
    assert record.sources["N000"].reason == ""
    both.fetch("I:VIX")  # alone, it says nothing of the plan either
    assert read_record(both.home).active == "polygon"


def test_where_nobody_answers_the_store_stands_in(both: Both, market: Market) -> None:
    both.store("polygon", "raw", "N000", market)
    both.server.faults.always(AGGS, wrong.html(502)).always(CHART, wrong.html(502))
    outcomes = both.fetch("N000", "N001")
    stored, failed = outcomes["N000"], outcomes["N001"]
    assert isinstance(stored, BarsStored)
    assert (stored.provider, stored.base, stored.start, stored.end) == (
        "polygon",
        "raw",
        FIRST,
        WEEK,
    )
    assert stored.fetched_at == EVENING
    assert stored.rows > 900
    assert isinstance(stored.error, ProviderError)
    assert isinstance(failed, BarsFailed)
    record = read_record(both.home)
    assert record.active is None
    assert record.sources["N000"].stored
    assert record.sources["N001"].provider == ""


def test_a_symbol_that_yahoo_forgot_is_kept_from_the_store(both: Both, market: Market) -> None:
    both.store("polygon", "raw", "GONE", market)
    del both.environ["POLYGON_API_KEY"]
    outcomes = both.fetch("GONE", "NOPE")
    gone = outcomes["GONE"]
    assert isinstance(gone, BarsStored)
    assert isinstance(gone.error, MissingKeyError)
    assert isinstance(outcomes["NOPE"], BarsEmpty)


def test_a_damaged_file_stands_in_for_nothing(both: Both, market: Market) -> None:
    both.store("polygon", "raw", "N000", market)
    path = FetchedStore(both.home).path("bars", "polygon", "N000")
    path.write_bytes(path.read_bytes()[:-40])
    both.server.faults.always(AGGS, wrong.html(502)).always(CHART, wrong.html(502))
    assert isinstance(both.fetch("N000")["N000"], BarsFailed)


def test_a_refresh_goes_on_with_the_series_own_source(both: Both) -> None:
    continues = {"N000": "polygon", "N001": "yahoo"}
    outcomes = both.fetch("N000", "N001", "N002", continues=continues)
    found = {n: o.provenance.provider for n, o in outcomes.items() if isinstance(o, BarsComplete)}
    assert found == {"N000": "polygon", "N001": "yahoo", "N002": "polygon"}
    both.server.faults.always(AGGS, wrong.html(502))
    outcomes = both.fetch("N000", "N001", "N002", continues=continues)
    # Yahoo's week on its own basis must not follow on Polygon's years.
    assert isinstance(outcomes["N000"], BarsFailed)
    assert both.server.meter.count(f"{CHART}N000") == 0
    assert providers(outcomes) == {"yahoo"}


def test_one_source_may_be_chosen(both: Both) -> None:
    assert providers(both.fetch(*NAMES, use="yahoo")) == {"yahoo"}
    assert both.server.meter.count(AGGS) == 0
    assert both.state("polygon").reason == "not_chosen"
    both.server.faults.always(AGGS, wrong.html(502))
    before = both.server.meter.count(CHART)
    outcomes = both.fetch(*NAMES, use="polygon")
    assert all(isinstance(outcome, BarsFailed) for outcome in outcomes.values())
    assert both.server.meter.count(CHART) == before
    with pytest.raises(BadNameError, match="must be polygon or yahoo, was 'yaho'"):
        both.provider("yaho")


def test_progress_runs_over_all_sources_together(both: Both) -> None:
    both.polygon.outside_plan = ("/N001/",)
    seen: list[Progress] = []
    both.fetch(*NAMES, "NOPE", "N000", progress=seen.append)
    assert [one.done for one in seen] == [1, 2, 3, 4, 5]
    assert {one.total for one in seen} == {5}
    assert seen[-1].failed == 0
    assert seen[-1].rows == 6 * 4
    assert seen[-1].requests >= 5


def test_a_cancel_asks_nobody_else_and_changes_no_record_of_what_did_not_come(both: Both) -> None:
    both.fetch("N000", "N001")
    before = read_record(both.home).sources["N001"]
    cancelled = threading.Event()
    cancelled.set()
    outcomes = both.fetch("N001", "DIVI", cancelled=cancelled)
    for outcome in outcomes.values():
        assert isinstance(outcome, BarsFailed)
        assert isinstance(outcome.error, CancelledError)
    assert both.server.meter.count(CHART) == 0
    record = read_record(both.home)
    assert record.sources["N001"] == before
    assert "DIVI" not in record.sources
    assert record.active == "polygon"


def test_a_reader_that_leaves_early_leaves_a_record_and_no_thread(both: Both) -> None:
    before = set(threading.enumerate())
    outcomes = both.provider().fetch_bars(["N000", "N001", "N002"], WEEK, LAST)
    first = next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert set(read_record(both.home).sources) == {first.ticker}
    left = {t for t in set(threading.enumerate()) - before if "fetch" in t.name}
    assert not left


def test_actions_and_statements_come_from_the_first_that_answers(both: Both) -> None:
    hybrid = both.provider()
    assert hybrid.splits().provenance.provider == "polygon"
    assert hybrid.dividends(ticker="DIVI").table.num_rows == 13
    assert hybrid.filings("N000").provenance.provider == "polygon"
    assert hybrid.splits(ticker="SPLF", provider="yahoo").provenance.provider == "yahoo"
    del both.environ["POLYGON_API_KEY"]
    late = hybrid.filings("N000")
    assert late.provenance.provider == "yahoo"
    assert set(late.table["date_kind"].to_pylist()) == {"assumed_60d"}
    assert hybrid.dividends(ticker="DIVI").provenance.base == "split"
    with pytest.raises(ProviderError, match="must be asked for one ticker"):
        hybrid.splits()
    with pytest.raises(MissingKeyError):
        hybrid.splits(ticker="SPLF", provider="polygon")


def test_what_can_be_asked_is_known_without_asking(both: Both) -> None:
    assert both.provider().unavailable() is None
    assert both.provider().record().active == "polygon"
    del both.environ["POLYGON_API_KEY"]
    assert both.provider().unavailable() is None
    assert both.provider().record().active == "yahoo"
    assert isinstance(both.provider("polygon").unavailable(), MissingKeyError)
    assert both.provider("polygon").record().active is None
    assert not both.server.meter.requests
    assert read_record(both.home) == ProvidersRecord()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 9}', '{"version": 1}', "\x00"])
def test_a_damaged_record_is_as_good_as_none(both: Both, content: str) -> None:
    path = record_path(both.home)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert read_record(both.home) == ProvidersRecord()
    both.fetch("N000")
    assert read_record(both.home).active == "polygon"
    assert json.loads(path.read_text())["version"] == 1


def test_a_record_that_cannot_be_written_stops_no_fetch(both: Both) -> None:
    (both.home / "fetched").write_text("a file where the folder should be")
    outcomes = list(both.provider().fetch_bars(["N000"], WEEK, LAST))
    assert isinstance(outcomes[0], BarsComplete)
