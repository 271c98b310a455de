"""The review pages in a real browser: a click zooms, keys step, the scenario goes along."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.lab import open_page, rested
from tests.browser.pages import LONG, go, opened, settled

CHART = ".st-key-underwater"
AXIS = """() => document.querySelector('.st-key-underwater .js-plotly-plot')
  ?._fullLayout?.xaxis?.range?.map(text => Date.parse(text))"""
TROUGH = """() => {
  const plot = document.querySelector('.st-key-underwater .js-plotly-plot');
  const trace = plot._fullData.find(one => one.name === 'Trough');
  const layout = plot._fullLayout, box = plot.getBoundingClientRect();
  const y = layout['yaxis' + trace.yaxis.slice(1)];
  return [box.left + layout.xaxis._offset + layout.xaxis.d2p(trace.x[0]),
          box.top + y._offset + y.d2p(trace.y[0])];
}"""
DAY_MS = 86_400_000.0


def days_shown(page: Page) -> float:
    first, last = page.evaluate(AXIS)
    return float(last - first) / DAY_MS


def test_a_click_on_a_drawdown_zooms_and_escape_shows_everything(page: Page, app_url: str) -> None:
    opened(page, app_url)
    whole = days_shown(page)
    height = page.locator(CHART).bounding_box()
    page.mouse.click(*page.evaluate(TROUGH))
    expect(page.get_by_text("Number 1 of 10 by depth.")).to_be_visible()
    settled(page)
    assert days_shown(page) < whole / 2
    assert page.locator(CHART).bounding_box() == height  # nothing jumps
    page.keyboard.press("Escape")
    expect(page.get_by_text("Whole period. Click a fall")).to_be_visible()
    settled(page)
    assert days_shown(page) == whole


def test_brackets_step_through_the_episodes(page: Page, app_url: str) -> None:
    opened(page, app_url)
    for key, number in (("]", 1), ("]", 2), ("[", 1)):
        page.keyboard.press(key)
        expect(page.get_by_text(f"Number {number} of 10 by depth.")).to_be_visible()
        settled(page)
        expect(page.get_by_text(re.compile(f"^Number {number} by depth: "))).to_be_visible()


def test_the_rule_account_arrives_by_itself(page: Page, app_url: str) -> None:
    opened(page, app_url)
    expect(page.get_by_text(re.compile("Shapley shares over 256 runs"))).to_be_visible(timeout=LONG)
    expect(page.locator("[data-testid=stProgress]")).to_have_count(0)


def test_the_scenario_goes_along_and_the_risk_page_comes_back(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    settled(page)
    slider = page.locator('.lab-field[data-path="risk.position_stop_loss"] .lab-slider')
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator(".pl-strip h1")).to_contain_text("1 changed")
    rested(page)
    moved = slider.input_value()
    cagr = page.locator(".pl-card[data-metric=cagr]").get_attribute("data-value")
    for name in ("Drawdowns", "Returns"):
        go(page, name)
        expect(page.locator(".pl-strip h1")).to_contain_text("1 changed")
    go(page, "Risk")
    rested(page)
    settled(page)
    assert slider.input_value() == moved
    expect(page.locator(".pl-card[data-metric=cagr]")).to_have_attribute("data-value", str(cagr))
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.locator(".pl-strip h1")).not_to_contain_text("changed")


def test_a_page_opened_by_its_own_address_asks_for_nothing_that_is_not_there(
    page: Page, app_url: str
) -> None:
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{app_url}/drawdowns")  # an error on the console fails the test as well
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settled(page)
    assert not missing
    go(page, "Returns")
    assert page.url.startswith(f"{app_url}/returns")
