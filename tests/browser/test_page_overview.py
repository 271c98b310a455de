"""The Overview in a real browser: it fills in without moving, and is presented by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import arrived, phone, settled, titled

TITLES = (
    "The result", "Growth", "Drawdown", "What each rule added", "Sectors of the last book",
    "What this period never saw",
)  # fmt: skip
PLACES = """() => ['.st-key-evidence', '.st-key-head-overview', '.st-key-head-targets']
  .map(name => Math.round(document.querySelector(name)?.getBoundingClientRect().top
    + document.querySelector('[data-testid=stMain]').scrollTop))"""
LARGEST = """() => Math.max(...[...document.querySelectorAll('.st-key-stage p, .st-key-stage td')]
  .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
OUTSIDE = """() => [...document.querySelectorAll(
    '.js-plotly-plot, .pl-strip, .pl-tile, .pl-story, .st-key-steps button')]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1).length"""


def opened(page: Page, url: str) -> None:
    page.goto(f"{url}/overview")
    titled(page, "Overview")
    expect(page.locator(".pl-lead")).to_be_visible()


def complete(page: Page) -> None:
    page.wait_for_selector(".js-plotly-plot .main-svg")
    arrived(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def at(page: Page, step: int) -> None:
    expect(page.locator(".st-key-stage .pl-h2")).to_have_text(TITLES[step - 1])
    expect(page).to_have_url(re.compile(rf"present={step}\b"))
    settled(page)


def test_what_arrives_later_moves_nothing(page: Page, app_url: str) -> None:
    opened(page, app_url)
    page.wait_for_selector(".st-key-head-targets")
    before = page.evaluate(PLACES)
    complete(page)
    assert page.evaluate(PLACES) == before
    expect(page.get_by_text(re.compile("256 runs, one for each combination"))).to_be_visible()
    expect(page.locator(".pl-tile")).to_have_count(6)


def test_it_is_presented_by_keyboard_alone(page: Page, app_url: str) -> None:
    opened(page, app_url)
    complete(page)
    page.keyboard.press("p")
    at(page, 1)
    for gone in ("[data-testid=stHeader]", ".st-key-setting"):
        expect(page.locator(gone)).to_be_hidden()
    assert page.evaluate(LARGEST) >= 32
    for step, key in enumerate(("ArrowRight", "Space", "PageDown", "ArrowRight", " "), 2):
        page.keyboard.press(key)
        at(page, step)
        assert page.evaluate(LARGEST) >= 18
    page.keyboard.press("ArrowRight")  # there is nothing behind the last
    at(page, 6)
    page.keyboard.press("ArrowLeft")
    at(page, 5)
    page.locator(".st-key-story-next button").click()
    at(page, 6)
    page.keyboard.press("ArrowLeft")
    at(page, 5)
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-setting")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present="))


def test_a_step_is_a_place_to_come_back_to(page: Page, app_url: str) -> None:
    opened(page, app_url)
    complete(page)
    page.keyboard.press("p")
    at(page, 1)
    page.keyboard.press("Space")
    at(page, 2)
    page.keyboard.press("Space")
    at(page, 3)
    page.go_back()
    at(page, 2)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1440, 900)])
def test_a_step_fits_the_projector(
    new_page: Callable[..., Page], app_url: str, width: int, height: int
) -> None:
    page = new_page(viewport={"width": width, "height": height})
    opened(page, app_url)
    complete(page)
    page.keyboard.press("p")
    for step in range(1, 7):
        at(page, step)
        inner = page.locator("[data-testid=stMain]").evaluate("one => one.scrollHeight")
        assert inner <= height + 1, TITLES[step - 1]
        assert page.evaluate(OUTSIDE) == 0
        page.keyboard.press("ArrowRight")


def test_page_and_story_fit_a_phone(new_page: Callable[..., Page], app_url: str) -> None:
    page = phone(new_page)
    opened(page, app_url)
    complete(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert page.evaluate(OUTSIDE) == 0
    page.get_by_role("button", name="Present").last.tap()
    for step in range(1, 7):
        at(page, step)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert page.evaluate(OUTSIDE) == 0
        if step < 6:
            page.locator(".st-key-story-next button").tap()
    page.locator(".st-key-story-leave button").tap()
    expect(page.locator(".pl-lead")).to_be_visible()
