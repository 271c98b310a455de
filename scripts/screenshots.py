"""Take pictures of every page: light and dark, 1440×900 and 390×844, full height.

Usage: python -m scripts.screenshots FOLDER [--home STORE] [--query "src=us"] [--pages risk,data]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from tests.browser.chromium import BROWSER_FLAGS, PHONE, find_chromium

__all__ = ["main"]

PAGES = {
    "overview": "/overview",
    "risk": "/",
    "strategy": "/strategy",
    "compare": "/compare?vs=p:no-overlay;control",
    "ladder": "/ladder",
    "drawdowns": "/drawdowns",
    "exposure": "/exposure",
    "factors": "/factors",
    "returns": "/returns",
    "regimes": "/regimes",
    "trades": "/trades",
    "evidence": "/evidence",
    "robustness": "/robustness",
    "data": "/data",
    "report": "/report",
}
SIZES = ((1440, 900), (390, 844))
SETTLED = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  const charts = [...document.querySelectorAll(".pl-figure, [data-testid=stPlotlyChart]")];
  return app && app.getAttribute('data-test-script-state') === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton], .pl-wait')
    && charts.every(chart => chart.querySelector('.main-svg'));
}"""
PANELS = "() => !document.querySelector('.lab-waiting')"
HEIGHT = """() => Math.max(
  document.querySelector('[data-testid=stMain]').scrollHeight,
  document.documentElement.scrollHeight)"""


@contextlib.contextmanager
def dashboard(home: Path | None) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | ({"PLIMSOLL_HOME": str(home)} if home else {})
    command = [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port)]
    server = subprocess.Popen([*command, "--no-browser"], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(240):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
                break
            time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def settle(page: Page) -> None:
    page.wait_for_selector('[data-testid="stApp"]', timeout=120_000)
    for _ in range(3):  # a rerun may follow the first one
        page.wait_for_function(SETTLED, timeout=120_000)
        page.wait_for_timeout(700)


def picture(browser: Browser, url: str, file: Path, theme: str, size: tuple[int, int]) -> None:
    narrow = size[0] < 600
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=2 if narrow else 1,
        is_mobile=narrow,
        has_touch=narrow,
        reduced_motion="reduce",
        user_agent=PHONE if narrow else None,
    )
    page = context.new_page()
    page.goto(url)
    settle(page)
    with contextlib.suppress(TimeoutError):  # as they are after that
        page.wait_for_function(PANELS, timeout=180_000)
    # Streamlit scrolls inside its main element: a full page needs a viewport of that height, in
    # which the lab need not fill the screen any more.
    page.add_style_tag(content=".st-key-lab { min-height: 0 !important; }")
    page.set_viewport_size({"width": size[0], "height": min(int(page.evaluate(HEIGHT)), 15_000)})
    settle(page)
    # Not with animations="disabled": that ends them, and what tells of scrolling is one.
    small(page.screenshot()).save(file, optimize=True)
    context.close()


def small(picture: bytes) -> Image.Image:
    # Flat colours: 256 of them look the same at a fourth of the size. Those that cover most of the
    # colours there are: the most frequent ones would leave out thin lines and small marks.
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    way = Image.Quantize.MAXCOVERAGE
    return whole.quantize(256, method=way, kmeans=2, dither=Image.Dither.NONE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, help="another store than the default")
    parser.add_argument("--query", default="", help='what the address says, such as "src=us"')
    parser.add_argument("--pages", default=",".join(PAGES), help="which, by comma; all by default")
    arguments = parser.parse_args()
    chosen = [name for name in PAGES if name in arguments.pages.split(",")]
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with dashboard(arguments.home) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(BROWSER_FLAGS)
        )
        for name, path in ((name, PAGES[name]) for name in chosen):
            for theme in ("light", "dark"):
                for size in SIZES:
                    file = arguments.folder / f"{name}-{theme}-{size[0]}.png"
                    joined = f"{url}{path}{'&' if '?' in path else '?'}{arguments.query}"
                    picture(browser, joined, file, theme, size)
                    sys.stdout.write(f"{file}\n")
        browser.close()


if __name__ == "__main__":
    main()
