"""A connection or a session that is lost comes back as it was, with what was done meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.lab import (
    SCALE,
    STOP,
    address,
    enter,
    open_page,
    press,
    rested,
    scenario,
    slider,
    value_of,
    wait_for_commit,
)
from tests.browser.server import Dashboard, free_port, running_dashboard
from tests.browser.terminal import arguments_of, assert_same, assert_seen, backtest, seen

STATE = "data-test-connection-state"


def test_a_restarted_server_shows_the_same_without_a_reload(
    new_page: Callable[..., Page], app: Dashboard
) -> None:
    port = free_port()
    page = new_page(watched=False)  # the browser complains of the server that is away
    connection = page.locator("[data-testid=stApp]")
    with running_dashboard(app.home, port) as first:
        open_page(page, first.url)
        enter(page, STOP, "23")
        page.get_by_role("button", name="Pin as baseline").click()
        expect(page.get_by_role("button", name="Unpin")).to_be_visible()
        rested(page)
        press(page, SCALE, "ArrowLeft", "ArrowLeft")
        before = scenario(page), page.url, seen(page)
        page.evaluate("() => { window.same = true; }")
    expect(connection).not_to_have_attribute(STATE, "CONNECTED")
    expect(page.get_by_role("dialog")).to_contain_text("not responding")
    assert (scenario(page), page.url) == before[:2]  # what was there can still be read
    with running_dashboard(app.home, port):
        expect(connection).to_have_attribute(STATE, "CONNECTED")
        expect(page.get_by_role("dialog")).to_have_count(0)
        rested(page)
        expect(page.get_by_role("button", name="Unpin")).to_be_visible()
        assert (scenario(page), page.url) == before[:2]
        assert_seen(page, before[2])
        press(page, STOP, "ArrowRight")
        assert (value_of(page, STOP), value_of(page, SCALE)) == (0.24, 0.28)
        assert page.evaluate("() => window.same")  # no reload: zoom and open groups are kept


def test_a_move_made_while_the_connection_is_lost_is_taken_when_it_is_back(
    new_page: Callable[..., Page], app: Dashboard
) -> None:
    page = new_page(watched=False)
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket("**/_stcore/stream", through)
    open_page(page, app.url)
    press(page, SCALE, "ArrowLeft")
    before = scenario(page)
    connection = page.locator("[data-testid=stApp]")
    sockets[-1].close()
    expect(connection).not_to_have_attribute(STATE, "CONNECTED")
    slider(page, STOP).press("PageUp")
    expect(connection).to_have_attribute(STATE, "CONNECTED")
    wait_for_commit(page, before)
    assert value_of(page, SCALE) == 0.29
    assert value_of(page, STOP) > 0.12
    assert_same(
        page,
        backtest(app.home, *arguments_of(address(page))),
        backtest(app.home, "--source", "demo"),
    )
    # It is the same session: what was done before can still be undone.
    for _ in range(2):
        was = scenario(page)
        page.get_by_role("button", name="Undo", exact=True).click()
        wait_for_commit(page, was)
    assert (value_of(page, SCALE), value_of(page, STOP)) == (0.3, 0.12)
