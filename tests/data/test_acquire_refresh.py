from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.catalog import Catalog
from data.errors import UnknownSourceError
from data.fetched import FetchedStore
from tests.data.acquire_cases import NAMES, World, states, world
from tests.loopback.market import FIRST, SPLIT_DAY

FEW = ("N000", "SPLF")
BEFORE = dt.date(2026, 11, 13)  # a Friday; the split of SPLF is on the Wednesday after


@pytest.fixture(params=["polygon", "yahoo"])
def fetched(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Return a market that was fetched a week ago from either provider."""
    with world(tmp_path, key=request.param == "polygon") as one:
        last = one.market.today
        one.market.today = BEFORE
        assert one.fetch().complete
        one.market.today = last
        one.forget()
        yield one


def test_a_split_between_two_refreshes(fetched: World, tmp_path: Path) -> None:
    store = FetchedStore(fetched.home)
    provider = "polygon" if "POLYGON_API_KEY" in fetched.env else "yahoo"
    before = store.read("bars", provider, "SPLF")
    assert before is not None
    report = fetched.refresh()
    assert report.complete
    after = store.read("bars", provider, "SPLF")
    splits = store.read("splits", provider, "SPLF")
    assert after is not None
    assert splits is not None
    assert splits.rows["execution_date"].to_pylist() == [SPLIT_DAY]
    days = before.rows.num_rows
    if provider == "polygon":  # a split changes only the actions
        assert after.rows["close"].to_pylist()[:days] == before.rows["close"].to_pylist()
        assert not after.history.num_rows
    else:  # Yahoo's whole past has moved: it was fetched again and replaced
        moved = np.array(after.rows["close"].to_pylist()[:days])
        assert moved * 5 == pytest.approx(before.rows["close"].to_pylist(), rel=1e-5)
    with world(tmp_path / "fresh", key=provider == "polygon") as fresh:
        fresh.fetch()
        wanted = Catalog(fresh.home).prices("live")
    prices = Catalog(fetched.home).prices("live")
    assert prices["date"].tolist() == wanted["date"].tolist()
    for column in ("close", "adj_close"):
        np.testing.assert_allclose(prices[column], wanted[column], rtol=1e-9)


def test_the_fewest_requests(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        last = one.market.today
        names = tuple(f"N{number:03d}" for number in range(8))
        one.market.today = dt.date(2026, 11, 19)
        one.fetch(names, filings=False)
        one.market.today = last
        one.forget()
        report = one.refresh()
        assert states(report) == {"stored": 8}
        days = [path.rsplit("/", 1)[1] for path in one.asked("/v2/aggs/grouped")]
        assert days == ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"]
        assert one.asked("/v2/aggs/ticker") == []
        assert len(one.asked("/v3/reference/splits")) == 1  # one list for all stocks
        assert len(one.asked("/v3/reference/dividends")) == 1
        assert report.snapshot is not None
        assert report.snapshot.last_date == last


def test_a_corrected_close_takes_the_place_of_the_old_one(fetched: World) -> None:
    fetched.market.revised["N000", BEFORE] = 1.01
    before = Catalog(fetched.home).prices("live").query("ticker == 'N000'")["close"].iloc[-1]
    report = fetched.refresh()
    assert report.complete
    prices = Catalog(fetched.home).prices("live").query("ticker == 'N000'").set_index("date")
    assert prices.loc[str(BEFORE), "close"] == pytest.approx(before * 1.01, rel=1e-5)


def test_a_name_that_was_never_fetched_comes_whole(fetched: World) -> None:
    fetched.fetch((*NAMES, "HALT"))
    prices = Catalog(fetched.home).prices("live").query("ticker == 'HALT'")
    assert prices["date"].min().date() == FIRST


def test_a_damaged_file_is_fetched_again(fetched: World) -> None:
    provider = "polygon" if "POLYGON_API_KEY" in fetched.env else "yahoo"
    store = FetchedStore(fetched.home)
    path = store.path("bars", provider, "N001")
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)
    report = fetched.refresh()
    assert report.complete
    prices = Catalog(fetched.home).prices("live")
    assert set(prices["ticker"]) == set(NAMES)
    counts = prices["ticker"].value_counts()
    assert counts["N001"] == counts["N000"]
    assert [one.refetch for one in store.quarantined()] == [False]


def test_a_market_that_was_never_fetched(tmp_path: Path) -> None:
    with world(tmp_path) as one, pytest.raises(UnknownSourceError):
        one.refresh()


def test_by_day_falls_back_to_each_name(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        last = one.market.today
        one.market.today = BEFORE
        one.fetch()
        one.market.today = last
        one.polygon.outside_plan = ("/v2/aggs/grouped",)
        report = one.refresh()
        assert report.complete
        assert report.snapshot is not None
        assert report.snapshot.last_date == last
        assert {outcome.provider for outcome in report.outcomes} == {"polygon"}


@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("again", ["refresh", "fetch"])
def test_sessions_that_a_source_did_not_have_yet_come_later(
    tmp_path: Path, *, key: bool, again: str
) -> None:
    names = ("N000", "N002", "GONE")
    with world(tmp_path, key=key) as one:
        last, late = one.market.today, dt.date(2026, 11, 13)
        evening = one.now()
        with pytest.MonkeyPatch.context() as clock:
            clock.setattr(World, "now", lambda _: evening)  # asked for up to the newest session …
            one.market.today = late  # … of a source that is a week behind
            one.fetch(names, filings=False)
            assert Catalog(one.home).snapshot("live").last_date == late
            one.market.today = last
            one.forget()
            report = one.refresh() if again == "refresh" else one.fetch(names, filings=False)
        assert report.complete
        prices = Catalog(one.home).prices("live").query("ticker == 'N000'")
        assert prices["date"].max().date() == last
        assert len(prices) == len(one.market.bars("N000"))
        gone = [path for path in one.asked("/GONE") if "aggs" in path or "chart" in path]
        # A series that ended long ago is not late; of three names Polygon is asked one by one.
        assert len(gone) == (again == "refresh" and key)


def test_of_a_few_names_the_last_sessions_are_asked_again_too(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        one.fetch(("N000",), filings=False)
        one.market.revised["N000", dt.date(2026, 11, 19)] = 1.05
        before = Catalog(one.home).prices("live").set_index("date")["close"]
        assert one.refresh().complete
        after = Catalog(one.home).prices("live").set_index("date")["close"]
        assert (after / before - 1.0).abs().idxmax().date() == dt.date(2026, 11, 19)
        assert (after / before).max() == pytest.approx(1.05)


def test_a_clock_that_was_wrong_once_does_no_harm_for_years(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path) as one:
        one.fetch(FEW, filings=False)
        right = one.now()
        for year in (2031, 2024):
            wrong = right.replace(year=year)
            monkeypatch.setattr(World, "now", lambda _, wrong=wrong: wrong)
            one.refresh()
        monkeypatch.setattr(World, "now", lambda _: right)
        one.market.revised["N000", dt.date(2026, 11, 19)] = 1.05
        report = one.refresh()
        assert report.complete
        assert "the clock is or was wrong" in " ".join(report.notes)
        prices = Catalog(one.home).prices("live")
        assert prices["date"].max().date() == one.market.today
        assert len(prices) == sum(len(one.market.bars(name)) for name in FEW)
        close = prices.query("ticker == 'N000'").set_index("date").loc["2026-11-19", "close"]
        raw = {bar.day: bar.close for bar in one.market.bars("N000")}
        assert close == pytest.approx(raw[dt.date(2026, 11, 19)])
