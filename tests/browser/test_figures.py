"""Figures in a real browser: drawn without scrolling, changed in place, kept for the way back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.pages import LONG, go, opened, settled

DRAWN = ".pl-figure .js-plotly-plot .main-svg"
#: Of each figure: the key of its element, its height, and that of the box it has from the start.
BOXES = """() => [...document.querySelectorAll('.pl-figure')].map(host => {
  const plot = host.querySelector('.js-plotly-plot');
  return [host.clientHeight, plot._fullLayout.height, host.scrollHeight];
})"""
MARK = (
    "() => { document.querySelector('.st-key-underwater .js-plotly-plot').dataset.mine = 'yes'; }"
)
MINE = "() => document.querySelector('.st-key-underwater .js-plotly-plot').dataset.mine"
WIDTHS = """() => [...document.querySelectorAll('.pl-figure')].every(
  host => Math.abs(host.querySelector('.main-svg')?.getBoundingClientRect().width
                   - host.clientWidth) <= 1)"""


#: Words below figures that touch those beside them.
TOUCHING = """() => [...document.querySelectorAll('.pl-figure')].flatMap(host => {
  const boxes = [...host.querySelectorAll('.xtick text')].map(
    one => [one.textContent, one.getBoundingClientRect()]);
  return boxes.flatMap(([text, own], i) => boxes.slice(i + 1)
    .filter(([, other]) => own.left < other.right && other.left < own.right
                        && own.top < other.bottom && other.top < own.bottom)
    .map(([other]) => `${text} ${other}`));
})"""


def test_every_figure_is_drawn_in_a_box_of_its_final_height(page: Page, app_url: str) -> None:
    opened(page, app_url, "Exposure")
    expect(page.locator("[data-testid=stProgress]")).to_have_count(0, timeout=LONG)
    expect(page.locator(".pl-figure .js-plotly-plot")).to_have_count(4)  # three are below the fold
    boxes = page.evaluate(BOXES)
    assert all(host == drawn == inside for host, drawn, inside in boxes), boxes
    words = page.locator(".pl-figure").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert all(len(text) > 40 for text in words)


def test_a_figure_is_changed_in_place_and_kept_for_the_way_back(page: Page, app_url: str) -> None:
    opened(page, app_url)
    page.evaluate(MARK)
    page.keyboard.press("]")
    expect(page.get_by_text("Number 1 of")).to_be_visible()
    settled(page)
    assert page.evaluate(MINE) == "yes"
    go(page, "Returns")
    page.wait_for_selector(DRAWN)
    go(page, "Drawdowns")
    page.wait_for_selector(".st-key-underwater .main-svg")
    assert page.evaluate(MINE) == "yes"
    page.keyboard.press("]")  # it listens and changes as before
    expect(page.get_by_text("Number 2 of")).to_be_visible()
    settled(page)
    assert page.evaluate(MINE) == "yes"


def test_figures_follow_the_width_of_the_window(
    new_page: Callable[..., Page], app_url: str
) -> None:
    page = new_page(viewport={"width": 1440, "height": 900})
    opened(page, app_url)
    assert page.evaluate(WIDTHS)
    go(page, "Returns")
    page.wait_for_selector(DRAWN)
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_function(WIDTHS)
    go(page, "Drawdowns")  # drawn for the width before
    page.wait_for_selector(".st-key-underwater .main-svg")
    page.wait_for_function(WIDTHS)


def test_words_of_an_axis_never_touch_however_narrow_the_window(
    new_page: Callable[..., Page], app_url: str
) -> None:
    page = new_page(viewport={"width": 1000, "height": 900})
    opened(page, app_url)
    assert page.locator(".pl-figure .xtick text").count() > 3
    assert page.evaluate(TOUCHING) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(WIDTHS)
    settled(page)
    assert page.evaluate(TOUCHING) == []
    assert page.locator(".pl-figure .xtick text").count() > 0
    page.reload()  # drawn as narrow as this from the start
    page.wait_for_selector(DRAWN)
    settled(page)
    assert page.evaluate(TOUCHING) == []


def test_a_library_that_does_not_come_is_said(new_page: Callable[..., Page], app_url: str) -> None:
    page = new_page(watched=False)
    page.route("**/plotly.min.js", lambda route: route.abort())
    page.goto(f"{app_url}/drawdowns")
    expect(page.locator(".st-key-underwater")).to_contain_text("could not be drawn", timeout=LONG)
