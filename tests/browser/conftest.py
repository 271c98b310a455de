"""Fixtures of the browser tests: a running dashboard and a page of a real Chromium."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from tests.browser.chromium import BROWSER_FLAGS, find_chromium, missing_message

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
START_LIMIT = 180.0  # seconds until the server must answer: the demo market and first compilations
STOP_LIMIT = 15.0
PAGE_LIMIT = 60_000  # milliseconds for anything waited for on a page


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # One worker runs them all: one server, one browser.
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the dashboard with an empty store, on a free port; return its address."""
    folder = tmp_path_factory.mktemp("dashboard")
    port = free_port()
    command = [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--no-browser"],
            cwd=ROOT,
            env=os.environ | {"PLIMSOLL_HOME": str(folder / "home")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_healthy(url, server, folder / "server.log")
            yield url
        finally:
            stop(server)


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
def page(browser: Browser) -> Iterator[Page]:
    """Open a fresh page, 1440×900; any error on its console fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PAGE_LIMIT)
    opened = context.new_page()
    errors: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    def thrown(error: Error) -> None:
        errors.append(f"uncaught: {error}")

    opened.on("console", heard)
    opened.on("pageerror", thrown)
    yield opened
    context.close()
    assert not errors, "errors on the browser's console:\n" + "\n".join(errors)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for Streamlit's health address; fail with the end of the log where it never answers."""
    until = time.monotonic() + START_LIMIT
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    state = "is still silent" if server.poll() is None else f"ended with status {server.returncode}"
    tail = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    pytest.fail(f"the dashboard {state} after at most {START_LIMIT:.0f} s:\n{tail}", pytrace=False)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and whatever it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, how)
        except ProcessLookupError:
            break
        try:
            server.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            continue
        break
