"""What regimes turned out to be, and how late the labels of the day said so.

For diagnosis only: the labels here read later sessions, so nothing that decides may use them.

A label from the trailing rule's own window, moved to the window's middle, would be late by half a
window by construction and so measure nothing. Direction is therefore dated by turning points and
volatility by a short centred window, both at the thresholds of the rule.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from core.checks import check_length
from core.config import RegimesConfig
from core.errors import InputsError
from core.factors.names import REGIMES
from core.regime_stats import Spells, spells
from core.regimes import below_high
from core.units import SESSIONS_PER_YEAR, Floats, Ints

__all__ = ["DetectionLag", "detection_lag", "hindsight_labels"]

_UNKNOWN: Final = REGIMES.index("default")


@dataclass(frozen=True, slots=True, eq=False)
class DetectionLag:
    """How late each spell of the hindsight labels was named.

    Attributes
    ----------
    spells : Spells
        Of the hindsight labels. Those of ``default`` are left out, and those that begin the period
        or follow ``default``: when they began is not known.
    lag : float64[M]
        Sessions from the first of the spell to the first in it with the same label of the day; 0
        where it was there already, NaN where the spell ended before.
    agreement : float
        Share of the sessions with a hindsight label on which both agree; NaN without one.
    """

    spells: Spells
    lag: Floats
    agreement: float

    def frame(self, names: Sequence[str] = REGIMES) -> pd.DataFrame:
        """Return one row a regime: spells, detected, median_lag, longest_lag; NaN without one."""
        rows = []
        for code in range(len(names)):
            lag = self.lag[self.spells.code == code]
            found = lag[np.isfinite(lag)]
            middle = float(np.median(found)) if len(found) else math.nan
            longest = float(found.max()) if len(found) else math.nan
            rows.append((len(lag), len(found), middle, longest))
        columns = ["spells", "detected", "median_lag", "longest_lag"]
        return pd.DataFrame(rows, index=pd.Index(names, name="regime"), columns=columns)


def hindsight_labels(returns: Floats, config: RegimesConfig, *, half_window: int = 10) -> Ints:
    """Label each session knowing what came after it. Reads the future: never feed it to anything.

    The first that holds, in the order of :func:`core.regimes.label_sessions`:

    1. ``default``: a return of the ``2 · half_window + 1`` sessions around it is missing;
    2. ``volatile``: annualised volatility of those sessions at or above `volatility_threshold`;
    3. ``bear``: on the way from a turning point down to the next. Turning points are the highest
       and lowest levels between which the market moved by `trend_threshold` or more (the filter of
       Lunde & Timmermann 2004, *J. Bus. Econ. Stat.* 22(3)). A way longer than `lookback_days`
       counts only where its mean pace makes `trend_threshold` in `lookback_days`;
    4. ``recovery``: on such a way up, still `recovery_drawdown` or more below the one-year high;
    5. ``bull``: on such a way up;
    6. ``sideways``: anything else.

    The volatility index plays no part: an override is what the lag should show to be early.

    Parameters
    ----------
    returns : float64[T]
        Market return over each session, NaN = not known.
    config : RegimesConfig
    half_window : int
        Sessions before and after, at least 1.

    Returns
    -------
    int64[T]
        Codes into :data:`core.factors.names.REGIMES`.

    Raises
    ------
    InputsError
        When the half window is below 1.
    """
    if half_window < 1:
        raise InputsError(f"half_window must be at least 1 session, was {half_window}")
    labels = np.full(len(returns), _UNKNOWN, dtype=np.int64)
    window = 2 * half_window + 1
    if len(returns) < window:
        return labels
    around = sliding_window_view(returns, window)
    inside = slice(half_window, len(returns) - half_window)
    volatility = around.std(axis=1, ddof=1) * math.sqrt(SESSIONS_PER_YEAR)
    direction = _directions(returns, config.trend_threshold, config.lookback_days)[inside]
    low = below_high(returns)[inside] <= -config.recovery_drawdown
    code = {name: number for number, name in enumerate(REGIMES)}
    # NaN compares False everywhere, and what is not known comes first.
    labels[inside] = np.select(
        [
            ~np.isfinite(around).all(axis=1),
            volatility >= config.volatility_threshold,
            direction < 0,
            (direction > 0) & low,
            direction > 0,
        ],
        [code[name] for name in ("default", "volatile", "bear", "recovery", "bull")],
        default=code["sideways"],
    )
    return labels


def detection_lag(labels: Ints, hindsight: Ints) -> DetectionLag:
    """Measure how long the labels of the day took to name each hindsight spell.

    Parameters
    ----------
    labels : int64[T]
        Of :func:`core.regimes.label_sessions`.
    hindsight : int64[T]
        Of :func:`hindsight_labels` over the same sessions.

    Raises
    ------
    InputsError
        When lengths differ.
    """
    check_length("hindsight", hindsight, len(labels))
    found = spells(hindsight)
    before = np.concatenate(([_UNKNOWN], found.code[:-1])) if len(found.code) else found.code
    dated = (found.code != _UNKNOWN) & (before != _UNKNOWN)
    kept = Spells(found.code[dated], found.first[dated], found.last[dated])
    lag = np.full(len(kept.code), math.nan)
    for k, (code, first, last) in enumerate(zip(kept.code, kept.first, kept.last, strict=True)):
        named = np.flatnonzero(labels[first : last + 1] == code)
        if len(named):
            lag[k] = named[0]
    known = hindsight != _UNKNOWN
    agreement = float((labels[known] == hindsight[known]).mean()) if known.any() else math.nan
    return DetectionLag(kept, lag, agreement)


def _directions(returns: Floats, threshold: float, lookback: int) -> npt.NDArray[np.int8]:
    # +1 on a way up, −1 on a way down, 0 before the first turning point, after the last and on ways
    # too slow to be a trend. Return t moves the level from t to t + 1.
    growth = np.where(np.isfinite(returns), 1.0 + returns, 1.0)
    level = np.concatenate(([1.0], np.cumprod(growth)))
    directions = np.zeros(len(returns), dtype=np.int8)
    turns = _turning_points(level, threshold)
    for begin, end in itertools.pairwise(turns):
        move = float(level[end] / level[begin])
        pace = move ** min(lookback / (end - begin), 1.0) - 1.0
        if abs(pace) >= threshold:
            directions[begin:end] = 1 if move > 1.0 else -1
    return directions


def _turning_points(level: Floats, threshold: float) -> list[int]:
    # Highs and lows in turn: one is a turning point once the level has moved away from it by the
    # threshold; the last is the extreme since.
    turns: list[int] = []
    values = level.tolist()
    high = low = trend = 0
    for t, value in enumerate(values):
        if value > values[high]:
            high = t
        if value < values[low]:
            low = t
        if trend >= 0 and high < t and value <= values[high] * (1.0 - threshold):
            turns.append(high)
            trend, low = -1, t
        elif trend <= 0 and low < t and value >= values[low] * (1.0 + threshold):
            turns.append(low)
            trend, high = 1, t
    if turns:
        turns.append(high if trend > 0 else low)
    return turns
