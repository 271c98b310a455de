"""The lab in a real browser: the page answers while the hand is on the slider."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.latency.traffic import page_requests
from core.presets import preset
from core.scenario import with_values
from dashboard.format import bps, compared, count, difference, money, percent, points, ratio
from dashboard.pipeline import Pipeline
from dashboard.theme import THEMES
from tests.browser.chromium import PHONE
from tests.browser.lab import (
    HINTED,
    KNOWN,
    READY,
    SCALE,
    STOP,
    drag,
    field,
    open_page,
    scenario,
    shown,
    slider,
    value_of,
    wait_for_commit,
)
from tests.browser.pages import runs_of_the_script
from tests.browser.server import Dashboard

NODES = "[...document.querySelectorAll('.lab-chart, .lab-overlay, .lab-slider, .lab-card')]"


@pytest.fixture(scope="module")
def pipeline(app: Dashboard) -> Pipeline:
    """Return a pipeline over the store of the running dashboard."""
    return Pipeline(app.home)


def test_a_drag_paints_every_value_without_a_rerun_and_the_release_is_exact(
    page: Page, app_url: str, pipeline: Pipeline
) -> None:
    sent = runs_of_the_script(page)
    open_page(page, app_url)
    nodes = page.evaluate_handle(NODES)
    before = scenario(page)
    slider(page, STOP).scroll_into_view_if_needed()
    slider(page, STOP).hover()
    page.wait_for_function(KNOWN, arg=STOP)
    page.wait_for_function(HINTED)
    page.wait_for_function(READY)
    sent.clear()
    passed, painted = drag(page, STOP, 0.9)
    assert passed >= 20
    assert painted >= 0.9 * passed
    assert not sent  # nothing leaves the browser while the hand moves
    live = shown(page, "cagr")
    page.mouse.up()
    wait_for_commit(page, before)
    # One rerun; what follows at rest is a fragment's, counted apart.
    assert len([message for message in sent if page_requests([message])]) == 1
    value = value_of(page, STOP)
    exact = pipeline.run(with_values(preset("Phase 8"), {"universe.source": "demo", STOP: value}))
    for name in ("cagr", "sharpe_ratio", "max_drawdown", "stop_hits", "turnover", "cost_bps"):
        assert shown(page, name) == getattr(exact.metrics, name), name
    assert live == exact.metrics.cagr  # the curves of the drag were exact as well
    assert page.evaluate(f"nodes => {NODES}.every((node, i) => node === nodes[i])", nodes)


def test_the_keyboard_alone_moves_enters_switches_and_resets(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    before = scenario(page)
    bar = slider(page, STOP)
    bar.focus()
    for key in ("ArrowRight", "ArrowRight", "PageUp", "ArrowLeft"):
        bar.press(key)
    wait_for_commit(page, before)
    assert shown(page, "cagr") != 0
    expect(page.locator(".pl-strip h1")).to_contain_text("1 changed")
    moved = scenario(page)
    bar.press("Home")
    wait_for_commit(page, moved)
    expect(field(page, STOP).locator(".lab-number")).to_have_value("2")
    number = field(page, STOP).locator(".lab-number")
    number.focus()
    number.fill("20.5 %")
    at_home = scenario(page)
    number.press("Enter")
    wait_for_commit(page, at_home)
    assert (
        page.evaluate(f"document.querySelector('.lab-root').lab.header.values['{STOP}']") == 0.205
    )
    typed = scenario(page)
    field(page, STOP).locator(".lab-switch").press("Space")
    wait_for_commit(page, typed)
    expect(bar).to_be_disabled()
    off = scenario(page)
    field(page, STOP).locator(".lab-reset").press("Enter")
    wait_for_commit(page, off)
    assert scenario(page) == before
    assert bar.get_attribute("aria-valuetext") == "12\u202f%"


def test_one_step_of_every_field_is_told_at_rest(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    page.wait_for_function(HINTED)
    expect(field(page, STOP).locator(".lab-note")).to_contain_text("+1\u202fpt:")
    expect(field(page, SCALE).locator(".lab-note")).to_contain_text("The floor binds from")


def test_zoom_and_nodes_survive_a_commit(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    lab = "document.querySelector('.lab-root').lab"
    page.get_by_role("button", name="1Y", exact=True).click()
    zoom = page.evaluate(f"{lab}.timeline.zoom")
    assert zoom is not None
    before = scenario(page)
    slider(page, SCALE).focus()
    slider(page, SCALE).press("ArrowRight")
    wait_for_commit(page, before)
    assert page.evaluate(f"{lab}.timeline.zoom") == zoom
    box = page.locator(".lab-overlay").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 100, steps=5)
    page.mouse.up()
    narrower = page.evaluate(f"{lab}.timeline.zoom")
    assert narrower[1] - narrower[0] < zoom[1] - zoom[0]
    page.mouse.dblclick(box["x"] + 300, box["y"] + 100)
    assert page.evaluate(f"{lab}.timeline.zoom") is None


def test_the_crosshair_reads_every_panel_at_once(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    box = page.locator(".lab-overlay").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    reading = page.locator(".lab-readout")
    for words in ("Portfolio", "Benchmark", "Exposure", "Held by", "Largest sectors", "Regime"):
        expect(reading).to_contain_text(words)


def test_a_refused_value_is_explained_and_the_slider_goes_back(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    number = field(page, STOP).locator(".lab-number")
    number.fill("3000")
    number.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Position stop must be")
    expect(number).to_have_value("12")


def test_numbers_are_written_as_python_writes_them(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    rng = random.Random(7)
    values = [0.0, -0.0, 0.125, 0.375, 0.5, 1.5, 2.5, -0.0004, 0.00049, 1234567.8, -0.1306, 0.29]
    values += [rng.uniform(-3, 3) for _ in range(200)] + [
        rng.uniform(-1e6, 1e6) for _ in range(100)
    ]
    values += [k / 8 for k in range(-40, 40)] + [k / 1000 for k in range(-60, 60)]
    pairs = list(itertools.pairwise(values))
    kinds = ("percent", "whole percent", "ratio", "bps", "count")
    near = [(value, value + rng.uniform(-0.02, 0.02)) for value in values]
    found = page.evaluate(
        """async ([values, pairs, kinds, near]) => {
          const at = performance.getEntriesByType('resource').map(e => e.name)
            .find(name => name.endsWith('/format.js'));
          const f = await import(at);
          return [
            values.map(v => [f.percent(v), f.percent(v, 0), f.percent(v, 1, true), f.points(v),
              f.ratio(v), f.ratio(v, 2, true), f.bps(v), f.count(v), f.count(v, true)]),
            kinds.map(kind => pairs.map(([a, b]) => f.difference(kind, a, b))),
            [f.percent(null), f.ratio(NaN)],
            kinds.map(kind => near.map(([a, b]) => f.compared(kind, a, b))),
            [-0.225, 0.18, 0.1234, 0.29, 0.145].map(f.asSet),
          ];
        }""",
        [values, pairs, list(kinds), near],
    )
    for value, written in zip(values, found[0], strict=True):
        assert written == [
            percent(value), percent(value, 0), percent(value, signed=True), points(value),
            ratio(value), ratio(value, signed=True), bps(value), money(value),
            count(value, signed=True),
        ], value  # fmt: skip
    for kind, written in zip(kinds, found[1], strict=True):
        assert written == [difference(kind, a, b) for a, b in pairs], kind
    for kind, told in zip(kinds, found[3], strict=True):
        assert told == [list(compared(kind, a, b)) for a, b in near], kind
    assert found[2] == [percent(None), ratio(None)]
    digits = ((-0.225, 1), (0.18, 0), (0.1234, 2), (0.29, 0), (0.145, 1))
    assert found[4] == [percent(*one) for one in digits]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_390_pixels_are_usable_by_touch(browser: Browser, app_url: str, scheme: Any) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, is_mobile=True,
        has_touch=True, user_agent=PHONE, reduced_motion="reduce",
    )  # fmt: skip
    try:
        page = context.new_page()
        open_page(page, app_url)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.querySelector('.lab-root').lab.header.colours.page") == (
            THEMES[scheme].page
        )
        page.locator(".lab-select").select_option(STOP)
        expect(slider(page, STOP)).to_be_in_viewport()
        expect(page.locator(".lab-field:visible")).to_have_count(1)
        box = slider(page, STOP).bounding_box()
        assert box is not None
        assert box["height"] >= 36
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        before, at = scenario(page), shown(page, "stop_hits")
        page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
        wait_for_commit(page, before)
        assert shown(page, "stop_hits") < at
    finally:
        context.close()
