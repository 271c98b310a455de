"""Value at risk and its relatives: how bad a bad day is, and whether the estimate held.

Losses are positive: a value at risk of 0.02 at 95 % confidence says that one day in twenty loses
2 % or more. It is negative where even such a day gains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.checks import check_confidence, check_curve, check_window
from core.errors import InputsError
from core.metrics import daily_returns
from core.units import SESSIONS_PER_YEAR, Bools, Floats

__all__ = [
    "Method",
    "TailRisk",
    "VarBacktest",
    "kupiec_p_value",
    "rolling_var",
    "tail_risk",
    "var_backtest",
]

Method = Literal["historical", "normal"]

_NORMAL: Final = NormalDist()
# A loss passes the value at risk when it does so by more than the rounding of a mean.
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class TailRisk:
    """One-day value at risk and expected shortfall; fractions, losses positive, NaN if undefined.

    Attributes
    ----------
    confidence : float
    observations : int
        Daily returns n.
    var, cvar : float
        Historical: minus the (1 − confidence) quantile of the returns, linear between neighbours,
        and minus the mean of the ⌊(n − 1)(1 − confidence)⌋ + 1 lowest. NaN without a return.
    normal_var, normal_cvar : float
        The same of a normal distribution with the returns' mean μ and standard deviation σ
        (ddof 1): −μ − σ·z and −μ + σ·φ(z) / (1 − confidence), z the normal (1 − confidence)
        quantile. NaN below two returns.
    """

    confidence: float
    observations: int
    var: float
    cvar: float
    normal_var: float
    normal_cvar: float


@dataclass(frozen=True, slots=True, eq=False)
class VarBacktest:
    """How a one-day-ahead value at risk did against what came.

    Attributes
    ----------
    confidence : float
    window : int
        Daily returns each estimate rests on.
    method : {"historical", "normal"}
    var : float64[T]
        Estimate for session t from returns before t, losses positive; NaN until the window is full.
    breach : bool[T]
        Whether session t lost more than its estimate.
    observations, breaches : int
        Sessions with an estimate, and those that broke it.
    expected : float
        Breaches a right estimate has on average: observations · (1 − confidence).
    p_value : float
        Of Kupiec's test that breaches come at that rate; NaN without an observation. Low says that
        there were too many or too few; the test does not see that breaches cluster.
    """

    confidence: float
    window: int
    method: Method
    var: Floats
    breach: Bools
    observations: int
    breaches: int
    expected: float
    p_value: float


def tail_risk(returns: Floats, confidence: float = 0.95) -> TailRisk:
    """Measure the tail of a set of daily returns.

    Parameters
    ----------
    returns : float64[n]
        Fractions, finite: :func:`core.metrics.daily_returns` of a curve.
    confidence : float
        Strictly between 0 and 1.

    Raises
    ------
    InputsError
        When a return is not finite or the confidence is out of range.
    """
    check_confidence(confidence)
    if not np.isfinite(returns).all():
        raise InputsError("returns must be finite; leave out sessions without a return")
    historical = normal = (math.nan, math.nan)
    if len(returns) > 0:
        # Lowest returns in the tail; the small number undoes the rounding of 1 − confidence.
        tail = math.floor((len(returns) - 1) * (1.0 - confidence) + 1e-9) + 1
        lowest = np.partition(returns, tail - 1)[:tail]
        historical = (-float(np.quantile(returns, 1.0 - confidence)), -float(lowest.mean()))
    if len(returns) > 1:
        mean, deviation = float(returns.mean()), float(returns.std(ddof=1))
        z = _NORMAL.inv_cdf(1.0 - confidence)
        normal = (
            -mean - deviation * z,
            -mean + deviation * _NORMAL.pdf(z) / (1.0 - confidence),
        )
    return TailRisk(confidence, len(returns), *historical, *normal)


def rolling_var(
    nav: Floats,
    confidence: float = 0.95,
    *,
    window: int = SESSIONS_PER_YEAR,
    method: Method = "historical",
    initial_nav: float | None = None,
) -> Floats:
    """Estimate the value at risk of each session from the returns before it.

    Parameters
    ----------
    nav : float64[T]
        Dollars after each session, finite and above 0.
    confidence : float
        Strictly between 0 and 1.
    window : int
        Daily returns each estimate rests on, at least 2.
    method : {"historical", "normal"}
        As in :class:`TailRisk`.
    initial_nav : float, optional
        NAV before session 0; ``nav[0]`` when not given.

    Returns
    -------
    float64[T]
        Losses positive. Entry t uses the returns of sessions t − window to t − 1; NaN in the first
        ``window + 1`` sessions.

    Raises
    ------
    InputsError
        When a value is not as above.
    """
    check_curve("nav", nav)
    check_confidence(confidence)
    check_window(window)
    estimates = np.full(len(nav), math.nan)
    past = daily_returns(nav, initial_nav)[:-1]  # nothing follows the last return
    if len(past) < window:
        return estimates
    windows = sliding_window_view(past, window)
    if method == "historical":
        estimates[window + 1 :] = -_quantiles(windows, 1.0 - confidence)
    else:
        z = _NORMAL.inv_cdf(1.0 - confidence)
        estimates[window + 1 :] = -windows.mean(axis=1) - windows.std(axis=1, ddof=1) * z
    return estimates


def var_backtest(
    nav: Floats,
    confidence: float = 0.95,
    *,
    window: int = SESSIONS_PER_YEAR,
    method: Method = "historical",
    initial_nav: float | None = None,
) -> VarBacktest:
    """Count the sessions that lost more than estimated; parameters as :func:`rolling_var`."""
    var = rolling_var(nav, confidence, window=window, method=method, initial_nav=initial_nav)
    losses = -np.concatenate(([math.nan], daily_returns(nav, initial_nav)))
    breach: Bools = losses > var + _ROUNDING  # NaN compares False
    observations, breaches = int(np.isfinite(var).sum()), int(breach.sum())
    return VarBacktest(
        confidence=confidence,
        window=window,
        method=method,
        var=var,
        breach=breach,
        observations=observations,
        breaches=breaches,
        expected=observations * (1.0 - confidence),
        p_value=kupiec_p_value(breaches, observations, confidence),
    )


def kupiec_p_value(breaches: int, observations: int, confidence: float) -> float:
    """Return the p-value of Kupiec's proportion-of-failures test.

    The likelihood ratio of the expected against the observed rate of breaches, asymptotically χ²
    with one degree of freedom. Source: Kupiec 1995, *Journal of Derivatives* 3(2).

    Parameters
    ----------
    breaches, observations : int
        0 ≤ breaches ≤ observations.
    confidence : float
        Strictly between 0 and 1; breaches are expected at the rate 1 − confidence.

    Returns
    -------
    float
        In [0, 1]; NaN without an observation.

    Raises
    ------
    InputsError
        When a value is out of range.

    Examples
    --------
    >>> round(kupiec_p_value(20, 255, 0.95), 3), kupiec_p_value(0, 0, 0.95)
    (0.054, nan)
    """
    check_confidence(confidence)
    if not 0 <= breaches <= observations:
        raise InputsError(f"breaches must be between 0 and {observations}, was {breaches}")
    if observations == 0:
        return math.nan
    rate = breaches / observations
    ratio = 2.0 * (
        _log_likelihood(breaches, observations, rate)
        - _log_likelihood(breaches, observations, 1.0 - confidence)
    )
    return math.erfc(math.sqrt(max(ratio, 0.0) / 2.0))


def _log_likelihood(breaches: int, observations: int, rate: float) -> float:
    kept = observations - breaches
    return (breaches * math.log(rate) if breaches else 0.0) + (
        kept * math.log1p(-rate) if kept else 0.0
    )


def _quantiles(windows: Floats, share: float) -> Floats:
    # np.quantile(…, axis=1), of which only two order statistics a row are needed.
    position = (windows.shape[1] - 1) * share
    low = math.floor(position)
    high = min(low + 1, windows.shape[1] - 1)
    ordered = np.partition(windows, (low, high), axis=1)
    below, above = ordered[:, low], ordered[:, high]
    quantiles: Floats = below + (above - below) * (position - low)
    return quantiles
