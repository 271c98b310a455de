"""What must not get lost: clicks, steps of the history, the view, what is being typed."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.lab import (
    LAB,
    READY,
    SCALE,
    STOP,
    drag,
    field,
    open_page,
    release,
    scenario,
    wait_for_commit,
)
from tests.browser.pages import settled, titled

# No message is awaited and no script runs; the hints of the book are there.
QUIET = f"""() => {{
  const {{ curves, header }} = {LAB};
  return !curves.waiting && !curves.busy && curves.hints?.scenario === header.scenario
    && !curves.hints.more;
}}"""

_LINK = "[...document.querySelectorAll('a')].find(a => a.textContent.includes(name))"


def commit(page: Page, percent: str) -> None:
    before = scenario(page)
    number = field(page, STOP).locator(".lab-number")
    number.fill(percent)
    number.press("Enter")
    wait_for_commit(page, before)


def stop(page: Page) -> Any:
    return page.evaluate(f"() => {LAB}.header.values['{STOP}']")


def wait_for_stop(page: Page, value: float) -> None:
    page.wait_for_function(f"v => {LAB}.header.values['{STOP}'] === v", arg=value)
    page.wait_for_function(READY)


def test_a_click_in_the_same_moment_as_a_request_for_curves_is_drawn(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url)
    for percent, way in (("20", "undo first"), ("21", "request first")):
        commit(page, percent)
        page.wait_for_function(QUIET)
        # Streamlit's browser side sends both as one request of the fragment.
        page.evaluate(
            f"""first => {{
              const {{ curves, header }} = {LAB};
              const click = () => document.querySelector('.st-key-undo button').click();
              if (first) click();
              curves.send({{ hints: header.scenario, n: ++curves.requests }});
              if (!first) click();
            }}""",
            way == "undo first",
        )
        wait_for_stop(page, 0.12)
        expect(page.locator(".pl-strip h1")).not_to_contain_text("changed")


def test_a_page_is_left_with_a_commit_under_way_and_neither_is_lost(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url)
    left = page.evaluate_handle(f"() => {LAB}")
    # Streamlit's browser side sends the click first, and then the commit in the name of Risk.
    page.evaluate(
        f"([path, name]) => {{ {LAB}.commit(path, 0.21); {_LINK}.click(); }}", [STOP, "Overview"]
    )
    titled(page, "Overview")
    settled(page)
    # A lab that hears no answer says it again, and again: not from a page that was left.
    left.evaluate(f"(lab, name) => {{ {_LINK}.click(); lab.submit(); }}", "Risk")
    titled(page, "Risk")
    wait_for_stop(page, 0.21)
    expect(page.locator(".pl-strip h1")).to_have_text("Risk · Phase 8, 1 changed")


def test_a_key_just_before_another_page_is_clicked_is_not_lost(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    drag(page, STOP, 0.4, moves=10)
    release(page)
    dragged = stop(page)
    link = page.get_by_role("link", name="Overview").bounding_box()
    assert link is not None
    page.keyboard.press("ArrowRight")
    # No time between down and up: the commit of the key goes out after the click, and brings along
    # what the pickers show.
    page.mouse.click(link["x"] + link["width"] / 2, link["y"] + link["height"] / 2)
    titled(page, "Overview")
    settled(page)
    expect(page.locator(".pl-strip h1")).to_have_text("Overview · Phase 8, 1 changed")
    page.evaluate(f"name => {_LINK}.click()", "Risk")
    titled(page, "Risk")
    wait_for_stop(page, round(dragged + 0.01, 2))


def test_back_undoes_forward_redoes_and_a_refresh_keeps_the_history(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url)
    nodes = page.evaluate_handle("document.querySelector('.lab-chart')")
    for percent in ("20", "21", "22"):
        commit(page, percent)
    for move, value in (
        (page.go_back, 0.21), (page.go_back, 0.2), (page.go_forward, 0.21), (page.go_back, 0.2),
    ):  # fmt: skip
        move()
        wait_for_stop(page, value)
    assert page.evaluate("node => node === document.querySelector('.lab-chart')", nodes)
    page.get_by_role("button", name="1Y", exact=True).click()
    page.wait_for_function("() => location.search.includes('view=1Y')")
    page.reload()
    page.wait_for_function(READY)
    assert stop(page) == 0.2
    assert page.evaluate(f"{LAB}.timeline.zoom") is not None
    for name, value in (("Redo", 0.21), ("Redo", 0.22), ("Undo", 0.21), ("Undo", 0.2)):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled()
        button.click()
        wait_for_stop(page, value)


def test_a_change_of_page_is_one_step_of_the_browser_back(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/risk?p=phase-8.1")
    assert page.evaluate("() => location.pathname") == "/"
    start = page.evaluate("() => history.length")
    for number, name in enumerate(("Overview", "Strategy"), 1):
        page.evaluate(f"name => {_LINK}.click()", name)
        titled(page, name)
        settled(page)
        assert "p=phase-8.1" in page.url
        assert page.evaluate("() => history.length") == start + number
    for name in ("Overview", "Risk"):
        page.go_back()
        titled(page, name)
        settled(page)
        assert "p=phase-8.1" in page.url


def test_what_is_being_typed_survives_a_frame(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    before = scenario(page)
    first = field(page, STOP).locator(".lab-number")
    first.fill("20")
    first.press("Enter")
    other = field(page, SCALE).locator(".lab-number")
    other.fill("25")
    wait_for_commit(page, before)
    expect(other).to_have_value("25")
    at = scenario(page)
    other.press("Enter")
    wait_for_commit(page, at)
    assert stop(page) == 0.2
    assert page.evaluate(f"() => {LAB}.header.values['{SCALE}']") == 0.25


def test_fields_of_the_book_tell_their_steps_without_being_approached(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url)
    page.wait_for_function(QUIET)
    for path in ("book.names_held", "book.position_cap"):
        expect(field(page, path).locator(".lab-note")).to_contain_text("+")


def test_along_a_drag_every_panel_follows_from_memory(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    field(page, STOP).locator(".lab-slider").hover()
    page.wait_for_function(f"path => {LAB}.curves.of(path).steps.size > 10", arg=STOP)
    live = page.evaluate(
        f"""path => {{
          const {{ curves }} = {LAB};
          const values = [...curves.of(path).steps.keys()].sort((a, b) => a - b);
          return [values[0], values.at(-1)].map(value => {{
            const step = curves.at(path, value);
            const sum = curve => curve.reduce((a, b) => a + (Number.isNaN(b) ? 0 : b), 0);
            return ['wanted', 'applied', 'invested'].map(name => sum(step[name])).concat(
              step.sectors.map((_, k) => sum(step.sector(k))));
          }});
        }}""",
        STOP,
    )
    assert live[0][2] != live[1][2]  # invested
    assert live[0][3:] != live[1][3:]  # sectors
