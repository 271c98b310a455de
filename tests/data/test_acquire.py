from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.acquire import last_request
from data.acquire_types import STAGES, AcquireProgress, FetchRequest
from data.assemble import assemble
from data.catalog import Catalog
from data.errors import BadTableError, MixedMarketError, ReferenceFileError
from data.fetched import FetchedStore, Source
from data.health import check_market
from data.net.errors import MissingKeyError
from data.providers.hybrid_record import read_record
from tests.data.acquire_cases import NAMES, World, states, world
from tests.loopback import faults
from tests.loopback.market import FIRST, Security


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


@pytest.fixture
def keyless(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, key=False) as one:
        yield one


def test_raw_bars_become_returns_with_splits_and_dividends(keyed: World) -> None:
    report = keyed.fetch(volatility="I:VIX", benchmark="SPY")
    assert states(report) == {"stored": 6, "empty": 1}  # SPY is not in the little market
    assert report.complete
    snapshot = report.snapshot
    assert snapshot is not None
    assert not snapshot.simulated
    assert "polygon 6 names" in snapshot.origin
    assert "total return" in snapshot.return_basis
    assert any("survivorship bias" in note for note in snapshot.notes)
    assert any("cash earns the 3-month Treasury yield" in note for note in snapshot.notes)
    catalog = Catalog(keyed.home)
    prices = catalog.prices("live").set_index(["ticker", "date"]).sort_index()
    raw = {bar.day: bar.close for bar in keyed.market.bars("SPLF")}
    days = prices.loc["SPLF"].index
    before = prices.loc["SPLF"]["close"].to_numpy()[days < "2026-11-18"]
    assert before == pytest.approx([raw[day.date()] / 5 for day in days if day < days[-3]])
    split = prices.loc["SPLF"]["adj_close"].pct_change()
    assert split.abs().max() < 0.2  # no jump where the split landed
    divi = prices.loc["DIVI"]
    bars = {bar.day: bar.close for bar in keyed.market.bars("DIVI")}
    ex = dt.date(2025, 12, 1)
    place = int(np.searchsorted(divi.index.to_numpy(), np.datetime64(ex)))
    former = bars[divi.index[place - 1].date()]
    told = divi["adj_close"].iloc[place] / divi["adj_close"].iloc[place - 1]
    assert told == pytest.approx(bars[ex] / (former - 2.0))
    vix = catalog.index_series("live", "^VIX", "close")
    assert vix is not None
    assert len(vix[0]) == len(keyed.market.bars("I:VIX"))


def test_both_providers_give_the_same_returns(tmp_path: Path) -> None:
    frames = []
    for name, key in (("keyed", True), ("keyless", False)):
        with world(tmp_path / name, key=key) as one:
            assert one.fetch().complete
            frames.append(Catalog(one.home).prices("live"))
    left, right = frames
    assert set(left["source"]) == {"polygon"}
    assert set(right["source"]) == {"yahoo"}
    assert left["ticker"].tolist() == right["ticker"].tolist()
    for column, rtol in (("close", 1e-9), ("adj_close", 1e-9), ("volume", 2e-4)):  # whole shares
        np.testing.assert_allclose(left[column], right[column], rtol=rtol, err_msg=column)


def test_what_is_stored_is_not_asked_again(keyed: World) -> None:
    first = keyed.fetch()
    keyed.forget()
    again = keyed.fetch()
    assert keyed.asked("") == []
    assert states(again) == {"fresh": len(NAMES)}
    assert again.snapshot == first.snapshot  # nothing changed: the market is not made again


def test_a_later_fetch_asks_for_the_days_that_are_missing(keyed: World) -> None:
    last = keyed.market.today
    keyed.market.today = dt.date(2026, 11, 13)
    keyed.fetch()
    keyed.market.today = last
    keyed.forget()
    report = keyed.fetch()
    assert states(report) == {"stored": len(NAMES)}
    assert {path.split("/")[-2] for path in keyed.asked("/v2/aggs")} == {"2026-11-11"}
    assert report.snapshot is not None
    assert report.snapshot.last_date == last


def test_an_earlier_start_asks_for_the_whole(keyed: World) -> None:
    keyed.fetch(start=dt.date(2025, 1, 2))
    keyed.forget()
    report = keyed.fetch(start=FIRST)
    assert len(keyed.asked("/v2/aggs")) == len(NAMES)
    assert report.snapshot is not None
    assert report.snapshot.first_date == FIRST


