"""What the lab says: of a card, of a rule that cannot act, of a value that is not taken."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE
from tests.browser.lab import (
    LAB,
    STOP,
    drag,
    enter,
    field,
    number,
    open_page,
    scenario,
    slider,
    value_of,
    wait_for_commit,
)
from tests.browser.server import Dashboard

TARGET, WINDOW = "risk.target_annual_vol", "risk.vol_lookback_days"


def card(page: Page, metric: str) -> str:
    return f".lab-card[data-metric={metric}]"


def test_a_card_tells_its_definition_by_mouse_by_key_and_to_screen_readers(
    page: Page, app: Dashboard
) -> None:
    open_page(page, app.url)
    chart = page.locator(".lab-overlay").bounding_box()
    told = page.locator(f"{card(page, 'calmar_ratio')} .lab-card-help")
    expect(told).to_be_hidden()
    page.locator(card(page, "calmar_ratio")).hover()
    expect(told).to_be_visible()
    expect(told).to_contain_text("CAGR over the depth of the max drawdown")
    page.mouse.move(5, 5)
    expect(told).to_be_hidden()
    name = page.get_by_role("button", name="Calmar")
    expect(name).to_have_accessible_description(re.compile("CAGR over the depth"))
    page.get_by_role("button", name="Sortino").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(name).not_to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(name).to_be_focused()
    expect(told).to_be_visible()
    page.keyboard.press("Escape")
    expect(told).to_be_hidden()
    assert page.locator(".lab-overlay").bounding_box() == chart  # nothing moved
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Calmar")
    page.keyboard.press("Escape")
    expect(name).to_be_focused()


def test_escape_takes_a_drag_back(page: Page, app: Dashboard) -> None:
    open_page(page, app.url)
    before = scenario(page)
    drag(page, STOP, 0.7, moves=10)
    assert page.evaluate(f"{LAB}.timeline.live") is not None
    page.keyboard.press("Escape")
    assert page.evaluate(f"{LAB}.timeline.live") is None
    expect(number(page, STOP)).to_have_value("12")
    page.mouse.move(600, 500)  # what the pointer still does counts no more
    expect(number(page, STOP)).to_have_value("12")
    page.mouse.up()
    page.wait_for_timeout(500)
    assert (scenario(page), value_of(page, STOP)) == (before, 0.12)
    # The next drag counts again.
    drag(page, STOP, 0.5, moves=5)
    page.mouse.up()
    wait_for_commit(page, before)
    assert value_of(page, STOP) != 0.12


def test_a_rule_that_cannot_act_says_so(page: Page, app: Dashboard) -> None:
    open_page(page, app.url)
    before = scenario(page)
    number(page, TARGET).fill("off")
    number(page, TARGET).press("Enter")
    wait_for_commit(page, before)
    assert value_of(page, TARGET) is None
    note = field(page, WINDOW).locator(".lab-note")
    expect(note).to_have_text("No effect: the volatility target is off.")
    expect(field(page, WINDOW)).to_have_class(re.compile("lab-idle"))
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(field(page, WINDOW)).not_to_have_class(re.compile("lab-idle"))


def test_a_number_out_of_range_is_refused_at_its_field_in_its_unit(
    page: Page, app: Dashboard
) -> None:
    open_page(page, app.url)
    number(page, STOP).fill("200")
    number(page, STOP).press("Enter")
    words = "Position stop must be above 0\u202f% and at most 100\u202f%, was 200\u202f%."
    expect(field(page, STOP).locator(".lab-note")).to_contain_text(words)
    expect(page.locator(".lab-status")).to_contain_text(words)
    assert value_of(page, STOP) == 0.12
    enter(page, STOP, "20")
    expect(field(page, STOP).locator(".lab-note")).not_to_contain_text("must be")


def test_a_phone_reaches_undo_and_keeps_a_reading(
    new_page: Callable[..., Page], app: Dashboard
) -> None:
    page = new_page(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )
    open_page(page, app.url)
    undo = page.get_by_role("button", name="Undo", exact=True).bounding_box()
    assert undo is not None
    assert undo["x"] + undo["width"] <= 390
    assert min(undo["width"], undo["height"]) >= 40
    box = page.locator(".lab-overlay").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + 150, box["y"] + 80)
    readout = page.locator(".lab-readout")
    expect(readout).to_contain_text("Portfolio")
    place = readout.bounding_box()
    assert place is not None
    assert place["x"] == 0
    assert place["width"] == 390
    assert place["y"] + place["height"] < 400  # the lines below it stay in view
    expect(page.locator(".lab-day")).to_have_count(0)  # a tap reads, it does not explain
    page.get_by_role("button", name="Close the reading").tap()
    expect(readout).to_be_hidden()
    assert slider(page, "risk.max_allowed_drawdown").is_visible()
