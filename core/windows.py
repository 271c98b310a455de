"""Parts of a run: calendar years and drawdown episodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.metrics import drawdown_series
from core.units import Dates, Floats

__all__ = ["Window", "calendar_years", "drawdown_episodes", "whole_run"]


@dataclass(frozen=True, slots=True)
class Window:
    """Sessions `first` to `last`, both inclusive: from the close before `first` to that of `last`.

    The close before session 0 is the initial NAV.
    """

    label: str
    first: int
    last: int


def whole_run(sessions: int) -> Window:
    """Return all sessions as one window."""
    return Window("total", 0, sessions - 1)


def calendar_years(dates: Dates) -> tuple[Window, ...]:
    """Return one window a calendar year that has a session; the first and last may be partial.

    Examples
    --------
    >>> calendar_years(np.array(["2023-12-29", "2024-01-02", "2024-01-03"], "datetime64[D]"))
    (Window(label='2023', first=0, last=0), Window(label='2024', first=1, last=2))
    """
    years = dates.astype("datetime64[Y]")
    starts = np.flatnonzero(np.r_[True, years[1:] != years[:-1]])
    ends = np.r_[starts[1:], len(dates)] - 1
    return tuple(Window(str(years[a]), int(a), int(b)) for a, b in zip(starts, ends, strict=True))


def drawdown_episodes(
    nav: Floats, dates: Dates, *, initial_nav: float | None = None, top: int = 5
) -> tuple[Window, ...]:
    """Return the falls from a peak to the lowest close before a new peak, the deepest first.

    Parameters
    ----------
    nav : float64[T]
        Above 0.
    dates : datetime64[D][T]
        For the labels, peak to trough.
    initial_nav : float, optional
        Counts as the first peak; ``nav[0]`` when not given.
    top : int
        Most windows returned; of equal depth the earlier first.

    Returns
    -------
    tuple of Window
        From the session after the peak to the trough, both inclusive; they do not overlap. The
        return of a window is the depth of its episode. Empty where NAV never fell.
    """
    drawdown = drawdown_series(nav, initial_nav)
    below = np.r_[False, drawdown < 0.0, False]
    firsts = np.flatnonzero(below[1:] & ~below[:-1])
    afters = np.flatnonzero(~below[1:] & below[:-1])
    troughs = [a + int(np.argmin(drawdown[a:b])) for a, b in zip(firsts, afters, strict=True)]
    order = np.argsort(drawdown[troughs], kind="stable")[:top] if troughs else ()
    return tuple(_episode(dates, int(firsts[k]), troughs[k]) for k in order)


def _episode(dates: Dates, first: int, trough: int) -> Window:
    peak = dates[first - 1] if first > 0 else "start"
    return Window(f"{peak} … {dates[trough]}", first, trough)
