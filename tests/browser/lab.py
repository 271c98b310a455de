"""Hands and eyes of the lab's browser tests."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page

from tests.browser.pages import IDLE

STOP, SCALE = "risk.position_stop_loss", "risk.max_allowed_drawdown"
LAB = "document.querySelector('.lab-root').lab"
# The script rests, nothing is held, and what the controls show is committed and acknowledged: a
# slider waits for the next key before it commits, so on a slow machine two keys are two commits.
READY = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  const lab = document.querySelector('.lab-root[data-scenario]')?.lab;
  return app && app.getAttribute('data-test-script-state') === 'notRunning'
    && lab?.header && !Object.keys(lab.pending).length
    && [...lab.fields.values()].every(field => !field.moving)
    && document.querySelector('.lab-card[data-metric=cagr][data-value]');
}"""
KNOWN = """path => {
  const { curves, fields } = document.querySelector('.lab-root').lab;
  const { steps, refused } = curves.of(path);
  return steps.size + refused.size >= fields.get(path).steps.length;
}"""
HINTED = """() => {
  const { curves, header } = document.querySelector('.lab-root').lab;
  return curves.hints?.scenario === header.scenario && !curves.hints.more && !curves.waiting;
}"""


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    rested(page)


def rested(page: Page) -> None:
    """Wait until the page is :data:`READY`, painted to its end, and still ready then."""
    page.wait_for_function(READY)
    page.wait_for_function(IDLE)
    page.wait_for_function(READY)


def field(page: Page, path: str) -> Locator:
    return page.locator(f'.lab-field[data-path="{path}"]')


def slider(page: Page, path: str) -> Locator:
    return field(page, path).locator(".lab-slider")


def number(page: Page, path: str) -> Locator:
    return field(page, path).locator(".lab-number")


def shown(page: Page, metric: str) -> float:
    value = page.locator(f".lab-card[data-metric={metric}]").get_attribute("data-value")
    assert value
    return float(value)


def scenario(page: Page) -> str:
    value = page.locator(".lab-root[data-scenario]").get_attribute("data-scenario")
    assert value
    return value


def value_of(page: Page, path: str) -> Any:
    values = page.evaluate(f"() => {LAB}.header.values")
    return values[path]


def address(page: Page) -> dict[str, str]:
    """Return key → value of the address, each once."""
    pairs = parse_qsl(urlsplit(page.url).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def wait_for_commit(page: Page, before: str) -> None:
    page.wait_for_function(
        "s => document.querySelector('.lab-root[data-scenario]').dataset.scenario !== s",
        arg=before,
    )
    rested(page)


def drag(page: Page, path: str, share: float, moves: int = 40) -> tuple[int, int]:
    """Drag a slider to a share of its track; return distinct values passed and painted."""
    bar = slider(page, path)
    bar.scroll_into_view_if_needed()
    bar.hover()
    page.wait_for_function(KNOWN, arg=path)
    box = bar.bounding_box()
    assert box is not None
    last, at = page.evaluate(
        f"p => {{ const s = {LAB}.fields.get(p).slider; return [+s.max, +s.value]; }}", path
    )
    page.evaluate(f"() => {{ {LAB}.paintedValues = new Set(); }}")
    seen = set()
    y = box["y"] + box["height"] / 2
    for k in range(moves + 1):
        position = round(at + (last * share - at) * k / moves)
        page.mouse.move(box["x"] + 7 + (box["width"] - 14) * position / last, y)
        if k == 0:
            page.mouse.down()
        elif position != at:
            seen.add(position)
        page.wait_for_timeout(16)
    return len(seen), page.evaluate(f"() => {LAB}.paintedValues.size")


def release(page: Page) -> None:
    """Let go of the slider that is dragged, and wait for the exact result."""
    before = scenario(page)
    page.mouse.up()
    wait_for_commit(page, before)


def press(page: Page, path: str, *keys: str) -> None:
    """Move a slider by keys, and wait for the exact result; it may be one commit or several."""
    before = scenario(page)
    slider(page, path).focus()
    for key in keys:
        slider(page, path).press(key)
    wait_for_commit(page, before)


def enter(page: Page, path: str, text: str) -> None:
    """Type a number into a field, and wait for the exact result."""
    before = scenario(page)
    number(page, path).fill(text)
    number(page, path).press("Enter")
    wait_for_commit(page, before)


def open_group(page: Page, path: str) -> None:
    """Open the group of controls that a field is in."""
    group = page.locator(".lab-group").filter(has=field(page, path))
    if group.get_attribute("open") is None:
        group.locator("summary").click()
