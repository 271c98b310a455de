"""Sharpe ratio, volatility and beta over a trailing window, session by session."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.checks import check_cash, check_curve, check_length, check_window
from core.metrics import daily_returns
from core.units import SESSIONS_PER_YEAR, Floats

__all__ = ["rolling_beta", "rolling_sharpe", "rolling_volatility"]

_NO_DISPERSION: Final = 1e-14  # as in core.metrics
_HALF_YEAR: Final = SESSIONS_PER_YEAR // 2


def rolling_volatility(
    nav: Floats, *, window: int = _HALF_YEAR, initial_nav: float | None = None
) -> Floats:
    """Return the annualised volatility of the last `window` daily returns.

    Parameters
    ----------
    nav : float64[T]
        Dollars after each session, finite and above 0.
    window : int
        Daily returns, at least 2.
    initial_nav : float, optional
        NAV before session 0; ``nav[0]`` when not given.

    Returns
    -------
    float64[T]
        Standard deviation (ddof 1) · √252 of the returns that end with session t, a fraction a
        year; NaN in the first `window` sessions. Nothing after t is used.

    Raises
    ------
    InputsError
        When nav is not as above or the window is below 2.

    Examples
    --------
    >>> rolling_volatility(np.array([1.0, 1.01, 1.0, 1.01]), window=2).round(4).tolist()
    [nan, nan, 0.2234, 0.2234]
    """
    check_curve("nav", nav)
    check_window(window)
    return _aligned(_deviation(daily_returns(nav, initial_nav), window), len(nav), window)


def rolling_sharpe(
    nav: Floats,
    cash_rate: Floats | None = None,
    *,
    window: int = _HALF_YEAR,
    initial_nav: float | None = None,
) -> Floats:
    """Return the Sharpe ratio of the last `window` sessions, as :mod:`core.metrics` defines it.

    Parameters
    ----------
    nav, window, initial_nav
        As in :func:`rolling_volatility`.
    cash_rate : float64[T], optional
        Return of cash over each session; the first is not used. None means 0.

    Returns
    -------
    float64[T]
        Mean of the daily excess / its standard deviation (ddof 1) · √252; NaN in the first
        `window` sessions and where the excess does not vary beyond rounding.
    """
    check_curve("nav", nav)
    check_window(window)
    excess = _excess(nav, cash_rate, initial_nav)
    deviation = _deviation(excess, window)
    if not len(deviation):
        return np.full(len(nav), math.nan)
    mean = sliding_window_view(excess, window).mean(axis=1)
    varies = deviation >= _NO_DISPERSION * math.sqrt(SESSIONS_PER_YEAR)
    ratio = np.full(len(mean), math.nan)
    np.divide(mean * SESSIONS_PER_YEAR, deviation, out=ratio, where=varies)
    return _aligned(ratio, len(nav), window)


def rolling_beta(
    nav: Floats,
    benchmark: Floats,
    cash_rate: Floats | None = None,
    *,
    window: int = _HALF_YEAR,
    initial_nav: float | None = None,
) -> Floats:
    """Return the beta to the benchmark over the last `window` sessions.

    Parameters
    ----------
    nav, cash_rate, window, initial_nav
        As in :func:`rolling_sharpe`.
    benchmark : float64[T]
        Level of the benchmark, finite and above 0.

    Returns
    -------
    float64[T]
        Covariance of the daily excess returns / variance of the benchmark's; NaN in the first
        `window` sessions and where the benchmark does not vary beyond rounding.
    """
    check_curve("nav", nav)
    check_window(window)
    check_length("benchmark", benchmark, len(nav))
    check_curve("benchmark", benchmark)
    if len(nav) <= window:
        return np.full(len(nav), math.nan)
    own = sliding_window_view(_excess(nav, cash_rate, initial_nav), window)
    other = sliding_window_view(_excess(benchmark, cash_rate, None), window)
    deviation = other - other.mean(axis=1, keepdims=True)
    covariance = np.einsum("tw,tw->t", deviation, own)
    variance = np.einsum("tw,tw->t", deviation, deviation)
    beta = np.full(len(variance), math.nan)
    varies = variance >= (window - 1) * _NO_DISPERSION**2
    np.divide(covariance, variance, out=beta, where=varies)
    return _aligned(beta, len(nav), window)


def _excess(curve: Floats, cash_rate: Floats | None, initial: float | None) -> Floats:
    returns = daily_returns(curve, initial)
    excess: Floats = returns - check_cash(cash_rate, len(curve))[1:]
    return excess


def _deviation(returns: Floats, window: int) -> Floats:
    # Each window on its own, no running sums: what leaves the window leaves no rounding behind.
    if len(returns) < window:
        return np.empty(0)
    past = sliding_window_view(returns, window)
    deviation: Floats = past.std(axis=1, ddof=1) * math.sqrt(SESSIONS_PER_YEAR)
    return deviation


def _aligned(values: Floats, sessions: int, window: int) -> Floats:
    # The first full window ends with return number `window`, which is that of session `window`.
    aligned = np.full(sessions, math.nan)
    aligned[window:] = values
    return aligned
