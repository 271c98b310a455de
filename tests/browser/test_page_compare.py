"""The page Compare in a real browser: begin, verdict, one more, a day explained; on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import LONG, arrived, settled, titled

CHART = ".st-key-compare .js-plotly-plot"
MARKS = """() => {
  const plot = document.querySelector('.st-key-compare-days .js-plotly-plot');
  const trace = plot._fullData.find(one => one.name === 'Largest');
  const layout = plot._fullLayout, box = plot.getBoundingClientRect();
  return Array.from(trace.x, (x, i) => [
    box.left + layout.xaxis._offset + layout.xaxis.d2p(x),
    box.top + layout.yaxis._offset + layout.yaxis.d2p(trace.y[i]),
    trace.customdata[i][0]]);
}"""
VERDICT = "Order, now that the noise is known"


def begun(page: Page, url: str) -> None:
    page.goto(f"{url}/compare")
    titled(page, "Compare")
    expect(page.get_by_text("Nothing to compare with yet")).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("^Compare with No overlay")).click()
    page.wait_for_selector(f"{CHART} .main-svg")


def judged(page: Page) -> None:
    expect(page.get_by_text(VERDICT)).to_be_visible(timeout=LONG)
    arrived(page)


def box(found: Locator) -> tuple[float, float]:
    measured = found.bounding_box()
    assert measured is not None
    return measured["y"], measured["height"]


def test_the_suggestion_is_compared_and_nothing_above_the_verdict_moves(
    page: Page, app_url: str
) -> None:
    begun(page, app_url)
    settled(page)
    before = box(page.locator(CHART))
    judged(page)
    assert box(page.locator(CHART)) == before
    assert page.locator(".pl-legend b").all_inner_texts() == ["A", "B", "C"]
    expect(page.get_by_text(re.compile(r"^B \(No overlay\) against A \(Phase 8\)"))).to_be_visible()
    assert "vs=" in page.url


def test_a_third_one_keeps_the_height_and_the_address_opens_the_same(
    page: Page, new_page: Callable[..., Page], app_url: str
) -> None:
    begun(page, app_url)
    judged(page)
    height = box(page.locator(CHART))[1]
    page.locator(".st-key-compare\\:with input, [class*='st-key-compare-with'] input").first.click()
    page.get_by_role("option", name="Phase 8.1").click()
    page.keyboard.press("Escape")
    expect(page.locator(".pl-legend")).to_contain_text("Phase 8.1", timeout=LONG)
    settled(page)
    assert box(page.locator(CHART))[1] == height
    # Opened by its own address, Streamlit's browser side looks for the server below it first.
    again = new_page(watched=False)
    again.goto(page.url)
    again.wait_for_selector(f"{CHART} .main-svg")
    expect(again.locator(".pl-legend b")).to_have_count(4, timeout=LONG)
    assert again.url == page.url


def test_a_click_on_a_day_explains_it_for_both(page: Page, app_url: str) -> None:
    begun(page, app_url)
    judged(page)
    page.locator(".st-key-compare-days .js-plotly-plot").scroll_into_view_if_needed()
    settled(page)
    x, y, day = page.evaluate(MARKS)[-1]
    page.mouse.click(x, y)
    expect(page.get_by_text(f"A (Phase 8) on {day}")).to_be_visible()
    expect(page.get_by_text(f"B (No overlay) on {day}")).to_be_visible()
    settled(page)
    assert page.locator("[data-testid=stException]").count() == 0
