"""How much of the index the prices cover: member-days that have a bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Coverage", "member_coverage"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of member-days with a bar, over all sessions and by calendar year."""

    total: float | None
    by_year: dict[str, float]


def member_coverage(
    sessions: npt.NDArray[np.datetime64],
    names: Sequence[str],
    bars: npt.NDArray[np.bool_],
    membership: pd.DataFrame,
) -> Coverage:
    """Measure which member-days have a bar.

    Parameters
    ----------
    sessions : datetime64[D][T]
        Increasing.
    names : sequence of N str
    bars : bool[T, N]
        Whether the name has a bar that session.
    membership : DataFrame
        ticker, start_date, end_date (first day out; NaT = still a member). Members that are not
        in `names` count as uncovered; overlapping intervals of one ticker count once.

    Returns
    -------
    Coverage
        ``total`` is None when no member-day lies within the sessions.
    """
    column_of = {name: number for number, name in enumerate(names)}
    member_days = np.zeros(len(sessions), dtype=np.int64)
    covered_days = np.zeros(len(sessions), dtype=np.int64)
    starts = np.searchsorted(sessions, membership["start_date"].to_numpy("datetime64[D]"))
    ends = membership["end_date"].to_numpy("datetime64[D]")
    stops = np.where(np.isnat(ends), len(sessions), np.searchsorted(sessions, ends))
    spans: dict[str, npt.NDArray[np.bool_]] = {}
    for ticker, start, stop in zip(membership["ticker"].tolist(), starts, stops, strict=True):
        span = spans.setdefault(ticker, np.zeros(len(sessions), dtype=bool))
        span[start:stop] = True
    for ticker, span in spans.items():
        member_days += span
        column = column_of.get(ticker)
        if column is not None:
            covered_days += span & bars[:, column]
    return _shares(sessions, member_days, covered_days)


def _shares(
    sessions: npt.NDArray[np.datetime64],
    member_days: npt.NDArray[np.int64],
    covered_days: npt.NDArray[np.int64],
) -> Coverage:
    whole = int(member_days.sum())
    if not whole:
        return Coverage(None, {})
    years = sessions.astype("datetime64[Y]")
    by_year = {
        str(year): float(covered_days[years == year].sum() / member_days[years == year].sum())
        for year in np.unique(years)
        if member_days[years == year].any()
    }
    return Coverage(float(covered_days.sum() / whole), by_year)
