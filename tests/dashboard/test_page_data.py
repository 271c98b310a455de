"""The Data page through the entry point: nothing but the demo, a fetch in every state, damage."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.fetch_job import fetch_job
from dashboard.fetch_job_record import Fetching, Order, write_fetching
from dashboard.views import data_parts
from data.acquire_types import AcquireProgress, AcquireReport, FetchRequest, Say, TickerOutcome
from data.errors import ReferenceFileError, StoreWriteError
from data.fetched import FetchedStore, Source
from data.fetched_tables import FETCHED_TABLES
from data.net.errors import MissingKeyError, UnreachableError
from data.providers.hybrid_record import ProvidersRecord, ProviderState, TickerSource, update_record
from tests.dashboard import pages
from tests.dashboard.pages import healthy, page_text
from tests.data.acquire_cases import World, world

NOW = dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)
KEYS = ("POLYGON_API_KEY", "MASSIVE_API_KEY", "POLYGON_BASE_URL", "YAHOO_BASE_URL")
LONG = 30.0
Work = Callable[[Path, Order, Say, threading.Event], AcquireReport]


@pytest.fixture
def home(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a store with the demo alone; nobody can be reached, and no job outlives the test."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("POLYGON_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("YAHOO_BASE_URL", "http://127.0.0.1:9")
    yield demo_home
    job = fetch_job(demo_home)
    job.cancel()
    assert job.wait(LONG)


@pytest.fixture
def app(home: Path) -> AppTest:
    assert home.is_dir()
    return opened()


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Let no fetch begin; return what would have been fetched."""
    asked: list[Order] = []

    class Job:
        def start(self, order: Order) -> None:
            asked.append(order)

        def look(self) -> Fetching:
            return Fetching()

    monkeypatch.setattr(data_parts, "fetch_job", lambda _home: Job())
    return asked


def opened(**query: str) -> AppTest:
    return ready(pages.started("data", **query))


def ready(app: AppTest) -> AppTest:
    for _ in range(600):
        if 'class="pl-wait"' not in page_text(app):
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError(page_text(app))


def started(app: AppTest, home: Path, work: Work, order: Order | None = None) -> AppTest:
    fetch_job(home).start(order or Order("fetch", "live", "auto"), work)
    return app.run()


def buttons(app: AppTest) -> set[str | None]:
    return {button.key for button in app.button}


def report(*outcomes: TickerOutcome, **values: object) -> AcquireReport:
    window = (dt.date(2016, 11, 1), dt.date(2026, 11, 20))
    chosen = {"seconds": 95.0, "snapshot": None, "unmade": "no name has bars."} | values
    return AcquireReport(FetchRequest(), window, outcomes, **chosen)  # type: ignore[arg-type]


def slow(_home: Path, _order: Order, say: Say, cancelled: threading.Event) -> AcquireReport:
    say(AcquireProgress("bars", "Daily bars", 64, 208, 1, 162_000, 0.3, 5.0, 12.0, 12.0))
    cancelled.wait(LONG)
    return report(TickerOutcome("AAA", "cancelled"), cancelled=True, unmade="")


def test_nothing_but_the_demo(app: AppTest) -> None:
    text = page_text(app)
    assert healthy(app)
    assert "<h1>Data</h1>" in text
    assert "Simulated market" in text
    assert "Real data, in one click" in text
    assert "No key is needed" in text
    assert "POLYGON_API_KEY" in text
    assert "Nothing was fetched into this store yet" in text
    assert not app.button(key="fetch").disabled
    assert "fetch-stop" not in buttons(app)
    assert "Coverage of demo by sector and month" in text
    assert "Grade <b>" in text
    assert "There is nothing to compare" in text
    assert not [one for one in app.main.get("text_input") if one.proto.type == 1]  # no key is typed


def test_a_click_fetches_two_hundred_names_from_whoever_answers(
    app: AppTest, orders: list[Order]
) -> None:
    app.button(key="fetch").click().run()
    assert orders == [Order("fetch", "live", "auto", "us200", None, None)]


