"""The Regimes page in a real browser: weights typed and run, undone, and a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE
from tests.browser.test_review_pages import RISK_READY, opened, settled

BOXES = "() => document.querySelectorAll('[data-testid=stException]').length"


def typed(page: Page, regime: str, factor: str, value: str) -> None:
    field = page.locator(f".st-key-weight-{regime}-{factor} input")
    field.fill(value)
    field.press("Enter")
    settled(page)


def test_weights_typed_are_run_and_undone(page: Page, app_url: str) -> None:
    opened(page, app_url, "Regimes")
    chart = page.locator(".st-key-regimes")
    before = chart.bounding_box()
    assert before is not None
    typed(page, "sideways", "momentum", "45")
    expect(page.get_by_text("Not 100 % yet: sideways.")).to_be_visible()
    run = page.locator(".st-key-weights-run button")
    expect(run).to_be_disabled()
    typed(page, "sideways", "topology", "10")
    expect(run).to_be_enabled()
    expect(page.locator(".pl-strip h1")).not_to_contain_text("changed")
    run.click()
    expect(page.locator(".pl-strip h1")).to_contain_text("Regimes · Phase 8, 2 changed")
    settled(page)
    expect(page.get_by_text("These weights are run.")).to_be_visible()
    after = chart.bounding_box()
    assert after is not None
    assert after["height"] == before["height"]
    assert "w.side.m=0.45" in page.url
    page.locator(".st-key-undo").get_by_role("button", name="Undo").click()
    expect(page.locator(".pl-strip h1")).not_to_contain_text("changed")
    settled(page)
    expect(page.locator(".st-key-weight-sideways-momentum input")).to_have_value("25")
    assert page.evaluate(BOXES) == 0


def test_what_knows_the_future_is_marked(page: Page, app_url: str) -> None:
    opened(page, app_url, "Regimes")
    expect(page.get_by_text(re.compile("was the most frequent regime: "))).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    expect(page.locator(".pl-badge.warn", has_text="knows the future")).to_be_visible()
    assert page.evaluate(BOXES) == 0


def test_the_page_fits_a_phone_and_a_row_of_weights_is_one_line(
    new_page: Callable[..., Page], app_url: str
) -> None:
    page = new_page(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )
    page.goto(app_url)
    page.wait_for_function(RISK_READY)
    settled(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator("a:visible").filter(has_text="Regimes").first.click()
    expect(page.locator(".pl-strip h1")).to_contain_text("Regimes ·")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settled(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    wide = "e => e.filter(x => x.getBoundingClientRect().right > innerWidth + 1).length"
    assert page.locator(".js-plotly-plot, .pl-strip, input").evaluate_all(wide) == 0
    first, last = (
        page.locator(f".st-key-weight-bull-{factor}").bounding_box()
        for factor in ("momentum", "quality")
    )
    assert first is not None
    assert last is not None
    assert first["y"] == last["y"]
    assert page.evaluate(BOXES) == 0
