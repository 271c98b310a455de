"""The Exposure page in a real browser: days by keys, a log that leads to them, a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.pages import LONG, arrived, go, opened, settled

BOXES = "() => document.querySelectorAll('[data-testid=stException]').length"


def test_the_page_opens_whole_and_its_study_arrives_without_a_jump(
    page: Page, app_url: str
) -> None:
    opened(page, app_url, "Exposure")
    expect(page.get_by_text(re.compile("was the largest sector: "))).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    chart = page.locator(".st-key-book-risk")
    height = chart.bounding_box()
    assert height is not None
    expect(page.get_by_text(re.compile("Day by day NAV moved"))).to_be_visible(timeout=LONG)
    arrived(page)
    after = chart.bounding_box()
    assert after is not None
    assert after["height"] == height["height"]
    assert page.evaluate(BOXES) == 0


def test_keys_step_through_the_days_of_the_book(page: Page, app_url: str) -> None:
    opened(page, app_url, "Exposure")
    expect(page.get_by_text(re.compile("Day by day NAV moved"))).to_be_visible(timeout=LONG)
    settled(page)
    book = page.locator(".st-key-book")
    before = book.bounding_box()
    for key, day in (("[", "2024-12-30"), ("[", "2024-12-27"), ("]", "2024-12-30")):
        page.keyboard.press(key)
        expect(page.get_by_text(re.compile(f"^{day}: \\d+ names"))).to_be_visible()
        settled(page)
    after = book.bounding_box()
    assert before is not None
    assert after is not None
    assert (before["height"], before["y"]) == (after["height"], after["y"])  # nothing jumps
    page.keyboard.press("Escape")
    expect(page.get_by_text(re.compile("^2024-12-31: \\d+ names"))).to_be_visible()


def test_the_scenario_goes_along_from_exposure_to_returns(page: Page, app_url: str) -> None:
    opened(page, app_url, "Exposure")
    page.locator(".st-key-pick-preset input").click()
    page.get_by_role("option", name="Phase 8.1").click()
    expect(page.locator(".pl-strip h1")).to_contain_text("Exposure · Phase 8.1")
    settled(page)
    expect(page.get_by_text(re.compile("passed its cap of 25"))).to_be_visible()
    go(page, "Returns")
    expect(page.locator(".pl-strip h1")).to_contain_text("Returns · Phase 8.1")
