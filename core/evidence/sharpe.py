"""How sure a Sharpe ratio is, given how many returns it comes from and how they are shaped.

Everything here is per period (per session for daily returns), of excess returns over cash, the
series that :func:`core.metrics.sharpe_ratio` uses; the caller annualises by the root of the periods
a year. Skewness and kurtosis enter because losses that come rarely and large make a Sharpe ratio
look surer than it is (Mertens 2002; Bailey & López de Prado 2012, "The Sharpe ratio efficient
frontier", Journal of Risk 15(2)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import norm

from core.errors import HistoryError, InputsError
from core.metrics import NO_DISPERSION
from core.units import Floats

__all__ = [
    "MIN_OBSERVATIONS",
    "SharpeMoments",
    "minimum_track_record",
    "probabilistic_sharpe",
    "sharpe_moments",
    "sharpe_standard_error",
]

#: Fewer returns give no kurtosis worth the name.
MIN_OBSERVATIONS: Final = 4
_ROUNDING: Final = 1e-9
_NEVER: Final = 1e-6  # above the benchmark by less takes longer than there have been markets


@dataclass(frozen=True, slots=True)
class SharpeMoments:
    """A Sharpe ratio and what its uncertainty depends on.

    Attributes
    ----------
    sharpe : float
        Per period: mean of the excess returns over their standard deviation (ddof 1).
    observations : int
        Returns it was taken from, at least 2.
    skewness : float
        γ₃; 0 for a normal distribution.
    kurtosis : float
        γ₄, not in excess: 3 for a normal distribution. At least 1 + γ₃², as of every distribution.
    """

    sharpe: float
    observations: int
    skewness: float = 0.0
    kurtosis: float = 3.0

    def __post_init__(self) -> None:
        values = (self.sharpe, self.skewness, self.kurtosis)
        if not all(map(math.isfinite, values)):
            raise InputsError(
                f"Sharpe ratio, skewness and kurtosis must be finite, were {values}; "
                "check the returns they come from"
            )
        if self.observations < 2:
            raise HistoryError(
                f"a Sharpe ratio must have at least 2 returns, had {self.observations}; "
                "choose a longer period"
            )
        least = 1.0 + self.skewness**2
        if self.kurtosis < least * (1.0 - _ROUNDING):
            raise InputsError(
                f"the kurtosis must be at least 1 + skewness² = {least:.4g}, was "
                f"{self.kurtosis:.4g}; give the kurtosis itself, not its excess over 3"
            )

    @property
    def spread(self) -> float:
        """Variance of the estimate times (T − 1): 1 − γ₃·SR + (γ₄ − 1)/4·SR², never below 0."""
        found = 1.0 - self.skewness * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe**2
        return max(found, 0.0)


def sharpe_moments(excess: Floats) -> SharpeMoments:
    """Measure the moments of a series of excess returns.

    Parameters
    ----------
    excess : float64[n]
        Excess returns over cash, fractions; finite, at least ``MIN_OBSERVATIONS``. Not modified.

    Returns
    -------
    SharpeMoments
        Skewness and kurtosis are the moments of the sample, not corrected for its size.

    Raises
    ------
    HistoryError
        With fewer returns.
    InputsError
        When a return is not finite, or none differs from another: such a series has no Sharpe
        ratio.
    """
    count = len(excess)
    if count < MIN_OBSERVATIONS:
        raise HistoryError(
            f"the uncertainty of a Sharpe ratio must come from at least {MIN_OBSERVATIONS} "
            f"returns, had {count}; choose a longer period"
        )
    if not np.isfinite(excess).all():
        raise InputsError("excess returns must be finite, found NaN or an infinity")
    centred = excess - excess.mean()
    if float(np.ptp(excess)) <= NO_DISPERSION:
        value = round(float(excess[0]), 12) + 0.0  # not a rounding error, and no minus zero
        raise InputsError(
            f"excess returns must vary, all {count} were {value:g}: what never moves has no "
            "Sharpe ratio; check that the portfolio was ever invested"
        )
    variance = float(np.mean(centred**2))
    return SharpeMoments(
        sharpe=float(excess.mean()) / math.sqrt(variance * count / (count - 1)),
        observations=count,
        skewness=float(np.mean(centred**3)) / variance**1.5,
        kurtosis=float(np.mean(centred**4)) / variance**2,
    )


def sharpe_standard_error(moments: SharpeMoments) -> float:
    """Return the standard error of the Sharpe ratio, per period: √(spread / (T − 1))."""
    return math.sqrt(moments.spread / (moments.observations - 1))


def probabilistic_sharpe(moments: SharpeMoments, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio is above `benchmark` (PSR).

    Φ[(SR − SR*)·√(T − 1) / √(1 − γ₃·SR + (γ₄ − 1)/4·SR²)], Bailey & López de Prado 2012, eq. 9.

    Parameters
    ----------
    moments : SharpeMoments
    benchmark : float
        SR*, per period, finite.

    Returns
    -------
    float
        In [0, 1]. Where the estimate has no uncertainty at all (a spread of 0), 1, 0 or, at the
        benchmark itself, one half.
    """
    _check_benchmark(benchmark)
    distance = moments.sharpe - benchmark
    error = sharpe_standard_error(moments)
    if error == 0.0:
        return 0.5 if distance == 0.0 else float(distance > 0.0)
    return float(norm.cdf(distance / error))


def minimum_track_record(
    moments: SharpeMoments, benchmark: float = 0.0, confidence: float = 0.95
) -> float | None:
    """Return how many returns would show a Sharpe ratio above `benchmark` (MinTRL).

    1 + spread·(z / (SR − SR*))², with z the normal quantile of `confidence`: Bailey & López de
    Prado 2012, eq. 11. With so many returns of the same shape the PSR reaches the confidence.

    Parameters
    ----------
    moments : SharpeMoments
        Its ``observations`` do not matter.
    benchmark : float
        SR*, per period, finite.
    confidence : float
        In (0.5, 1).

    Returns
    -------
    float or None
        Returns, at least 1; None when the Sharpe ratio is not above the benchmark (by 10⁻⁶ at
        least): no length of the same record shows what it does not have.
    """
    _check_benchmark(benchmark)
    if not 0.5 < confidence < 1.0:
        raise InputsError(f"the confidence must be above 0.5 and below 1, was {confidence:g}")
    distance = moments.sharpe - benchmark
    if distance < _NEVER:
        return None
    return 1.0 + moments.spread * (float(norm.ppf(confidence)) / distance) ** 2


def _check_benchmark(benchmark: float) -> None:
    if not math.isfinite(benchmark):
        raise InputsError(f"the Sharpe ratio to beat must be finite, was {benchmark}")
