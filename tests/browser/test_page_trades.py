"""The Trades page in a real browser: a row and a click open a day, keys step, nothing jumps."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import PHONE

LIMIT = 30_000.0  # milliseconds for what a key or a click changes
QUIET = """() => document.querySelector('[data-testid=stApp]')
  ?.getAttribute('data-test-script-state') === 'notRunning'"""
RISK_READY = """() => document.querySelector('.lab-root[data-scenario]')
  && document.querySelector('.pl-card[data-metric=cagr][data-value]')"""
TABLE = ".st-key-trades-orders [data-testid=stDataFrame]"
POINT = """() => {
  const plot = document.querySelector('.st-key-triggers .js-plotly-plot');
  const trace = plot._fullData.find(one => one.name === 'Drawdown');
  const layout = plot._fullLayout, box = plot.getBoundingClientRect();
  const at = Math.round(trace.x.length / 2), y = layout['yaxis' + trace.yaxis.slice(1)];
  return {x: box.left + layout.xaxis._offset + layout.xaxis.d2p(trace.x[at]),
          y: box.top + y._offset + y.d2p(trace.y[at])};
}"""
BOXES = """() => ['.st-key-trades-orders', '.st-key-trades-card', '.st-key-triggers'].map(name => {
  const box = document.querySelector(name).getBoundingClientRect();
  const top = document.querySelector('.pl-strip').getBoundingClientRect().top;
  return [box.top - top, box.height].map(Math.round);
})"""


def settled(page: Page) -> None:
    page.wait_for_function(QUIET)
    page.wait_for_timeout(300)
    page.wait_for_function(QUIET)


def opened(page: Page, url: str) -> None:
    # From the first page on: see test_review_pages.
    page.goto(url)
    page.wait_for_function(RISK_READY)
    settled(page)
    page.get_by_text("Review", exact=True).first.click()
    page.locator("a:visible").filter(has_text="Trades").first.click()
    ready(page)


def ready(page: Page) -> None:
    expect(page.locator(".pl-strip h1")).to_contain_text("Trades ·")
    page.wait_for_selector(".st-key-triggers .js-plotly-plot .main-svg")
    page.wait_for_selector(TABLE)
    expect(page.locator("[data-testid=stProgress]")).to_have_count(0, timeout=LIMIT)
    settled(page)


def date_field(page: Page) -> Locator:
    return page.locator(".st-key-trades-date input").first


def day(page: Page) -> str:
    return date_field(page).input_value()


def test_a_row_a_click_and_keys_open_a_day(page: Page, app_url: str) -> None:
    opened(page, app_url)
    first, boxes = day(page), page.evaluate(BOXES)
    page.keyboard.press("[")
    expect(date_field(page)).not_to_have_value(first, timeout=LIMIT)
    settled(page)
    page.keyboard.press("]")
    expect(date_field(page)).to_have_value(first, timeout=LIMIT)
    settled(page)
    assert page.evaluate(BOXES) == boxes  # nothing jumps
    page.locator(".st-key-triggers").scroll_into_view_if_needed()
    at = page.evaluate(POINT)
    page.mouse.click(at["x"], at["y"])
    expect(date_field(page)).not_to_have_value(first, timeout=LIMIT)
    settled(page)
    assert page.evaluate(BOXES) == boxes
    clicked = day(page)
    page.locator(".pl-strip").scroll_into_view_if_needed()
    grid = page.locator(TABLE).bounding_box()
    assert grid is not None
    page.mouse.click(grid["x"] + 20, grid["y"] + 35 + 17)  # the box of the first row
    expect(date_field(page)).not_to_have_value(clicked, timeout=LIMIT)
    settled(page)
    card = page.locator(".st-key-trades-card")
    expect(card.get_by_text(re.compile("is (not )?held on")).first).to_be_attached()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_the_day_can_be_copied(page: Page, app_url: str) -> None:
    opened(page, app_url)
    page.get_by_text("Copy as text").click()
    code = page.locator("[data-testid=stCode]")
    expect(code).to_contain_text("[SIMULATED MARKET]")
    expect(code).to_contain_text("Decided at this close")


@pytest.mark.parametrize("table", ["Orders", "Round trips"])
def test_the_page_fits_a_phone(new_page: Callable[..., Page], app_url: str, table: str) -> None:
    page = new_page(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )
    page.goto(app_url)
    page.wait_for_function(RISK_READY)
    settled(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator("a:visible").filter(has_text="Trades").first.click()
    ready(page)
    page.get_by_text(table, exact=True).first.click()
    settled(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    wide = "e => e.filter(x => x.getBoundingClientRect().right > innerWidth + 1).length"
    assert page.locator(".js-plotly-plot, .pl-strip").evaluate_all(wide) == 0
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
