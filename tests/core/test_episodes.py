from __future__ import annotations

import itertools

import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.episodes import Episode, episodes_frame, find_episodes
from core.errors import InputsError
from core.metrics import curve_metrics, daily_returns, drawdown_series
from tests.curves import curve
from tests.markets import weekdays

moves = st.lists(st.sampled_from([0.9, 0.97, 1.0, 1.02, 1.1]), min_size=1, max_size=60)


def test_a_hand_made_curve() -> None:
    # Friday 2024-01-05 is session 4; the weekend lies between sessions 4 and 5.
    dates = weekdays(8, "2024-01-01")
    nav = np.array([100.0, 90.0, 95.0, 100.0, 110.0, 66.0, 88.0, 99.0])
    worst, other = find_episodes(nav, dates)
    assert worst == Episode(
        peak=4,
        trough=5,
        recovery=None,
        depth=66.0 / 110.0 - 1.0,
        from_start=False,
        sessions_to_trough=1,
        days_to_trough=3,
        sessions_to_recovery=None,
        days_to_recovery=None,
        sessions=3,
        days=5,
    )
    assert worst.is_open
    assert (other.peak, other.trough, other.recovery, other.is_open) == (0, 1, 3, False)
    assert other.depth == pytest.approx(-0.1, abs=1e-15)
    assert (other.sessions_to_trough, other.sessions_to_recovery, other.sessions) == (1, 2, 3)
    assert (other.days_to_trough, other.days_to_recovery, other.days) == (1, 2, 3)
    assert not other.from_start  # nav[0] itself was the peak


def test_the_start_is_a_peak() -> None:
    # Research vector: −10 % on session 0, then −11.11 %: one episode of −20 %, from the start.
    nav = np.array([90.0, 90.0, 80.0, 104.0])
    (only,) = find_episodes(nav, weekdays(4), initial_nav=100.0)
    assert only.depth == pytest.approx(-0.2, abs=1e-15)
    assert (only.peak, only.trough, only.recovery, only.from_start) == (0, 2, 3, True)
    (without,) = find_episodes(nav, weekdays(4))
    assert without.depth == pytest.approx(-1.0 / 9.0)


def test_of_a_flat_trough_the_first_session_and_of_equal_depths_the_first_episode() -> None:
    nav = np.array([100.0, 50.0, 50.0, 100.0, 50.0])
    first, second = find_episodes(nav, weekdays(5))
    assert (first.trough, first.recovery, second.trough) == (1, 3, 4)


def test_a_curve_that_never_falls_has_none() -> None:
    assert find_episodes(np.array([1.0, 1.0, 1.2]), weekdays(3), initial_nav=1.0) == ()
    frame = episodes_frame((), weekdays(3))
    assert frame.empty
    assert frame["peak"].dtype.kind == "M"


@given(moves, st.sampled_from([100.0, 101.0]), st.integers(0, 5))
def test_episodes_are_the_stretches_below_the_peak(
    moves: list[float], initial: float, top: int
) -> None:
    nav = 100.0 * np.cumprod(moves)
    dates = weekdays(len(nav))
    before = nav.copy()
    found = find_episodes(nav, dates, initial_nav=initial)
    assert np.array_equal(nav, before)
    drawdown = drawdown_series(nav, initial)
    inside = np.zeros(len(nav), dtype=int)
    for one in found:
        first = 0 if one.from_start else one.peak + 1
        after = len(nav) if one.recovery is None else one.recovery
        inside[first:after] += 1
        assert drawdown[first:after].max() < 0.0
        assert one.depth == drawdown[one.trough] == drawdown[first:after].min()
        top_value = initial if one.from_start else nav[one.peak]
        assert one.depth == nav[one.trough] / top_value - 1.0
        assert one.recovery is None or nav[one.recovery] >= top_value
        end = len(nav) - 1 if one.recovery is None else one.recovery
        assert one.sessions == end - one.peak
        assert one.days == int((dates[end] - dates[one.peak]).astype(int))
        if one.sessions_to_recovery is not None:
            assert one.sessions == one.sessions_to_trough + one.sessions_to_recovery
    # Every session below the peak lies in exactly one episode.
    assert np.array_equal(inside, (drawdown < 0.0).astype(int))
    assert [e.depth for e in found] == sorted(e.depth for e in found)
    assert find_episodes(nav, dates, initial_nav=initial, top=top) == found[:top]


@given(st.integers(0, 2**32), st.integers(2, 900))
def test_the_worst_is_the_max_drawdown(seed: int, sessions: int) -> None:
    nav, dates = curve(seed, sessions), weekdays(sessions)
    found = find_episodes(nav, dates, top=1)
    assert (found[0].depth if found else 0.0) == curve_metrics(nav, dates).max_drawdown
    lowest = empyrical.max_drawdown(daily_returns(nav))
    assert (found[0].depth if found else 0.0) == pytest.approx(lowest, rel=1e-12, abs=1e-12)


@given(st.integers(0, 2**32), st.integers(20, 300), st.data())
def test_what_is_over_does_not_depend_on_what_comes(
    seed: int, sessions: int, data: st.DataObject
) -> None:
    nav, dates = curve(seed, sessions), weekdays(sessions)
    cut = data.draw(st.integers(1, sessions))
    closed = {e for e in find_episodes(nav[:cut], dates[:cut]) if not e.is_open}
    assert closed == {
        e for e in find_episodes(nav, dates) if e.recovery is not None and e.recovery < cut
    }


def test_the_frame_has_dates_and_open_spans() -> None:
    nav = np.array([100.0, 90.0, 110.0, 66.0])
    dates = weekdays(4, "2024-01-01")
    frame = episodes_frame(find_episodes(nav, dates), dates)
    assert frame["peak"].tolist() == [pd.Timestamp("2024-01-03"), pd.Timestamp("2024-01-01")]
    assert frame["recovery"].isna().tolist() == [True, False]
    assert frame["sessions_to_recovery"].isna().tolist() == [True, False]
    assert frame["open"].tolist() == [True, False]
    assert frame["depth"].tolist() == pytest.approx([-0.4, -0.1])
    starts = [pair for pair in itertools.pairwise(frame["depth"]) if pair[0] > pair[1]]
    assert starts == []


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputsError, match="nav must be finite and above 0"):
        find_episodes(np.array([1.0, np.nan]), weekdays(2))
    with pytest.raises(InputsError, match="dates must have one entry"):
        find_episodes(np.ones(3), weekdays(2))
    with pytest.raises(InputsError, match="top must be at least 0, was -1"):
        find_episodes(np.ones(2), weekdays(2), top=-1)
