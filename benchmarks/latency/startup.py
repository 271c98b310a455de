"""From the start of the process to the first chart in a browser."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.latency.servers import Server, lab, plotly

__all__ = ["startup"]

_LAB_SHOWN = ".lab-card[data-metric=cagr][data-value]"  # set once the charts are drawn
_PLOTLY_SHOWN = ".js-plotly-plot .main-svg .trace"


def startup(
    browser: Browser, home: Path, folder: Path, rounds: int
) -> tuple[list[float], list[float]]:
    """Start both apps in turn.

    Returns
    -------
    (bare, lab)
        Seconds from the start of the process to the chart; one more of the bare app. Each first
        start only fills the disk's cache and does not count.
    """
    bare: list[float] = []
    full: list[float] = []
    for _ in range(rounds + 1):
        with plotly(folder) as server:
            bare.append(_shown(browser, server, _PLOTLY_SHOWN))
        with lab(home) as server:
            full.append(_shown(browser, server, _LAB_SHOWN))
    with plotly(folder) as server:
        bare.append(_shown(browser, server, _PLOTLY_SHOWN))
    return bare[1:], full[1:]


def _shown(browser: Browser, server: Server, selector: str) -> float:
    context = browser.new_context(viewport={"width": 1440, "height": 900})  # with an empty cache
    page = context.new_page()
    page.set_default_timeout(120_000)
    server.wait()
    page.goto(server.url, wait_until="commit")
    page.wait_for_selector(selector)
    took = time.perf_counter() - server.started
    context.close()
    return took
