"""Drawdown episodes: from a peak of NAV over its trough to the session that is level again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.checks import check_curve, check_dates
from core.errors import InputsError
from core.metrics import drawdown_series
from core.units import Dates, Floats

__all__ = ["Episode", "episodes_frame", "find_episodes"]


@dataclass(frozen=True, slots=True)
class Episode:
    """One fall from a peak; sessions are indices into the run, spans count intervals.

    Attributes
    ----------
    peak : int
        Last session at the peak. A run starts at the close of session 0, so this is 0 also where
        the peak is the initial NAV (`from_start`).
    trough : int
        First session at the lowest NAV of the episode.
    recovery : int or None
        First session at or above the peak; None while the episode is open.
    depth : float
        NAV at the trough over the peak − 1, in (−1, 0).
    from_start : bool
        Whether the peak is the initial NAV, above what session 0 recorded.
    sessions_to_trough, days_to_trough : int
        From peak to trough; days are calendar days. Both 0 where the cost of session 0 is all.
    sessions_to_recovery, days_to_recovery : int or None
        From trough to recovery; None while open.
    sessions, days : int
        From the peak to the recovery, or to the last session while open.
    """

    peak: int
    trough: int
    recovery: int | None
    depth: float
    from_start: bool
    sessions_to_trough: int
    days_to_trough: int
    sessions_to_recovery: int | None
    days_to_recovery: int | None
    sessions: int
    days: int

    @property
    def is_open(self) -> bool:
        """Whether NAV is still below the peak at the last session."""
        return self.recovery is None


def find_episodes(
    nav: Floats, dates: Dates, *, initial_nav: float | None = None, top: int | None = None
) -> tuple[Episode, ...]:
    """Find the drawdown episodes of a curve, the deepest first; they do not overlap.

    Parameters
    ----------
    nav : float64[T]
        Dollars after each session, finite and above 0.
    dates : datetime64[D][T]
        Session dates, strictly increasing.
    initial_nav : float, optional
        Counts as the first peak; ``nav[0]`` when not given.
    top : int, optional
        Most episodes returned; all when not given.

    Returns
    -------
    tuple of Episode
        Of equal depth the earlier first; empty where NAV never fell. The depth of the first is the
        ``max_drawdown`` of :func:`core.metrics.curve_metrics`, to the last bit.

    Raises
    ------
    InputsError
        When nav or dates are not as above, or `top` is negative.

    Examples
    --------
    >>> days = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")
    >>> worst, other = find_episodes(np.array([100.0, 90.0, 101.0, 80.8, 90.9]), days)
    >>> round(worst.depth, 12), worst.peak, worst.trough, worst.recovery, other.recovery
    (-0.2, 2, 3, None, 2)
    """
    check_curve("nav", nav)
    check_dates(dates, len(nav))
    if top is not None and top < 0:
        raise InputsError(f"top must be at least 0, was {top}; None asks for all episodes")
    drawdown = drawdown_series(nav, initial_nav)
    below = np.concatenate(([False], drawdown < 0.0, [False]))
    firsts = np.flatnonzero(below[1:] & ~below[:-1]).tolist()
    afters = np.flatnonzero(~below[1:] & below[:-1]).tolist()
    troughs = [a + int(np.argmin(drawdown[a:b])) for a, b in zip(firsts, afters, strict=True)]
    order = np.argsort(drawdown[np.array(troughs, dtype=np.int64)], kind="stable")[:top].tolist()
    days = dates.astype("datetime64[D]").astype(np.int64).tolist()
    return tuple(
        _episode(firsts[k], troughs[k], afters[k], float(drawdown[troughs[k]]), days) for k in order
    )


def episodes_frame(episodes: Sequence[Episode], dates: Dates) -> pd.DataFrame:
    """Return one row an episode, in the order given.

    Parameters
    ----------
    episodes : sequence of Episode
    dates : datetime64[D][T]
        Those the episodes were found with.

    Returns
    -------
    pandas.DataFrame
        peak, trough, recovery (dates; NaT while open), depth (fraction, at most 0), the spans in
        sessions and calendar days (nullable integers) and open (bool).
    """
    moments = {
        name: pd.DatetimeIndex(
            [_date(dates, getattr(one, name)) for one in episodes], dtype="datetime64[s]"
        )
        for name in ("peak", "trough", "recovery")
    }
    spans = {
        name: pd.array([getattr(one, name) for one in episodes], dtype="Int64")
        for name in (
            "sessions_to_trough",
            "sessions_to_recovery",
            "sessions",
            "days_to_trough",
            "days_to_recovery",
            "days",
        )
    }
    depth = np.array([one.depth for one in episodes], dtype=np.float64)
    is_open = np.array([one.is_open for one in episodes], dtype=np.bool_)
    return pd.DataFrame({**moments, "depth": depth, **spans, "open": is_open})


def _date(dates: Dates, session: int | None) -> np.datetime64:
    return np.datetime64("NaT", "s") if session is None else dates[session].astype("datetime64[s]")


def _episode(first: int, trough: int, after: int, depth: float, days: list[int]) -> Episode:
    last = len(days) - 1
    peak = max(first - 1, 0)
    recovery = after if after <= last else None
    end = last if recovery is None else recovery
    return Episode(
        peak=peak,
        trough=trough,
        recovery=recovery,
        depth=depth,
        from_start=first == 0,
        sessions_to_trough=trough - peak,
        days_to_trough=days[trough] - days[peak],
        sessions_to_recovery=None if recovery is None else recovery - trough,
        days_to_recovery=None if recovery is None else days[recovery] - days[trough],
        sessions=end - peak,
        days=days[end] - days[peak],
    )
