"""The compiled part of the bootstrap: which sessions a resample picks, and what they measure.

Politis & Romano 1994: a resample strings together blocks of consecutive sessions. A block starts
anywhere with equal probability, its length is geometric, and the sessions form a circle.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from core.compiled import compiled
from core.metrics import CurveMetrics
from core.units import CALENDAR_DAYS_PER_YEAR, SESSIONS_PER_YEAR, Floats, Ints

__all__ = ["METRICS", "draw_indices", "measure_at", "resampled_metrics"]

#: Columns of what is measured: the fields of :class:`~core.metrics.CurveMetrics`, in their order.
METRICS: Final = tuple(CurveMetrics.__dataclass_fields__)

_COUNT: Final = len(METRICS)
_NO_DISPERSION: Final = 1e-14  # as in core.metrics: less dispersion than rounding makes is none


@compiled
def draw_indices(generator: np.random.Generator, mean_length: float, indices: Ints) -> None:
    """Fill `indices` with one resample of the sessions 0 … n − 1, in place.

    Parameters
    ----------
    generator : numpy.random.Generator
        Two draws a block are taken from it.
    mean_length : float
        Expected sessions of a block, at least 1; 1 draws every session on its own.
    indices : int64[n]
    """
    n = len(indices)
    goes_on = math.log1p(-1.0 / mean_length) if mean_length > 1.0 else 0.0
    t = 0
    while t < n:
        at = min(int(generator.random() * n), n - 1)
        length = 1.0
        if mean_length > 1.0:
            uniform = 1.0 - generator.random()  # in (0, 1]: its logarithm is finite
            length += math.floor(math.log(uniform) / goes_on)
        end = n if length >= n - t else t + int(length)
        while t < end:
            indices[t] = at
            at = at + 1 if at + 1 < n else 0
            t += 1


@compiled
def measure_at(
    returns: Floats,
    cash: Floats,
    indices: Ints,
    centre: float,
    excess_centre: float,
    periods_per_year: float,
    measured: Floats,
) -> None:
    """Measure the curve that the picked returns make, as :func:`core.metrics.curve_metrics` does.

    Parameters
    ----------
    returns, cash : float64[n]
        Simple returns of the curve and of cash, fractions a session, above −1.
    indices : int64[n]
        Sessions in the order they are strung together; cash is picked with the returns.
    centre, excess_centre : float
        Values near the means of the returns and of the excess over cash: subtracted before squares
        are summed, so that none of the digits of the variances are lost.
    periods_per_year : float
        365.25 over the calendar days of the curve: the exponent of the CAGR.
    measured : float64[8]
        Receives the ``METRICS``; NaN where one is not defined.
    """
    n = len(indices)
    wealth, peak, deepest = 1.0, 1.0, 0.0
    moved = moved_squared = excess = excess_squared = below = 0.0
    for t in range(n):
        ret = returns[indices[t]]
        over_cash = ret - cash[indices[t]]
        wealth *= 1.0 + ret
        if wealth > peak:  # min and max would also order NaN, at three times the price
            peak = wealth
        elif wealth / peak - 1.0 < deepest:
            deepest = wealth / peak - 1.0
        move = ret - centre
        moved += move
        moved_squared += move * move
        move = over_cash - excess_centre
        excess += move
        excess_squared += move * move
        if over_cash < 0.0:
            below += over_cash * over_cash
    growth = math.log(wealth)
    cagr = math.expm1(growth * periods_per_year)
    mean = excess_centre + excess / n
    deviation = math.sqrt(max(excess_squared - excess * excess / n, 0.0) / (n - 1))
    downside = math.sqrt(below / n)
    year = math.sqrt(SESSIONS_PER_YEAR)
    measured[0] = wealth - 1.0
    measured[1] = cagr
    measured[2] = math.expm1(growth * SESSIONS_PER_YEAR / n)
    measured[3] = math.sqrt(max(moved_squared - moved * moved / n, 0.0) / (n - 1)) * year
    measured[4] = mean / deviation * year if deviation >= _NO_DISPERSION else math.nan
    measured[5] = mean / downside * year if downside >= _NO_DISPERSION else math.nan
    measured[6] = deepest
    measured[7] = cagr / -deepest if deepest < 0.0 else math.nan


@compiled
def resampled_metrics(
    generator: np.random.Generator,
    returns: Floats,
    cash: Floats,
    mean_length: float,
    resamples: int,
    days: float,
) -> Floats:
    """Draw resamples of the sessions and measure every curve on each of them.

    Parameters
    ----------
    generator : numpy.random.Generator
        Equal generators give equal resamples.
    returns : float64[S, n]
        One row a curve. Every curve is measured on the same indices: that is what pairs them.
    cash : float64[n]
        Return of cash, picked with the same indices.
    mean_length : float
        Expected sessions of a block, at least 1.
    resamples : int
    days : float
        Calendar days that the n returns span, positive.

    Returns
    -------
    float64[resamples, S, 8]
        In the order of ``METRICS``; NaN where one is not defined.
    """
    curves, n = returns.shape
    indices = np.empty(n, np.int64)
    measured = np.empty((resamples, curves, _COUNT))
    centres = np.empty((curves, 2))
    for s in range(curves):
        centres[s, 0] = returns[s].mean()
        centres[s, 1] = (returns[s] - cash).mean()
    for k in range(resamples):
        draw_indices(generator, mean_length, indices)
        for s in range(curves):
            measure_at(
                returns[s],
                cash,
                indices,
                centres[s, 0],
                centres[s, 1],
                CALENDAR_DAYS_PER_YEAR / days,
                measured[k, s],
            )
    return measured
