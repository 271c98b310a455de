"""The help overlay in a real browser: by key, by button and by a term; nothing runs for it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from benchmarks.latency.traffic import page_requests
from tests.browser.pages import go, opened, phone, runs_of_the_script, settled


def test_a_question_mark_opens_it_and_escape_closes_it(page: Page, app_url: str) -> None:
    opened(page, app_url)
    dialog = page.locator("dialog.pl-help")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading", name="Help · Drawdowns")).to_be_visible()
    expect(dialog.get_by_text("The next and the previous drawdown by depth")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Whole period. Click a fall")).to_be_visible()


def test_a_definition_can_be_found(page: Page, app_url: str) -> None:
    opened(page, app_url)
    page.get_by_role("button", name="Help").last.click()
    field = page.get_by_label("Find a definition")
    field.fill("sharpe")
    page.locator(".pl-help summary", has_text="Sharpe").first.click()
    expect(page.get_by_text("Sharpe (1994), The Sharpe Ratio")).to_be_visible()
    field.press("?")  # a character there, not the key
    expect(field).to_be_visible()
    field.fill("nothing has this name")
    expect(page.get_by_text("Nothing is called that here.")).to_be_visible()


def test_a_term_opens_its_own_definition_without_a_run(page: Page, app_url: str) -> None:
    sent = runs_of_the_script(page)
    opened(page, app_url)
    go(page, "Returns")
    settled(page)
    sent.clear()
    term = page.locator(".pl-term[data-definition=information_ratio]")
    term.focus()
    term.press("Enter")
    card = page.locator("dialog.pl-help")
    expect(card.get_by_role("heading", name="Information ratio")).to_be_visible()
    expect(card.get_by_text("Grinold & Kahn")).to_be_visible()
    assert page_requests(sent) == 0
    page.get_by_role("button", name="Close", exact=True).click()
    expect(term).to_be_focused()


def test_it_fits_a_phone(new_page: Callable[..., Page], app_url: str) -> None:
    page = phone(new_page)
    page.goto(app_url)
    page.wait_for_selector(".lab-root[data-scenario]")
    settled(page)
    page.keyboard.press("?")
    expect(page.locator("dialog.pl-help")).to_be_visible()
    box = page.locator("dialog.pl-help").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
