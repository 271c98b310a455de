"""How a store is brought up to date with the fewest requests: by whole day, or per ticker."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["RefreshPlan", "TickerSpan", "plan_refresh"]


@dataclass(frozen=True, slots=True)
class TickerSpan:
    """Ask one ticker for its bars from `start` to `end`, both included."""

    ticker: str
    start: dt.date
    end: dt.date


@dataclass(frozen=True, slots=True)
class RefreshPlan:
    """What to ask for.

    Attributes
    ----------
    days : tuple of date
        Sessions to ask for as a whole, increasing; one request each.
    day_tickers : frozenset of str
        Tickers whose rows of those days are wanted.
    spans : tuple of TickerSpan
        Tickers to ask for one by one; one request each.
    """

    days: tuple[dt.date, ...]
    day_tickers: frozenset[str]
    spans: tuple[TickerSpan, ...]

    @property
    def requests(self) -> int:
        """Requests the plan takes at least."""
        return len(self.days) + len(self.spans)


def plan_refresh(
    sessions: Sequence[dt.date],
    held: Mapping[str, dt.date | None],
    *,
    reask: int = 3,
    backfill_from: dt.date | None = None,
) -> RefreshPlan:
    """Choose for each ticker between its own request and the requests of whole days.

    A whole day costs one request for all tickers, a ticker one request for all its days. The
    tickers furthest behind are asked one by one, the others by whole days, cut where the sum of
    requests is smallest; where both cost the same, by whole days.

    Parameters
    ----------
    sessions : sequence of date
        Sessions that are over, increasing.
    held : mapping of str to date or None
        Last session stored of each ticker to refresh; None = nothing is. Leave out what is
        delisted.
    reask : int
        The last so many sessions held are asked for again: sources correct them, ≥ 0.
    backfill_from : date, optional
        Start for tickers of which nothing is held; None = the first session.

    Returns
    -------
    RefreshPlan
        Together the requests cover every session after each ticker's last one.
    """
    if not sessions or not held:
        return RefreshPlan((), frozenset(), ())
    first = backfill_from if backfill_from is not None else sessions[0]
    end = sessions[-1]
    backfill = [TickerSpan(t, first, end) for t, last in held.items() if last is None]
    starts = {
        ticker: max(0, bisect_right(sessions, last) - reask)
        for ticker, last in held.items()
        if last is not None
    }
    behind = sorted(
        (ticker for ticker in starts if starts[ticker] < len(sessions)),
        key=lambda ticker: (starts[ticker], ticker),
    )
    # After the first `alone` tickers have their own request, the next one says how many days the
    # rest needs.
    costs = [alone + len(sessions) - starts[t] for alone, t in enumerate(behind)] + [len(behind)]
    alone = min(range(len(costs)), key=lambda place: (costs[place], place))
    rest = behind[alone:]
    days = tuple(sessions[starts[rest[0]] :]) if rest else ()
    spans = [TickerSpan(t, sessions[starts[t]], end) for t in behind[:alone]]
    return RefreshPlan(days, frozenset(rest), tuple(backfill + spans))
