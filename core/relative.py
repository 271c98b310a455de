"""A curve beside its benchmark, and beside the benchmark mixed with cash to the same volatility.

Returns follow :mod:`core.metrics`; the benchmark's are those of ``benchmark[0], benchmark[1], …``,
session by session beside the portfolio's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

import numpy as np
import pandas as pd

from core.checks import check_cash, check_curve, check_length
from core.errors import InputsError
from core.metrics import CurveMetrics, annualised_volatility, curve_metrics, daily_returns
from core.units import SESSIONS_PER_YEAR, Bools, Dates, Floats

__all__ = [
    "BENCHMARK",
    "EQUAL_VOLATILITY",
    "PORTFOLIO",
    "EqualVolatility",
    "Line",
    "RelativeMetrics",
    "equal_volatility",
    "relative_metrics",
    "relative_table",
]

PORTFOLIO: Final = "Portfolio"
BENCHMARK: Final = "Benchmark"
EQUAL_VOLATILITY: Final = "Benchmark at equal volatility"

_NAN = math.nan
_LARGEST_LOG: Final = 700.0  # of a float64: some hundred per cent a day, compounded for a year
_NO_DISPERSION: Final = 1e-14  # as in core.metrics


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A curve to compare: float64[T] dollars after each session, and the NAV before session 0."""

    nav: Floats
    initial_nav: float | None = None


@dataclass(frozen=True, slots=True)
class RelativeMetrics:
    """What a curve did relative to its benchmark; fractions, NaN where undefined.

    Excess is over the cash rate, active is over the benchmark.

    Attributes
    ----------
    beta : float
        Covariance of the daily excess returns / variance of the benchmark's; NaN below two returns
        and where the benchmark does not vary beyond rounding.
    alpha : float
        Jensen's: mean of (excess − beta · benchmark's excess), compounded over 252 sessions.
    correlation : float
        Of the daily excess returns, in [−1, 1]; NaN also where the curve does not vary.
    active_return : float
        Mean daily active return · 252.
    tracking_error : float
        Standard deviation (ddof 1) of the daily active returns · √252.
    information_ratio : float
        active_return / tracking_error; NaN where the active return does not vary.
    up_capture, down_capture : float
        Geometric mean return of the curve per session on which the benchmark gained (lost), over
        the benchmark's own. 1 is all of the benchmark's move; NaN without such a session. Daily,
        where fund reports take months; and not annualised: a year made of gaining days only is a
        growth of many times, whose ratio says little (0.46 and 0.86 for a steady 68 % of SPY).
    """

    beta: float
    alpha: float
    correlation: float
    active_return: float
    tracking_error: float
    information_ratio: float
    up_capture: float
    down_capture: float


@dataclass(frozen=True, slots=True, eq=False)
class EqualVolatility:
    """The benchmark mixed with cash, every session anew, to the volatility of a curve.

    Attributes
    ----------
    weight : float
        Share of the benchmark, at least 0; above 1 it is bought on credit at the cash rate. NaN
        where no share has the volatility, or the one that has it ruins the mix.
    nav : float64[T]
        Growth of 1; NaN where `weight` is NaN.
    """

    weight: float
    nav: Floats


def relative_metrics(
    nav: Floats,
    benchmark: Floats,
    cash_rate: Floats | None = None,
    *,
    initial_nav: float | None = None,
) -> RelativeMetrics:
    """Measure a curve against a benchmark.

    Parameters
    ----------
    nav, benchmark : float64[T]
        Levels after each session, finite and above 0; their units do not matter.
    cash_rate : float64[T], optional
        Return of cash over each session; the first is not used. None means 0.
    initial_nav : float, optional
        NAV before session 0; ``nav[0]`` when not given.

    Raises
    ------
    InputsError
        When a series is not as above.
    """
    own, other, cash = _returns(nav, benchmark, cash_rate, initial_nav)
    if len(own) < 2:
        return RelativeMetrics(*(_NAN,) * len(fields(RelativeMetrics)))
    excess, against, active = own - cash, other - cash, own - other
    covariance = np.cov(excess, against)
    deviation = math.sqrt(covariance[0, 0]), math.sqrt(covariance[1, 1])
    beta = correlation = _NAN
    if deviation[1] >= _NO_DISPERSION:
        beta = float(covariance[0, 1] / covariance[1, 1])
        if deviation[0] >= _NO_DISPERSION:
            correlation = float(covariance[0, 1]) / (deviation[0] * deviation[1])
    tracking_error = annualised_volatility(active)
    active_return = float(active.mean()) * SESSIONS_PER_YEAR
    varies = tracking_error >= _NO_DISPERSION * math.sqrt(SESSIONS_PER_YEAR)
    return RelativeMetrics(
        beta=beta,
        alpha=_yearly(float(np.mean(excess - beta * against))),
        correlation=min(max(correlation, -1.0), 1.0) if correlation == correlation else _NAN,
        active_return=active_return,
        tracking_error=tracking_error,
        information_ratio=active_return / tracking_error if varies else _NAN,
        up_capture=_capture(own, other, other > 0.0),
        down_capture=_capture(own, other, other < 0.0),
    )


