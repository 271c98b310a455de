"""What the best of many trials shows by luck alone, and a Sharpe ratio with that taken off.

Whoever tries N settings and keeps the best has a high Sharpe ratio even where no setting has any
skill. Sources: Bailey, Borwein, López de Prado & Zhu 2014, "Pseudo-mathematics and financial
charlatanism", Notices of the AMS 61(5); Bailey & López de Prado 2014, "The deflated Sharpe ratio",
Journal of Portfolio Management 40(5).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from scipy.stats import norm

from core.errors import InputsError
from core.evidence.sharpe import SharpeMoments, probabilistic_sharpe

__all__ = [
    "deflated_sharpe",
    "expected_maximum",
    "expected_maximum_sharpe",
    "minimum_backtest_length",
    "most_trials",
]

_MOST: Final = 10**9  # trials; beyond, a period is so long that nobody asks


def expected_maximum(trials: float) -> float:
    """Return the expected maximum of `trials` independent standard normal draws.

    (1 − γ)·Φ⁻¹(1 − 1/N) + γ·Φ⁻¹(1 − 1/(N·e)) with the Euler–Mascheroni constant γ, the
    approximation of the sources, which approaches from below for small N; 0 for a single draw,
    whose expectation is 0.

    Parameters
    ----------
    trials : float
        N, at least 1; an effective number need not be whole.
    """
    if not (math.isfinite(trials) and trials >= 1.0):
        raise InputsError(f"the number of trials must be at least 1, was {trials}")
    if trials == 1.0:
        return 0.0
    high = float(norm.isf(1.0 / trials))
    tail = float(norm.isf(1.0 / (trials * math.e)))
    return max((1.0 - np.euler_gamma) * high + np.euler_gamma * tail, 0.0)


def expected_maximum_sharpe(variance: float, trials: float) -> float:
    """Return the Sharpe ratio that the best of so many trials without skill shows on average.

    √V times :func:`expected_maximum`; per period or a year as `variance` is.

    Parameters
    ----------
    variance : float
        V, variance of the Sharpe ratios across the trials, at least 0.
    trials : float
        N, at least 1.
    """
    if not (math.isfinite(variance) and variance >= 0.0):
        raise InputsError(f"the variance across trials must be at least 0, was {variance}")
    return math.sqrt(variance) * expected_maximum(trials)


def deflated_sharpe(moments: SharpeMoments, variance: float, trials: float) -> float:
    """Return the probability that the true Sharpe ratio is above what luck gives the best (DSR).

    The PSR against :func:`expected_maximum_sharpe` instead of 0; with one trial it is the PSR.

    Parameters
    ----------
    moments : SharpeMoments
        Of the trial that was kept, per period.
    variance : float
        V, variance of the trials' Sharpe ratios per period, at least 0.
    trials : float
        N, at least 1: independent trials, or how many the trials amount to.

    Returns
    -------
    float
        In [0, 1]; does not rise with `variance` or `trials`.
    """
    return probabilistic_sharpe(moments, expected_maximum_sharpe(variance, trials))


def minimum_backtest_length(trials: float, target: float = 1.0) -> float:
    """Return the years below which the best of N trials without skill shows `target` on average.

    (E[max of N] / target)², `target` an annual Sharpe ratio above 0 (MinBTL, AMS 2014, eq. 6). A
    period that is shorter cannot tell such a result from luck. 0 for a single trial.
    """
    _check_target(target)
    return (expected_maximum(trials) / target) ** 2


def most_trials(years: float, target: float = 1.0) -> int:
    """Return how many independent trials a period allows before luck alone shows `target`.

    The largest N whose :func:`minimum_backtest_length` is within `years`, at least 1; at most
    10⁹.
    """
    _check_target(target)
    if not (math.isfinite(years) and years >= 0.0):
        raise InputsError(f"the years must be at least 0, were {years}")
    low, high = 1, _MOST
    while low < high:
        middle = (low + high + 1) // 2
        if minimum_backtest_length(middle, target) <= years:
            low = middle
        else:
            high = middle - 1
    return low


def _check_target(target: float) -> None:
    if not (math.isfinite(target) and target > 0.0):
        raise InputsError(f"the Sharpe ratio to reach must be above 0, was {target}")
