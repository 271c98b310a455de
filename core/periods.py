"""Which sessions are simulated, and at which of them a book is decided."""

from __future__ import annotations

import datetime as dt

import numpy as np

from core.config import Scenario
from core.errors import HistoryError
from core.market import Dates, Ints, MarketPanel
from core.units import SESSIONS_PER_YEAR

__all__ = ["history_needed", "month_ends", "resolve_period"]


def month_ends(sessions: Dates, first: int, last: int) -> Ints:
    """Last sessions of the calendar months within ``[first, last]``, both inclusive.

    A session ends its month when the next session lies in another month. Exchange calendars are
    published years ahead, so this is known at the close. The last session of the data has no next
    one: it counts only where no weekday is left in its month.

    Parameters
    ----------
    sessions : datetime64[D][T]
        Exchange dates, strictly increasing.
    first, last : int
        Indices into `sessions`.

    Returns
    -------
    int64[R]
        Indices, strictly increasing; empty where the period holds no month's end.
    """
    month = sessions.astype("datetime64[M]")
    ends = np.zeros(len(sessions), dtype=np.bool_)
    ends[:-1] = month[1:] != month[:-1]
    following = sessions[-1] + np.timedelta64(1, "D")
    next_month = (month[-1] + np.timedelta64(1, "M")).astype("datetime64[D]")
    ends[-1] = np.busday_count(following, next_month) == 0
    inside = np.flatnonzero(ends[first : last + 1]) + first
    return inside.astype(np.int64)


def history_needed(scenario: Scenario) -> int:
    """Sessions before a date without which some price signal of that date is incomplete."""
    return max(
        scenario.factors.momentum_lookback_days,
        scenario.factors.volatility_lookback_days,
        scenario.universe.liquidity_lookback_days - 1,
        scenario.regimes.lookback_days,
        SESSIONS_PER_YEAR,
    )


def resolve_period(market: MarketPanel, scenario: Scenario) -> tuple[int, int]:
    """Find the first and last session that are simulated.

    Parameters
    ----------
    market : MarketPanel
    scenario : Scenario
        ``period.start`` None means the first session with enough history for every price signal,
        ``period.end`` None the last session there is. A start with less history is allowed;
        :func:`core.signals.compute_signals` says what it costs.

    Returns
    -------
    int, int
        Indices into ``market.sessions``, both inclusive, first < last.

    Raises
    ------
    HistoryError
        The period holds fewer than two sessions, or the market is too short for the lookbacks.
    """
    sessions = market.sessions
    have = f"market “{market.source}” has sessions from {sessions[0]} to {sessions[-1]}"
    start, end = scenario.period.start, scenario.period.end
    if start is None:
        first = history_needed(scenario)
        if first >= len(sessions) - 1:
            raise HistoryError(
                f"the signals need {first} sessions before the first date, {have}, which is "
                f"{len(sessions)}. Set period.start, or shorten the lookbacks in factors, regimes "
                "and universe."
            )
    else:
        first = int(np.searchsorted(sessions, _day(start), side="left"))
    last = (
        len(sessions) - 1
        if end is None
        else int(np.searchsorted(sessions, _day(end), side="right")) - 1
    )
    if last - first < 1:
        chosen = f"{start or sessions[min(first, len(sessions) - 1)]} … {end or sessions[-1]}"
        raise HistoryError(
            f"the period must hold at least two sessions, {chosen} holds "
            f"{max(last - first + 1, 0)}: {have}. Choose period.start and period.end within them."
        )
    return first, last


def _day(date: dt.date) -> np.datetime64:
    return np.datetime64(date, "D")
