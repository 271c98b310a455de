"""Hands and eyes of the browser tests of the pages: open one, go to another, wait for rest."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE

__all__ = [
    "PLOT",
    "QUIET",
    "RISK_READY",
    "go",
    "go_on_phone",
    "opened",
    "outside",
    "phone",
    "settled",
    "titled",
]

QUIET = """() => document.querySelector('[data-testid=stApp]')
  ?.getAttribute('data-test-script-state') === 'notRunning'"""
RISK_READY = """() => document.querySelector('.lab-root[data-scenario]')
  && document.querySelector('.pl-card[data-metric=cagr][data-value]')"""
PLOT = ".js-plotly-plot .main-svg"
_OUTSIDE = """e => e.filter(x => x.checkVisibility({visibilityProperty: true})
  && x.getBoundingClientRect().right > innerWidth + 1).map(x => x.outerHTML.slice(0, 200))"""
_GROUPS = {"Overview": "", "Risk": "", "Report": ""} | dict.fromkeys(
    ("Factors", "Evidence", "Data"), "Research"
)


def settled(page: Page) -> None:
    """Wait until the script rests and what it sent is drawn, and see that it goes on resting."""
    page.wait_for_function(QUIET)
    page.wait_for_timeout(300)
    page.wait_for_function(QUIET)


def titled(page: Page, name: str) -> None:
    """Wait until the page called `name` is there, with a result."""
    expect(page.locator(".pl-strip h1")).to_contain_text(f"{name} ·")


def opened(page: Page, url: str, name: str = "Drawdowns", wait: str = PLOT) -> None:
    """Open a page by its own address, and wait for what `wait` selects."""
    page.goto(f"{url}/{name.lower()}")
    titled(page, name)
    page.wait_for_selector(wait)
    settled(page)


def go(page: Page, name: str) -> None:
    """Change the page by the navigation at the top."""
    group = _GROUPS.get(name, "Review")
    if group:
        page.get_by_text(group, exact=True).first.click()
    page.locator("a:visible").filter(has_text=name).first.click()
    titled(page, name)
    settled(page)


def phone(new_page: Callable[..., Page]) -> Page:
    """Open a fresh page as a phone does, 390×844."""
    return new_page(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )


def go_on_phone(page: Page, name: str) -> None:
    """Change the page by a phone's navigation."""
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator("a:visible").filter(has_text=name).first.click()
    titled(page, name)
    settled(page)


def outside(page: Page, *selectors: str) -> list[str]:
    """Return what of the page reaches beyond the right edge of the window."""
    wide: list[str] = page.locator(", ".join(selectors)).evaluate_all(_OUTSIDE)
    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        wide.append("the page itself")
    return wide
