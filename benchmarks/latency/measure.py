"""The measurement itself: servers up, hands on sliders, figures out."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright
from websockets.exceptions import WebSocketException

from benchmarks.latency import servers
from benchmarks.latency.figures import Block, Figures
from benchmarks.latency.gestures import FloorPage, LabPage, Release, open_browser_page
from benchmarks.latency.pages import page_times
from benchmarks.latency.servers import Server
from benchmarks.latency.sessions import crowd, memory_per_session
from benchmarks.latency.startup import startup
from tests.browser.chromium import BROWSER_FLAGS, find_chromium, missing_message

__all__ = ["PARTS", "QUERY", "Size", "measure"]

# Three years of the simulated market: 756 sessions on the page.
QUERY = "from=2021-06-01&to=2024-05-31"
PARTS = ("curves", "drags", "pages", "crowd", "memory", "start")
_IN_BROWSER = frozenset({"curves", "drags", "pages"})
# The slider that is dragged in a block, and the one that first makes its setting a new one.
_DRAGGED = (
    "risk.position_stop_loss", "risk.max_allowed_drawdown", "risk.target_annual_vol",
    "risk.trailing_stop_pct",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    blocks: int
    drags: int  # timed ones, a block
    crowd_sessions: int
    crowd_blocks: int
    crowd_moves: int
    memory_sessions: int
    starts: int
    rounds: int  # of visits to the other pages
    sliders: int | None = None  # whose curves are counted; None: all


FULL = Size(6, 4, 20, 4, 6, 40, 4, 3)
QUICK = Size(2, 1, 4, 1, 3, 5, 1, 1, sliders=2)


def measure(
    size: Size, say: Callable[[str], None], parts: Collection[str] = PARTS
) -> tuple[Figures, str]:
    """Measure everything, or only some `parts` of it.

    Returns
    -------
    (Figures, str)
        What was found, and the version of the browser.
    """
    figures = Figures(sessions=size.crowd_sessions)
    executable = find_chromium()
    if executable is None:
        raise RuntimeError(missing_message())
    version = ""
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as name:
        folder = Path(name)
        home = folder / "home"
        with servers.floor(folder) as floor, servers.lab(home) as lab:
            say("starting: the simulated market is made and the engine compiled")
            floor.wait()
            lab.wait()
            if _IN_BROWSER.intersection(parts):
                with _chromium(executable) as browser:
                    version = browser.version
                    _in_browser(browser, floor, lab, size, figures, say, parts)
            _by_websocket(floor, lab, size, figures, say, parts)
            figures.frozen = int(str(lab.json("/plimsoll/health")["frozen_objects"]))
        if "start" in parts:
            say("starts")
            with _stage("start", figures), _chromium(executable) as browser:
                found = startup(browser, home, folder, size.starts)
                figures.start_floor, figures.start_lab = found
    return figures, version


def _in_browser(
    browser: Browser,
    floor: Server,
    lab: Server,
    size: Size,
    figures: Figures,
    say: Callable[[str], None],
    parts: Collection[str],
) -> None:
    page = open_browser_page(browser)
    _listen(page, figures.errors)
    moved = LabPage(page, f"{lab.url}/?{QUERY}")
    figures.drawn = moved.sessions()
    if "curves" in parts:
        _curves(moved, size, figures, say)
    if "drags" in parts or "pages" in parts:  # whose floor is that of the drags
        _drags(FloorPage(open_browser_page(browser), floor.url), moved, size, figures, say)
    if "pages" in parts:
        with _stage("pages", figures):
            url = f"{lab.url}/?{QUERY}"
            figures.switches, figures.clicks = page_times(browser, url, size.rounds, say)


def _by_websocket(
    floor: Server,
    lab: Server,
    size: Size,
    figures: Figures,
    say: Callable[[str], None],
    parts: Collection[str],
) -> None:
    if "crowd" in parts:
        say(f"{size.crowd_sessions} sessions at once")
        with _stage("crowd", figures):
            _crowd(floor, lab, size, figures)
    if "memory" in parts:
        say("memory")
        with _stage("memory", figures):
            figures.memory = asyncio.run(
                memory_per_session(lab, QUERY, sessions=size.memory_sessions)
            )


@contextlib.contextmanager
def _chromium(executable: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=list(BROWSER_FLAGS), headless=True
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def _stage(key: str, figures: Figures) -> Iterator[None]:
    # One row that cannot be measured does not cost the others.
    try:
        yield
    except (Error, OSError, RuntimeError, TimeoutError, WebSocketException) as error:
        figures.failed[key] = str(error).splitlines()[0]


def _crowd(floor: Server, lab: Server, size: Size, figures: Figures) -> None:
    figures.crowd_floor, figures.crowd_lab = asyncio.run(
        crowd(
            floor, lab, QUERY, sessions=size.crowd_sessions, blocks=size.crowd_blocks,
            moves=size.crowd_moves,
        )
    )  # fmt: skip


def _drags(
    empty: FloorPage,
    moved: LabPage,
    size: Size,
    figures: Figures,
    say: Callable[[str], None],
) -> None:
    page = moved.page
    moved.open_groups()
    empty.release()  # the first of a page is always slow
    before = _floor_block(empty, size)
    for k in range(size.blocks):
        page.bring_to_front()
        path, other = _DRAGGED[k % 4], _DRAGGED[(k + 1) % 4]
        counted = moved.drag(other, sample=True, moves=29 + k)
        timed = [moved.drag(path, moves=40 - i) for i in range(size.drags)]
        after = _floor_block(empty, size)
        block = Block(tuple(before), counted, tuple(timed), tuple(after))
        say(
            f"block {k + 1} of {size.blocks}: {path}, floor {block.floor:.0f} ms, release "
            + ", ".join(f"{drag.release.last:.0f}" for drag in timed)
        )
        figures.blocks.append(block)
        before = after


def _floor_block(empty: FloorPage, size: Size) -> list[Release]:
    # The first after the other page was in front does not count.
    empty.page.bring_to_front()
    return [empty.release() for _ in range(size.drags + 1)][1:]


def _curves(moved: LabPage, size: Size, figures: Figures, say: Callable[[str], None]) -> None:
    say("curves of every slider")
    moved.open_groups()
    for path in moved.sliders()[: size.sliders]:
        figures.curves[path] = moved.approach(path)
    figures.again = max(moved.approach(path) for path in list(figures.curves)[:2])


def _listen(page: Page, errors: list[str]) -> None:
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