def test_what_is_fetched_can_be_chosen(app: AppTest, orders: list[Order]) -> None:
    assert app.selectbox(key="fetch-universe").options[0] == "200 large US companies (us200)"
    app.selectbox(key="fetch-universe").set_value("Symbols of your own").run()
    app.text_area(key="fetch-own").set_value("AAPL, BRK.B\nAAPL").run()
    app.date_input(key="fetch-start").set_value(dt.date(2020, 1, 2)).run()
    app.selectbox(key="fetch-provider").set_value("yahoo").run()
    app.text_input(key="fetch-name").set_value("mine").run()
    app.button(key="fetch").click().run()
    symbols = ("AAPL", "BRK.B")
    assert orders == [Order("fetch", "mine", "yahoo", symbols, dt.date(2020, 1, 2), None)]


def test_the_most_traded_stocks_can_be_chosen(app: AppTest, orders: list[Order]) -> None:
    app.selectbox(key="fetch-universe").set_value("The most traded stocks").run()
    assert "Yahoo has no such list" in page_text(app)
    app.number_input(key="fetch-count").set_value(200).run()
    app.date_input(key="fetch-day").set_value(dt.date(2024, 12, 31)).run()
    app.button(key="fetch").click().run()
    assert orders == [Order("fetch", "live", "auto", "top:200@2024-12-31")]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("fetch-name", "Not A Name", "name of a market"),
        ("fetch-name", "demo", "demo"),
    ],
)
def test_what_cannot_be_fetched_is_refused_with_words(
    app: AppTest, home: Path, field: str, value: str, words: str
) -> None:
    app.text_input(key=field).set_value(value).run()
    app.button(key="fetch").click().run()
    assert fetch_job(home).wait(LONG)
    app.run()
    assert "This cannot be fetched" in page_text(app)
    assert words in page_text(app)
    assert not app.exception
    assert not app.button(key="fetch").disabled


def test_a_fetch_under_way_tells_how_far_it_is_and_stops(app: AppTest, home: Path) -> None:
    started(app, home, slow)
    for _ in range(100):
        bar = app.main.get("progress")
        if bar and "64 of 208 names" in bar[0].proto.text:
            break
        time.sleep(0.05)
        app.run()
    words = app.main.get("progress")[0].proto.text
    for part in ("Daily bars", "1 without an answer", "12.0 names a second", "12\u202fs left"):
        assert part in words
    assert app.button(key="fetch").disabled
    assert "It goes on when you leave this page" in page_text(app)
    second = opened()  # another browser
    assert "64 of 208 names" in second.main.get("progress")[0].proto.text
    app.button(key="fetch-stop").click().run()
    assert fetch_job(home).wait(LONG)
    app.run()
    assert "Stopped before a market could be made" in page_text(app)
    assert "Fetching again goes on from there" in page_text(app)
    assert not app.button(key="fetch").disabled


def test_only_one_fetch_at_a_time(app: AppTest, home: Path) -> None:
    fetch_job(home).start(Order("fetch", "live"), slow)
    app.button(key="fetch").click().run()  # this browser had not heard of it
    assert "One fetch at a time" in page_text(app)
    assert not app.exception


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (
            UnreachableError("yahoo", "daily bars", "come", "nobody answered", "Look at the net."),
            "The provider cannot be reached",
        ),
        (
            MissingKeyError("polygon", "the key", "be set", "was not set", "Set POLYGON_API_KEY."),
            "This provider needs a key",
        ),
        (ReferenceFileError("no universe"), "This cannot be fetched"),
        (StoreWriteError("no right to write"), "The store cannot be written"),
        (KeyError("pk_secret"), "The fetch failed"),
    ],
)
def test_a_failing_fetch_is_explained(
    app: AppTest, home: Path, error: Exception, title: str
) -> None:
    def failing(*_: object) -> AcquireReport:
        raise error

    fetch_job(home).start(Order("fetch", "live"), failing)
    assert fetch_job(home).wait(LONG)
    text = page_text(app.run())
    assert title in text
    assert "pk_secret" not in text
    assert not app.exception
    assert not app.button(key="fetch").disabled


def test_offline_nothing_comes_and_nothing_is_lost(app: AppTest, home: Path) -> None:
    outcomes = [TickerOutcome(f"N{n:03d}", "failed", detail="it did not answer") for n in range(20)]
    fetch_job(home).start(Order("fetch", "live"), lambda *_: report(*outcomes))
    assert fetch_job(home).wait(LONG)
    text = page_text(app.run())
    assert "No market could be made" in text
    assert "20 names without bars, and why" in text
    assert "N000" in text
    assert "and 8 more" in text
    assert "it did not answer" in text


