"""How much of a metric, or of a difference between two runs, is luck: the stationary bootstrap.

Resamples keep what follows what within blocks (Politis & Romano 1994), and both curves of a pair
are measured on the same resampled sessions, together with the cash rate: what two runs share
cancels, as it must where both hold the same names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from core.errors import InputsError
from core.evidence.resampling import METRICS
from core.evidence.sample import MIN_RETURNS, Sample, block_length
from core.evidence.verdict import Interval, PairedDifference, Verdict, judge
from core.units import Dates, Floats

__all__ = [
    "DEFAULT_METRICS",
    "METRICS",
    "MIN_RETURNS",
    "Interval",
    "PairedDifference",
    "Verdict",
    "block_length",
    "compare",
    "intervals",
    "warm_up",
]

#: What a comparison reports when nothing is chosen.
DEFAULT_METRICS: Final = ("cagr", "volatility", "sharpe_ratio", "max_drawdown")

_MIN_RESAMPLES: Final = 200
_UNDEFINED_SHARE: Final = 0.01  # of the resamples; with more, percentiles would be of a selection


def intervals(
    nav: Floats,
    dates: Dates,
    cash_rate: Floats | None = None,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    block: float | None = None,
    initial_nav: float | None = None,
) -> dict[str, Interval]:
    """Put an interval around each metric of one curve.

    Parameters
    ----------
    nav, dates, cash_rate, initial_nav
        As in :func:`core.metrics.curve_metrics`; at least ``MIN_RETURNS`` + 1 sessions. Not
        modified.
    metrics : sequence of str
        Among ``METRICS``.
    level : float
        Share of the resamples inside the interval, in [0.5, 0.999].
    resamples : int
        At least 200.
    seed : int
        At least 0; equal seeds give equal answers.
    block : float, optional
        Expected block length in sessions, at least 1. When not given, two are tried: what the
        excess returns ask for, and what their squared deviations do (volatility comes in clusters,
        which returns do not show). The wider interval is reported.

    Returns
    -------
    dict of Interval
        By metric, in the order asked for. Percentile intervals: they stay within the range of the
        metric. For max drawdown and Calmar they say what other orders of such sessions would
        have brought; what happened need not lie inside.

    Raises
    ------
    InputsError
        When arrays or options are not as described.
    HistoryError
        With fewer than ``MIN_RETURNS`` returns.
    """
    sample = Sample((nav,), dates, cash_rate, initial_nav)
    _check_options(metrics, level, resamples, seed, block)
    tried = sample.resampled(block, resamples, seed)
    found = {}
    for metric in metrics:
        column = METRICS.index(metric)
        estimate = _defined(sample.estimates[0][column])
        candidates = [
            _interval(metric, estimate, measured[:, 0, column], length, level, seed)
            for length, measured in tried
        ]
        found[metric] = max(candidates, key=_width)
    return found


def compare(
    nav_a: Floats,
    nav_b: Floats,
    dates: Dates,
    cash_rate: Floats | None = None,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    block: float | None = None,
    initial_nav: float | None = None,
    labels: tuple[str, str] = ("A", "B"),
) -> dict[str, PairedDifference]:
    """Say of each metric whether A differs from B by more than noise.

    Parameters
    ----------
    nav_a, nav_b : float64[T]
        Over the same sessions. Not modified.
    dates, cash_rate, initial_nav
        As in :func:`core.metrics.curve_metrics`; at least ``MIN_RETURNS`` + 1 sessions.
    metrics, level, resamples, seed
        As in :func:`intervals`.
    block : float, optional
        Expected block length in sessions, at least 1. When not given, two are tried as in
        :func:`intervals`, each the longest that A, B or their difference asks for. What has the
        larger p-value is reported: a verdict must not hang on the choice.
    labels : (str, str)
        What the sentences call A and B.

    Returns
    -------
    dict of PairedDifference
        By metric, in the order asked for. Exchanging A and B changes the sign of every difference
        and nothing else. Every metric is judged by itself, and nothing is corrected for how many
        comparisons were looked at.

    Raises
    ------
    InputsError
        When arrays or options are not as described.
    HistoryError
        With fewer than ``MIN_RETURNS`` returns.
    """
    _check_pair(nav_a, nav_b)
    sample = Sample((nav_a, nav_b), dates, cash_rate, initial_nav)
    _check_options(metrics, level, resamples, seed, block)
    tried = sample.resampled(block, resamples, seed)
    return {metric: _difference(metric, labels, sample, tried, level, seed) for metric in metrics}


def warm_up() -> None:
    """Load what a first comparison would wait for: the compiled kernel, and arch."""
    returns = 1e-3 * np.sin(np.arange(float(MIN_RETURNS)) ** 2)
    nav: Floats = np.cumprod(np.concatenate(([1.0], 1.0 + returns))).astype(np.float64)
    dates = np.datetime64("2021-01-01", "D") + np.arange(len(nav))
    intervals(nav, dates, resamples=_MIN_RESAMPLES)


def _interval(
    metric: str, estimate: float | None, values: Floats, length: float, level: float, seed: int
) -> Interval:
    low, high, undefined = _percentiles(values, level)
    if estimate is None:
        low = high = None
    return Interval(metric, estimate, low, high, level, length, len(values), undefined, seed)


def _difference(
    metric: str,
    labels: tuple[str, str],
    sample: Sample,
    tried: Sequence[tuple[float, Floats]],
    level: float,
    seed: int,
) -> PairedDifference:
    # Of the block lengths tried, the one that finds most noise.
    column = METRICS.index(metric)
    value_a, value_b = (_defined(estimate[column]) for estimate in sample.estimates)
    candidates = []
    for length, measured in tried:
        differences = measured[:, 0, column] - measured[:, 1, column]
        estimate, low, high, p_value, undefined, verdict = _judged(
            metric, value_a, value_b, differences, level, sample.same
        )
        candidates.append(
            PairedDifference(
                metric, labels, value_a, value_b, estimate, low, high, level, p_value,
                length, len(measured), undefined, seed, verdict,
            )
        )  # fmt: skip
    # A length without a p-value knows least of all.
    return max(candidates, key=lambda one: (_noise(one.p_value), _width(one)))


def _noise(p_value: float | None) -> float:
    return math.inf if p_value is None else p_value


# Estimate, low, high, p-value, undefined resamples and verdict of one difference.
_Judged = tuple[float | None, float | None, float | None, float | None, int, Verdict]


def _judged(
    metric: str,
    value_a: float | None,
    value_b: float | None,
    differences: Floats,
    level: float,
    same: bool,
) -> _Judged:
    low, high, undefined = _percentiles(differences, level)
    if same:
        zero, one = (None, None) if value_a is None else (0.0, 1.0)
        return zero, zero, zero, one, undefined, Verdict.SAME
    if value_a is None or value_b is None:
        return None, None, None, None, undefined, Verdict.UNDEFINED
    estimate = value_a - value_b
    if low is None or high is None:
        return estimate, None, None, None, undefined, Verdict.UNDEFINED
    verdict, p_value = judge(metric, estimate, low, high), _p_value(differences)
    # The interval interpolates between resamples, the p-value counts them: both have to agree.
    if p_value >= round(1.0 - level, 12):
        verdict = Verdict.NOISE
    return estimate, low, high, p_value, undefined, verdict


def _width(found: Interval | PairedDifference) -> float:
    return 0.0 if found.low is None or found.high is None else found.high - found.low


def _percentiles(values: Floats, level: float) -> tuple[float | None, float | None, int]:
    # Of the defined ones, and how many are not; None where too many are not.
    defined = values[np.isfinite(values)]
    undefined = len(values) - len(defined)
    if undefined > _UNDEFINED_SHARE * len(values):
        return None, None, undefined
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(defined, [tail, 1.0 - tail])
    return float(low), float(high), undefined


def _p_value(differences: Floats) -> float:
    defined = differences[np.isfinite(differences)]
    smaller = min(np.count_nonzero(defined <= 0.0), np.count_nonzero(defined >= 0.0))
    return min(1.0, 2.0 * (1.0 + float(smaller)) / (1.0 + len(defined)))


def _defined(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _check_pair(nav_a: Floats, nav_b: Floats) -> None:
    if len(nav_a) != len(nav_b):
        raise InputsError(
            f"two curves must cover the same sessions, had {len(nav_a)} and {len(nav_b)}; run both "
            "over one period"
        )


def _check_options(
    metrics: Sequence[str], level: float, resamples: int, seed: int, block: float | None
) -> None:
    for metric in metrics:
        if metric not in METRICS:
            raise InputsError(f"metrics must be among {', '.join(METRICS)}, was {metric!r}")
    if not 0.5 <= level <= 0.999:
        raise InputsError(f"level must be a fraction between 0.5 and 0.999, was {level:g}")
    if resamples < _MIN_RESAMPLES:
        raise InputsError(f"resamples must be at least {_MIN_RESAMPLES}, was {resamples}")
    if seed < 0:
        raise InputsError(f"seed must be a whole number of at least 0, was {seed}")
    if block is not None and not (math.isfinite(block) and block >= 1.0):
        raise InputsError(f"block must be a number of sessions of at least 1, was {block:g}")
