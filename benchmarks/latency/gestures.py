"""One drag and its release, on the lab and on the empty app, with all that is to be known of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ElementHandle, Page, ViewportSize

from benchmarks.latency.traffic import Recorder, ScriptRun, page_requests

__all__ = ["PROBE", "Drag", "FloorPage", "LabPage", "Release", "open_browser_page"]

PROBE = Path(__file__).resolve().with_name("probe.js").read_text(encoding="utf-8")
_SIZE: ViewportSize = {"width": 1440, "height": 900}
_QUIET = 250  # milliseconds without a paint after which a page has settled
_LIMIT = 20_000
_FRAME = 16  # milliseconds between two moves of the hand
_ENDS = 11  # steps of a slider, of 46 at least, between which drags end
_THUMB = 14  # pixels, of the lab's sliders
_LAB = "document.querySelector('.lab-root[data-scenario]').lab"
# Nothing is under way: the commit is acknowledged, the hints are those of what is shown.
_SETTLED = """(() => {
  const lab = document.querySelector('.lab-root[data-scenario]')?.lab;
  return Boolean(lab?.header?.run && lab.header.acknowledged >= lab.number && !lab.curves.waiting
    && lab.curves.hints?.scenario === lab.header.scenario);
})"""
_KNOWN = """(path => {
  const { curves, fields } = document.querySelector('.lab-root').lab;
  const { steps, refused } = curves.of(path);
  return !curves.waiting && steps.size + refused.size >= fields.get(path).steps.length;
})"""
# What the page asks for by itself after a commit has come: it would count as bytes of a gesture.
_HINTED = """() => {
  const { curves } = document.querySelector('.lab-root').lab;
  const came = (part) => curves.studies.fresh(part);
  return curves.hints?.more === false && ["control", "evidence", "strips"].every(came);
}"""
_NODES = "[...document.querySelectorAll('.lab-chart, .lab-overlay, .lab-slider, .lab-card')]"


@dataclass(frozen=True, slots=True)
class Release:
    """Milliseconds from the release of a slider; None where nothing of the kind was painted.

    Attributes
    ----------
    first, last : float
        First and last repaint of what the app is there to show: charts and cards of the lab, the
        line of text of the floor.
    hints : float
        Last repaint of the hints beside the sliders.
    """

    first: float
    last: float
    hints: float | None = None


@dataclass(frozen=True, slots=True)
class Drag:
    """A drag on the lab and what followed its release.

    Attributes
    ----------
    passed : int
        Distinct values of the slider that the hand passed.
    painted : tuple of float
        For each of them whose curves were drawn: milliseconds from the move to the chart.
    early : int
        Runs of the page that were asked for while the hand moved.
    runs : tuple of ScriptRun
        From the release until the page had settled.
    charts, fewest : int
        Charts with ink before, and in the emptiest frame of the gesture; sampled gestures only.
    kept : bool
        Whether every chart, card and slider is the same DOM node as before.
    shift : float
        Layout shift of the whole gesture.
    shifted : tuple of str
        What it moved, from where to where in pixels.
    sessions : int
        Sessions on the page.
    """

    release: Release
    passed: int
    painted: tuple[float, ...]
    early: int
    runs: tuple[ScriptRun, ...]
    charts: int
    fewest: int
    kept: bool
    shift: float
    shifted: tuple[str, ...]
    sessions: int

    @property
    def page_runs(self) -> list[ScriptRun]:
        """Runs of the whole page's script."""
        return [run for run in self.runs if not run.fragment]


