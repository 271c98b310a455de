"""What the filings of each name said as of a date: quarters, trailing sums, latest levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.market import Filings, Floats, Ints

__all__ = ["FilingIndex", "Quarters", "known_quarters"]

#: Two rows whose periods end this close report the same quarter: datasets move a period end to the
#: end of the month, and real quarters last at least twelve weeks.
SAME_QUARTER_DAYS = 45
#: Four consecutive quarters end 36 to 40 weeks apart (three quarters of 12 to 16 weeks); with one
#: of them missing the span is at least 48 weeks.
YEAR_SPAN_DAYS = (235, 315)


@dataclass(frozen=True, slots=True, eq=False)
class FilingIndex:
    """Filings in the order an as-of view needs, made once a market.

    Rows are sorted by security, then period end; `rank` is the row's place in time of
    availability, ties in the order of the filings, so that the highest rank is the newest word.
    Days are counted from 1970-01-01.
    """

    security: Ints
    available: Ints
    period_end: Ints
    rank: Ints
    items: dict[str, Floats]

    @classmethod
    def of(cls, filings: Filings, items: tuple[str, ...]) -> FilingIndex:
        """Sort `filings`, keeping only `items`."""
        available = filings.available.astype("datetime64[D]").astype(np.int64)
        period_end = filings.period_end.astype("datetime64[D]").astype(np.int64)
        rank = np.empty(len(filings), dtype=np.int64)
        rank[np.argsort(available, kind="stable")] = np.arange(len(filings))
        order = np.lexsort((rank, period_end, filings.security))
        return cls(
            security=filings.security[order],
            available=available[order],
            period_end=period_end[order],
            rank=rank[order],
            items={name: filings.items[name][order] for name in items},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Quarters:
    """Quarters known on one date; column 0 is the newest of each security.

    Attributes
    ----------
    date : int
        The as-of date, days from 1970-01-01.
    max_age_days : int
        A value whose period ended longer ago than this counts as missing.
    period_end : int64[N, K]
        Days from 1970-01-01; 0 where there is no such quarter.
    items : dict of float64[N, K]
        NaN where the quarter does not state the item.
    """

    date: int
    max_age_days: int
    period_end: Ints
    items: dict[str, Floats]

    def latest(self, item: str) -> Floats:
        """Newest stated value of `item`, float64[N]; NaN where none is young enough."""
        values, ends = self._stated(item, 1)
        return np.where(self.date - ends[:, 0] <= self.max_age_days, values[:, 0], np.nan)

    def trailing_sum(self, item: str) -> Floats:
        """Sum of `item` over the newest four consecutive quarters that state it, float64[N].

        NaN where fewer than four are known, where they do not lie next to each other, or where the
        newest is too old.
        """
        values, ends = self._stated(item, 4)
        span = ends[:, 0] - ends[:, 3]
        shortest, longest = YEAR_SPAN_DAYS
        usable = (
            (self.date - ends[:, 0] <= self.max_age_days) & (span >= shortest) & (span <= longest)
        )
        return np.where(usable, values.sum(axis=1), np.nan)

    def typical(self, item: str, quarters: int) -> Floats:
        """Median of the newest `quarters` stated values or as many as there are, float64[N]."""
        values = np.sort(self._stated(item, quarters)[0], axis=1)
        count = np.isfinite(values).sum(axis=1)
        row = np.arange(len(values))
        middle = (
            values[row, np.maximum(count - 1, 0) // 2]
            + values[row, np.minimum(count // 2, quarters - 1)]
        )
        return np.where(count > 0, 0.5 * middle, np.nan)

    def _stated(self, item: str, count: int) -> tuple[Floats, Ints]:
        # The newest `count` quarters that state the item, padded with NaN and period end 0.
        values = self.items[item]
        names = len(values)
        stated = np.isfinite(values)
        place = np.cumsum(stated, axis=1) - 1
        row, column = np.nonzero(stated & (place < count))
        out = np.full((names, count), np.nan)
        ends = np.zeros((names, count), dtype=np.int64)
        out[row, place[row, column]] = values[row, column]
        ends[row, place[row, column]] = self.period_end[row, column]
        return out, ends


def known_quarters(
    index: FilingIndex, date: np.datetime64, securities: int, max_age_days: int
) -> Quarters:
    """Quarters that could be known at the close of `date`.

    Only rows available on or before the date are looked at, also for the question which rows report
    the same quarter. Within a quarter each item takes its newest stated value: a restatement counts
    from its own date on.

    Parameters
    ----------
    index : FilingIndex
    date : datetime64[D]
    securities : int
        Columns of the market.
    max_age_days : int
        Calendar days since the end of the period, see :class:`Quarters`.

    Returns
    -------
    Quarters
    """
    today = int(date.astype("datetime64[D]").astype(np.int64))
    # A trailing sum reaches three quarters behind the oldest quarter that may be the newest.
    oldest = today - max_age_days - YEAR_SPAN_DAYS[1]
    rows = np.flatnonzero((index.available <= today) & (index.period_end >= oldest))
    if not rows.size:
        blank = {name: np.full((securities, 1), np.nan) for name in index.items}
        return Quarters(today, max_age_days, np.zeros((securities, 1), dtype=np.int64), blank)
    security, ends, rank = index.security[rows], index.period_end[rows], index.rank[rows]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (np.diff(security) != 0) | (np.diff(ends) > SAME_QUARTER_DAYS)
    starts = np.flatnonzero(first)
    owner = security[starts]
    # Quarters of one security lie together in time order: count back from its last one.
    place = np.searchsorted(owner, owner, side="right") - 1 - np.arange(len(owner))
    shape = (securities, int(place.max()) + 1)
    period_end = np.zeros(shape, dtype=np.int64)
    period_end[owner, place] = np.maximum.reduceat(ends, starts)
    row_of_rank = np.zeros(len(index.rank), dtype=np.int64)
    row_of_rank[rank] = rows
    items = {}
    for name, values in index.items.items():
        newest = np.maximum.reduceat(np.where(np.isfinite(values[rows]), rank, -1), starts)
        table = np.full(shape, np.nan)
        table[owner, place] = np.where(newest >= 0, values[row_of_rank[newest]], np.nan)
        items[name] = table
    return Quarters(today, max_age_days, period_end, items)
