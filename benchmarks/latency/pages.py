"""The other pages: a change of page, and a click or a key on one, to the last repaint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Browser

from benchmarks.latency.gestures import open_browser_page

__all__ = ["CLICKS", "SWITCHES", "page_times"]

#: What is done on a page whose numbers are there: page → name and what the browser does.
CLICKS: Final = {
    "Drawdowns": ("the next fall", "key(']')"),
    "Exposure": ("the book of the session before", "key('[')"),
    "Returns": (
        "another window",
        "press('.st-key-rolling-window button:not([aria-checked=true])')",
    ),
}
SWITCHES: Final = (
    "Overview", "Compare", "Drawdowns", "Exposure", "Returns", "Regimes", "Trades", "Report",
    "Risk",
)  # fmt: skip
_ALONE: Final = ("Overview", "Risk", "Report")  # in the bar itself; the others are in a menu
_MENU: Final = "Review"
_WAIT_FOR_STUDIES: Final = 12_000  # milliseconds, once a page: what is worked out behind it
# From the act to the last change of the page, once the script rests and 250 ms pass without one.
_TIMED: Final = """async act => {
  const app = document.querySelector('[data-testid=stApp]');
  const key = name => document.dispatchEvent(
    new KeyboardEvent('keydown', { key: name, bubbles: true }));
  const press = selector => document.querySelector(selector).click();
  const link = name => [...document.querySelectorAll('a')]
    .find(one => one.textContent.includes(name)).click();
  let last = 0;
  const seen = new MutationObserver(() => { last = performance.now(); });
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  seen.observe(document.querySelector('[data-testid=stMain]'), all);
  const from = performance.now();
  new Function('key', 'press', 'link', act)(key, press, link);
  for (;;) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    const rests = app.getAttribute('data-test-script-state') === 'notRunning';
    if (rests && last && now - last > 250) break;
    if (now - from > 20000) { seen.disconnect(); throw new Error(`${act} never came to rest`); }
  }
  seen.disconnect();
  return last - from;
}"""


def page_times(
    browser: Browser, url: str, rounds: int, say: Callable[[str], None]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return milliseconds of changes of page and of clicks, by what was done.

    Every page is opened once before: what is worked out behind it is there then, and its figures
    are drawn, as for a person who comes back to it.
    """
    page = open_browser_page(browser)
    page.goto(url)
    page.wait_for_selector(".lab-root[data-scenario]")
    page.wait_for_timeout(2000)

    def switch(name: str) -> float:
        if name not in _ALONE:
            page.get_by_text(_MENU, exact=True).first.click()
            page.locator("a:visible").filter(has_text=name).first.wait_for()
        return float(page.evaluate(_TIMED, f"link('{name}')"))

    switches: dict[str, list[float]] = {name: [] for name in SWITCHES}
    clicks: dict[str, list[float]] = {f"{name}: {what}": [] for name, (what, _) in CLICKS.items()}
    for name in SWITCHES:
        switch(name)
        page.wait_for_timeout(_WAIT_FOR_STUDIES)
    for number in range(rounds):
        say(f"pages, round {number + 1} of {rounds}")
        for name in SWITCHES:
            switches[name].append(switch(name))
            page.wait_for_timeout(500)
            if name in CLICKS:
                what, act = CLICKS[name]
                clicks[f"{name}: {what}"].append(float(page.evaluate(_TIMED, act)))
    page.context.close()
    return switches, clicks
