"""Volatility rules: measured volatility, targeting and the rescale band, ENGINE §3."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.units import SESSIONS_PER_YEAR
from core.vectors import in_eights

__all__ = ["realised_volatilities", "realised_volatility", "rescale_due", "volatility_scale"]


@compiled
def realised_volatility(past_returns: npt.NDArray[np.float64], count: int, lookback: int) -> float:
    """Annualised volatility of the last `lookback` returns.

    Parameters
    ----------
    past_returns : float64[>= count]
        Returns per session, fractions, oldest first; only the first `count` are read.
    count : int
        Returns known so far.
    lookback : int
        Returns in the window, at least 2.

    Returns
    -------
    float
        Sample standard deviation (ddof 1) x sqrt(252); NaN until the window is full, exactly 0 when
        all returns are equal.

    Examples
    --------
    >>> round(realised_volatility(np.array([0.5, 0.01, 0.03]), 3, 2), 9)  # 0.02 / sqrt(2) a day
    0.224499443
    >>> realised_volatility(np.array([0.01]), 1, 2)
    nan
    """
    if count < lookback:
        return math.nan
    # Measured from the first return of the window: equal returns then give exactly 0.
    start = count - lookback
    origin = past_returns[start]
    mean = origin + _power_sum(past_returns, start, count, origin, 1) / lookback
    squares = _power_sum(past_returns, start, count, mean, 2)
    return math.sqrt(squares / (lookback - 1) * SESSIONS_PER_YEAR)


@compiled
def realised_volatilities(
    past_returns: npt.NDArray[np.float64],
    count: int,
    lookback: int,
    windows: int,
    means: npt.NDArray[np.float64],
    volatilities: npt.NDArray[np.float64],
) -> None:
    """Fill in :func:`realised_volatility` as it is with 1, 2, … returns more than `count`.

    Parameters
    ----------
    past_returns : float64[>= count + windows + EIGHT]
    count, lookback : int
        As in :func:`realised_volatility`.
    windows : int
        Volatilities that are wanted.
    means : float64[>= windows + EIGHT]
        Overwritten.
    volatilities : float64[>= windows + EIGHT]
        Overwritten with the result: entry q is what `count` + q + 1 returns give. Up to seven
        entries beyond the last are overwritten too.

    Examples
    --------
    >>> found = np.empty(10)
    >>> past = np.concatenate([[0.5, 0.01, 0.03], np.zeros(8)])
    >>> realised_volatilities(past, 1, 2, 2, np.empty(10), found)
    >>> found[:2].round(9).tolist()
    [5.500236359, 0.224499443]
    """
    # All windows side by side: the inner loops run over them, so that no addition waits.
    unknown = min(max(0, lookback - count - 1), windows)
    volatilities[:unknown] = math.nan
    if windows == unknown:
        return
    wide = in_eights(windows - unknown)
    start = count + unknown + 1 - lookback
    origin = past_returns[start : start + wide]
    mean, squares = means[:wide], volatilities[unknown : unknown + wide]
    mean[:] = 0.0
    squares[:] = 0.0
    for back in range(1, lookback):
        values = past_returns[start + back : start + back + wide]
        for q in range(wide):
            mean[q] += values[q] - origin[q]
    for q in range(wide):
        mean[q] = origin[q] + mean[q] / lookback
    for back in range(lookback):
        values = past_returns[start + back : start + back + wide]
        for q in range(wide):
            squares[q] += (values[q] - mean[q]) * (values[q] - mean[q])
    for q in range(wide):
        squares[q] = math.sqrt(squares[q] / (lookback - 1) * SESSIONS_PER_YEAR)


@compiled
def _power_sum(
    values: npt.NDArray[np.float64], start: int, end: int, origin: float, power: int
) -> float:
    # Four running sums: with one, every addition would wait for the one before.
    a = b = c = d = 0.0
    paired = start + (end - start) // 4 * 4
    for i in range(start, paired, 4):
        w, x = values[i] - origin, values[i + 1] - origin
        y, z = values[i + 2] - origin, values[i + 3] - origin
        a += w * w if power == 2 else w
        b += x * x if power == 2 else x
        c += y * y if power == 2 else y
        d += z * z if power == 2 else z
    for i in range(paired, end):
        w = values[i] - origin
        a += w * w if power == 2 else w
    return a + b + c + d


@compiled
def volatility_scale(volatility: float, target_annual_vol: float) -> float:
    """Exposure multiplier of volatility targeting.

    Parameters
    ----------
    volatility : float
        Measured annual volatility of the risky sleeve, a fraction; NaN = not known yet.
    target_annual_vol : float
        Positive fraction a year; NaN = rule off.

    Returns
    -------
    float
        ``target_annual_vol / volatility``; 1 when off, when the volatility is 0 or not known. Not
        clipped. The sleeve's volatility, not that of NAV: a scale must not feed back into its own
        estimate.

    Examples
    --------
    >>> volatility_scale(0.36, 0.18), volatility_scale(0.0, 0.18), volatility_scale(0.36, math.nan)
    (0.5, 1.0, 1.0)
    """
    if math.isnan(target_annual_vol) or math.isnan(volatility) or volatility == 0.0:
        return 1.0
    return target_annual_vol / volatility


@compiled
def rescale_due(wanted: float, applied: float, vol_rebalance_threshold: float) -> bool:
    """Whether wanted exposure is far enough from applied exposure to trade between rebalances.

    Parameters
    ----------
    wanted, applied : float
        Exposures, fractions of NAV.
    vol_rebalance_threshold : float
        Band around 1 of wanted over applied; NaN = only rebalances change exposure.

    Returns
    -------
    bool
        ``|wanted / applied - 1| > vol_rebalance_threshold``; False when off or when nothing is
        applied.

    Examples
    --------
    >>> rescale_due(0.6, 1.0, 0.3), rescale_due(0.8, 1.0, 0.3), rescale_due(0.8, 0.0, 0.3)
    (True, False, False)
    """
    return applied > 0.0 and abs(wanted / applied - 1.0) > vol_rebalance_threshold
