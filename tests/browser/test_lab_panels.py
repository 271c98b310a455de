"""What follows a commit by itself: account, surface, strips, a day; never in a hand's way."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from benchmarks.latency.traffic import page_requests
from core.presets import preset
from core.scenario import with_values
from dashboard.pipeline import Pipeline
from tests.browser.lab import (
    KNOWN,
    LAB,
    SCALE,
    STOP,
    drag,
    field,
    open_page,
    press,
    rested,
    scenario,
    shown,
    slider,
    value_of,
    wait_for_commit,
)
from tests.browser.pages import runs_of_the_script
from tests.browser.server import Dashboard

TARGET = "risk.target_annual_vol"
FRESH = f"names => names.every(name => {LAB}.curves.studies.fresh(name))"
MARK = f"""() => {{
  const lab = {LAB}; lab.seenOrder = [];
  const note = (node, what) => new MutationObserver(() => lab.seenOrder.push(what))
    .observe(node, {{ childList: true, subtree: true, characterData: true, attributes: true,
      attributeFilter: ['data-scenario', 'data-value'] }});
  new MutationObserver(() => lab.seenOrder.push('commit'))
    .observe(lab.root, {{ attributes: true, attributeFilter: ['data-scenario'] }});
  note(document.querySelector('.lab-waterfall'), 'account');
}}"""


def wait_for(page: Page, *names: str) -> None:
    page.wait_for_function(FRESH, arg=list(names))


def look_at(page: Page, name: str) -> None:
    page.locator(f".lab-panel-{name}").scroll_into_view_if_needed()
    wait_for(page, name)


def test_the_account_is_a_waterfall_that_sums_and_can_be_cut(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    look_at(page, "account")

    def heights() -> list[float]:
        rows = page.locator(".lab-fall")
        return [float(row.get_attribute("data-value") or "nan") for row in rows.all()]

    bars = heights()
    assert len(bars) >= 5
    assert bars[0] + sum(bars[1:-1]) == pytest.approx(bars[-1], abs=1e-9)
    assert bars[-1] == pytest.approx(shown(page, "total_return"), abs=1e-12)
    page.get_by_label("Outcome").select_option(label="Sharpe")
    assert heights()[-1] == pytest.approx(shown(page, "sharpe_ratio"), abs=1e-12)
    page.get_by_label("Part of the period").select_option("year")
    bars = heights()
    assert bars[0] + sum(bars[1:-1]) == pytest.approx(bars[-1], abs=1e-9)
    assert page.get_by_label("Outcome").locator("option").count() >= 3


def test_the_control_stands_beside_the_scenario_and_in_the_chart(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for(page, "control")
    row = page.locator("[data-control]")
    control = json.loads(row.get_attribute("data-control") or "{}")
    assert control["average_exposure"] == pytest.approx(shown(page, "average_exposure"), abs=1e-6)
    assert control["sharpe_ratio"] != shown(page, "sharpe_ratio")
    drawn = page.evaluate(f"() => {LAB}.timeline.matched.equity.at(-1)")
    assert drawn == pytest.approx(1.0 + control["total_return"], abs=1e-3)


def test_a_hand_that_came_as_the_timer_ran_out_is_waited_for(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for(page, "control", "evidence", "strips")
    page.evaluate(
        f"""() => {{ const {{ curves }} = {LAB}, {{ studies }} = curves;
        clearTimeout(studies.timer);
        studies.parts.get('control').again = true;
        studies.due = studies.touched = performance.now();
        curves.next(); }}"""
    )
    wait_for(page, "control")


def test_rule_health_has_a_row_a_rule(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    look_at(page, "health")
    rows = page.locator(".lab-panel-health tbody tr")
    expect(rows).to_have_count(8)
    assert page.locator(".lab-panel-health tr[data-status=ok]").count() >= 3


def test_strips_stand_beneath_the_sliders(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for(page, "strips")
    strip = field(page, STOP).locator(".lab-strip canvas")
    assert "Bars: Sharpe" in (strip.get_attribute("title") or "")
    inked = strip.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
    )
    assert inked
    assert page.locator(".lab-strip").count() >= 8


def test_a_click_on_the_surface_sets_both_fields_in_one_run(
    page: Page, app: Dashboard, app_url: str
) -> None:
    sent = runs_of_the_script(page)
    open_page(page, app_url)
    look_at(page, "surface")
    before = scenario(page)
    canvas = page.locator(".lab-surface-canvas")
    sent.clear()
    canvas.click(position={"x": 330, "y": 60})
    wait_for_commit(page, before)
    assert page_requests(sent) == 1
    x, y = value_of(page, SCALE), value_of(page, TARGET)
    base = preset("Phase 8").risk
    assert x != base.max_allowed_drawdown
    assert y != base.target_annual_vol
    settings = {"universe.source": "demo", SCALE: x, TARGET: y}
    exact = Pipeline(app.home).run(with_values(preset("Phase 8"), settings))
    assert shown(page, "sharpe_ratio") == exact.metrics.sharpe_ratio
    wait_for(page, "surface")
    told = page.evaluate(f"() => {LAB}.surface.told")
    assert told["at"] == [x, y]
    assert told["trail"][-1] == [base.max_allowed_drawdown, base.target_annual_vol]


def test_the_surface_is_walked_by_the_keyboard(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    look_at(page, "surface")
    before = scenario(page)
    canvas, reading = page.locator(".lab-surface-canvas"), page.locator(".lab-surface-readout")
    expect(reading).to_contain_text("Now: ")
    expect(reading).to_contain_text("plateau")
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        canvas.press(key)
    expect(reading).not_to_contain_text("Now: ")
    canvas.press("Enter")
    wait_for_commit(page, before)
    assert value_of(page, SCALE) != preset("Phase 8").risk.max_allowed_drawdown


def test_another_metric_is_another_surface(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    look_at(page, "surface")
    page.get_by_label("Metric").select_option("max_drawdown")
    wait_for(page, "surface")
    expect(page.locator(".lab-surface-readout")).to_contain_text("Max drawdown")
    page.get_by_label("Across").select_option(STOP)
    wait_for(page, "surface")
    assert page.evaluate(f"() => {LAB}.surface.told.x") == STOP


def test_the_day_that_is_explained_is_the_one_that_is_read(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    chart, told = page.locator(".lab-overlay"), page.locator(".lab-day")
    read = page.locator(".lab-readout b")
    box = chart.bounding_box()
    assert box is not None
    days = set()
    for share in (0.2031, 0.3517, 0.5003, 0.6449):  # none of them on a session
        at = {"x": box["width"] * share, "y": 80}
        chart.hover(position=at)
        day = read.inner_text()
        chart.click(position=at)
        expect(told).to_have_attribute("data-date", day)
        days.add(day)
    assert len(days) == 4


def test_the_reading_is_of_the_nearest_session(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    found = page.evaluate(
        f"""() => {{ const {{ timeline }} = {LAB}, {{ day }} = timeline.data;
        const step = day[11] - day[10], near = at => timeline.nearest(at);
        return [near(day[10]), near(day[10] + 0.4 * step), near(day[10] + 0.6 * step),
          near(day[0] - 5), near(day.at(-1) + 5) - day.length]; }}"""
    )
    assert found == [10, 10, 11, 0, -1]


def test_an_explained_day_is_not_cut_and_without_one_there_is_no_hole(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url)
    panel = page.locator(".lab-panel-day")
    empty = panel.bounding_box()
    assert empty is not None
    assert empty["height"] < 80
    page.locator(".lab-overlay").click(position={"x": 500, "y": 80})
    expect(page.locator(".lab-day")).to_contain_text("Decided at the close")
    whole = "n => n.scrollHeight <= n.clientHeight + 1"
    assert panel.evaluate(whole)
    assert panel.locator(".lab-panel-body").evaluate(whole)


def test_a_panel_that_waits_shows_no_empty_choice(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    look_at(page, "surface")
    choices = page.locator(".lab-panel-surface .lab-choose")
    expect(choices.first).to_be_visible()
    assert page.locator(".lab-panel-surface.lab-waiting").count() == 0
    page.evaluate(f"() => {LAB}.surface.panel.say('computing …')")
    expect(choices.first).not_to_be_visible()


def test_health_says_what_it_counts(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    look_at(page, "health")
    rows = page.locator(".lab-panel-health tbody tr")
    expect(rows.filter(has_text="Leverage limit")).to_contain_text("counts sessions")
    assert page.locator(".lab-panel-health small").count() >= 3


def test_a_clicked_day_is_explained_and_stays_with_the_setting(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    chart = page.locator(".lab-overlay")
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] / 2, "y": 80})
    told = page.locator(".lab-day")
    expect(told).to_contain_text("Decided at the close")
    day = told.get_attribute("data-date")
    of = page.evaluate(f"() => {LAB}.curves.studies.told.scenario")
    assert of == scenario(page)
    press(page, SCALE, "ArrowRight")
    page.wait_for_function(f"of => {LAB}.curves.studies.told.scenario !== of", arg=of)
    assert told.get_attribute("data-date") == day
    assert page.evaluate(f"() => {LAB}.curves.studies.told.scenario") == scenario(page)


def test_a_slider_is_not_delayed_by_studies_and_its_paint_comes_first(
    page: Page, app_url: str
) -> None:
    sent = runs_of_the_script(page)
    open_page(page, app_url)
    look_at(page, "account")
    page.locator(".lab-panel-surface").scroll_into_view_if_needed()
    page.evaluate("() => window.scrollTo(0, 0)")
    slider(page, STOP).hover()
    page.wait_for_function(KNOWN, arg=STOP)
    page.evaluate(MARK)
    page.evaluate(f"() => {LAB}.curves.studies.seen.add('surface').add('account')")
    before, asked = scenario(page), page.evaluate(f"() => {LAB}.curves.requests")
    sent.clear()
    drag(page, STOP, 0.85)
    assert page.evaluate(f"() => {LAB}.curves.requests") == asked  # a hand moves: nothing asks
    page.mouse.up()
    wait_for_commit(page, before)
    assert page_requests(sent) == 1
    # In the middle of the studies of this setting: another release, whose paint comes first again.
    page.wait_for_function(f"n => {LAB}.curves.requests > n", arg=asked)
    middle = scenario(page)
    press(page, STOP, "ArrowLeft")
    assert page_requests(sent) == 2
    wait_for(page, "account", "surface")
    assert scenario(page) != middle
    order = page.evaluate(f"() => {LAB}.seenOrder")
    assert order[0] == "commit"
    assert "account" in order[order.index("commit") :]


def test_what_is_of_the_setting_before_says_so(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    look_at(page, "account")
    page.evaluate(
        f"""() => {{ const lab = {LAB}; lab.said = [];
        new MutationObserver(() => lab.said.push(
          document.querySelector('.lab-panel-account .lab-panel-status').textContent))
        .observe(document.querySelector('.lab-panel-account .lab-panel-status'),
          {{ childList: true, characterData: true, subtree: true }}); }}"""
    )
    press(page, STOP, "ArrowRight")
    look_at(page, "account")
    rested(page)
    said = page.evaluate(f"() => {LAB}.said")
    assert said[0].startswith("of the setting before")
    expect(page.locator(".lab-panel-account .lab-panel-status")).to_have_text("")
