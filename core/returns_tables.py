"""Returns by calendar month and year, and the best and worst of them.

The daily returns are those of :mod:`core.metrics`: the curve ``initial_nav, nav[1], …`` begins at
the close of session 0, so the table begins with the month of session 1 and compounds to the total
return.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.checks import check_curve, check_dates, check_length
from core.errors import InputsError
from core.metrics import daily_returns
from core.periods import month_ends
from core.units import Bools, Dates, Floats, Ints

__all__ = [
    "Extreme",
    "PeriodReturns",
    "ReturnSummary",
    "calendar_year_returns",
    "month_grid",
    "monthly_returns",
    "return_summary",
]


@dataclass(frozen=True, slots=True, eq=False)
class PeriodReturns:
    """Compounded returns of P calendar months or years, in order.

    Attributes
    ----------
    period : datetime64[M][P] or datetime64[Y][P]
    returns : float64[P]
        Fractions; they compound to the total return.
    benchmark : float64[P]
        Of the benchmark over the same sessions; NaN when none was given.
    sessions : int64[P]
        Daily returns in the period.
    partial : bool[P]
        Whether the run covers only part of the period: it began after the close before the
        period's first session, or ended before its last session.
    """

    period: Dates
    returns: Floats
    benchmark: Floats
    sessions: Ints
    partial: Bools

    def frame(self) -> pd.DataFrame:
        """Return one row a period: return, benchmark, difference, sessions, partial."""
        index = pd.PeriodIndex([str(one) for one in self.period], freq=self.period.dtype.str[4])
        columns = {
            "return": self.returns,
            "benchmark": self.benchmark,
            "difference": self.returns - self.benchmark,
            "sessions": self.sessions,
            "partial": self.partial,
        }
        return pd.DataFrame(columns, index=index.rename("period"))


@dataclass(frozen=True, slots=True)
class Extreme:
    """One of the best or worst returns: NaN, None and False where there is no period.

    `period` is the day, month or year; `partial` says that the run covers only part of it.
    """

    value: float
    period: np.datetime64 | None
    partial: bool


@dataclass(frozen=True, slots=True)
class ReturnSummary:
    """Best and worst day, month and year, and how many were gains; partial periods count.

    The shares are of all days, months and years with a return; one of exactly 0 is no gain. NaN
    without any.
    """

    best_day: Extreme
    worst_day: Extreme
    best_month: Extreme
    worst_month: Extreme
    best_year: Extreme
    worst_year: Extreme
    positive_days: float
    positive_months: float
    positive_years: float


def monthly_returns(
    nav: Floats,
    dates: Dates,
    *,
    initial_nav: float | None = None,
    benchmark: Floats | None = None,
    calendar: Dates | None = None,
) -> PeriodReturns:
    """Compound the daily returns by calendar month.

    Parameters
    ----------
    nav : float64[T]
        Dollars after each session, finite and above 0.
    dates : datetime64[D][T]
        Exchange dates, strictly increasing: dates, not moments, so no time zone moves a return
        into another month.
    initial_nav : float, optional
        NAV before session 0; ``nav[0]`` when not given.
    benchmark : float64[T], optional
        Level of the benchmark, finite and above 0.
    calendar : datetime64[D][C], optional
        Sessions of the market, which may go on after the run: whether the run's last session ends
        its month. Without it the month is complete where no weekday is left in it.

    Returns
    -------
    PeriodReturns
        Empty for one session.

    Raises
    ------
    InputsError
        When a series is not as above, or the run's last session is not in `calendar`.
    """
    return _by_period(nav, dates, "M", initial_nav, benchmark, calendar)


def calendar_year_returns(
    nav: Floats,
    dates: Dates,
    *,
    initial_nav: float | None = None,
    benchmark: Floats | None = None,
    calendar: Dates | None = None,
) -> PeriodReturns:
    """Compound the daily returns by calendar year; everything as :func:`monthly_returns`."""
    return _by_period(nav, dates, "Y", initial_nav, benchmark, calendar)


def month_grid(months: PeriodReturns) -> tuple[Ints, Floats, Bools]:
    """Lay months out for a heatmap.

    Parameters
    ----------
    months : PeriodReturns
        Of :func:`monthly_returns`.

    Returns
    -------
    int64[Y]
        Every calendar year from the first month's to the last's.
    float64[Y, 12]
        Return of each month, January first; NaN where the run has none.
    bool[Y, 12]
        Months that the run covers in part.
    """
    number = months.period.astype("datetime64[M]").astype(np.int64)
    year, month = number // 12 + 1970, number % 12
    years = np.arange(year[0], year[-1] + 1) if len(year) else np.empty(0, dtype=np.int64)
    grid = np.full((len(years), 12), math.nan)
    partial = np.zeros(grid.shape, dtype=np.bool_)
    rows = year - year[0] if len(year) else year
    grid[rows, month] = months.returns
    partial[rows, month] = months.partial
    return years.astype(np.int64), grid, partial


def return_summary(
    nav: Floats,
    dates: Dates,
    *,
    initial_nav: float | None = None,
    calendar: Dates | None = None,
) -> ReturnSummary:
    """Find the best and worst day, month and year; parameters as :func:`monthly_returns`."""
    months = monthly_returns(nav, dates, initial_nav=initial_nav, calendar=calendar)
    years = calendar_year_returns(nav, dates, initial_nav=initial_nav, calendar=calendar)
    returns = daily_returns(nav, initial_nav)
    nothing = np.zeros(len(returns), dtype=np.bool_)
    days = PeriodReturns(dates[1:], returns, returns, np.ones(len(returns), np.int64), nothing)
    best_day, worst_day = _extremes(days)
    best_month, worst_month = _extremes(months)
    best_year, worst_year = _extremes(years)
    return ReturnSummary(
        best_day=best_day,
        worst_day=worst_day,
        best_month=best_month,
        worst_month=worst_month,
        best_year=best_year,
        worst_year=worst_year,
        positive_days=_share_positive(returns),
        positive_months=_share_positive(months.returns),
        positive_years=_share_positive(years.returns),
    )


def _by_period(
    nav: Floats,
    dates: Dates,
    unit: Literal["M", "Y"],
    initial_nav: float | None,
    benchmark: Floats | None,
    calendar: Dates | None,
) -> PeriodReturns:
    check_curve("nav", nav)
    check_dates(dates, len(nav))
    period = dates.astype(f"datetime64[{unit}]")
    last_of = np.flatnonzero(np.append(period[1:] != period[:-1], True))
    ends = last_of[last_of > 0]  # session 0 alone has no return
    begins = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    partial = np.zeros(len(ends), dtype=np.bool_)
    if len(ends):
        # The close before the first session of the period is what its return is measured from.
        partial[0] = period[0] == period[1]
        partial[-1] |= not _ends_period(dates, unit, calendar)
    against = np.full(len(ends), math.nan)
    if benchmark is not None:
        check_length("benchmark", benchmark, len(nav))
        check_curve("benchmark", benchmark)
        against = benchmark[ends] / benchmark[begins] - 1.0
    start = nav[begins].astype(np.float64)
    if len(start) and initial_nav is not None:
        start[0] = initial_nav
    return PeriodReturns(
        period=period[ends],
        returns=nav[ends] / start - 1.0,
        benchmark=against,
        sessions=(ends - begins).astype(np.int64),
        partial=partial,
    )


def _ends_period(dates: Dates, unit: Literal["M", "Y"], calendar: Dates | None) -> bool:
    days = (dates if calendar is None else calendar).astype("datetime64[D]")
    last = dates[-1].astype("datetime64[D]")
    at = int(np.searchsorted(days, last))
    if at == len(days) or days[at] != last:
        raise InputsError(f"calendar must hold the run's last session, {last}, and does not")
    is_december = int(last.astype("datetime64[M]").astype(np.int64)) % 12 == 11
    return len(month_ends(days, at, at)) > 0 and (unit == "M" or is_december)


def _extremes(periods: PeriodReturns) -> tuple[Extreme, Extreme]:
    if len(periods.returns) == 0:
        none = Extreme(math.nan, None, False)
        return none, none
    best, worst = int(np.argmax(periods.returns)), int(np.argmin(periods.returns))
    return _extreme(periods, best), _extreme(periods, worst)


def _extreme(periods: PeriodReturns, at: int) -> Extreme:
    return Extreme(float(periods.returns[at]), periods.period[at], bool(periods.partial[at]))


def _share_positive(returns: Floats) -> float:
    return float(np.count_nonzero(returns > 0.0)) / len(returns) if len(returns) else math.nan