def test_an_end_cuts_the_market_and_knows_nothing_of_later_splits(keyed: World) -> None:
    report = keyed.fetch(("SPLF", "N000"), end=dt.date(2026, 11, 17))
    assert report.snapshot is not None
    assert report.snapshot.last_date == dt.date(2026, 11, 17)
    prices = Catalog(keyed.home).prices("live").query("ticker == 'SPLF'")
    last = keyed.market.bars("SPLF", dt.date(2026, 11, 17), dt.date(2026, 11, 17))[0]
    assert prices["close"].iloc[-1] == last.close  # as it was traded, the split is of tomorrow


def test_cancelling_keeps_what_came_and_the_next_job_goes_on(tmp_path: Path) -> None:
    with world(tmp_path, plain=40) as keyed:
        _cancel_and_go_on(keyed)


def _cancel_and_go_on(keyed: World) -> None:
    stop = threading.Event()
    seen: list[AcquireProgress] = []

    def progress(said: AcquireProgress) -> None:
        seen.append(said)
        if said.stage == "bars" and said.done == 2:
            stop.set()

    names = tuple(f"N{number:03d}" for number in range(40))
    keyed.server.latency = 0.05
    report = keyed.fetch(names, progress=progress, cancelled=stop)
    assert report.cancelled
    counts = states(report)
    assert counts["cancelled"] >= 1
    stored = set(FetchedStore(keyed.home).labels("bars", "polygon"))
    assert len(stored) >= 2
    shares = [said.share for said in seen]
    assert shares == sorted(shares)
    assert {said.stage for said in seen} <= set(STAGES)
    keyed.server.latency = 0.0
    keyed.forget()
    after = keyed.fetch(names)
    assert after.complete
    asked = {path.split("/")[4] for path in keyed.asked("/v2/aggs")}
    assert asked == set(names) - stored


def test_a_plan_without_the_data_falls_back_to_yahoo_and_says_so(keyed: World) -> None:
    keyed.polygon.outside_plan = ("/v2/aggs",)
    report = keyed.fetch()
    assert report.complete
    assert {outcome.provider for outcome in report.outcomes} == {"yahoo"}
    assert report.snapshot is not None
    assert "yahoo" in report.snapshot.origin
    assert "polygon" not in report.snapshot.origin
    states_ = {one.provider: one for one in read_record(keyed.home).states}
    assert states_["polygon"].reason == "not_in_plan"
    assert states_["yahoo"].state == "active"


def test_bars_without_their_dividends_are_no_returns(keyed: World) -> None:
    # Polygon gives bars and refuses dividends: Yahoo serves the whole name, never half of it.
    keyed.polygon.outside_plan = ("/v3/reference/dividends",)
    report = keyed.fetch(("DIVI", "N000"))
    assert report.complete
    assert report.snapshot is not None
    assert set(Catalog(keyed.home).prices("live")["source"]) == {"yahoo"}
    assert all("Bars came, but" in outcome.detail for outcome in report.outcomes)


def test_with_one_provider_named_nobody_else_is_asked(keyed: World) -> None:
    keyed.polygon.outside_plan = ("/v3/reference/dividends",)
    report = keyed.fetch(("DIVI", "N000"), provider="polygon")
    assert states(report) == {"failed": 2}
    assert keyed.asked("/v8/finance") == []
    assert report.snapshot is None
    assert "none of the 2 names" in report.unmade


def test_polygon_without_a_key_says_which_variable(keyless: World) -> None:
    with pytest.raises(MissingKeyError, match="POLYGON_API_KEY"):
        keyless.fetch(provider="polygon")
    assert keyless.asked("") == []


def test_nobody_answers(keyed: World) -> None:
    keyed.server.faults.always("", faults.reset)
    report = keyed.fetch(("N000", "N001", "N002"))
    assert states(report) == {"failed": 3}
    assert report.snapshot is None
    assert report.unmade
    assert not report.cancelled


def test_a_symbol_that_changed_hands_has_only_its_own_bars(keyed: World) -> None:
    report = keyed.fetch(("REUS", "N000"))
    assert report.snapshot is not None
    prices = Catalog(keyed.home).prices("live").query("ticker == 'REUS'")
    assert prices["date"].min().date() == dt.date(2025, 1, 6)
    assert any("another company" in note for note in report.snapshot.notes)


