"""What is resampled: the returns of one curve or of two, and how long the blocks should be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

import numpy as np

from core.errors import HistoryError
from core.evidence.resampling import resampled_metrics
from core.metrics import curve_metrics, daily_returns
from core.units import Dates, Floats

__all__ = ["MIN_RETURNS", "Sample", "block_length"]

#: Fewer returns, a quarter of a year, hold too few blocks to resample.
MIN_RETURNS: Final = 60

_SAME: Final = 1e-14  # returns that differ by less differ by rounding


def block_length(series: Floats) -> float:
    """Return the expected block length for the stationary bootstrap, from the autocorrelation.

    Politis & White 2004 with the correction of Patton, Politis & White 2009, as
    ``arch.bootstrap.optimal_block_length`` computes it.

    Parameters
    ----------
    series : float64[n]
        Finite.

    Returns
    -------
    float
        Sessions, at least 1; 1 for a series that does not vary.
    """
    if float(np.ptp(series)) <= _SAME:
        return 1.0
    # A second of importing that only a first comparison pays: it brings statsmodels along.
    from arch.bootstrap import optimal_block_length

    with np.errstate(divide="ignore", invalid="ignore"):
        found = float(optimal_block_length(series)["stationary"].iloc[0])
    return max(found, 1.0) if math.isfinite(found) else 1.0


class Sample:
    """Curves over the same sessions: their metrics, their returns, and resamples of them.

    Parameters
    ----------
    curves : sequence of S float64[T]
        NAV of each.
    dates, cash_rate, initial_nav
        As in :func:`core.metrics.curve_metrics`.

    Attributes
    ----------
    estimates : list of S tuples
        The ``METRICS`` of each curve itself.
    same : bool
        Whether all curves return the same on every session.

    Raises
    ------
    InputsError
        As in :func:`core.metrics.curve_metrics`.
    HistoryError
        With fewer than ``MIN_RETURNS`` returns.
    """

    def __init__(
        self,
        curves: Sequence[Floats],
        dates: Dates,
        cash_rate: Floats | None,
        initial_nav: float | None,
    ) -> None:
        self.estimates = [
            astuple(curve_metrics(nav, dates, cash_rate, initial_nav=initial_nav)) for nav in curves
        ]
        count = len(dates) - 1
        if count < MIN_RETURNS:
            raise HistoryError(
                f"a bootstrap must have at least {MIN_RETURNS} returns, had {count}; choose a "
                "longer period"
            )
        self.returns = np.array([daily_returns(nav, initial_nav) for nav in curves])
        self.same = float(np.ptp(self.returns, axis=0).max()) <= _SAME
        self.cash = np.zeros(count) if cash_rate is None else cash_rate[1:].astype(np.float64)
        self.days = float((dates[-1] - dates[0]).astype("timedelta64[D]").astype(np.int64))

    def resampled(
        self, block: float | None, resamples: int, seed: int
    ) -> list[tuple[float, Floats]]:
        """Return block length and float64[resamples, S, 8] for each length that is to be tried.

        Those are `block` or, when it is None, what the excess returns and what their squared
        deviations ask for, each the longest among the curves and the difference of two.
        """
        lengths = self._block_lengths() if block is None else {float(block)}
        return [
            (
                length,
                resampled_metrics(
                    np.random.default_rng(seed),
                    self.returns, self.cash, length, resamples, self.days,
                ),
            )
            for length in sorted(lengths)
        ]  # fmt: skip

    def _block_lengths(self) -> set[float]:
        series = list(self.returns - self.cash)
        if len(series) == 2:
            series.append(series[0] - series[1])
        squared = [np.square(one - one.mean()) for one in series]
        return {max(block_length(one) for one in group) for group in (series, squared)}
