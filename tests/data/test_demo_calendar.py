import datetime as dt

import numpy as np
import pytest

from data.providers.demo_calendar import holidays, month_starts, session_dates


@pytest.mark.parametrize(
    ("year", "sessions"),
    [(2018, 251), (2019, 252), (2020, 253), (2021, 252), (2022, 251), (2023, 250), (2024, 252)],
)
def test_sessions_a_year_are_those_of_new_york(year: int, sessions: int) -> None:
    assert len(session_dates(dt.date(year, 1, 1), dt.date(year, 12, 31))) == sessions


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2018-12-05", "day of mourning"),
        ("2019-04-19", "Good Friday"),
        ("2020-07-03", "Independence Day on a Saturday is kept on Friday"),
        ("2021-12-24", "Christmas on a Saturday is kept on Friday"),
        ("2022-06-20", "Juneteenth on a Sunday is kept on Monday"),
        ("2022-12-26", "Christmas on a Sunday is kept on Monday"),
        ("2023-01-02", "New Year on a Sunday is kept on Monday"),
        ("2024-03-29", "Good Friday"),
        ("2024-05-27", "Memorial Day"),
        ("2024-11-28", "Thanksgiving"),
    ],
)
def test_closed_days(day: str, why: str) -> None:
    assert dt.date.fromisoformat(day) in holidays(int(day[:4])), why


@pytest.mark.parametrize("day", ["2021-12-31", "2021-06-18", "2019-12-05", "2018-12-24"])
def test_days_that_look_like_holidays_and_are_none(day: str) -> None:
    date = dt.date.fromisoformat(day)
    assert date not in holidays(date.year)
    assert session_dates(date, date).tolist() == [date]


def test_easter_moves_good_friday() -> None:
    # Extremes of the Gregorian calendar: Easter on 23 March 1818 and on 25 April 1943.
    assert dt.date(1818, 3, 20) in holidays(1818)
    assert dt.date(1943, 4, 23) in holidays(1943)


def test_month_starts_are_first_sessions() -> None:
    sessions = session_dates(dt.date(2023, 11, 15), dt.date(2024, 2, 10))
    starts = sessions[month_starts(sessions)].astype(str).tolist()
    assert starts == ["2023-11-15", "2023-12-01", "2024-01-02", "2024-02-01"]
    assert (np.diff(sessions.astype(np.int64)) > 0).all()
