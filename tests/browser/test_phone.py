"""Every page on a phone: reached by its navigation, whole, and no wider than the glass."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    LONG,
    PLOT,
    RISK_READY,
    arrived,
    go_on_phone,
    outside,
    phone,
    settled,
)

WIDE = (".js-plotly-plot", ".pl-strip", ".pl-card", ".pl-legend", ".pl-words", ".pl-box",
        "input:not([type=range])")  # fmt: skip


def drawn(page: Page) -> None:
    page.wait_for_selector(PLOT)
    settled(page)


def compared(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Compare with No overlay")).click()
    drawn(page)
    expect(page.get_by_text("Order, now that the noise is known")).to_be_visible(timeout=LONG)
    arrived(page)


def one_line(page: Page) -> None:
    drawn(page)
    first, last = (
        page.locator(f".st-key-weight-bull-{factor}").bounding_box()
        for factor in ("momentum", "quality")
    )
    assert first is not None
    assert last is not None
    assert first["y"] == last["y"]


def both_tables(page: Page) -> None:
    drawn(page)
    table = ".st-key-trades-orders [data-testid=stDataFrame]"
    for name in ("Orders", "Round trips"):
        page.get_by_text(name, exact=True).first.click()
        page.wait_for_selector(table)
        arrived(page)
        assert outside(page, *WIDE) == [], name


def parts_of_a_report(page: Page) -> None:
    expect(page.locator(".st-key-report-build button:visible")).to_be_visible()
    assert not outside(
        page, ".stCode", "[data-testid=stButtonGroup] button", ".st-key-report-build"
    )


# What is seen of a page beside its width; of a page that is not named here, its charts.
SEEN = {
    "Compare": compared,
    "Drawdowns": drawn,
    "Exposure": drawn,
    "Returns": drawn,
    "Regimes": one_line,
    "Trades": both_tables,
    "Report": parts_of_a_report,
}


@pytest.mark.slow
def test_every_page_fits_a_phone(new_page: Callable[..., Page], app_url: str) -> None:
    page = phone(new_page)
    page.goto(app_url)
    page.wait_for_function(RISK_READY)
    settled(page)
    for name, seen in SEEN.items():
        go_on_phone(page, name)
        seen(page)
        assert outside(page, *WIDE) == [], name
        assert page.locator("[data-testid=stException]").count() == 0, name
