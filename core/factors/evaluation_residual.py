"""What is left of a score when known exposures are taken out of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.units import Bools, Floats

__all__ = ["residual"]

_LEAST_SPREAD = 1e-9  # of a standardised score: less is what rounding leaves


def residual(
    scores: Floats, exposures: Floats, groups: Sequence[str], *, universe: Bools
) -> Floats:
    """Residual of each date's cross-sectional regression on exposures and group means.

    Parameters
    ----------
    scores : float64[R, N]
        NaN = missing.
    exposures : float64[R, N, K]
        Such as volatility; a name without one of them has no residual. K may be 0.
    groups : sequence of N str
        Such as the sector: each has its own mean.
    universe : bool[R, N]
        Names that count.

    Returns
    -------
    float64[R, N]
        Uncorrelated with each exposure and of mean 0 in each group, by date; NaN where the score or
        an exposure is missing, and on dates where the regression leaves nothing.
    """
    left = np.full(scores.shape, np.nan)
    names, code = np.unique(np.asarray(groups), return_inverse=True)
    dummies = (code[:, None] == np.arange(len(names))).astype(np.float64)
    for row in range(len(scores)):
        known = universe[row] & np.isfinite(scores[row]) & np.isfinite(exposures[row]).all(axis=1)
        if not known.any():
            continue
        own = dummies[known]
        design = np.concatenate([own[:, own.any(axis=0)], exposures[row][known]], axis=1)
        target = scores[row][known]
        solution = np.linalg.lstsq(design, target, rcond=None)[0]
        rest = target - design @ solution
        # Scores that the exposures explain fully leave only rounding, which has no order.
        if rest.std() > _LEAST_SPREAD * max(float(np.abs(target).max()), 1e-300):
            left[row, known] = rest
    return left
