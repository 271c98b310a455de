"""Whether the best of many trials beats a benchmark by more than the search for it explains.

White 2000, "A reality check for data snooping", Econometrica 68(5), and Hansen 2005, "A test for
superior predictive ability", Journal of Business & Economic Statistics 23(4): every trial's mean
gain over the benchmark is resampled with the stationary bootstrap of Politis & Romano 1994, all
trials at the same sessions, and the best of the resampled trials without any gain is what luck
alone shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import HistoryError, InputsError
from core.evidence.sample import MIN_RETURNS, block_length
from core.metrics import NO_DISPERSION
from core.units import Floats, Ints

__all__ = ["Superiority", "superiority"]

_MIN_RESAMPLES: Final = 200


@dataclass(frozen=True, slots=True)
class Superiority:
    """A test of "no trial beats the benchmark".

    Attributes
    ----------
    best : int
        Column of the trial with the largest studentised gain.
    statistic : float
        √n · mean gain / its standard deviation in the long run, of that trial; 0 where none gains.
    reality_check : float
        p-value with every trial taken as no better than the benchmark: the studentised reality
        check, in (0, 1].
    p_value : float
        Hansen's consistent p-value: trials that are clearly worse than the benchmark do not count;
        at most `reality_check`.
    trials : int
        That move against the benchmark.
    block_length : float
        Expected sessions of a block.
    resamples, seed : int
    """

    best: int
    statistic: float
    reality_check: float
    p_value: float
    trials: int
    block_length: float
    resamples: int
    seed: int


def superiority(
    gains: Floats, *, resamples: int = 1000, mean_length: float | None = None, seed: int = 0
) -> Superiority:
    """Test whether any trial is better than the benchmark.

    Parameters
    ----------
    gains : float64[T, N]
        Return of each trial minus that of the benchmark over the same sessions, fractions; finite,
        at least ``MIN_RETURNS`` sessions. Not modified.
    resamples : int
        At least 200.
    mean_length : float, optional
        Expected sessions of a block, at least 1; what the best trial's gains ask for when not
        given.
    seed : int
        Equal seeds give equal answers.

    Raises
    ------
    HistoryError
        With fewer sessions.
    InputsError
        When a value is not finite, no trial moves against the benchmark, or an option is out of
        range.
    """
    moving = _checked(gains, resamples, mean_length)
    tested: Floats = np.ascontiguousarray(gains[:, moving])
    count = len(tested)
    mean = tested.mean(axis=0)
    if mean_length is None:
        plain = math.sqrt(count) * mean / tested.std(axis=0)
        mean_length = block_length(tested[:, int(np.argmax(plain))])
    deviation = _long_run_deviation(tested - mean, mean_length)
    studentised = math.sqrt(count) * mean / deviation
    statistic = max(float(studentised.max()), 0.0)
    drawn = _resampled_means(tested, mean_length, resamples, seed)
    root = math.sqrt(count) / deviation
    clearly_worse = studentised < -math.sqrt(2.0 * math.log(math.log(count)))
    return Superiority(
        best=int(moving[int(np.argmax(studentised))]),
        statistic=statistic,
        reality_check=_p_value((drawn - mean) * root, statistic),
        p_value=_p_value((drawn - np.where(clearly_worse, 0.0, mean)) * root, statistic),
        trials=len(moving),
        block_length=float(mean_length),
        resamples=resamples,
        seed=seed,
    )


def _checked(gains: Floats, resamples: int, mean_length: float | None) -> Ints:
    # Columns that move.
    if gains.ndim != 2 or gains.shape[1] == 0 or not np.isfinite(gains).all():
        raise InputsError(
            f"gains must be finite float64[T, N] with N at least 1, had shape {gains.shape}"
        )
    if len(gains) < MIN_RETURNS:
        raise HistoryError(
            f"a test of the best trial must have at least {MIN_RETURNS} returns, had "
            f"{len(gains)}; choose a longer period"
        )
    if resamples < _MIN_RESAMPLES:
        raise InputsError(f"resamples must be at least {_MIN_RESAMPLES}, was {resamples}")
    if mean_length is not None and not (math.isfinite(mean_length) and mean_length >= 1.0):
        raise InputsError(f"a block must have at least 1 session, was {mean_length:g}")
    moving = np.flatnonzero(np.ptp(gains, axis=0) > NO_DISPERSION)
    if not len(moving):
        raise InputsError(
            "none of the trials ever differs from the benchmark: there is nothing to test; try "
            "another setting"
        )
    return moving


def _long_run_deviation(centred: Floats, mean_length: float) -> Floats:
    # Of √n times the mean, under the stationary bootstrap: Politis & Romano 1994, lemma 1.
    count = len(centred)
    stay = 1.0 - 1.0 / mean_length
    variance = np.mean(centred**2, axis=0)
    for lag in range(1, count if stay > 0.0 else 1):
        here = (count - lag) / count * stay**lag + lag / count * stay ** (count - lag)
        if here < 1e-12 and lag < count // 2:
            continue
        variance = variance + 2.0 * here * np.sum(centred[lag:] * centred[:-lag], axis=0) / count
    # The kernel is positive semi-definite up to rounding.
    floor: Floats = np.mean(centred**2, axis=0) * 1e-12
    deviation: Floats = np.sqrt(np.maximum(variance, floor))
    return deviation


def _resampled_means(tested: Floats, mean_length: float, resamples: int, seed: int) -> Floats:
    # float64[resamples, N]: how often a resample holds each session is all that its means need.
    # A block goes on until a session restarts it, so lengths are geometric.
    generator = np.random.default_rng(seed)
    count = len(tested)
    shape = (resamples, count)
    time: Ints = np.arange(count)
    restarts = generator.random(shape) < 1.0 / mean_length
    restarts[:, 0] = True
    began = np.maximum.accumulate(np.where(restarts, time, 0), axis=1)
    start = np.take_along_axis(generator.integers(0, count, shape), began, axis=1)
    picked = (start + time - began) % count + np.arange(resamples)[:, np.newaxis] * count
    often = np.bincount(picked.ravel(), minlength=resamples * count).reshape(shape)
    means: Floats = often.astype(np.float64) @ tested / count
    return means


def _p_value(resampled: Floats, statistic: float) -> float:
    luck = np.maximum(resampled.max(axis=1), 0.0)
    if statistic <= 0.0:
        return 1.0
    return (1.0 + float(np.count_nonzero(luck >= statistic))) / (1.0 + len(luck))
