"""The Regimes page in a real browser: weights typed and run, undone, and a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.pages import opened, settled

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
