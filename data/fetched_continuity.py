"""Whether an answer continues a stored series: one basis, and no day that nobody asked for."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import cast

import pyarrow as pa

from data.fetched_errors import FetchedBasisError, FetchedGapError
from data.fetched_file import Label
from data.fetched_merge import came_later, in_force
from data.fetched_tables import FetchedTable

__all__ = ["joined", "must_continue"]

_ONE_DAY = dt.timedelta(days=1)
# Yahoo's floats differ in the seventh digit from answer to answer; the smallest splits are of 1 %.
_NOISE = 1e-5


def joined(former: Label, label: Label) -> Label:
    """Return the label of what is stored and what comes together: one window, the newer moment."""
    starts = [day for day in (former.start, label.start) if day is not None]
    ends = [day for day in (former.end, label.end) if day is not None]
    # What could not be read is healed by an answer for all days alone.
    anew = label.start == min(starts, default=None) and label.end == max(ends, default=None)
    return replace(
        label,
        start=min(starts, default=None),
        end=max(ends, default=None),
        fetched_at=former.fetched_at
        if came_later(former.fetched_at, label.fetched_at)
        else label.fetched_at,
        unreadable=label.unreadable
        if anew
        else tuple(dict.fromkeys((*former.unreadable, *label.unreadable))),
    )


def must_continue(
    spec: FetchedTable, stored: pa.Table, former: Label, answer: pa.Table, label: Label
) -> None:
    """Raise FetchedBasisError or FetchedGapError when `answer` does not continue `stored`."""
    name = f"{spec.name} of {label.ticker} from {label.provider}"
    if former.base != label.base:
        raise FetchedBasisError(
            f"{name} must stay on one basis: stored is {former.base!r}, the answer is "
            f"{label.base!r}. Fetch the whole series and replace it."
        )
    if None in (former.start, former.end, label.start, label.end):
        return
    after = cast(dt.date, label.start) > cast(dt.date, former.end) + _ONE_DAY
    before = cast(dt.date, label.end) < cast(dt.date, former.start) - _ONE_DAY
    if after or before:
        raise FetchedGapError(
            f"{name}: the answer must touch what is stored ({former.start} to {former.end}), was "
            f"{label.start} to {label.end}. Ask from {former.end} on."
        )
    if spec.name == "bars" and label.base != "raw":
        _must_repeat(name, in_force(stored), answer)


def _must_repeat(name: str, stored: pa.Table, answer: pa.Table) -> None:
    # A split-adjusted history changes whole when a split lands: rows of before and after it
    # are two bases, and only a session that both have shows which.
    if not stored.num_rows or not answer.num_rows:
        return
    before = dict(zip(stored["date"].to_pylist(), stored["close"].to_pylist(), strict=True))
    after = dict(zip(answer["date"].to_pylist(), answer["close"].to_pylist(), strict=True))
    common = before.keys() & after.keys()
    moved = sorted(day for day in common if not _close(before[day], after[day]))
    if not common or moved:
        what = f"closes of {moved[0]} differ" if moved else "no session in common"
        raise FetchedBasisError(
            f"{name} is adjusted for splits up to the day of each answer, so an answer must "
            f"repeat a stored close: {what}. Fetch the whole series and replace it."
        )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=_NOISE, abs_tol=0.0)
