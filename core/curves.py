"""The numbers of :class:`~core.metrics.CurveMetrics` for thousands of curves, compiled."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Final

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_inner
from core.errors import InputsError
from core.metrics import NO_DISPERSION, CurveMetrics, check_dates
from core.units import CALENDAR_DAYS_PER_YEAR, SESSIONS_PER_YEAR, Dates, Floats

__all__ = ["CURVE_METRICS", "SUMS", "calendar_days", "curve_metrics_many", "measure_curve"]

SUMS: Final = 32  # running sums of one long sum
_PART: Final = 16  # of a curve, in which a drawdown is looked for at once
_NEARLY: Final = 1.0 + 1e-9  # far more than a product and a quotient can differ by

#: Columns of :func:`curve_metrics_many`, in the order of :class:`~core.metrics.CurveMetrics`.
CURVE_METRICS: Final = tuple(field.name for field in fields(CurveMetrics))


def curve_metrics_many(
    nav: Floats,
    dates: Dates,
    cash_rate: Floats | None = None,
    *,
    initial_nav: float | None = None,
) -> Floats:
    """Measure every row as :func:`~core.metrics.curve_metrics` does, to 1e-12.

    Parameters
    ----------
    nav : float64[K, T]
        One curve a row. A row with a value that is not finite and above 0 (a run that was ruined)
        is measured as NaN.
    dates, cash_rate
        As in :func:`~core.metrics.curve_metrics`, common to all rows.
    initial_nav : float, optional
        NAV before session 0; each row's own first value when not given.

    Returns
    -------
    float64[K, 8]
        One column a name in ``CURVE_METRICS``; units and signs as in CurveMetrics.

    Raises
    ------
    InputsError
        When shapes do not fit, dates do not increase or a cash rate is not finite.
    """
    curves = np.ascontiguousarray(nav, dtype=np.float64)
    if curves.ndim != 2 or curves.shape[1] == 0:
        raise InputsError(f"nav must have one curve a row (2 dimensions), had shape {nav.shape}")
    rates = check_dates(curves.shape[1], dates, cash_rate)
    start = math.nan if initial_nav is None else initial_nav
    return _measure_rows(curves, rates, calendar_days(dates), start)


def calendar_days(dates: Dates) -> int:
    """Return the days from the first date to the last."""
    return int((dates[-1] - dates[0]).astype("timedelta64[D]").astype(int))


@compiled
def _measure_rows(
    nav: npt.NDArray[np.float64],
    cash_rate: npt.NDArray[np.float64],
    days: int,
    initial_nav: float,
) -> npt.NDArray[np.float64]:
    measured = np.empty((len(nav), 8))
    excess, sums = np.empty(nav.shape[1]), np.empty(SUMS)
    for row in range(len(nav)):
        start = nav[row, 0] if math.isnan(initial_nav) else initial_nav
        measure_curve(nav[row], start, cash_rate, days, excess, sums, measured[row])
    return measured


@compiled_inner
def measure_curve(
    nav: npt.NDArray[np.float64],
    initial_nav: float,
    cash_rate: npt.NDArray[np.float64],
    days: int,
    excess: npt.NDArray[np.float64],
    sums: npt.NDArray[np.float64],
    measured: npt.NDArray[np.float64],
) -> None:
    """Write what one curve earned and risked into ``measured[:8]``.

    Parameters
    ----------
    nav, cash_rate : float64[T]
    initial_nav : float
    days : int
        Calendar days from the first session to the last.
    excess : float64[T]
    sums : float64[SUMS]
        Both overwritten.
    measured : float64[>= 8]
        In the order of ``CURVE_METRICS``; NaN where a NAV is not finite and above 0.
    """
    measured[:8] = math.nan
    sessions = len(nav)
    deepest, last = _deepest_drawdown(nav, initial_nav)
    if math.isnan(deepest):
        return
    growth = last / initial_nav
    measured[0] = growth - 1.0
    measured[1] = _power(growth, CALENDAR_DAYS_PER_YEAR, days)
    measured[2] = _power(growth, SESSIONS_PER_YEAR, sessions - 1)
    measured[6] = deepest
    if deepest < 0.0:
        measured[7] = measured[1] / abs(deepest)
    count = sessions - 1
    if count < 2:
        return
    excess[0] = nav[1] / initial_nav - 1.0
    for q in range(1, count):
        excess[q] = nav[q + 1] / nav[q] - 1.0
    mean, squares = _mean_and_squares(excess, count, sums)
    measured[3] = math.sqrt(squares / (count - 1) * SESSIONS_PER_YEAR)
    if _subtract(excess, cash_rate, count):
        mean, squares = _mean_and_squares(excess, count, sums)
    deviation = math.sqrt(squares / (count - 1))
    if deviation >= NO_DISPERSION:
        measured[4] = mean / deviation * math.sqrt(SESSIONS_PER_YEAR)
    for q in range(count):
        excess[q] = min(excess[q], 0.0)
    downside = math.sqrt(_sum(excess, count, 0.0, 2, sums) / count)
    if downside >= NO_DISPERSION:
        measured[5] = mean / downside * math.sqrt(SESSIONS_PER_YEAR)


@compiled_inner
def _deepest_drawdown(nav: npt.NDArray[np.float64], initial_nav: float) -> tuple[float, float]:
    # With the last value; NaN where a value is not finite and above 0. Most parts of a curve cannot
    # hold its deepest drawdown: not even their lowest value would, under their highest.
    valid = True
    for t in range(len(nav)):
        valid &= (0.0 < nav[t]) & (nav[t] < math.inf)
    if not valid:
        return math.nan, math.nan
    peak = initial_nav
    deepest, near = 0.0, _NEARLY
    for start in range(0, len(nav), _PART):
        part = nav[start : min(start + _PART, len(nav))]
        lowest, highest = _range_of(part)
        if lowest <= max(peak, highest) * near:
            for q in range(len(part)):
                peak = max(peak, part[q])
                deepest = min(deepest, part[q] / peak - 1.0)
            near = (1.0 + deepest) * _NEARLY
        peak = max(peak, highest)
    return deepest, nav[len(nav) - 1]


@compiled_inner
def _range_of(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    # Two of each, so that half the comparisons wait for the one before.
    low = high = lower = higher = values[0]
    for q in range(0, len(values) // 2 * 2, 2):
        low, lower = min(low, values[q]), min(lower, values[q + 1])
        high, higher = max(high, values[q]), max(higher, values[q + 1])
    last = values[len(values) - 1]
    return min(low, lower, last), max(high, higher, last)


@compiled_inner
def _power(growth: float, periods_per_year: float, periods: int) -> float:
    if periods <= 0:
        return math.nan
    return math.expm1(math.log(growth) * periods_per_year / periods)


@compiled_inner
def _subtract(
    excess: npt.NDArray[np.float64], cash_rate: npt.NDArray[np.float64], count: int
) -> bool:
    # Whether there was anything to subtract: the sums before it stand where there was not.
    earns = False
    for q in range(count):
        earns |= cash_rate[q + 1] != 0.0
    if earns:
        for q in range(count):
            excess[q] -= cash_rate[q + 1]
    return earns


@compiled_inner
def _mean_and_squares(
    values: npt.NDArray[np.float64], count: int, sums: npt.NDArray[np.float64]
) -> tuple[float, float]:
    # With the sum of the squares of the distances from the mean.
    mean = _sum(values, count, 0.0, 1, sums) / count
    return mean, _sum(values, count, mean, 2, sums)


@compiled_inner
def _sum(
    values: npt.NDArray[np.float64],
    count: int,
    origin: float,
    power: int,
    sums: npt.NDArray[np.float64],
) -> float:
    # Many running sums side by side fill the processor's vectors; with one, every addition would
    # wait for the one before.
    sums[:] = 0.0
    for start in range(0, count, len(sums)):
        part = values[start : min(start + len(sums), count)]
        for q in range(len(part)):
            distance = part[q] - origin
            sums[q] += distance * distance if power == 2 else distance
    total = 0.0
    for q in range(len(sums)):
        total += sums[q]
    return total