def test_a_renamed_company_has_its_whole_past_and_is_there_once(keyed: World) -> None:
    report = keyed.fetch(("NEWN", "OLDN", "N000"))
    assert report.snapshot is not None
    prices = Catalog(keyed.home).prices("live")
    assert set(prices["ticker"]) == {"NEWN", "N000"}
    days = prices.query("ticker == 'NEWN'")["date"]
    assert days.min().date() == FIRST
    assert days.is_unique
    assert len(days) == len(keyed.market.sessions())
    assert any("trades as NEWN" in note for note in report.snapshot.notes)


def test_an_end_that_the_provider_states_is_one_and_another_is_data_ended(tmp_path: Path) -> None:
    with world(tmp_path / "a") as one:
        one.fetch(("GONE", "N000"))
        rows = Catalog(one.home).securities("live").set_index("ticker")
        assert rows.loc["GONE", "last_session"].date() == dt.date(2024, 5, 31)
        assert not rows.loc["GONE", "data_ended"]
    with world(tmp_path / "b") as one:
        one.polygon.outside_plan = ("/v3/reference/tickers",)
        report = one.fetch(("GONE", "N000"))
        rows = Catalog(one.home).securities("live").set_index("ticker")
        assert rows.loc["GONE", "data_ended"]
        assert report.snapshot is not None
        assert any("not known" in note for note in report.snapshot.notes)


def test_the_first_price_after_the_end_of_a_listing_is_what_holders_got(keyed: World) -> None:
    end, after = dt.date(2025, 3, 14), dt.date(2025, 3, 19)
    listed = Security("FAIL", "Fails", "BBG0000FAIL1", "0000009200", last=end)
    counter = replace(listed, first=after, last=dt.date(2025, 6, 2), start_price=0.4, kind="OTC")
    keyed.market.securities += [listed, counter]
    report = keyed.fetch(("FAIL", "GONE", "N000"), filings=False)
    row = Catalog(keyed.home).securities("live").set_index("ticker").loc["FAIL"]
    assert row["last_session"].date() == end
    assert not row["data_ended"]
    bars = {bar.day: bar.close for bar in keyed.market.bars("FAIL")}
    assert row["delisting_return"] == pytest.approx(bars[after] / bars[end] - 1.0)
    assert row["delisting_return"] < -0.9
    assert report.snapshot is not None
    notes = " ".join(report.snapshot.notes)
    assert "first close after that: FAIL -99" in notes
    assert "0 is assumed (state it in the overrides file): GONE" in notes
    found = {(f.ticker, f.kind): f for f in check_market(Catalog(keyed.home), "live").findings}
    assert "0 is assumed" in found["GONE", "ends_early"].detail


def test_sectors_come_from_the_universe_then_the_sic_code(keyed: World) -> None:
    report = keyed.fetch(("BRK.B", "N000"))
    rows = Catalog(keyed.home).securities("live").set_index("ticker")["sector"]
    assert rows["BRK.B"] == "Financials"  # by us200, whatever its SIC code
    assert rows["N000"] == "Information Technology"  # SIC 3571
    assert report.snapshot is not None
    note = next(text for text in report.snapshot.notes if text.startswith("sectors:"))
    assert "1 by the universe's file, 1 by the SIC code" in note


def test_statements_keep_the_day_they_were_filed(keyed: World) -> None:
    keyed.fetch(("N000", "DIVI"))
    rows = Catalog(keyed.home).fundamentals("live").query("ticker == 'N000'")
    assert len(rows) == 3
    assert set(rows["date_kind"]) == {"filing"}
    lags = (rows["available_date"] - rows["period_end"]).dt.days
    assert set(lags) == {35}


def test_statements_of_yahoo_say_that_their_day_is_assumed(keyless: World) -> None:
    keyless.fetch(("N000", "DIVI"))
    rows = Catalog(keyless.home).fundamentals("live")
    assert set(rows["date_kind"]) == {"assumed_60d"}
    assert set((rows["available_date"] - rows["period_end"]).dt.days) == {60}


