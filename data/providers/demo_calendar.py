"""Session dates of the simulated market: weekdays without the usual US market holidays."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

__all__ = ["holidays", "month_starts", "session_dates"]

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_JUNETEENTH_SINCE = 2022
_MOURNING = dt.date(2018, 12, 5)


def session_dates(first: dt.date, last: dt.date) -> npt.NDArray[np.datetime64]:
    """Return the sessions from `first` to `last`, both included, as datetime64[D], increasing.

    Examples
    --------
    >>> session_dates(dt.date(2021, 12, 23), dt.date(2021, 12, 28)).astype(str).tolist()
    ['2021-12-23', '2021-12-27', '2021-12-28']
    """
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    closed = [day for year in range(first.year, last.year + 1) for day in holidays(year)]
    return days[np.is_busday(days, holidays=np.array(sorted(closed), dtype="datetime64[D]"))]


def holidays(year: int) -> tuple[dt.date, ...]:
    """Return the weekdays of `year` on which the market stays closed, in order.

    Rules of the New York exchange: a holiday on Sunday is kept on Monday, one on Saturday on
    Friday, except New Year's Day, which is then not kept at all.
    """
    days = {
        _nth(year, 1, _MONDAY, 3),  # Martin Luther King
        _nth(year, 2, _MONDAY, 3),  # Presidents
        _easter(year) - dt.timedelta(days=2),  # Good Friday
        _nth(year, 6, _MONDAY, 1) - dt.timedelta(days=7),  # Memorial: last Monday of May
        _observed(dt.date(year, 7, 4)),
        _nth(year, 9, _MONDAY, 1),  # Labor
        _nth(year, 11, _THURSDAY, 4),  # Thanksgiving
        _observed(dt.date(year, 12, 25)),
    }
    new_year = dt.date(year, 1, 1)
    if new_year.weekday() != _SATURDAY:
        days.add(_observed(new_year))
    if year >= _JUNETEENTH_SINCE:
        days.add(_observed(dt.date(year, 6, 19)))
    if year == _MOURNING.year:
        days.add(_MOURNING)
    return tuple(sorted(days))


def month_starts(sessions: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return the index of the first session of each month, the very first session included."""
    months = sessions.astype("datetime64[M]")
    return np.flatnonzero(np.r_[True, months[1:] != months[:-1]]).astype(np.int64)


def _nth(year: int, month: int, weekday: int, count: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))


def _observed(day: dt.date) -> dt.date:
    shift = {_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0)
    return day + dt.timedelta(days=shift)


def _easter(year: int) -> dt.date:
    # The anonymous Gregorian computus (Meeus 1991, Astronomical Algorithms, chapter 8).
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)