def equal_volatility(
    nav: Floats,
    benchmark: Floats,
    cash_rate: Floats | None = None,
    *,
    initial_nav: float | None = None,
) -> EqualVolatility:
    """Mix the benchmark with cash so that its volatility is that of a curve.

    The share is constant and found afterwards, from the whole period: a yardstick, not something
    that could have been held. Of two shares with that volatility the larger is taken; parameters
    as in :func:`relative_metrics`.

    Returns
    -------
    EqualVolatility
    """
    own, other, cash = _returns(nav, benchmark, cash_rate, initial_nav)
    nothing = EqualVolatility(_NAN, np.full(len(nav), _NAN))
    if len(own) < 2:
        return nothing
    weight = _share(float(own.var(ddof=1)), other - cash, cash)
    growth = 1.0 + cash + weight * (other - cash)
    if not np.all(growth > 0.0):  # NaN compares False
        return nothing
    return EqualVolatility(weight, np.concatenate(([1.0], np.cumprod(growth))))


def relative_table(
    nav: Floats,
    benchmark: Floats,
    dates: Dates,
    cash_rate: Floats | None = None,
    *,
    initial_nav: float | None = None,
    others: Mapping[str, Line] | None = None,
) -> pd.DataFrame:
    """Put a curve, its benchmark and what it must beat side by side.

    Parameters
    ----------
    nav, benchmark, cash_rate, initial_nav
        As in :func:`relative_metrics`.
    dates : datetime64[D][T]
        Session dates, strictly increasing.
    others : mapping of label to Line, optional
        More curves over the same sessions, the exposure-matched control for example.

    Returns
    -------
    pandas.DataFrame
        One row a curve: ``PORTFOLIO``, ``BENCHMARK``, ``EQUAL_VOLATILITY``, then `others`. Columns
        are the fields of :class:`core.metrics.CurveMetrics` and of :class:`RelativeMetrics`; NaN
        where undefined, the whole row where the benchmark cannot have the curve's volatility.

    Raises
    ------
    InputsError
        When a series is not as above, or a label of `others` is one of this table's.
    """
    mixed = equal_volatility(nav, benchmark, cash_rate, initial_nav=initial_nav)
    lines = {PORTFOLIO: Line(nav, initial_nav), BENCHMARK: Line(benchmark)}
    lines[EQUAL_VOLATILITY] = Line(mixed.nav)
    for label, line in (others or {}).items():
        if label in lines:
            raise InputsError(f"a line must have a label of its own, was “{label}”")
        lines[label] = line
    columns = [one.name for kind in (CurveMetrics, RelativeMetrics) for one in fields(kind)]
    rows = {
        label: [_NAN] * len(columns)
        if label == EQUAL_VOLATILITY and math.isnan(mixed.weight)
        else _row(line, benchmark, dates, cash_rate)
        for label, line in lines.items()
    }
    return pd.DataFrame(np.array(list(rows.values())), index=list(rows), columns=columns)


def _row(line: Line, benchmark: Floats, dates: Dates, cash_rate: Floats | None) -> list[float]:
    curve = curve_metrics(line.nav, dates, cash_rate, initial_nav=line.initial_nav)
    relative = relative_metrics(line.nav, benchmark, cash_rate, initial_nav=line.initial_nav)
    return [*asdict(curve).values(), *asdict(relative).values()]


def _returns(
    nav: Floats, benchmark: Floats, cash_rate: Floats | None, initial_nav: float | None
) -> tuple[Floats, Floats, Floats]:
    check_curve("nav", nav)
    check_length("benchmark", benchmark, len(nav))
    check_curve("benchmark", benchmark)
    rates = check_cash(cash_rate, len(nav))
    return daily_returns(nav, initial_nav), daily_returns(benchmark), rates[1:]


def _capture(own: Floats, other: Floats, chosen: Bools) -> float:
    count = int(np.count_nonzero(chosen))
    if count == 0:
        return _NAN
    mean = [math.expm1(float(np.log1p(moves[chosen]).mean())) for moves in (own, other)]
    return mean[0] / mean[1]


def _yearly(mean: float) -> float:
    # (1 + mean)^252 − 1, NaN where that is not defined.
    if not mean > -1.0:
        return _NAN
    return math.expm1(min(SESSIONS_PER_YEAR * math.log1p(mean), _LARGEST_LOG))


def _share(variance: float, excess: Floats, cash: Floats) -> float:
    # Var(cash + w · excess) = variance is a quadratic in w; its larger root, when not negative.
    moments = np.cov(excess, cash)
    square, linear = float(moments[0, 0]), float(moments[0, 1])
    if math.sqrt(square) < _NO_DISPERSION:
        return _NAN
    rest = linear * linear - square * (float(moments[1, 1]) - variance)
    if rest < 0.0:
        return _NAN
    weight = (math.sqrt(rest) - linear) / square
    return weight if weight >= 0.0 else _NAN