def test_an_overrides_file_of_the_market_is_applied(keyed: World) -> None:
    folder = keyed.home / "overrides"
    folder.mkdir()
    (folder / "live.toml").write_text(
        '[[exclude]]\nticker = "N000"\nto = 2023-01-31\nreason = "a test"\n'
        '[[exclude]]\nticker = "NONE"\nreason = "matches nothing"\n'
        '[[security]]\nticker = "GONE"\ndelisting_return = -0.9\nreason = "it failed"\n'
        '[[accept]]\nkind = "jump"\nticker = "GONE"\nreason = "looked at"\n'
    )
    report = keyed.fetch(("N000", "GONE"))
    snapshot = report.snapshot
    assert snapshot is not None
    prices = Catalog(keyed.home).prices("live").query("ticker == 'N000'")
    assert prices["date"].min().date() > dt.date(2023, 1, 31)
    assert snapshot.excluded == {"prices": 47}
    assert any("matches nothing" in note for note in snapshot.notes)
    rows = Catalog(keyed.home).securities("live").set_index("ticker")
    assert rows.loc["GONE", "delisting_return"] == -0.9
    assert any(text.startswith("accept jump GONE") for text in snapshot.overrides)


def test_refused_rows_are_counted_and_kept(keyed: World) -> None:
    body = (
        b'{"ticker":"N000","adjusted":false,"resultsCount":2,"status":"OK","results":['
        b'{"o":1,"h":1,"l":1,"c":-1,"v":1,"t":1700000000000},'
        b'{"o":1,"h":1,"l":1,"c":1,"v":1,"t":1700100000000}]}'
    )
    keyed.server.faults.on("/v2/aggs/ticker/N000", faults.body(body))
    report = keyed.fetch(("N000", "N001"))
    assert report.snapshot is not None
    assert report.snapshot.quarantined == {"bars: non_positive_price": 1}
    findings = Catalog(keyed.home).findings(report.snapshot)
    assert findings["reason"].tolist() == ["non_positive_price"]


def test_requests_that_mean_nothing(tmp_path: Path) -> None:
    with pytest.raises(MixedMarketError):
        FetchRequest(name="demo")
    with pytest.raises(BadTableError, match="start must not lie after end"):
        FetchRequest(start=dt.date(2024, 2, 1), end=dt.date(2024, 1, 1))
    with pytest.raises(ReferenceFileError):
        FetchRequest("us2000").members(tmp_path)
    window = FetchRequest().window(dt.date(2024, 2, 29))
    assert window == (dt.date(2014, 2, 1), dt.date(2024, 2, 29))


def test_the_request_is_kept(keyed: World) -> None:
    assert last_request(keyed.home) is None
    keyed.fetch(("N000",), filings=False)
    kept = last_request(keyed.home)
    assert kept is not None
    assert (kept.universe, kept.start, kept.filings) == (("N000",), FIRST, False)


def test_bars_newer_than_their_actions_are_not_used(keyed: World) -> None:
    keyed.fetch(("SPLF", "N000"))
    store = FetchedStore(keyed.home)
    kept = store.read("splits", "polygon", "SPLF")
    assert kept is not None
    source = Source("polygon", "raw", keyed.now())
    before = (FIRST, dt.date(2026, 11, 16))  # as a job leaves it that is killed after the bars
    store.replace("splits", "SPLF", kept.rows.slice(0, 0), source, before)
    request = last_request(keyed.home)
    assert request is not None
    assemble(keyed.home, request, (FIRST, keyed.market.today))
    prices = Catalog(keyed.home).prices("live").query("ticker == 'SPLF'")
    assert prices["date"].max().date() == dt.date(2026, 11, 16)
    assert prices["adj_close"].pct_change().abs().max() < 0.2  # no false loss of four fifths


@pytest.mark.parametrize("table", ["splits", "dividends"])
def test_actions_that_were_damaged_come_whole_again(keyed: World, table: str) -> None:
    keyed.fetch()
    wanted = Catalog(keyed.home).prices("live")
    store = FetchedStore(keyed.home)
    for name in ("SPLF", "DIVI"):
        path = store.path(table, "polygon", name)
        path.write_bytes(path.read_bytes()[:100] + b"\xff" + path.read_bytes()[101:])
    report = keyed.refresh()
    assert report.complete
    prices = Catalog(keyed.home).prices("live")
    np.testing.assert_allclose(prices["adj_close"], wanted["adj_close"], rtol=1e-12)
