"""The calendar against facts of the exchange and against the simulated market's own rules."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.calendar import (
    half_days,
    last_complete_session,
    missing_sessions,
    session_count,
    sessions,
    strange_days,
)
from data.providers.demo_calendar import session_dates

NEW_YORK = ZoneInfo("America/New_York")


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_sessions_equal_the_rules_written_by_hand() -> None:
    # Two independent makers: the package, and the holiday rules of the simulated market, which
    # ends before the mourning for J. Carter and does not know of it.
    first, last = dt.date(2015, 1, 1), dt.date(2026, 12, 31)
    difference = np.setxor1d(sessions(first, last), session_dates(first, last))
    np.testing.assert_array_equal(difference, days("2025-01-09"))


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (dt.date(2018, 12, 5), False),  # mourning for G. H. W. Bush
        (dt.date(2012, 10, 29), False),  # hurricane Sandy
        (dt.date(2001, 9, 14), False),
        (dt.date(2021, 6, 18), True),  # before Juneteenth was kept
        (dt.date(2022, 6, 20), False),
        (dt.date(1987, 10, 19), True),  # before the years that are kept ready
    ],
)
def test_known_days(day: dt.date, open_: bool) -> None:
    assert session_count(day, day) == int(open_)


def test_sessions_are_dates_without_time_zone() -> None:
    assert sessions(dt.date(2024, 3, 8), dt.date(2024, 3, 12)).dtype == np.dtype("datetime64[D]")


def test_half_days_of_a_year() -> None:
    found = half_days(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    np.testing.assert_array_equal(found, days("2024-07-03", "2024-11-29", "2024-12-24"))


def test_missing_sessions_of_a_series_and_of_a_span() -> None:
    series = days("2024-07-05", "2024-07-02", "2024-07-09")
    np.testing.assert_array_equal(missing_sessions(series), days("2024-07-03", "2024-07-08"))
    span = missing_sessions(series, dt.date(2024, 7, 1), dt.date(2024, 7, 10))
    np.testing.assert_array_equal(
        span, days("2024-07-01", "2024-07-03", "2024-07-08", "2024-07-10")
    )
    assert len(missing_sessions(days())) == 0


def test_days_on_which_the_exchange_was_closed() -> None:
    series = days("2024-07-03", "2024-07-04", "2024-07-06", "2024-07-08", "2024-07-04")
    np.testing.assert_array_equal(strange_days(series), days("2024-07-04", "2024-07-06"))
    assert len(strange_days(days())) == 0


@pytest.mark.parametrize(
    ("moment", "complete"),
    [
        (dt.datetime(2024, 7, 1, 16, 29, 59, tzinfo=NEW_YORK), dt.date(2024, 6, 28)),
        (dt.datetime(2024, 7, 1, 16, 30, tzinfo=NEW_YORK), dt.date(2024, 7, 1)),
        (dt.datetime(2024, 7, 3, 13, 31, tzinfo=NEW_YORK), dt.date(2024, 7, 3)),  # closes at 13:00
        (dt.datetime(2024, 7, 4, 20, 0, tzinfo=NEW_YORK), dt.date(2024, 7, 3)),
        (dt.datetime(2024, 7, 6, 1, 0, tzinfo=dt.UTC), dt.date(2024, 7, 5)),
        (dt.datetime(2025, 1, 1, 3, 0, tzinfo=dt.UTC), dt.date(2024, 12, 31)),
        (dt.datetime(2025, 1, 2, 3, 0, tzinfo=ZoneInfo("Asia/Tokyo")), dt.date(2024, 12, 31)),
    ],
)
def test_last_complete_session(moment: dt.datetime, complete: dt.date) -> None:
    assert last_complete_session(moment) == complete


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="must have a time zone"):
        last_complete_session(dt.datetime(2024, 7, 1))  # noqa: DTZ001


@given(st.dates(dt.date(1995, 1, 1), dt.date(2026, 12, 31)), st.integers(0, 400))
def test_sessions_and_gaps_fit_together(first: dt.date, length: int) -> None:
    last = first + dt.timedelta(days=length)
    whole = sessions(first, last)
    assert len(whole) == session_count(first, last)
    assert (np.diff(whole) > np.timedelta64(0, "D")).all()
    kept = whole[::3]
    missing = missing_sessions(kept, first, last)
    np.testing.assert_array_equal(np.union1d(kept, missing), whole)
    assert not len(np.intersect1d(kept, missing))
    assert not len(strange_days(whole))


def test_the_package_is_loaded_only_when_asked() -> None:
    code = "import sys, data.calendar; sys.exit('exchange_calendars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
