"""The Risk page in a real browser: a slider moves a number and a chart; it fits and stays local."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.theme import THEMES

SLIDER = ".st-key-field-risk-position_stop_loss input[type=range]"
READY = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app && app.getAttribute('data-test-script-state') === 'notRunning'
    && document.querySelector('.st-key-timeline .main-svg')
    && document.querySelector('.pl-card[data-metric=cagr][data-value]');
}"""
DRAWN = """() => [...document.querySelectorAll('.st-key-timeline .scatterlayer path.js-line')]
  .map(path => path.getAttribute('d')).join(';')"""
WIDER = """() => [...document.querySelectorAll('.pl-strip, .js-plotly-plot, .pl-words, .pl-scroll')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"""
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0 Mobile Safari/537.36"
)


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


def test_a_slider_moved_by_keyboard_changes_a_number_and_a_chart(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    stops, chart = number(page, "stop_hits"), page.evaluate(DRAWN)
    assert len(chart) > 1000
    picture = page.locator(".st-key-timeline").screenshot()
    slider = page.locator(SLIDER)
    slider.focus()
    for _ in range(8):
        slider.press("ArrowRight")
    expect(slider).to_have_value("20")
    expect(page.locator(".pl-strip h1")).to_contain_text("1 changed")
    page.wait_for_function(
        "before => document.querySelector('.pl-card[data-metric=stop_hits]').dataset.value"
        " != before",
        arg=str(stops),
    )
    page.wait_for_function(READY)
    assert number(page, "stop_hits") < stops
    assert page.evaluate(DRAWN) != chart
    assert page.locator(".st-key-timeline").screenshot() != picture


def test_reset_puts_number_slider_and_chart_back(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    before, chart = number(page, "cagr"), page.evaluate(DRAWN)
    slider = page.locator(SLIDER)
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator(".pl-strip h1")).to_contain_text("1 changed")
    page.get_by_role("button", name="Reset to preset").click()
    expect(page.locator(".pl-strip h1")).not_to_contain_text("changed")
    expect(slider).to_have_value("12")
    page.wait_for_function(READY)
    assert number(page, "cagr") == before
    assert page.evaluate(DRAWN) == chart


def test_the_simulated_market_is_labelled_in_sight(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    expect(page.get_by_text("Simulated market", exact=True)).to_be_in_viewport()
    expect(page.locator(".st-key-timeline")).to_be_in_viewport()
    assert page.title() == "Plimsoll"


def test_nothing_is_fetched_from_elsewhere(page: Page, app_url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, app_url)
    assert asked
    local = re.compile(rf"{re.escape(app_url)}/|data:|blob:|about:")
    assert not [url for url in asked if not local.match(url)]


def test_the_crosshair_reads_every_panel_at_once(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    box = page.locator(".st-key-timeline .js-plotly-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    label = page.locator(".st-key-timeline .hoverlayer .legend")
    for words in ("Portfolio", "Benchmark", "Exposure", "Largest sectors", "Regime"):
        expect(label).to_contain_text(words)


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
        paper = page.evaluate(
            "() => document.querySelector('.st-key-timeline .js-plotly-plot').layout.paper_bgcolor"
        )
        assert paper == THEMES[scheme].page
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDER) == []
        picker = expect(page.get_by_role("combobox", name="Scenario"))
        if phone:
            picker.not_to_be_in_viewport()
        else:
            picker.to_be_in_viewport()
    finally:
        context.close()
