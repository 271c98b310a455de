"""Names sorted into quantiles by score: what each quantile returned and how fast it changes."""

from __future__ import annotations

import numpy as np

from core.errors import InputsError
from core.factors.evaluation_statistics import MIN_NAMES, ranks
from core.units import Floats, Ints

__all__ = ["NO_QUANTILE", "long_short_turnover", "quantile_codes", "quantile_returns", "replaced"]

NO_QUANTILE = -1


def quantile_codes(scores: Floats, quantiles: int) -> Ints:
    """Sort the names of each date into quantiles, 0 the lowest score.

    Parameters
    ----------
    scores : float64[R, N]
        NaN = missing.
    quantiles : int
        At least 2.

    Returns
    -------
    int64[R, N]
        ``NO_QUANTILE`` where there is no score or fewer than ``MIN_NAMES`` names. Quantile q holds
        the ranks in ``(q, q + 1] * (n - 1) / quantiles`` above the lowest, which is in the first:
        the bins of ``pandas.qcut`` where no two scores are equal. Equal scores stay together.
    """
    if quantiles < 2:
        raise InputsError(f"quantiles must be at least 2, was {quantiles}")
    count = np.isfinite(scores).sum(axis=1, keepdims=True)
    share = (ranks(scores) - 1.0) * quantiles / np.maximum(count - 1, 1)
    codes = np.clip(np.ceil(share) - 1.0, 0.0, quantiles - 1.0)
    usable = np.isfinite(scores) & (count >= max(MIN_NAMES, quantiles))
    return np.where(usable, np.nan_to_num(codes), NO_QUANTILE).astype(np.int64)


def quantile_returns(codes: Ints, forward: Floats, quantiles: int) -> Floats:
    """Mean forward return of each quantile, names equally weighted.

    Parameters
    ----------
    codes : int64[R, N]
        Of :func:`quantile_codes`.
    forward : float64[R, N]
        NaN = not known; such a name does not count.
    quantiles : int

    Returns
    -------
    float64[R, quantiles]
        NaN where a quantile has no name with a return.
    """
    means = np.full((len(codes), quantiles), np.nan)
    known = np.isfinite(forward)
    for quantile in range(quantiles):
        inside = (codes == quantile) & known
        count = inside.sum(axis=1)
        total = np.where(inside, forward, 0.0).sum(axis=1)
        means[:, quantile] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def replaced(codes: Ints, quantile: int) -> Floats:
    """Share of a quantile's names that were not in it on the date before.

    Returns
    -------
    float64[R]
        In [0, 1]; NaN on the first date and where the quantile is empty now or was before.
    """
    inside = codes == quantile
    share = np.full(len(codes), np.nan)
    count = inside.sum(axis=1)
    new = (inside[1:] & ~inside[:-1]).sum(axis=1)
    usable = (count[1:] > 0) & (count[:-1] > 0)
    share[1:] = np.where(usable, new / np.maximum(count[1:], 1), np.nan)
    return share


def long_short_turnover(codes: Ints, forward: Floats, quantiles: int) -> Floats:
    """Turnover of holding the highest quantile against the lowest, a dollar on either side.

    Parameters
    ----------
    codes : int64[R, N]
    forward : float64[R, N]
        Lets the weights drift until the next date; a missing one counts as 0.
    quantiles : int

    Returns
    -------
    float64[R]
        Sum of the absolute changes of weight over both sides, buys and sells both counted, so
        that cost = turnover · bps; NaN on the first date and where a side is empty.
    """
    turnover = np.zeros(len(codes))
    drift = 1.0 + np.nan_to_num(forward)
    for quantile in (0, quantiles - 1):
        inside = (codes == quantile).astype(np.float64)
        count = inside.sum(axis=1, keepdims=True)
        weights = np.where(count > 0.0, inside / np.maximum(count, 1.0), np.nan)
        grown = weights * drift
        before = (grown / grown.sum(axis=1, keepdims=True))[:-1]
        turnover[0] = np.nan
        turnover[1:] += np.abs(weights[1:] - before).sum(axis=1)
    return turnover
