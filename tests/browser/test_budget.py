"""What one drag may cost, in counts and bytes: exact, and the same on a slow machine as on a fast.

`make bench` measures how long things take; no test does.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from benchmarks.latency.gestures import Drag, LabPage, open_browser_page
from benchmarks.latency.measure import QUERY

SLIDERS = ("risk.position_stop_loss", "risk.max_allowed_drawdown")
FINEST = "risk.breaker_cooldown_days"  # the most steps, so the most curves
# Bytes a session on the page, the goals of docs/performance.md.
COMMIT_BYTES = 85
CURVES_BYTES = 1200


@dataclass(frozen=True)
class Seen:
    """Some drags in one page, and what else happened."""

    drags: tuple[Drag, ...]
    curves: int
    again: int
    errors: tuple[str, ...]


@pytest.fixture(scope="module")
def seen(browser: Browser, app_url: str) -> Seen:
    """Drag each slider there and back, with an eye on every frame."""
    page = open_browser_page(browser)
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    lab = LabPage(page, f"{app_url}/?{QUERY}")
    drags = tuple(lab.drag(path, sample=True, moves=25) for path in SLIDERS * 2)
    lab.open_groups()
    curves, again = lab.approach(FINEST), lab.approach(FINEST)
    page.context.close()
    return Seen(drags, curves, again, tuple(errors))


def test_a_drag_is_one_run_of_the_page_and_that_after_the_release(seen: Seen) -> None:
    assert [len(drag.page_runs) for drag in seen.drags] == [1] * len(seen.drags)
    assert all(run.complete for drag in seen.drags for run in drag.runs)
    assert [drag.early for drag in seen.drags] == [0] * len(seen.drags)


def test_charts_cards_and_sliders_stay_the_same_nodes(seen: Seen) -> None:
    assert all(drag.kept for drag in seen.drags)


def test_no_chart_is_blank_in_any_frame(seen: Seen) -> None:
    assert all(drag.charts >= 2 for drag in seen.drags)
    assert [drag.fewest for drag in seen.drags] == [drag.charts for drag in seen.drags]


def test_nothing_shifts(seen: Seen) -> None:
    assert [drag.shifted for drag in seen.drags] == [()] * len(seen.drags)
    assert [drag.shift for drag in seen.drags] == [0.0] * len(seen.drags)


def test_a_commit_stays_within_its_bytes(seen: Seen) -> None:
    for drag in seen.drags:
        assert drag.sessions == 756
        # Fewer would mean that it was looked at before everything had come.
        assert drag.page_runs[0].frame > 30 * drag.sessions
        assert drag.page_runs[0].received <= COMMIT_BYTES * drag.sessions


def test_curves_stay_within_their_bytes_and_come_once(seen: Seen) -> None:
    sessions = seen.drags[0].sessions
    assert 0 < seen.curves <= CURVES_BYTES * sessions
    assert seen.again == 0


def test_the_console_is_silent(seen: Seen) -> None:
    assert not seen.errors
