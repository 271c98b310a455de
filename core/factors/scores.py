"""Scores: winsorised cross-sectional z-scores and their weighted mixtures, missing ones spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.market import Bools, Floats

__all__ = ["MIN_COVERAGE", "average", "combine", "standardise", "zscore"]

#: An ingredient known for less than this share of the universe is left out on that date.
MIN_COVERAGE = 0.10
_ROUNDING = 1e-12  # of a value, relative
_MAD_TO_SD = 1.4826  # median absolute deviation to standard deviation of a normal


def standardise(values: Floats) -> Floats:
    """Shift and scale `values` to mean 0 and standard deviation 1 (ddof 0).

    Parameters
    ----------
    values : float64[N]
        Any unit; NaN = missing.

    Returns
    -------
    float64[N]
        NaN stays NaN. Values that are all equal, or a single one, say nothing: all become 0.
    """
    known = np.isfinite(values)
    out = np.full(values.shape, np.nan)
    if not known.any():
        return out
    deviation = values[known] - values[known].mean()
    spread = deviation.std()
    # Below the rounding of the values themselves a spread is noise, not information.
    if spread <= _ROUNDING * np.abs(values[known]).max():
        out[known] = 0.0
    else:
        out[known] = deviation / spread
    return out


def zscore(values: Floats, universe: Bools, limit: float) -> Floats:
    """Winsorised z-score of `values` over the universe.

    Values are first cut at ``median ± limit · 1.4826 · MAD``, so that one absurd value cannot
    squeeze all others together, then standardised (mean 0, standard deviation 1) and cut at
    ``± limit``.

    Parameters
    ----------
    values : float64[N]
        Any unit, higher is better; NaN or infinite = missing.
    universe : bool[N]
        Names that make up the cross-section; the others get NaN.
    limit : float
        Standard deviations, positive.

    Returns
    -------
    float64[N]
        In [-limit, limit]; NaN where missing. All-equal values become 0. Where fewer than
        ``MIN_COVERAGE`` of the universe are known, all are NaN: a z-score among a handful says
        nothing about the cross-section.
    """
    known = universe & np.isfinite(values)
    out = np.full(values.shape, np.nan)
    if not known.any() or known.sum() < MIN_COVERAGE * universe.sum():
        return out
    inside = values[known]
    middle = np.median(inside)
    spread = _MAD_TO_SD * np.median(np.abs(inside - middle))
    if spread <= _ROUNDING * np.abs(inside).max():  # more than half are equal
        spread = inside.std()
    cut = np.clip(inside, middle - limit * spread, middle + limit * spread)
    out[known] = np.clip(standardise(cut), -limit, limit)
    return out


def average(ingredients: Sequence[Floats], universe: Bools, limit: float) -> Floats:
    """Z-score of the mean of the ingredients each name has.

    Parameters
    ----------
    ingredients : sequence of float64[N]
        Z-scores; NaN = missing. They weigh the same, and the weight of a missing one is spread
        pro rata over the others of that name.
    universe : bool[N]
    limit : float
        Standard deviations at which the result is cut.

    Returns
    -------
    float64[N]
        Z-scores; NaN where a name has no ingredient at all.
    """
    stacked = np.stack(ingredients, axis=1)
    mixed = combine(stacked, np.ones(stacked.shape[1]))
    return zscore(mixed, universe, limit)


def combine(scores: Floats, weights: npt.ArrayLike) -> Floats:
    """Mix scores by weight; the weight of a missing score is spread pro rata over the others.

    Parameters
    ----------
    scores : float64[N, F]
        NaN = missing.
    weights : float64[F]
        Non-negative; only their proportions matter, so weights of factors that do not exist may
        simply be left out.

    Returns
    -------
    float64[N]
        NaN where a name has no score with a positive weight: zero weights cannot be spread.
    """
    shares = np.where(np.isfinite(scores), np.asarray(weights, dtype=np.float64), 0.0)
    total = shares.sum(axis=1)
    mixed = (shares * np.where(np.isfinite(scores), scores, 0.0)).sum(axis=1)
    return np.where(total > 0.0, mixed / np.where(total > 0.0, total, 1.0), np.nan)