def open_browser_page(browser: Browser) -> Page:
    """Return a new page of its own context, 1440×900, with the probe in it."""
    context = browser.new_context(viewport=_SIZE, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.add_init_script(PROBE)
    return page


class FloorPage:
    """The empty app in a browser."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._pixels = 60
        page.goto(url)
        page.locator("[data-testid=stSliderThumbValue]").wait_for()
        page.wait_for_timeout(1000)

    def release(self) -> Release:
        """Drag the thumb to one side and let go; the next time back again."""
        thumb = self.page.locator("[data-testid=stSliderThumbValue]").locator("xpath=..")
        box = thumb.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        _move(self.page, x, y)
        self.page.mouse.down()
        for k in range(1, 11):
            _move(self.page, x + self._pixels * k / 10, y)
        self._pixels = -self._pixels  # or the thumb would end at the end of its track
        self.page.evaluate("probe.reset()")
        self.page.mouse.up()
        seen = _settle(self.page, "() => Boolean(probe.paints.text)")
        begun, text = seen["inputs"]["pointerup"], seen["paints"]["text"]
        return Release(text["first"] - begun, text["last"] - begun)


class LabPage:
    """The Risk lab in a browser."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.traffic = Recorder(page)
        self._drags = 0
        page.goto(url)
        page.wait_for_selector(".lab-card[data-metric=cagr][data-value]")
        _settle(page, _SETTLED)

    def approach(self, path: str) -> int:
        """Put the hand on a slider and wait for its curves; return the bytes that brought them."""
        # Or what brings the hints of the book, or what the strip hears late, would count.
        self.page.wait_for_function(_HINTED)
        self.traffic.clear()
        slider = self._slider(path)
        slider.scroll_into_view_if_needed()
        slider.hover()
        self.page.wait_for_function(_KNOWN, arg=path)
        _settle(self.page, _SETTLED)
        return self.traffic.bytes_received()

    def drag(self, path: str, *, moves: int = 40, sample: bool = False) -> Drag:
        """Drag a slider over half its track, about a move a frame, let go and wait.

        `sample` looks at every chart in every frame, which takes time: such a gesture gives counts,
        not milliseconds.
        """
        page = self.page
        page.evaluate("probe.reset()")
        self.approach(path)
        nodes = page.evaluate_handle(_NODES)
        page.evaluate(f"() => {{ {_LAB}.paintedValues = new Set(); probe.sample({_js(sample)}); }}")
        charts = page.evaluate("probe.inked()")
        self.traffic.clear()
        passed = self._sweep(path, moves)
        page.wait_for_timeout(4 * _FRAME)
        early = page_requests(self.traffic.sent)
        painted = self._painted(path)
        self.traffic.clear()
        page.evaluate("probe.forget()")
        page.mouse.up()
        seen = _settle(page, _SETTLED)
        page.evaluate("probe.sample(false)")
        return Drag(
            release=_lab_release(seen),
            passed=passed,
            painted=painted,
            early=early,
            runs=tuple(self.traffic.runs()),
            charts=charts,
            fewest=min(seen["frames"], default=charts),
            kept=_same(page, nodes),
            shift=seen["shift"],
            shifted=tuple(seen["shifted"]),
            sessions=self.sessions(),
        )

    def sessions(self) -> int:
        """Return how many sessions the charts show."""
        return int(self.page.evaluate(f"{_LAB}.timeline.data.day.length"))

    def sliders(self) -> list[str]:
        """Return the paths of the sliders that are in use."""
        return list(
            self.page.evaluate(
                f"""[...{_LAB}.fields.values()]
                  .filter(f => f.slider && !f.slider.disabled).map(f => f.path)"""
            )
        )

    def open_groups(self) -> None:
        """Unfold every group of controls."""
        self.page.evaluate(
            "document.querySelectorAll('.lab-group').forEach(g => { g.open = true; })"
        )

    def _painted(self, path: str) -> tuple[float, ...]:
        # Both must hold: a chart was drawn on while the slider stood there, and the lab says that
        # it drew that value rather than the nearest one it knew.
        return tuple(
            self.page.evaluate(
                f"""path => {{
                  const field = {_LAB}.fields.get(path), drawn = new Map();
                  for (const {{ position, moved, painted }} of probe.steps) {{
                    const value = field.steps[position];
                    if (painted && {_LAB}.paintedValues?.has(value) && !drawn.has(value))
                      drawn.set(value, painted - moved);
                  }}
                  return [...drawn.values()];
                }}""",
                path,
            )
        )

    def _sweep(self, path: str, moves: int) -> int:
        # The pointer goes down on the thumb and over the larger half of the track.
        box = self._slider(path).bounding_box()
        assert box is not None
        last, at = self.page.evaluate(
            f"p => {{ const s = {_LAB}.fields.get(p).slider; return [+s.max, +s.value]; }}", path
        )
        # Never the same end twice in a while: a setting had before costs the server nothing.
        self._drags += 1
        inward = self._drags % _ENDS
        goal = round(last * 0.9) - inward if at < last / 2 else round(last * 0.1) + inward
        y = box["y"] + box["height"] / 2
        passed = set()
        for k in range(moves + 1):
            position = round(at + (goal - at) * k / moves)
            x = box["x"] + _THUMB / 2 + (box["width"] - _THUMB) * position / last
            _move(self.page, x, y)
            if k == 0:
                self.page.mouse.down()
            elif position != at:
                passed.add(position)
        return len(passed)

    def _slider(self, path: str) -> Any:
        return self.page.locator(f'.lab-field[data-path="{path}"] .lab-slider')


def _lab_release(seen: dict[str, Any]) -> Release:
    begun, paints = seen["inputs"]["pointerup"], seen["paints"]
    shown = [paints[kind] for kind in ("chart", "card") if kind in paints]
    if not shown:
        raise RuntimeError("the lab painted neither charts nor cards after the release")
    note = paints.get("note")
    return Release(
        first=min(kind["first"] for kind in shown) - begun,
        last=max(kind["last"] for kind in shown) - begun,
        hints=(note["last"] if note else seen["ended"]) - begun,
    )


def _settle(page: Page, done: str) -> dict[str, Any]:
    seen: dict[str, Any] = page.evaluate(f"probe.settled({done}, {_QUIET}, {_LIMIT})")
    if seen["late"]:
        said = page.locator("[data-testid=stException], [role=alert]").all_inner_texts()
        words = f", it says: {' '.join(said)}" if said else ""
        raise RuntimeError(f"the page has not settled within {_LIMIT / 1000:.0f} s{words}")
    return seen


def _same(page: Page, nodes: ElementHandle | Any) -> bool:
    return bool(
        page.evaluate(
            f"""nodes => {{
              const now = {_NODES};
              return now.length === nodes.length && now.every((node, i) => node === nodes[i]);
            }}""",
            nodes,
        )
    )


def _move(page: Page, x: float, y: float) -> None:
    page.mouse.move(x, y)
    page.wait_for_timeout(_FRAME)


def _js(value: bool) -> str:
    return "true" if value else "false"
