"""The shape of daily returns: moments, a test of normality, bins of a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from core.errors import InputsError
from core.units import Floats, Ints

__all__ = ["Distribution", "Histogram", "describe", "histogram"]

_NO_DISPERSION: Final = 1e-14  # as in core.metrics


@dataclass(frozen=True, slots=True)
class Distribution:
    """Moments of n daily returns; fractions a session, NaN where undefined.

    Attributes
    ----------
    observations : int
    mean, median, lowest, highest : float
        NaN without a return.
    deviation : float
        Standard deviation, ddof 1, not annualised; NaN below two returns.
    skewness, excess_kurtosis : float
        Of the sample without correction for bias, as in Jarque & Bera; both 0 for a normal
        distribution. NaN below two returns and where they do not vary beyond rounding.
    jarque_bera : float
        n/6 · (skewness² + excess_kurtosis²/4).
    p_value : float
        Of the test that the returns are normal, from χ² with two degrees of freedom: right for
        many independent returns only. Source: Jarque & Bera 1980, *Economics Letters* 6(3).
    """

    observations: int
    mean: float
    median: float
    lowest: float
    highest: float
    deviation: float
    skewness: float
    excess_kurtosis: float
    jarque_bera: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of returns in bins of one width, and what a normal distribution would have.

    Attributes
    ----------
    edges : float64[B + 1]
        Whole multiples of the width, so that no bin holds losses and gains. A bin holds its lower
        edge, the last bin both.
    counts : int64[B]
    normal : float64[B]
        Expected counts for the same mean and standard deviation; NaN where that is undefined.
    """

    edges: Floats
    counts: Ints
    normal: Floats


def describe(returns: Floats) -> Distribution:
    """Measure the shape of daily returns.

    Parameters
    ----------
    returns : float64[n]
        Fractions, finite.

    Raises
    ------
    InputsError
        When a return is not finite.
    """
    _check(returns)
    count = len(returns)
    if count == 0:
        return Distribution(0, *(math.nan,) * 9)
    mean = float(returns.mean())
    centred = returns - mean
    variance = float(np.mean(centred**2))
    skewness = kurtosis = math.nan
    if count > 1 and math.sqrt(variance) >= _NO_DISPERSION:
        skewness = float(np.mean(centred**3)) / variance**1.5
        kurtosis = float(np.mean(centred**4)) / variance**2 - 3.0
    statistic = count / 6.0 * (skewness**2 + kurtosis**2 / 4.0)
    return Distribution(
        observations=count,
        mean=mean,
        median=float(np.median(returns)),
        lowest=float(returns.min()),
        highest=float(returns.max()),
        deviation=float(returns.std(ddof=1)) if count > 1 else math.nan,
        skewness=skewness,
        excess_kurtosis=kurtosis,
        jarque_bera=statistic,
        p_value=math.exp(-statistic / 2.0),
    )


def histogram(returns: Floats, *, most: int = 80) -> Histogram:
    """Count returns in bins whose width follows Freedman & Diaconis 1981.

    Parameters
    ----------
    returns : float64[n]
        Fractions, finite, at least one.
    most : int
        About the most bins there may be (two more, so that 0 is an edge): one far return does not
        make hundreds.

    Raises
    ------
    InputsError
        When there is no return, one is not finite, or `most` is below 1.
    """
    _check(returns)
    if len(returns) == 0 or most < 1:
        raise InputsError(
            f"a histogram must have at least one return and one bin, had {len(returns)} and {most}"
        )
    low, high = float(returns.min()), float(returns.max())
    width = _width(returns, high - low, most)
    first = math.floor(low / width)
    last = max(math.ceil(high / width), first + 1)
    last += high > last * width  # a quotient rounded down
    edges = np.arange(first, last + 1, dtype=np.float64) * width
    counts = np.histogram(returns, edges)[0].astype(np.int64)
    normal: Floats = np.full(len(counts), math.nan)
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    if deviation >= _NO_DISPERSION:
        fitted = NormalDist(float(returns.mean()), deviation)
        normal[:] = np.diff([fitted.cdf(edge) for edge in edges.tolist()]) * len(returns)
    return Histogram(edges, counts, normal)


def _width(returns: Floats, span: float, most: int) -> float:
    if span < _NO_DISPERSION:
        return abs(float(returns[0])) or 1.0  # one value: one bin that begins or ends at it
    lower, upper = np.quantile(returns, (0.25, 0.75))
    rule = 2.0 * float(upper - lower) / len(returns) ** (1.0 / 3.0)
    fallback = span / math.ceil(math.sqrt(len(returns)))  # half of the returns are the same
    return max(rule if rule > 0.0 else fallback, span / most)


def _check(returns: Floats) -> None:
    if not np.isfinite(returns).all():
        raise InputsError("returns must be finite; leave out sessions without a return")
