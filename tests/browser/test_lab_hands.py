"""The lab by every kind of hand: keyboard alone, a mouse on a zoomed chart, a finger on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.presets import preset
from core.scenario import with_values
from dashboard.pipeline import Pipeline
from tests.browser.chromium import PHONE
from tests.browser.lab import (
    LAB,
    READY,
    SCALE,
    STOP,
    drag,
    field,
    number,
    open_page,
    scenario,
    shown,
    slider,
    value_of,
    wait_for_commit,
)
from tests.browser.server import Dashboard
from tests.browser.terminal import assert_seen, seen

BREAKER = "risk.circuit_breaker_dd"
FOCUSED = "s => document.activeElement?.matches(s) ?? false"
MOST_TABS = 120


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab until what `selector` names has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if page.evaluate(FOCUSED, selector):
            return
    pytest.fail(f"{selector} cannot be reached by the keyboard")


def do(page: Page, *keys: str) -> None:
    """Press keys that change the setting, and wait for the result."""
    before = scenario(page)
    for key in keys:
        page.keyboard.press(key)
    wait_for_commit(page, before)


def test_the_keyboard_alone_can_do_everything(page: Page, app: Dashboard) -> None:
    open_page(page, app.url)
    title = page.locator(".pl-strip h1")
    start = scenario(page), seen(page)
    # Presets.
    tab_to(page, "input[aria-label=Scenario]")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Phase 8.1")).to_be_visible()
    page.keyboard.press("ArrowDown")
    do(page, "Enter")
    expect(title).not_to_have_text("Risk · Phase 8")
    tab_to(page, ".st-key-undo button")
    do(page, "Enter")
    expect(title).to_have_text("Risk · Phase 8")
    # The title and the lab are parts of one answer, which the browser paints one after the other.
    expect(page.locator(".lab-root").first).to_have_attribute("data-scenario", start[0])
    assert_seen(page, start[1])
    # A slider; the focus stays on it, so the hand goes on where it was.
    stop = f'.lab-field[data-path="{STOP}"]'
    tab_to(page, f"{stop} .lab-slider")
    do(page, "ArrowRight", "ArrowRight")
    assert page.evaluate(FOCUSED, f"{stop} .lab-slider")
    do(page, "PageDown")
    expect(title).to_have_text("Risk · Phase 8, 1 changed")
    # A number.
    tab_to(page, f"{stop} .lab-number", "Shift+Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("23.5")
    do(page, "Enter")
    assert value_of(page, STOP) == 0.235
    moved = shown(page, "cagr")
    # Pin, and back.
    tab_to(page, ".st-key-pin button", "Shift+Tab")
    page.keyboard.press("Space")
    unpin = page.get_by_role("button", name="Unpin Phase 8, 1 changed")
    expect(unpin).to_be_visible()
    expect(page.locator(".lab-delta:not(:empty)")).to_have_count(0)
    assert shown(page, "cagr") == moved
    page.wait_for_function(READY)
    # A group that is closed, and its switch.
    tab_to(page, f'.lab-group:has([data-path="{BREAKER}"]) summary')
    page.keyboard.press("Enter")
    tab_to(page, f'[data-path="{BREAKER}"] .lab-switch')
    do(page, "Space")
    assert value_of(page, BREAKER) is None
    tab_to(page, f'[data-path="{BREAKER}"] .lab-reset', "Shift+Tab")
    do(page, "Enter")
    assert (value_of(page, BREAKER), shown(page, "cagr")) == (0.35, moved)
    # The charts.
    tab_to(page, ".lab-overlay")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".lab-readout")).to_contain_text("Portfolio")
    page.keyboard.press("+")
    assert page.evaluate(f"{LAB}.timeline.zoom") is not None
    page.keyboard.press("Escape")
    assert page.evaluate(f"{LAB}.timeline.zoom") is None
    # Back to the preset, and back to the preset as the baseline.
    tab_to(page, ".st-key-pin button", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pin as baseline")).to_be_visible()
    page.wait_for_function(READY)
    tab_to(page, ".st-key-reset button", "Shift+Tab")
    do(page, "Enter")
    assert scenario(page) == start[0]
    assert_seen(page, start[1])


def test_help_is_told_to_the_keyboard_and_to_screen_readers(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    told = re.compile("Depth at which drawdown scaling would reach zero")
    expect(slider(page, SCALE)).to_have_accessible_name("Drawdown of full scaling")
    expect(slider(page, SCALE)).to_have_accessible_description(told)
    expect(slider(page, SCALE)).to_have_attribute("aria-valuetext", re.compile("^30\u202f%"))
    slider(page, SCALE).focus()
    expect(page.get_by_text(told).locator("visible=true").first).to_be_visible()


def test_zoom_survives_a_move_and_a_release(page: Page, app: Dashboard) -> None:
    open_page(page, app.url)
    box = page.locator(".lab-overlay").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 100, steps=4)
    page.mouse.up()
    zoom = page.evaluate(f"{LAB}.timeline.zoom")
    day = page.evaluate(f"() => {{ const d = {LAB}.timeline.data.day; return [d[0], d.at(-1)]; }}")
    assert day[0] < zoom[0] < zoom[1] < day[1]
    for path in (STOP, SCALE):
        before = scenario(page)
        drag(page, path, 0.7, moves=10)
        assert page.evaluate(f"{LAB}.timeline.live") is not None  # the hand is still down
        assert page.evaluate(f"{LAB}.timeline.bounds") == zoom
        page.mouse.up()
        wait_for_commit(page, before)
        assert page.evaluate(f"{LAB}.timeline.live") is None
        assert page.evaluate(f"{LAB}.timeline.bounds") == zoom
    before = scenario(page)
    page.get_by_role("button", name="Undo", exact=True).click()
    wait_for_commit(page, before)
    assert page.evaluate(f"{LAB}.timeline.zoom") == zoom


def swipe(page: Page, path: str, share: float) -> None:
    """Drag a slider by a finger to a share of its track, and lift the finger."""
    box = slider(page, path).bounding_box()
    assert box is not None
    last, at = page.evaluate(
        f"p => {{ const s = {LAB}.fields.get(p).slider; return [+s.max, +s.value]; }}", path
    )
    finger = page.context.new_cdp_session(page)
    y = box["y"] + box["height"] / 2
    for k in range(11):
        place = at / last + (share - at / last) * k / 10
        x = box["x"] + 13 + (box["width"] - 26) * place
        kind = "touchStart" if k == 0 else "touchMove"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(16)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_phone_reaches_and_moves_every_control(
    new_page: Callable[..., Page], app: Dashboard
) -> None:
    page = new_page(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )
    open_page(page, app.url)
    fields = page.locator(".lab-field")
    for k in range(fields.count()):
        one = fields.nth(k)
        expect(one).to_be_visible()
        expect(page.locator(".lab-field:visible")).to_have_count(1)
        for part in one.locator(".lab-field-head, .lab-track, .lab-segments, .lab-note").all():
            box = part.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            assert box["y"] + box["height"] <= 844, one.get_attribute("data-path")
        page.get_by_role("button", name="Next control").tap()
    # A finger on the slider moves it, paints on the way, and does not scroll the page.
    page.locator(".lab-select").select_option(SCALE)
    before = scenario(page)
    swipe(page, SCALE, 0.1)
    wait_for_commit(page, before)
    assert page.evaluate("() => scrollY") == 0
    assert value_of(page, SCALE) < 0.15
    values = {"universe.source": "demo", SCALE: value_of(page, SCALE)}
    run = Pipeline(app.home).run(with_values(preset("Phase 8"), values))
    assert shown(page, "max_drawdown") == run.metrics.max_drawdown
    assert shown(page, "cagr") == run.metrics.cagr
    # A number, a switch and the way back.
    before = scenario(page)
    number(page, SCALE).tap()
    number(page, SCALE).fill("22")
    number(page, SCALE).press("Enter")
    wait_for_commit(page, before)
    assert value_of(page, SCALE) == 0.22
    before = scenario(page)
    field(page, SCALE).locator(".lab-switch").tap()
    wait_for_commit(page, before)
    before = scenario(page)
    field(page, SCALE).locator(".lab-reset").tap()
    wait_for_commit(page, before)
    assert value_of(page, SCALE) == 0.3
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    # The page below still scrolls by a finger, up to its end.
    page.locator("text=All numbers, timings and notes").scroll_into_view_if_needed()
    page.locator("text=All numbers, timings and notes").tap()
    page.locator("table.pl-table", has_text="Win rate").wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
