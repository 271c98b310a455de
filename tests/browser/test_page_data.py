"""The Data page in a real browser: real data by one click, progress, stop, in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE
from tests.browser.lab import open_page, rested
from tests.browser.pages import LONG, arrived, choose_row, settled
from tests.browser.server import Dashboard, free_port, running_dashboard
from tests.loopback.market import small_market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer
from tests.loopback.yahoo import YahooProtocol

SYMBOLS = 40
FETCH = ".st-key-fetch button:visible"
STOP = ".st-key-fetch-stop button:visible"
WIDE = """e => e.filter(x => x.checkVisibility({visibilityProperty: true})
  && x.getBoundingClientRect().right > innerWidth + 1).map(x => x.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def source() -> Iterator[LoopbackServer]:
    """Speak both protocols on the loopback interface."""
    market = small_market(SYMBOLS)
    with LoopbackServer(PolygonProtocol(market), YahooProtocol(market)) as server:
        yield server


@pytest.fixture(scope="module")
def live(source: LoopbackServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start a dashboard that can reach nothing but `source`, with a key for it."""
    home = tmp_path_factory.mktemp("data-page") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYGON_BASE_URL", source.url)
        patch.setenv("YAHOO_BASE_URL", source.url)
        patch.setenv("POLYGON_API_KEY", KEY)
        with running_dashboard(home, free_port()) as started:
            yield started


def opened(page: Page, url: str, *, phone: bool = False) -> None:
    open_page(page, url)
    settled(page)
    go(page, phone=phone)


def go(page: Page, *, phone: bool = False) -> None:
    """Change to the page by the navigation, and wait until all of it is there."""
    if phone:
        page.get_by_test_id("stExpandSidebarButton").click()
    else:
        page.get_by_text("Research", exact=True).first.click()
    page.locator("a:visible").filter(has_text="Data").first.click()
    expect(page.locator(".pl-strip h1")).to_have_text("Data")
    arrived(page, ".pl-wait")


def whole(dashboard: Dashboard) -> None:
    """See that nothing half written is left in the store."""
    assert not [path for path in dashboard.home.rglob(".*.tmp")]


def chosen(page: Page, names: list[str], market: str = "live") -> None:
    """Fill in what is fetched."""
    page.get_by_text("What is fetched").click()
    page.locator(".st-key-fetch-universe input").click()
    page.get_by_text("Symbols of your own", exact=True).last.click()
    page.locator(".st-key-fetch-own textarea").fill(", ".join(names))
    page.locator(".st-key-fetch-own textarea").press("Control+Enter")
    settled(page)
    page.locator(".st-key-fetch-name input").fill(market)
    page.locator(".st-key-fetch-name input").press("Enter")
    settled(page)


def test_a_fetch_shows_its_progress_everywhere_and_can_be_stopped(
    new_page: Callable[..., Page], live: Dashboard, source: LoopbackServer
) -> None:
    page, other = new_page(), new_page()
    opened(other, live.url)
    opened(page, live.url)
    names = [f"N{number:03d}" for number in range(SYMBOLS)]
    chosen(page, names, "stopped")
    below = page.get_by_text("Providers", exact=True).bounding_box()
    source.latency = 3.0
    try:
        page.locator(FETCH).click()
        bar = page.get_by_test_id("stProgress")
        expect(bar).to_be_visible()
        expect(bar).to_contain_text(re.compile(r"\d+ of \d+ names"))
        expect(page.locator(FETCH)).to_be_disabled()
        assert page.get_by_text("Providers", exact=True).bounding_box() == below  # nothing jumps
        expect(other.get_by_test_id("stProgress")).to_be_visible()
        page.get_by_text("Review", exact=True).first.click()
        page.locator("a:visible").filter(has_text="Returns").first.click()  # and back
        expect(page.locator(".pl-strip h1")).to_contain_text("Returns")
        settled(page)
        go(page)
        expect(page.get_by_test_id("stProgress")).to_be_visible()
        page.locator(STOP).click()
        expect(page.get_by_text(re.compile("^Stopped"))).to_be_visible()
    finally:
        source.latency = 0.0
    expect(other.get_by_text(re.compile("^Stopped"))).to_be_visible()
    assert KEY not in page.content()
    settled(page)
    whole(live)


def test_fetched_data_are_in_use_by_a_click_and_refreshed_by_another(
    page: Page, live: Dashboard
) -> None:
    opened(page, live.url)
    chosen(page, ["N000", "N001", "N002", "N003", "DIVI", "SPLF", "NOSUCH"])
    page.locator(FETCH).click()
    expect(page.get_by_text(re.compile("^The fetch is done"))).to_be_visible(timeout=LONG)
    settled(page)
    page.get_by_text(re.compile("names? without bars, and why")).click()
    expect(page.locator(".st-key-fetch-state li").filter(has_text="NOSUCH")).to_be_visible()
    expect(page.locator(".st-key-market-live")).to_contain_text("real companies")
    page.locator(".st-key-fetch-use button:visible").first.click()
    expect(page.locator(".st-key-market-live")).to_contain_text("in use")
    arrived(page, ".pl-wait")
    expect(page.get_by_text("Coverage of live by sector and month")).to_be_visible()
    expect(page.get_by_text("What looks wrong in live")).to_be_visible()
    page.locator("a:visible").filter(has_text="See it on the Risk page").click()
    rested(page)
    expect(page.locator(".pl-strip .pl-quiet")).to_contain_text("live")
    assert not page.locator("[data-testid=stException]").count()
    go(page)
    page.locator(".st-key-refresh-live button:visible").first.click()
    fresh = re.compile("of them were stored before and are fresh|They are the market “live”")
    expect(page.locator(".st-key-fetch-state").get_by_text(fresh)).to_be_visible()
    whole(live)


def test_a_finding_is_chosen_and_overruled(page: Page, live: Dashboard) -> None:
    opened(page, f"{live.url}/?src=demo")
    page.set_viewport_size({"width": 1440, "height": 2600})  # the grid is drawn where it is seen
    page.wait_for_selector(".js-plotly-plot .main-svg")  # the map of what there is
    page.locator(".st-key-findings [data-testid=glide-cell-1-0]").wait_for(state="attached")
    arrived(page, ".pl-wait")
    before = page.get_by_text(re.compile("^Rows of demo|^Set aside")).bounding_box()
    choose_row(page, ".st-key-findings [data-testid=stDataFrame]")
    expect(page.locator(".st-key-findings code").first).to_contain_text(re.compile(r"\[\["))
    settled(page)
    assert page.get_by_text(re.compile("^Rows of demo|^Set aside")).bounding_box() == before


def test_the_page_fits_a_phone(new_page: Callable[..., Page], live: Dashboard) -> None:
    page = new_page(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )
    opened(page, live.url, phone=True)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    parts = ".pl-words, .pl-box, .pl-market, .pl-provider, .js-plotly-plot, .stDataFrame, button"
    # The toolbar is a strip that scrolls, here as on every page.
    inside = f".stMain :is({parts}):not(.st-key-setting *)"
    assert page.locator(inside).evaluate_all(WIDE) == []
    assert not page.locator("[data-testid=stException]").count()
