"""What luck alone would show among the very trials that were made, as alike as they are.

Settings of one slider give almost the same returns: a hundred of them are not a hundred chances.
How many chances they are is found by asking what their best would show if none had any skill: the
returns, each centred and scaled, are multiplied by random numbers common to all trials, which keeps
every correlation between them and takes away every mean (the multiplier bootstrap of Chernozhukov,
Chetverikov & Kato 2013, for the maximum that White 2000 tests). The number of independent trials
whose best shows as much on average is the effective number. Families, trials that correlate above
a threshold (average linkage, after López de Prado & Lewis 2019), are counted beside it for people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from core.errors import HistoryError, InputsError
from core.evidence.deflation import expected_maximum
from core.evidence.sharpe import MIN_OBSERVATIONS
from core.metrics import NO_DISPERSION
from core.units import Floats, Ints

__all__ = ["FAMILY_CORRELATION", "Luck", "effective_trials", "families", "luck_of_the_best"]

#: Trials whose returns correlate above this on average are one family.
FAMILY_CORRELATION: Final = 0.95
_CHUNK: Final = 4_000_000  # cells of draws × trials at once


@dataclass(frozen=True, slots=True, eq=False)
class Luck:
    """What the best of the trials shows where none has skill.

    Attributes
    ----------
    trials : int
        Trials given, those without any movement left out.
    effective : float
        Independent trials whose best shows as much, in [1, trials].
    families : int
        Groups of alike trials, see :func:`families`.
    expected_best : float
        Mean of the best Sharpe ratio by luck, per period.
    quantile_95 : float
        Exceeded by luck once in twenty, per period.
    best : float
        Highest Sharpe ratio among the trials, per period.
    p_value : float
        Share of the draws in which luck alone shows at least `best`, in (0, 1].
    observations, draws, seed : int
    """

    trials: int
    effective: float
    families: int
    expected_best: float
    quantile_95: float
    best: float
    p_value: float
    observations: int
    draws: int
    seed: int


def luck_of_the_best(excess: Floats, *, draws: int = 2000, seed: int = 0) -> Luck:
    """Compare the best trial with what luck alone would show among these trials.

    Parameters
    ----------
    excess : float64[T, N]
        Excess returns over cash, one column a trial over the same sessions; finite. Not modified.
        Serial dependence of returns is not kept: daily excess returns have little.
    draws : int
        At least 200.
    seed : int
        Equal seeds give equal answers.

    Raises
    ------
    HistoryError
        With fewer than ``MIN_OBSERVATIONS`` sessions.
    InputsError
        When no trial moves, a value is not finite, or `draws` is too small.
    """
    scaled, sharpes = _standardised(excess)
    if draws < 200:
        raise InputsError(f"luck must be drawn at least 200 times, was {draws}")
    count, trials = scaled.shape
    generator = np.random.default_rng(seed)
    step = max(_CHUNK // trials, 1)
    best = np.concatenate(
        [
            (generator.standard_normal((min(step, draws - done), count)) @ scaled).max(axis=1)
            for done in range(0, draws, step)
        ]
    )
    # Columns of `scaled` have length 1: a draw is a vector of standard normals with the trials'
    # correlations, a Sharpe ratio is one over the root of the observations.
    root = math.sqrt(count - 1)
    top = float(sharpes.max())
    return Luck(
        trials=trials,
        effective=effective_trials(float(best.mean()), trials),
        families=int(families(excess).max()),
        expected_best=max(float(best.mean()), 0.0) / root,
        quantile_95=float(np.quantile(best, 0.95)) / root,
        best=top,
        p_value=(1 + int(np.sum(best / root >= top))) / (draws + 1),
        observations=count,
        draws=draws,
        seed=seed,
    )


def effective_trials(expected_best: float, trials: int) -> float:
    """Return the N whose :func:`~core.evidence.deflation.expected_maximum` is `expected_best`.

    Parameters
    ----------
    expected_best : float
        In standard deviations of one trial's Sharpe ratio.
    trials : int
        The answer is in [1, trials].
    """
    if trials < 1:
        raise InputsError(f"the number of trials must be at least 1, was {trials}")
    low, high = 1.0, float(trials)
    if expected_best <= 0.0:
        return low
    if expected_maximum(high) <= expected_best:
        return high
    for _ in range(60):
        middle = 0.5 * (low + high)
        if expected_maximum(middle) < expected_best:
            low = middle
        else:
            high = middle
    return high


def families(excess: Floats, correlation: float = FAMILY_CORRELATION) -> Ints:
    """Group the trials that are alike.

    Average linkage on the distance √(½(1 − ρ)) (López de Prado 2016), cut at that of `correlation`.

    Parameters
    ----------
    excess : float64[T, N]
        As in :func:`luck_of_the_best`; trials that never move are left out of the answer.
    correlation : float
        In (0, 1).

    Returns
    -------
    int64[M]
        Family of each trial that moves, numbered from 1 in the order of their first member.
    """
    if not 0.0 < correlation < 1.0:
        raise InputsError(f"the correlation must be above 0 and below 1, was {correlation:g}")
    scaled, _ = _standardised(excess)
    if scaled.shape[1] == 1:
        return np.ones(1, dtype=np.int64)
    distance = np.sqrt(np.clip(0.5 * (1.0 - scaled.T @ scaled), 0.0, 1.0))
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), method="average")
    found = fcluster(tree, math.sqrt(0.5 * (1.0 - correlation)), criterion="distance")
    _, first, inverse = np.unique(found, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    return rank[inverse]


def _standardised(excess: Floats) -> tuple[Floats, Floats]:
    # Centred columns of length 1, and the Sharpe ratio per period of each (ddof 1).
    if excess.ndim != 2 or excess.shape[1] == 0 or not np.isfinite(excess).all():
        raise InputsError(
            f"trials must be finite float64[T, N] with N at least 1, had shape {excess.shape}"
        )
    if len(excess) < MIN_OBSERVATIONS:
        raise HistoryError(
            f"trials must have at least {MIN_OBSERVATIONS} returns, had {len(excess)}; choose a "
            "longer period"
        )
    moving = excess[:, np.ptp(excess, axis=0) > NO_DISPERSION]
    if moving.shape[1] == 0:
        raise InputsError(
            "none of the trials ever moved: what is always in cash has no Sharpe ratio; try a "
            "setting that invests"
        )
    centred = moving - moving.mean(axis=0)
    length = np.sqrt(np.sum(centred**2, axis=0))
    deviation = length / math.sqrt(len(excess) - 1)
    return centred / length, moving.mean(axis=0) / deviation
