"""The Trades page in a real browser: a row and a click open a day, keys step, nothing jumps."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import PLOT, arrived, choose_row, phone, settled, titled

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


def opened(page: Page, url: str) -> None:
    page.goto(f"{url}/trades")
    ready(page)


def ready(page: Page) -> None:
    titled(page, "Trades")
    page.wait_for_selector(f".st-key-triggers {PLOT}")
    page.wait_for_selector(TABLE)
    arrived(page)


def date_field(page: Page) -> Locator:
    return page.locator(".st-key-trades-date input").first


def day(page: Page) -> str:
    return date_field(page).input_value()


def test_a_row_a_click_and_keys_open_a_day(page: Page, app_url: str) -> None:
    opened(page, app_url)
    first, boxes = day(page), page.evaluate(BOXES)
    page.keyboard.press("[")
    expect(date_field(page)).not_to_have_value(first)
    settled(page)
    page.keyboard.press("]")
    expect(date_field(page)).to_have_value(first)
    settled(page)
    assert page.evaluate(BOXES) == boxes  # nothing jumps
    page.locator(".st-key-triggers").scroll_into_view_if_needed()
    at = page.evaluate(POINT)
    page.mouse.click(at["x"], at["y"])
    expect(date_field(page)).not_to_have_value(first)
    settled(page)
    assert page.evaluate(BOXES) == boxes
    clicked = day(page)
    page.locator(".pl-strip").scroll_into_view_if_needed()
    choose_row(page, TABLE)
    expect(date_field(page)).not_to_have_value(clicked)
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


def test_on_a_phone_a_row_opens_its_day(new_page: Callable[..., Page], app_url: str) -> None:
    page = phone(new_page)
    opened(page, app_url)
    first = day(page)
    choose_row(page, TABLE)
    card = page.locator(".st-key-trades-card")
    expect(card.get_by_text(re.compile("is (not )?held on")).first).to_be_attached()
    settled(page)
    assert day(page) <= first
    page.locator(".pl-badge[data-definition]").first.tap()  # what a badge means, without a mouse
    expect(page.locator("dialog[open]")).to_contain_text("Source")
