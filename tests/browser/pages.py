"""Hands and eyes of the browser tests of the pages: open one, go to another, wait for rest."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.chromium import PHONE

__all__ = [
    "IDLE",
    "LONG",
    "PLOT",
    "QUIET",
    "RISK_READY",
    "WIRE",
    "arrived",
    "choose_row",
    "go",
    "go_on_phone",
    "opened",
    "outside",
    "phone",
    "runs_of_the_script",
    "settled",
    "titled",
]

# Every page of the tests begins with this: it notes whether the last request was answered. From a
# click until the server's first word Streamlit's browser side looks as if it rested.
WIRE = """(() => {
  const Real = WebSocket;
  globalThis.plimsollWire = { asked: false };
  globalThis.WebSocket = class extends Real {
    constructor(...all) {
      super(...all);
      for (const name of ['message', 'close'])
        this.addEventListener(name, () => { plimsollWire.asked = false; });
    }
    send(data) { plimsollWire.asked = true; super.send(data); }
  };
})();"""
QUIET = """() => document.querySelector('[data-testid=stApp]')
  ?.getAttribute('data-test-script-state') === 'notRunning' && !globalThis.plimsollWire?.asked"""
# The page's thread has nothing to do: what came was painted.
IDLE = "() => new Promise(done => requestIdleCallback(() => done(true), { timeout: 5000 }))"
# It rests, and goes on resting: the looks are as far apart as a busy page makes them.
_RESTS = f"""async ([pending, looks]) => {{
  const quiet = {QUIET}, idle = {IDLE};
  const rests = () => quiet() && !(pending && document.querySelector(pending));
  for (let look = 0; look < looks; look++) {{
    if (!rests()) return false;
    await new Promise(done => setTimeout(done, 25));
    await idle();
  }}
  return rests();
}}"""
RISK_READY = """() => document.querySelector('.lab-root[data-scenario]')
  && document.querySelector('.pl-card[data-metric=cagr][data-value]')"""
HEAD_PX = ROW_PX = 35  # of Streamlit's tables
LONG = 180_000  # milliseconds for what is worked out behind a page
PLOT = ".js-plotly-plot .main-svg"
_OUTSIDE = """e => e.filter(x => x.checkVisibility({visibilityProperty: true})
  && x.getBoundingClientRect().right > innerWidth + 1).map(x => x.outerHTML.slice(0, 200))"""
_GROUPS = dict.fromkeys(("Overview", "Risk", "Strategy", "Report"), "") | dict.fromkeys(
    ("Factors", "Evidence", "Robustness", "Data"), "Research"
)


def settled(page: Page) -> None:
    """Wait until the script rests, has nothing to answer, and what it sent is drawn."""
    page.wait_for_function(_RESTS, arg=["", 4], timeout=LONG)


def arrived(page: Page, pending: str = ".pl-wait, [data-testid=stProgress]") -> None:
    """Wait until the page rests and what is worked out behind it is there.

    Both at once, and for longer: a look that finds a study done takes its box away, and the run
    of the page that draws the result begins a moment later, by the server itself.
    """
    page.wait_for_function(_RESTS, arg=[pending, 20], timeout=LONG)


def runs_of_the_script(page: Page) -> list[bytes]:
    """Return the list to which every message is added that the page sends from now on."""
    sent: list[bytes] = []

    def opened(socket: WebSocket) -> None:
        socket.on(
            "framesent",
            lambda frame: sent.append(bytes(frame, "utf-8") if isinstance(frame, str) else frame),
        )

    page.on("websocket", opened)
    return sent


def titled(page: Page, name: str) -> None:
    """Wait until the page called `name` is there, with a result."""
    expect(page.locator(".pl-strip h1")).to_contain_text(f"{name} ·")


def choose_row(page: Page, table: str, row: int = 0) -> None:
    """Click the box of a row of a table: a drawing, which is there after its element."""
    cell = page.locator(f"{table} [data-testid='glide-cell-1-{row}']")
    cell.wait_for(state="attached")  # what the drawing tells screen readers of itself
    settled(page)
    page.locator(table).click(position={"x": 16, "y": HEAD_PX + ROW_PX * (row + 0.5)})


def opened(page: Page, url: str, name: str = "Drawdowns", wait: str = PLOT) -> None:
    """Open a page by its own address, and wait for what `wait` selects."""
    page.goto(f"{url}/{name.lower()}")
    titled(page, name)
    page.wait_for_selector(wait)
    settled(page)


def go(page: Page, name: str) -> None:
    """Change the page by the navigation at the top."""
    group = _GROUPS.get(name, "Review")
    if group:
        page.get_by_text(group, exact=True).first.click()
    page.locator("a:visible").filter(has_text=name).first.click()
    titled(page, name)
    settled(page)


def phone(new_page: Callable[..., Page]) -> Page:
    """Open a fresh page as a phone does, 390×844."""
    return new_page(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, user_agent=PHONE
    )


def go_on_phone(page: Page, name: str) -> None:
    """Change the page by a phone's navigation."""
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator("a:visible").filter(has_text=name).first.click()
    titled(page, name)
    settled(page)


def outside(page: Page, *selectors: str) -> list[str]:
    """Return what of the page reaches beyond the right edge of the window."""
    wide: list[str] = page.locator(", ".join(selectors)).evaluate_all(_OUTSIDE)
    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        wide.append("the page itself")
    return wide
