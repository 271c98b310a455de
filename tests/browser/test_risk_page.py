"""The Risk page in a real browser: it says what it is, fits, stays local and resets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.theme import THEMES
from tests.browser.chromium import PHONE

READY = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app && app.getAttribute('data-test-script-state') === 'notRunning'
    && document.querySelector('.lab-root[data-scenario]')
    && document.querySelector('.pl-card[data-metric=cagr][data-value]');
}"""
WIDER = """() => [...document.querySelectorAll('.pl-strip, .lab-timeline, .pl-words, .pl-scroll')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"""
SLIDER = '.lab-field[data-path="risk.position_stop_loss"] .lab-slider'


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_function(READY)


def number(page: Page, name: str) -> float:
    shown = page.locator(f".pl-card[data-metric={name}]").get_attribute("data-value")
    assert shown is not None
    return float(shown)


def rgb(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def test_reset_puts_number_slider_and_text_back(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    before = number(page, "cagr")
    slider = page.locator(SLIDER)
    at = slider.input_value()
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator(".pl-strip h1")).to_contain_text("1 changed")
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator(".pl-strip h1")).not_to_contain_text("changed")
    expect(slider).to_have_value(at)
    page.wait_for_function(READY)
    assert number(page, "cagr") == before


def test_the_text_for_screen_readers_says_what_the_cards_show(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    text = page.locator(".pl-unseen .pl-card[data-metric=sharpe_ratio] .pl-value").text_content()
    expect(page.locator(".lab-card[data-metric=sharpe_ratio]")).to_contain_text(str(text))


def test_the_simulated_market_is_labelled_in_sight(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    expect(page.get_by_text("Simulated market", exact=True)).to_be_in_viewport()
    expect(page.locator(".lab-timeline")).to_be_in_viewport()
    assert page.title() == "Plimsoll"


def test_nothing_is_fetched_from_elsewhere(page: Page, app_url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, app_url)
    assert asked
    local = re.compile(rf"{re.escape(app_url)}/|data:|blob:|about:")
    assert not [url for url in asked if not local.match(url)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_it_fits_the_screen_in_both_themes(
    browser: Browser, app_url: str, scheme: Any, width: int, height: int
) -> None:
    phone = width < 500
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        is_mobile=phone,
        has_touch=phone,
        user_agent=PHONE if phone else None,
    )
    try:
        page = context.new_page()
        open_page(page, app_url)
        surface = page.evaluate(
            "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        assert surface == rgb(THEMES[scheme].page)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDER) == []
        expect(page.get_by_role("combobox", name="Scenario")).to_be_in_viewport()
    finally:
        context.close()
