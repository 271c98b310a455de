"""What the lab shows is what the command line prints, whoever moved what, wherever it is read."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data.imports import ImportPaths, import_market
from tests.browser.lab import (
    SCALE,
    STOP,
    address,
    drag,
    enter,
    field,
    open_group,
    open_page,
    press,
    release,
    rested,
    scenario,
    value_of,
    wait_for_commit,
)
from tests.browser.server import ROOT, Dashboard
from tests.browser.terminal import (
    Report,
    arguments_of,
    assert_same,
    assert_seen,
    backtest,
    backtest_in_its_own_process,
    seen,
)

VOLATILITY, TRAILING = "risk.target_annual_vol", "risk.trailing_stop_pct"
COSTS, BREAKER, NAMES = "risk.cost_per_trade_bps", "risk.circuit_breaker_dd", "book.names_held"
TABLES = ("prices", "securities", "membership", "fundamentals", "indices", "rates")
OVERRIDES = ROOT / "data" / "reference" / "overrides-us-2015-2024.toml"


@pytest.fixture(scope="module")
def untouched(app: Dashboard) -> Report:
    """Return the command line's run of the preset that a new page shows."""
    return backtest_in_its_own_process(app.home, "--source", "demo")


def of_terminal(app: Dashboard, page: Page) -> Report:
    return backtest(app.home, *arguments_of(address(page)))


def drag_away(page: Page, path: str, rng: random.Random) -> None:
    """Drag to a random place that is not where the slider stands, and let go."""
    open_group(page, path)
    drag(page, path, rng.choice((rng.uniform(0.02, 0.3), rng.uniform(0.7, 0.98))), moves=12)
    release(page)


def test_every_number_after_a_release_is_that_of_the_command_line(
    page: Page, app: Dashboard, untouched: Report
) -> None:
    open_page(page, app.url)
    assert_same(page, untouched)
    rng = random.Random(8)
    drag_away(page, STOP, rng)
    drag_away(page, rng.choice((VOLATILITY, TRAILING)), rng)
    assert_same(page, of_terminal(app, page), untouched)
    press(page, SCALE, *rng.choices(("ArrowLeft", "PageUp", "ArrowRight"), (2, 1, 1), k=5))
    open_group(page, COSTS)
    enter(page, COSTS, f"{rng.uniform(0.5, 40.0):.2f}")
    assert_same(page, of_terminal(app, page), untouched)
    drag_away(page, NAMES, rng)
    open_group(page, BREAKER)
    before = scenario(page)
    field(page, BREAKER).locator(".lab-switch").click()
    wait_for_commit(page, before)
    assert len(address(page)) == 1 + 6  # the preset, and what was moved
    assert_same(page, of_terminal(app, page), untouched)


def test_an_address_shows_the_same_in_a_second_browser(
    new_page: Callable[..., Page], app: Dashboard
) -> None:
    first, second = new_page(), new_page()
    open_page(first, app.url)
    enter(first, STOP, "17.31")
    press(first, VOLATILITY, "PageUp")
    page_there = first.url
    open_page(second, page_there)
    assert second.url == page_there
    assert scenario(second) == scenario(first)
    assert_seen(second, seen(first))
    # What is done in the second does not reach the first, nor a reload of it.
    press(second, STOP, "ArrowLeft")
    assert scenario(second) != scenario(first)
    kept = seen(first)
    first.reload()
    rested(first)
    assert first.url == page_there
    assert_seen(first, kept)


def test_undo_and_redo_restore_numbers_and_address(page: Page, app: Dashboard) -> None:
    open_page(page, app.url)
    states = []

    def note() -> None:
        states.append((scenario(page), value_of(page, STOP), value_of(page, SCALE), seen(page)))

    def step(name: str) -> None:
        before = scenario(page)
        page.get_by_role("button", name=name, exact=True).click()
        wait_for_commit(page, before)

    note()
    press(page, STOP, "ArrowRight")  # one key: two would be one step of the history or two
    note()
    addresses = [None, page.url]
    enter(page, SCALE, "21.5")
    note()
    addresses.append(page.url)
    expect(page.get_by_role("button", name="Redo", exact=True)).to_be_disabled()
    for name, order in (("Undo", (1, 0)), ("Redo", (1, 2))):
        for k in order:
            step(name)
            found = (scenario(page), value_of(page, STOP), value_of(page, SCALE))
            assert found == states[k][:3], (name, k)
            assert_seen(page, states[k][3])
            if addresses[k] is not None:
                assert page.url == addresses[k]
    expect(field(page, SCALE).locator(".lab-number")).to_have_value("21.5")
    step("Undo")
    expect(field(page, SCALE).locator(".lab-number")).to_have_value("30")
    assert page.url == addresses[1]


def test_two_browsers_at_once_do_not_disturb_each_other(
    new_page: Callable[..., Page], app: Dashboard, untouched: Report
) -> None:
    pages = new_page(), new_page()
    paths = (STOP, SCALE)
    for page in pages:
        open_page(page, app.url)
    for page, path in zip(pages, paths, strict=True):
        drag(page, path, 0.25, moves=12)  # both hands are down at once
    before = [scenario(page) for page in pages]
    for page in pages:
        page.mouse.up()
    for page, was in zip(pages, before, strict=True):
        wait_for_commit(page, was)
    for page, own, other in zip(pages, paths, reversed(paths), strict=True):
        expect(page.locator(".pl-strip h1")).to_contain_text("1 changed")
        assert field(page, own).locator(".lab-reset").is_visible()
        assert not field(page, other).locator(".lab-reset").is_visible()
        assert_same(page, of_terminal(app, page), untouched)
    assert scenario(pages[0]) != scenario(pages[1])


@pytest.mark.real_data
def test_on_real_data_every_number_is_that_of_the_command_line(
    new_page: Callable[..., Page], app: Dashboard, real_market: Path
) -> None:
    files = {table: real_market / f"{table}.parquet" for table in TABLES}
    import_market(app.home, "us", ImportPaths(**files), OVERRIDES)
    page = new_page()
    open_page(page, f"{app.url}/?src=us&from=2021-06-01&to=2024-06-01")
    untouched = of_terminal(app, page)
    assert_same(page, untouched)
    rng = random.Random(3)
    drag_away(page, STOP, rng)
    press(page, VOLATILITY, "ArrowRight")
    assert_same(page, of_terminal(app, page), untouched)
