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

__all__ = ["CURVE_METRICS", "calendar_days", "curve_metrics_many", "measure_curve"]

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
    excess = np.empty(nav.shape[1])
    for row in range(len(nav)):
        start = nav[row, 0] if math.isnan(initial_nav) else initial_nav
        measure_curve(nav[row], start, cash_rate, days, excess, measured[row])
    return measured


@compiled_inner
def measure_curve(
    nav: npt.NDArray[np.float64],
    initial_nav: float,
    cash_rate: npt.NDArray[np.float64],
    days: int,
    excess: npt.NDArray[np.float64],
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
        Overwritten.
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
    before = initial_nav
    for t in range(1, sessions):
        excess[t - 1] = nav[t] / before - 1.0
        before = nav[t]
    mean = _sum(excess, count, 0.0, 1) / count
    measured[3] = math.sqrt(_sum(excess, count, mean, 2) / (count - 1) * SESSIONS_PER_YEAR)
    for q in range(count):
        excess[q] -= cash_rate[q + 1]
    mean = _sum(excess, count, 0.0, 1) / count
    deviation = math.sqrt(_sum(excess, count, mean, 2) / (count - 1))
    if deviation >= NO_DISPERSION:
        measured[4] = mean / deviation * math.sqrt(SESSIONS_PER_YEAR)
    for q in range(count):
        excess[q] = min(excess[q], 0.0)
    downside = math.sqrt(_sum(excess, count, 0.0, 2) / count)
    if downside >= NO_DISPERSION:
        measured[5] = mean / downside * math.sqrt(SESSIONS_PER_YEAR)


@compiled_inner
def _deepest_drawdown(nav: npt.NDArray[np.float64], initial_nav: float) -> tuple[float, float]:
    # With the last value; NaN where a value is not finite and above 0.
    peak = initial_nav
    deepest = 0.0
    for t in range(len(nav)):
        value = nav[t]
        if not 0.0 < value < math.inf:
            return math.nan, value
        peak = max(peak, value)
        deepest = min(deepest, value / peak - 1.0)
    return deepest, nav[len(nav) - 1]


@compiled_inner
def _power(growth: float, periods_per_year: float, periods: int) -> float:
    if periods <= 0:
        return math.nan
    return math.expm1(math.log(growth) * periods_per_year / periods)


@compiled_inner
def _sum(values: npt.NDArray[np.float64], count: int, origin: float, power: int) -> float:
    # Four running sums: with one, every addition would wait for the one before.
    a = b = c = d = 0.0
    fours = count // 4 * 4
    for i in range(0, fours, 4):
        w, x = values[i] - origin, values[i + 1] - origin
        y, z = values[i + 2] - origin, values[i + 3] - origin
        a += w * w if power == 2 else w
        b += x * x if power == 2 else x
        c += y * y if power == 2 else y
        d += z * z if power == 2 else z
    for i in range(fours, count):
        w = values[i] - origin
        a += w * w if power == 2 else w
    return a + b + c + d
