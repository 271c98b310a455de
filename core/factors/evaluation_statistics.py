"""Statistics of factor research: rank correlations over names, means over time with their error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit
from scipy.stats import rankdata

from core.errors import InputsError
from core.units import Bools, Floats

__all__ = [
    "MIN_NAMES",
    "MeanTest",
    "automatic_lags",
    "by_label",
    "cross_correlations",
    "mean_test",
    "rank_correlations_of_factors",
    "ranks",
]

#: Fewer names than this make no cross-section: its correlation is NaN.
MIN_NAMES = 10
_NO_SPREAD = 1e-12  # relative: less than this is rounding


@dataclass(frozen=True, slots=True)
class MeanTest:
    """Mean of a series and how sure it is.

    Attributes
    ----------
    count, lags : int
        Values that are known, and autocovariances that enter the error.
    mean, error : float
        NaN with no value; the error is NaN with fewer than two.
    t, p : float
        Against a mean of 0, two-sided, Student's t with ``count - 1`` degrees of freedom.
    low, high : float
        Interval at `level`.
    level : float
    """

    count: int
    lags: int
    mean: float
    error: float
    t: float
    p: float
    low: float
    high: float
    level: float

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0.0 or self.high < 0.0


def automatic_lags(count: int) -> int:
    """Newey & West 1994: ``floor(4 * (count / 100) ** (2 / 9))``."""
    return int(4.0 * (count / 100.0) ** (2.0 / 9.0))


def mean_test(series: Floats, *, lags: int | None = None, level: float = 0.95) -> MeanTest:
    """Test a mean against 0 under autocorrelation.

    Parameters
    ----------
    series : float64[T]
        NaN = not known; left out, the rest counts as consecutive.
    lags : int, optional
        Autocovariances with Bartlett weights; 0 is the classical error, :func:`automatic_lags`
        when not given.
    level : float
        Of the interval, in (0, 1).

    Returns
    -------
    MeanTest

    Notes
    -----
    Newey & West 1987, times ``T / (T - 1)``, so that without lags it is the classical error. The
    same as an HAC regression on a constant with the small-sample correction.
    """
    if not 0.0 < level < 1.0 or (lags is not None and lags < 0):
        raise InputsError(
            f"level must be in (0, 1) and lags at least 0, were {level} and {lags}. 0.95 is 95 %."
        )
    known = series[np.isfinite(series)]
    count = len(known)
    used = max(min(automatic_lags(count) if lags is None else lags, count - 1), 0)
    if count < 2:
        mean = float(known[0]) if count else math.nan
        nan = math.nan
        return MeanTest(count, used, mean, nan, nan, nan, nan, nan, level)
    mean = float(known.mean())
    rest = known - mean
    total = float(rest @ rest)
    for lag in range(1, used + 1):
        total += 2.0 * (1.0 - lag / (used + 1.0)) * float(rest[lag:] @ rest[:-lag])
    error = math.sqrt(max(total, 0.0) / count / (count - 1))
    if error <= _NO_SPREAD * abs(mean):
        return MeanTest(count, used, mean, error, math.nan, math.nan, mean, mean, level)
    t = mean / error if error > 0.0 else math.nan
    width = float(stdtrit(count - 1, 0.5 + level / 2.0)) * error
    p = 2.0 * float(stdtr(count - 1, -abs(t)))
    return MeanTest(count, used, mean, error, t, p, mean - width, mean + width, level)


def by_label(series: Floats, labels: Sequence[Any] | npt.NDArray[Any]) -> Mapping[Any, MeanTest]:
    """Test the mean of each group of a series, groups in the order of their labels.

    Parameters
    ----------
    series : float64[T]
        NaN = not known.
    labels : sequence of T
        Year, regime: anything that sorts.

    Returns
    -------
    mapping of label to MeanTest
        Classical errors: a year has too few months for lags, a regime's need not be consecutive.
    """
    names = np.asarray(labels)
    return {name: mean_test(series[names == name], lags=0) for name in np.unique(names).tolist()}


def ranks(values: Floats) -> Floats:
    """Rank of each value in its row, from 1, ties at their mean; NaN stays NaN.

    Parameters
    ----------
    values : float64[R, N]

    Returns
    -------
    float64[R, N]
    """
    ranked: Floats = rankdata(values, axis=1, nan_policy="omit").astype(np.float64)
    return np.where(np.isfinite(values), ranked, np.nan)


def cross_correlations(one: Floats, other: Floats, *, rank: bool) -> Floats:
    """Correlation over names on each date: with forward returns, the information coefficient.

    Parameters
    ----------
    one, other : float64[R, N]
        NaN = missing; a name counts where both are known.
    rank : bool
        Spearman's instead of Pearson's; ranks are among the names that count.

    Returns
    -------
    float64[R]
        In [-1, 1]; NaN with fewer than ``MIN_NAMES`` names or where either side is all equal.
    """
    both = np.isfinite(one) & np.isfinite(other)
    left, right = np.where(both, one, np.nan), np.where(both, other, np.nan)
    if rank:
        left, right = ranks(left), ranks(right)
    a, b = _centred(left, both), _centred(right, both)
    norm = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    usable = (both.sum(axis=1) >= MIN_NAMES) & _spread(left, a, both) & _spread(right, b, both)
    correlation = (a * b).sum(axis=1) / np.where(usable, norm, 1.0)
    return np.where(usable, np.clip(correlation, -1.0, 1.0), np.nan)


def _centred(values: Floats, known: Bools) -> Floats:
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = np.where(known, values, 0.0).sum(axis=1, keepdims=True) / count
    return np.where(known, values - mean, 0.0)


def _spread(values: Floats, centred: Floats, known: Bools) -> Bools:
    # Whether the values differ by more than their own rounding.
    largest = np.where(known, np.abs(values), 0.0).max(axis=1, initial=0.0)
    varied: Bools = np.abs(centred).max(axis=1, initial=0.0) > _NO_SPREAD * largest
    return varied


def rank_correlations_of_factors(scores: Floats) -> Floats:
    """Mean over dates of the rank correlation between each two factors.

    Parameters
    ----------
    scores : float64[R, N, F]
        NaN = missing.

    Returns
    -------
    float64[F, F]
        Symmetric, 1 on the diagonal; NaN where two factors never share enough names.
    """
    factors = scores.shape[2]
    table = np.eye(factors)
    for i in range(factors):
        for j in range(i):
            each = cross_correlations(scores[:, :, i], scores[:, :, j], rank=True)
            known = each[np.isfinite(each)]
            table[i, j] = table[j, i] = known.mean() if len(known) else np.nan
    return table
