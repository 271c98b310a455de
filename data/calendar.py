"""Sessions of the New York Stock Exchange: dates without a time zone, half days, what is missing.

The rules are those of the package ``exchange_calendars`` (XNYS), holidays, days of mourning and
early closes included. It takes a second to load, so it is imported when it is first asked.
"""

from __future__ import annotations

import datetime as dt
import threading
import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "half_days",
    "last_complete_session",
    "missing_sessions",
    "session_count",
    "sessions",
    "strange_days",
]

Dates = npt.NDArray[np.datetime64]

_EXCHANGE: Final = "XNYS"
# One calendar serves nearly every question; an earlier or later one is made when it is asked.
_FIRST_YEAR: Final = 1990
# Vendors publish a daily bar some minutes after the close; until then it may still change.
SETTLED_AFTER: Final = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True, eq=False)
class _Schedule:
    """All sessions of whole years: days datetime64[D], closes datetime64[s] UTC, half days bool."""

    first_year: int
    last_year: int
    days: Dates
    closes: npt.NDArray[np.datetime64]
    half: npt.NDArray[np.bool_]


_lock = threading.Lock()
_known: _Schedule | None = None


def sessions(first: dt.date, last: dt.date) -> Dates:
    """Return the sessions from `first` to `last`, both included, as datetime64[D], increasing.

    Examples
    --------
    >>> sessions(dt.date(2021, 12, 23), dt.date(2021, 12, 28)).astype(str).tolist()
    ['2021-12-23', '2021-12-27', '2021-12-28']
    """
    schedule = _schedule(first.year, last.year)
    return schedule.days[_within(schedule, first, last)]


def half_days(first: dt.date, last: dt.date) -> Dates:
    """Return the sessions with an early close from `first` to `last`, both included.

    Examples
    --------
    >>> half_days(dt.date(2023, 11, 1), dt.date(2023, 12, 31)).astype(str).tolist()
    ['2023-11-24']
    """
    schedule = _schedule(first.year, last.year)
    within = _within(schedule, first, last)
    return schedule.days[within][schedule.half[within]]


def session_count(first: dt.date, last: dt.date) -> int:
    """Return the number of sessions from `first` to `last`, both included; 0 when reversed."""
    within = _within(_schedule(first.year, last.year), first, last)
    count: int = within.stop - within.start
    return max(0, count)


def missing_sessions(
    days: Dates, first: dt.date | None = None, last: dt.date | None = None
) -> Dates:
    """Return the sessions on which a series has no bar.

    Parameters
    ----------
    days : datetime64[D][n]
        Dates of the series in any order; days that are no sessions are left aside
        (`strange_days` finds them).
    first, last : date, optional
        Span to look at, both included; by default the series' own first and last day, so that a
        name that was listed later or left earlier misses nothing.

    Returns
    -------
    datetime64[D][m]
        Increasing; empty for an empty series without a span.
    """
    if not len(days) and (first is None or last is None):
        return np.empty(0, dtype="datetime64[D]")
    start = first if first is not None else days.min().astype("datetime64[D]").item()
    end = last if last is not None else days.max().astype("datetime64[D]").item()
    return np.setdiff1d(sessions(start, end), days.astype("datetime64[D]"))


def strange_days(days: Dates) -> Dates:
    """Return those of `days` on which the exchange was closed, distinct and increasing."""
    if not len(days):
        return np.empty(0, dtype="datetime64[D]")
    first, last = days.min().astype("datetime64[D]").item(), days.max().astype("datetime64[D]")
    return np.setdiff1d(days.astype("datetime64[D]"), sessions(first, last.item()))


def last_complete_session(
    moment: dt.datetime, settled_after: dt.timedelta = SETTLED_AFTER
) -> dt.date:
    """Return the newest session whose bar is final at `moment`.

    Parameters
    ----------
    moment : datetime
        Aware, in any time zone.
    settled_after : timedelta
        Time after the close, early closes included, from which a bar counts as final.

    Raises
    ------
    ValueError
        `moment` has no time zone: nobody can tell where its clock stands.

    Examples
    --------
    >>> last_complete_session(dt.datetime(2023, 11, 24, 18, 45, tzinfo=dt.UTC))
    datetime.date(2023, 11, 24)
    """
    if moment.tzinfo is None:
        raise ValueError(f"moment must have a time zone, {moment} has none. Add one: dt.UTC.")
    clock = (moment - settled_after).astimezone(dt.UTC)
    schedule = _schedule(clock.year - 1, clock.year)
    closed = np.searchsorted(
        schedule.closes, np.datetime64(clock.replace(tzinfo=None), "s"), side="right"
    )
    day: dt.date = schedule.days[closed - 1].item()
    return day


def _within(schedule: _Schedule, first: dt.date, last: dt.date) -> slice:
    start = int(np.searchsorted(schedule.days, np.datetime64(first, "D")))
    stop = int(np.searchsorted(schedule.days, np.datetime64(last, "D"), side="right"))
    return slice(start, stop)


def _schedule(first_year: int, last_year: int) -> _Schedule:
    global _known  # noqa: PLW0603 - the one calendar of this process, made once
    with _lock:
        known = _known
        if known is None or first_year < known.first_year or last_year > known.last_year:
            this_year = dt.datetime.now(dt.UTC).year
            known = _made(min(first_year, _FIRST_YEAR), max(last_year, this_year) + 1)
            _known = known
        return known


def _made(first_year: int, last_year: int) -> _Schedule:
    # The package uses forms that pandas calls deprecated; they are not ours to mend.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        calendar = exchange_calendars.get_calendar(
            _EXCHANGE, start=f"{first_year}-01-01", end=f"{last_year}-12-31"
        )
        days = calendar.sessions.to_numpy().astype("datetime64[D]")
        closes = calendar.closes.dt.tz_convert(None).to_numpy().astype("datetime64[s]")
        half = np.asarray(calendar.sessions.isin(calendar.early_closes), dtype=bool)
    return _Schedule(first_year, last_year, days, closes, half)