def test_a_fetch_that_was_broken_off_says_so(home: Path) -> None:
    write_fetching(home, Fetching("running", Order("fetch", "live", "auto"), began=NOW))
    text = page_text(opened())
    assert "The last fetch was broken off" in text
    assert "fetching again goes on from there" in text


@pytest.fixture
def fetched(home: Path) -> Iterator[World]:
    with world(home) as source:
        source.fetch()
        yield source


def test_a_fetched_market_is_described_used_and_refreshed(fetched: World) -> None:
    app = opened()
    assert healthy(app)
    text = page_text(app)
    assert "real companies" in text
    assert "Daily bars" in text
    assert not {"undo", "redo"} & buttons(app)  # there is nothing to take back yet
    app.button(key="use-live").click().run()
    ready(app)
    assert "live" in app.query_params["src"]
    assert "Coverage of live by sector and month" in page_text(app)
    assert "refresh-live" in buttons(app)
    assert "refresh-demo" not in buttons(app)
    assert "use-live" not in buttons(app)
    app.button(key="undo").click().run()
    assert "use-live" in buttons(app)
    assert not {"pin", "share", "saved"} & buttons(app)  # nothing here is of the setting
    assert fetched.home.is_dir()


def test_two_providers_are_compared(fetched: World) -> None:
    fetched.fetch(provider="yahoo", name="other")
    app = opened()
    text = page_text(app)
    assert healthy(app)
    assert "names have bars of both" in text
    assert "Where Polygon and Yahoo disagree" in text


def test_providers_say_why_they_are_not_used(home: Path) -> None:
    states = (
        ProviderState("polygon", "unavailable", "not_in_plan", "Upgrade the plan.", NOW, NOW),
        ProviderState("yahoo", "active", since=NOW, asked_at=NOW),
    )
    sources = {"AAPL": TickerSource("AAPL", "yahoo", "split", 2500, NOW)}
    update_record(home, lambda _: ProvidersRecord(NOW, states, sources))
    text = page_text(opened())
    assert "not used" in text
    assert "Gave 1 names" in text or "Gave 1 name" in text


def test_a_damaged_manifest_is_told_and_the_rest_goes_on(home: Path) -> None:
    shutil.copytree(home / "store" / "demo", home / "store" / "broken")
    for file in (home / "store" / "broken").rglob("manifest.json"):
        file.write_text("{")
    text = page_text(opened())
    assert "cannot be read" in text
    assert "Coverage of demo by sector and month" in text


def test_damaged_prices_are_told_where_they_are_read(home: Path) -> None:
    shutil.copytree(home / "store" / "demo", home / "store" / "broken")
    for file in (home / "store" / "broken").rglob("prices.parquet"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
        manifest = file.with_name("manifest.json")
        manifest.write_text(manifest.read_text().replace('"name": "demo"', '"name": "broken"'))
    app = opened()
    app.main.get("button_group")[0].set_value("broken").run()
    ready(app)
    assert page_text(app).count("The store cannot be read") == 2  # the map, and the findings
    assert not app.exception


def test_a_market_in_use_that_is_gone_is_told(home: Path) -> None:
    text = page_text(opened(src="gone"))
    assert "The market in use, gone, is not in the store" in text


def test_findings_are_filtered_and_overruled(app: AppTest) -> None:
    whole = len(app.dataframe[0].value)
    app.toggle(key="findings-open").set_value(True).run()
    assert len(app.dataframe[0].value) <= whole
    app.text_input(key="findings-text").set_value("no such words").run()
    assert len(app.dataframe[0].value) == 0
    assert "0 of" in page_text(app)
    assert healthy(app)


def test_files_set_aside_are_listed(home: Path) -> None:
    store = FetchedStore(home)
    spec = FETCHED_TABLES["splits"]
    rows = pa.Table.from_pylist([], schema=spec.columns)
    asked = (dt.date(2024, 1, 2), dt.date(2024, 12, 31))
    store.append("splits", "AAPL", rows, Source("polygon", "raw", NOW), asked)
    store.path("splits", "polygon", "AAPL").write_bytes(b"damaged")
    store.check()
    text = page_text(opened())
    assert "Fetched files that were set aside" in text
    assert "1 wait to be fetched again" in text
