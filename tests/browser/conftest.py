"""Fixtures of the browser tests: a running dashboard and a page of a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.chromium import BROWSER_FLAGS, find_chromium, missing_message
from tests.browser.pages import WIRE
from tests.browser.server import Dashboard, free_port, running_dashboard

HERE = Path(__file__).resolve().parent
PAGE_LIMIT = 60_000  # milliseconds for anything waited for on a page
expect.set_options(timeout=PAGE_LIMIT)  # five seconds are too few where others use the machine


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start the dashboard with an empty store, on a free port."""
    with running_dashboard(tmp_path_factory.mktemp("dashboard") / "home", free_port()) as started:
        yield started


@pytest.fixture(scope="session")
def app_url(app: Dashboard) -> str:
    """Return the address of the running dashboard."""
    return app.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the Chromium that was found; fail where there is none."""
    executable = find_chromium()
    if executable is None:
        pytest.fail(missing_message(), pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=list(BROWSER_FLAGS), headless=True
        )
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a fresh page, 1440×900, in a browser context of its own.

    Any error on the console of such a page fails the test, unless it is opened with
    ``watched=False``: where the test itself breaks what the page relies on.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(*, watched: bool = True, **options: Any) -> Page:
        options = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | options
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(PAGE_LIMIT)
        contexts[-1].add_init_script(WIRE)
        page = contexts[-1].new_page()
        if watched:
            listen(page, errors)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors, "errors on the browser's console:\n" + "\n".join(errors)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Open a fresh page, 1440×900; any error on its console fails the test."""
    return new_page()


def listen(page: Page, errors: list[str]) -> None:
    """Add what goes wrong on `page` to `errors`."""

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    def thrown(error: Error) -> None:
        errors.append(f"uncaught: {error}")

    page.on("console", heard)
    page.on("pageerror", thrown)
