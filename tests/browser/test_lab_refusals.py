"""What is not ours to do is refused in words, and the page stays as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab import (
    LAB,
    SCALE,
    STOP,
    address,
    open_page,
    press,
    rested,
    scenario,
    slider,
    value_of,
)
from tests.browser.pages import settled
from tests.browser.server import Dashboard
from tests.browser.terminal import assert_seen, seen

SCRIPT = "<img src=x onerror=crafted=1><script>crafted=1</script>"
NOT_UNDERSTOOD = "Part of this address was not understood"
LAST = 10**14  # above the number of every commit that a page sends by itself: those are times
ACROSS = """async url => {
  const asked = async (path, mode) => {
    try { return (await fetch(url + path, { mode })).status; } catch (error) { return 'refused'; }
  };
  const socket = new Promise(done => {
    const opened = new WebSocket(url.replace('http', 'ws') + '/_stcore/stream', ['streamlit']);
    opened.onopen = () => done('open');
    opened.onerror = () => done('refused');
  });
  return [await socket, await asked('/plimsoll/health', 'cors')];
}"""


def works(page: Page) -> None:
    """See that the page still does what it is for."""
    press(page, STOP, "ArrowRight")
    expect(page.get_by_text(NOT_UNDERSTOOD)).to_have_count(0)
    assert page.evaluate("() => window.crafted") is None
    assert address(page)["stop"] == repr(value_of(page, STOP))


CRAFTED = {
    "unknown, twice, out of bounds, no number": (
        [("stopp", "0.2"), ("mdd", "7"), ("vol", "nan"), ("k", "1e9"), ("bps", "1"), ("bps", "2"),
         ("trail", "0.3")],
        ["'stopp' is no setting. Did you mean stop?", "vol (Volatility target) must be a number",
         "k (", "'bps' must be given once, was given 2 times", "max_allowed_drawdown must be"],
        {"risk.trailing_stop_pct": 0.3, SCALE: 0.3, "risk.cost_per_trade_bps": 10.0},
    ),
    "scripts and code": (
        [("stop", SCRIPT), (SCRIPT, "1"), ("from", "__import__('os')"), ("base", f"stop:{SCRIPT}"),
         ("view", SCRIPT), ("mdd", "0.25")],
        ["must be a number such as 0.2 or off, was '<img src=x onerror=", "base: ",
         "from (Start) must be a date", "view must be one of 1Y, 3Y, All"],
        {STOP: 0.12, SCALE: 0.25},
    ),
    "huge": (
        [("stop", "9" * 70), ("x" * 300, "y" * 4000)],
        ["the address must have at most 4000 characters"],
        {STOP: 0.12},
    ),
    "preset and view": (
        [("p", "phase-10"), ("view", "9Y"), ("log", "maybe"), ("stop", "off")],
        ["p must be one of", "view must be one of 1Y, 3Y, All", "log must be on or off"],
        {STOP: None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CRAFTED)
def test_a_crafted_address_is_refused_in_words_and_the_page_works(
    page: Page, app_url: str, kind: str
) -> None:
    query, words, values = CRAFTED[kind]
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    open_page(page, f"{app_url}/?{urlencode(query)}")
    notice = page.get_by_role("status").filter(has_text=NOT_UNDERSTOOD)
    expect(notice).to_be_visible()
    for part in words:
        expect(notice).to_contain_text(part)
    assert "undefined" not in str(notice.text_content())
    assert {path: value_of(page, path) for path in values} == values
    assert page.locator("img[src=x], script:text('crafted')").count() == 0
    if values.get(STOP, 0.12) is None:
        expect(slider(page, STOP)).to_be_disabled()
        press(page, SCALE, "ArrowLeft")
        expect(page.get_by_text(NOT_UNDERSTOOD)).to_have_count(0)
        assert address(page)["stop"] == "off"
    else:
        works(page)


def test_a_market_that_is_not_there_is_named_and_another_can_be_chosen(
    page: Page, app_url: str
) -> None:
    page.goto(f"{app_url}/?src=nowhere&stop=0.2")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This market is not in the store")
    expect(alert).to_contain_text("nowhere")
    expect(page.locator(".lab-card")).to_have_count(0)
    page.get_by_role("button", name="Market and period").click()
    page.get_by_role("combobox", name="Market").click()
    page.get_by_role("option", name="demo", exact=True).click()
    page.wait_for_function("() => document.querySelector('.lab-card[data-value]')")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert value_of(page, STOP) == 0.2


MESSAGES: tuple[tuple[Any, str], ...] = (
    ("stop=0.2", "cannot be read"),
    ({"values": {STOP: 3000}}, "Position stop must be"),
    ({"values": {STOP: -0.1}}, "Position stop must be"),
    ({"values": {STOP: 1e308, SCALE: 0.2}}, "Position stop must be"),
    ({"values": {"book.names_held": 10.5}}, "book.names_held must be"),
    ({"values": {STOP: "0.2"}}, "cannot be read"),
    ({"values": {STOP: SCRIPT}}, "cannot be read"),
    ({"values": {STOP: [0.2]}}, "cannot be read"),
    ({"values": {STOP: True}}, "cannot be read"),
    ({"values": {"risk.nothing": 1}}, "cannot be read"),
    ({"values": {"universe.source": "elsewhere"}}, "cannot be read"),
    ({"values": {"__class__": 1, STOP: 0.2}}, "cannot be read"),
    ({"values": {"risk.execution": "next_year"}}, "risk.execution must be"),
    ({"values": {"risk.min_position_scale": None}}, "cannot be read"),
    ({"values": {}}, "cannot be read"),
    ({"values": [[STOP, 0.2]]}, "cannot be read"),
    ({"values": {f"x{k}": 1 for k in range(5000)}}, "cannot be read"),
)


def test_messages_of_the_browser_that_are_not_allowed_change_nothing(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url)
    press(page, STOP, "ArrowRight")
    before = scenario(page), page.url, seen(page)
    alert = page.get_by_role("alert")
    for k, (message, words) in enumerate(MESSAGES):
        if isinstance(message, dict):
            page.evaluate(f"m => {LAB}.send('commit', m)", {**message, "n": LAST + k})
            page.wait_for_function(f"n => {LAB}.header.acknowledged === n", arg=LAST + k)
        else:
            page.evaluate(f"m => {LAB}.send('commit', m)", message)
        expect(alert).to_contain_text(words)
        expect(alert).to_contain_text("The setting before it is still in force")
        assert (scenario(page), page.url) == before[:2], message
    page.evaluate(
        f"([p, v, n]) => {LAB}.send('commit', {{ n, values: {{ [p]: v }} }})",
        [STOP, value_of(page, STOP), LAST + len(MESSAGES)],
    )
    expect(alert).to_have_count(0)
    rested(page)
    assert (scenario(page), page.url) == before[:2]
    assert_seen(page, before[2])


def test_requests_for_curves_that_are_not_allowed_are_not_computed(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url)
    before = scenario(page), page.url, seen(page)
    wants: tuple[Any, ...] = (
        {"path": "universe.size", "values": [10]}, {"path": "__class__", "values": [1]},
        {"path": STOP, "values": ["0.2"]}, {"path": STOP, "values": "0.2"}, {"path": STOP},
        {"path": "risk.execution", "values": [1]}, {"hints": SCRIPT}, SCRIPT, [], 7,
    )  # fmt: skip
    for want in wants:
        page.evaluate(f"w => {LAB}.curves.send(w)", want)
        settled(page)
    # Values out of bounds are refused one by one, and no more than a slider has are computed. Sent
    # again where a request of the lab's own, in the same moment, took its place.
    page.wait_for_function(
        f"""p => {{
          const {{ curves }} = {LAB};
          const more = Array.from({{ length: 5000 }}, (_, i) => 0.1 + i / 1e5);
          const taken = curves.of(p).refused.size === 2;
          if (!taken && !curves.busy) curves.send({{ path: p, values: [-1, 0.2, 1e300, ...more] }});
          return taken;
        }}""",
        arg=STOP,
        polling=1000,
    )
    found = page.evaluate(f"p => [...{LAB}.curves.of(p).steps.keys()]", STOP)
    assert 0.2 in found
    assert len(found) <= 39
    assert (scenario(page), page.url) == before[:2]
    assert_seen(page, before[2])
    expect(page.get_by_role("alert")).to_have_count(0)
    works(page)


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Serve a page of somebody else on this machine; return its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_pages_from_elsewhere_reach_neither_the_session_nor_our_routes(
    new_page: Callable[..., Page], app: Dashboard, elsewhere: str
) -> None:
    page = new_page(watched=False)  # a browser complains of what it is refused
    page.route("http://evil.example/", lambda route: route.fulfill(body="evil"))
    for origin in (elsewhere, "http://evil.example/"):
        page.goto(origin)
        assert page.evaluate(ACROSS, app.url) == ["refused", "refused"], origin
        with page.expect_navigation() as led:  # a link from there is told why
            page.evaluate("at => { location.href = at; }", f"{app.url}/plimsoll/health")
        assert led.value.status == 403
        assert led.value.json()["error"] == "requests from other pages are refused"
    # The same requests of our own page are answered.
    page.goto(f"{app.url}/plimsoll/health")
    assert page.evaluate(ACROSS, app.url) == ["open", 200]


def test_too_many_requests_are_told_when_to_come_back(
    new_page: Callable[..., Page], app: Dashboard
) -> None:
    page = new_page(watched=False)  # a browser complains of every answer that is a refusal
    page.goto(f"{app.url}/plimsoll/health")
    # A slow machine answers few requests a second, and hardly more of them than are let through.
    found = page.evaluate(
        """async () => {
          const ask = () => fetch('/plimsoll/health');
          let all = [], last;
          for (let again = 0; again < 20 && !last; again++) {
            all = all.concat(await Promise.all(Array.from({ length: 150 }, ask)));
            last = all.find(answer => answer.status === 429);
          }
          const statuses = new Set(all.map(answer => answer.status));
          return [[...statuses], last?.headers.get('Retry-After'), await last?.json()];
        }"""
    )
    assert set(found[0]) == {200, 429}
    assert int(found[1]) >= 1
    assert "too many requests" in found[2]["error"]
