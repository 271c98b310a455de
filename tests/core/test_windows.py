from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import drawdown_series
from core.windows import calendar_years, drawdown_episodes, whole_run
from tests.markets import weekdays


@given(st.integers(1, 900), st.integers(0, 400))
def test_years_cover_every_session_once(count: int, offset: int) -> None:
    dates = weekdays(count + offset)[offset:]
    windows = calendar_years(dates)
    covered = [t for w in windows for t in range(w.first, w.last + 1)]
    assert covered == list(range(count))
    for window in windows:
        years = dates[window.first : window.last + 1].astype("datetime64[Y]").astype(str)
        assert set(years.tolist()) == {window.label}


@given(st.lists(st.sampled_from([0.9, 0.97, 1.0, 1.02, 1.1]), min_size=1, max_size=60))
def test_episodes_are_the_falls_between_peaks(moves: list[float]) -> None:
    nav = 100.0 * np.cumprod(moves)
    dates = weekdays(len(nav))
    drawdown = drawdown_series(nav, 100.0)
    windows = drawdown_episodes(nav, dates, initial_nav=100.0, top=len(nav))
    curve = np.r_[100.0, nav]
    depths = [curve[w.last + 1] / curve[w.first] - 1.0 for w in windows]
    np.testing.assert_allclose(depths, [drawdown[w.last] for w in windows], atol=1e-12)
    assert depths == sorted(depths)
    assert bool(windows) == bool((drawdown < 0.0).any())
    if windows:
        assert depths[0] == drawdown.min() or np.isclose(depths[0], drawdown.min(), atol=1e-12)
    spans = sorted((w.first, w.last) for w in windows)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(spans))
    assert all(drawdown[w.first - 1] == 0.0 for w in windows if w.first > 0)


def test_top_keeps_the_deepest() -> None:
    nav = np.array([100.0, 95.0, 101.0, 80.0, 90.0, 102.0, 100.0])
    dates = weekdays(7, "2024-01-01")
    found = drawdown_episodes(nav, dates, top=2)
    assert [(w.first, w.last) for w in found] == [(3, 3), (1, 1)]
    assert found[0].label == f"{dates[2]} … {dates[3]}"
    assert drawdown_episodes(nav, dates, top=0) == ()


def test_a_fall_from_the_initial_nav_starts_at_session_0() -> None:
    found = drawdown_episodes(np.array([90.0, 80.0]), weekdays(2), initial_nav=100.0)
    assert [(w.first, w.last) for w in found] == [(0, 1)]
    assert found[0].label.startswith("start")


def test_the_whole_run() -> None:
    window = whole_run(5)
    assert (window.first, window.last) == (0, 4)
