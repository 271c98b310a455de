"""What the simulated companies earn and own: levels that slowly follow prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.providers.demo_plan import Plan
from data.providers.demo_traits import Traits

__all__ = ["NO_SESSION", "Reports", "advance", "begin", "plan_reports"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Dates = npt.NDArray[np.datetime64]

NO_SESSION = -1
QUARTERS = 33
_FISCAL_SHARES = (0.80, 0.12, 0.08)  # quarters that end with the calendar's, one or two months on
_LAG, _SLOW_LAG, _LATE_LAG = (30, 46), (46, 61), (75, 112)
_SLOW_SHARE, _LATE_SHARE = 0.15, 0.012
_ASSUMED_SHARE, _ASSUMED_LAG = 0.01, 60
# How fast earnings and book follow a price that ran away from them, a quarter.
_EARNINGS_CATCH_UP, _BOOK_CATCH_UP = 0.10, 0.06
_EARNINGS_NOISE, _BOOK_NOISE, _CASH_NOISE = 0.07, 0.025, 0.06
_FIRST_GAP = 0.22
_EARNINGS_RUIN, _BOOK_RUIN = 0.45, 0.30


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """Quarterly reports of every company: K×N arrays.

    Attributes
    ----------
    period_end, available : datetime64[D]
        End of the quarter, and the day on which its report appears.
    ends, known : int64
        Session of the quarter's end (-1: before the calendar), and the first session on or after
        the report; the length of the calendar where that lies beyond it.
    assumed : bool[N]
        Whether a company's report days are assumed 60 days after the quarter, not known.
    surprise : float64
        Standard score of the news in the report.
    noise : float64[4, K, N]
        Draws for book, cash, assets and the start.
    earnings, cash, book, assets : float64
        Logs of annual earnings and operating cash flow, of equity and total assets; filled by
        :func:`begin` and :func:`advance` while the market runs.
    """

    period_end: Dates
    available: Dates
    ends: Ints
    known: Ints
    assumed: npt.NDArray[np.bool_]
    surprise: Floats
    noise: Floats
    earnings: Floats
    cash: Floats
    book: Floats
    assets: Floats

    def known_before(self, session: int) -> Ints:
        """Index of each company's newest report known before `session`; -1 where there is none."""
        newest: Ints = (self.known < session).sum(axis=0).astype(np.int64) - 1
        return newest


def plan_reports(rng: np.random.Generator, calendar: Dates, count: int) -> Reports:
    """Draw when each of `count` companies reports, and what surprises; levels are still empty."""
    shape = (QUARTERS, count)
    behind = rng.choice(3, count, p=_FISCAL_SHARES)
    # The first quarter ends in the first month of the calendar, or one or two months before.
    first = calendar[0].astype("datetime64[M]") - (3 - behind) % 3
    after = first[None, :] + 3 * np.arange(QUARTERS)[:, None] + 1
    period_end = after.astype("datetime64[D]") - 1
    lag = rng.integers(*_LAG, shape)
    slow = rng.random(count) < _SLOW_SHARE
    lag = np.where(slow, rng.integers(*_SLOW_LAG, shape), lag)
    lag = np.where(rng.random(shape) < _LATE_SHARE, rng.integers(*_LATE_LAG, shape), lag)
    assumed = rng.random(count) < _ASSUMED_SHARE
    available = period_end + np.where(assumed, _ASSUMED_LAG, lag)
    ends = np.searchsorted(calendar, period_end, side="right").astype(np.int64) - 1
    empty = np.full((4, *shape), np.nan)
    return Reports(
        period_end=period_end,
        available=available,
        ends=np.where(period_end < calendar[0], NO_SESSION, ends),
        known=np.searchsorted(calendar, available, side="left").astype(np.int64),
        assumed=assumed,
        surprise=np.clip(rng.standard_t(6, shape) / np.sqrt(1.5), -4.0, 4.0),
        noise=rng.standard_normal((4, *shape)),
        earnings=empty[0],
        cash=empty[1],
        book=empty[2],
        assets=empty[3],
    )


def begin(reports: Reports, traits: Traits) -> None:
    """Fill the first quarter: valuations scattered about their long-run yields."""
    gap = _FIRST_GAP * reports.noise[3, 0]
    reports.earnings[0] = traits.log_cap + traits.earnings + gap
    reports.cash[0] = reports.earnings[0] + traits.cash - traits.earnings
    reports.book[0] = traits.log_cap + traits.book + gap
    reports.assets[0] = reports.book[0] + traits.assets - traits.book


def advance(reports: Reports, traits: Traits, plan: Plan, session: int, log_cap: Floats) -> None:
    """Fill the quarters that end with `session`, given the log of market values at its close.

    Earnings and book close part of the gap to what the price implies, and add their own news.
    """
    quarter, who = np.nonzero(reports.ends == session)
    later = quarter > 0
    quarter, who = quarter[later], who[later]
    implied = log_cap[who]
    earnings, book = reports.earnings[quarter - 1, who], reports.book[quarter - 1, who]
    earnings = earnings + _EARNINGS_CATCH_UP * (implied + traits.earnings[who] - earnings)
    earnings = earnings + _EARNINGS_NOISE * reports.surprise[quarter, who]
    book = book + _BOOK_CATCH_UP * (implied + traits.book[who] - book)
    book = book + _BOOK_NOISE * reports.noise[0, quarter, who]
    ruined = (plan.decline[who] >= 0) & (session >= plan.decline[who])
    reports.earnings[quarter, who] = earnings - _EARNINGS_RUIN * ruined
    reports.book[quarter, who] = book - _BOOK_RUIN * ruined
    cash = earnings + traits.cash[who] - traits.earnings[who]
    reports.cash[quarter, who] = cash + _CASH_NOISE * reports.noise[1, quarter, who]
    assets = book + traits.assets[who] - traits.book[who]
    reports.assets[quarter, who] = assets + _BOOK_NOISE * reports.noise[2, quarter, who]
