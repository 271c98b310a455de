"""A report from the click to the check: built, downloaded, read without a network, printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PAGE_LIMIT, listen
from tests.browser.pages import LONG, opened, settled
from tests.browser.server import ROOT, Dashboard

DRAWN = "() => document.documentElement.dataset.drawn"
BUILD = ".st-key-report-build button:visible"
DOWNLOAD = ".st-key-report-download button:visible"
OVERFLOW = """e => e.filter(x => x.getBoundingClientRect().right > innerWidth + 1).length"""


def verified(file: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "verify", str(file)],
        cwd=ROOT,
        env=os.environ | {"PLIMSOLL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def report(browser: Browser, app: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a report on the page and save what the button hands out."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PAGE_LIMIT)
    errors: list[str] = []
    page = context.new_page()
    listen(page, errors)
    opened(page, app.url, "Report", wait=BUILD)
    aside = page.get_by_text("How it is verified").bounding_box()
    page.locator(BUILD).click()
    expect(page.locator(DOWNLOAD)).to_be_visible(timeout=LONG)
    settled(page)
    assert page.get_by_text("How it is verified").bounding_box() == aside  # nothing jumps
    expect(page.get_by_text("It shows the present settings.")).to_be_visible()
    with page.expect_download() as found:
        page.locator(DOWNLOAD).click()
    assert re.fullmatch(r"plimsoll-phase-8-demo-[\d-]+-[0-9a-f]{6}\.html",
                        found.value.suggested_filename)  # fmt: skip
    file = tmp_path_factory.mktemp("report") / found.value.suggested_filename
    found.value.save_as(file)
    context.close()
    assert not errors
    return file


@pytest.mark.parametrize("width", [1440, 390])
def test_it_opens_without_a_network(
    report: Path, new_page: Callable[..., Page], width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 900}, offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.wait_for_function(DRAWN)
    assert asked == [report.as_uri()]
    assert page.locator(".plot .main-svg").count() >= 5
    expect(page.get_by_role("heading", name="Phase 8")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert page.locator("p, h2, nav, .pl-scroll, .plot").evaluate_all(OVERFLOW) == 0
    plot = page.locator("#plot-timeline")
    plot.hover(position={"x": min(width / 3, 250), "y": 100})
    expect(plot.locator(".hoverlayer .legendtext").first).to_be_visible()
    page.get_by_role("link", name="Definitions").first.click()
    expect(page.locator("#definitions")).to_be_in_viewport()


def test_it_prints_to_pages(report: Path, new_page: Callable[..., Page], tmp_path: Path) -> None:
    page = new_page(offline=True)
    page.goto(report.as_uri())
    page.wait_for_function(DRAWN)
    wide = page.locator("#plot-timeline .main-svg").first.bounding_box()
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    pages = len(re.findall(rb"/Type\s*/Page[^s]", printed))
    assert 8 <= pages <= 24
    assert re.search(rb"/MediaBox \[0 0 59\d[.\d]* 84[12][.\d]*\]", printed)  # A4
    page.wait_for_timeout(300)
    assert page.locator("#plot-timeline .main-svg").first.bounding_box() == wide  # as before
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 695, "height": 1000})
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(300)
    inside = page.locator(".plot .main-svg").evaluate_all(
        "e => e.every(x => x.getBoundingClientRect().right <= 696)"
    )
    assert inside
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")


def test_it_verifies_and_a_doctored_copy_does_not(
    report: Path, app: Dashboard, tmp_path: Path
) -> None:
    good = verified(report, app.home)
    assert good.returncode == 0, good.stderr
    assert "Verified: Phase 8 on demo." in good.stdout
    text = report.read_text(encoding="utf-8")
    bad = tmp_path / "bad.html"
    bad.write_text(re.sub(r"(>CAGR</a></td><td>)[^<]*", r"\g<1>25.0 %", text, count=1))
    found = verified(bad, app.home)
    assert found.returncode == 1
    assert "section “Result”, CAGR: must be" in found.stderr
    assert "was 25.0 %" in found.stderr


def test_a_chart_can_be_saved_as_csv_and_parquet(page: Page, app_url: str) -> None:
    opened(page, app_url, "Returns")
    for ending, start in (("csv", b"year,"), ("parquet", b"PAR1")):
        with page.expect_download() as found:
            page.locator(f".st-key-{ending}-months button:visible").click()
        assert found.value.suggested_filename == f"plimsoll-months.{ending}"
        assert Path(found.value.path()).read_bytes().startswith(start)
