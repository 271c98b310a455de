"""Where a run's return and its risk came from, line by line, so that every sum is exact.

The account is kept in dollars. A session's P&L of a name is what its holding gained at that
session's prices; over any span the lines of the account add up to the change of NAV, whatever is
grouped and however often. A contribution is P&L over the NAV at the start of the span. Methods that
link percentages (Carino 1999, for one) also add up, but their factors depend on the last session:
every new session would rewrite the past of a chart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from core.errors import InputsError
from core.metrics import daily_returns
from core.name_pnl import name_pnl
from core.result import BOOKS_TOLERANCE, BacktestResult
from core.simulation import SimulationInputs
from core.units import SESSIONS_PER_YEAR, Dates, Floats

__all__ = ["COSTS", "INTEREST", "OVERLAY", "PORTFOLIO_LINES", "Contribution", "by_name"]

COSTS: Final = "Trading costs"
INTEREST: Final = "Interest on cash"
OVERLAY: Final = "Overlay"
#: Lines that belong to no name.
PORTFOLIO_LINES: Final = (COSTS, INTEREST, OVERLAY)

_NO_DISPERSION: Final = 1e-14  # as in core.metrics


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """P&L of a run by line; the lines of a session sum to the change of NAV.

    Attributes
    ----------
    labels : tuple of L str
        Names, groups or factors, and ``PORTFOLIO_LINES``; each once.
    pnl : float64[T, L]
        Dollars of the session, gains positive; costs are at most 0.
    nav : float64[T]
        Dollars after each session.
    initial_nav : float
        Dollars before session 0.

    Raises
    ------
    InputsError
        When shapes differ, a label is there twice, or the lines do not sum to the change of NAV
        within 1e-9 of NAV.
    """

    labels: tuple[str, ...]
    pnl: Floats
    nav: Floats
    initial_nav: float

    def __post_init__(self) -> None:
        if self.pnl.shape != (len(self.nav), len(self.labels)):
            raise InputsError(
                f"pnl must have shape {(len(self.nav), len(self.labels))}, had {self.pnl.shape}"
            )
        if len(set(self.labels)) != len(self.labels):
            raise InputsError("labels must be different from each other, one is there twice")
        off = np.abs(self.pnl.sum(axis=1) - np.diff(self.nav, prepend=self.initial_nav))
        wrong = ~(off <= BOOKS_TOLERANCE * np.maximum(self.nav, self.initial_nav))
        if wrong.any():
            t = int(np.argmax(wrong))
            raise InputsError(
                f"lines must sum to the change of NAV, were off by {off[t]:,.6f} dollars at "
                f"session {t}; inputs, execution and result must be those of one run"
            )

    def grouped(self, groups: Mapping[str, str]) -> Contribution:
        """Add up lines by group, in order of first appearance.

        Parameters
        ----------
        groups : mapping of label to group
            A sector for each ticker, for example. A label without an entry stays a line.
        """
        names = [groups.get(label, label) for label in self.labels]
        order = tuple(dict.fromkeys(names))
        place = {name: column for column, name in enumerate(order)}
        summed = np.zeros((len(self.nav), len(order)))
        for column, name in enumerate(names):
            summed[:, place[name]] += self.pnl[:, column]
        return Contribution(order, summed, self.nav, self.initial_nav)

    def sessions(self) -> Floats:
        """Return float64[T, L]: P&L over the NAV of the session before; rows sum to net return."""
        before = np.concatenate(([self.initial_nav], self.nav[:-1]))
        out: Floats = self.pnl / before[:, None]
        return out

    def cumulative(self) -> Floats:
        """Return float64[T, L]: P&L to date over initial NAV; rows sum to the return to date."""
        out: Floats = np.cumsum(self.pnl, axis=0) / self.initial_nav
        return out

    def total(self, first: int = 0, last: int | None = None) -> Floats:
        """Return the contribution of each line to the return of a span.

        Parameters
        ----------
        first, last : int
            Sessions, both inclusive; the whole run when not given.

        Returns
        -------
        float64[L]
            Fractions of the NAV before session `first`; they sum to NAV[last] over it − 1.
        """
        last = self._last(first, last)
        start = self.initial_nav if first == 0 else float(self.nav[first - 1])
        out: Floats = self.pnl[first : last + 1].sum(axis=0) / start
        return out

    def by_year(self, dates: Dates) -> pd.DataFrame:
        """Return the contributions of each calendar year.

        Parameters
        ----------
        dates : datetime64[D][T]

        Returns
        -------
        pandas.DataFrame
            One row a year, one column a line, and ``total``, the year's return. A year's
            contributions are fractions of the NAV at its start, so that they sum to its own return;
            years compound, they do not add up.
        """
        years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
        rows = {}
        for year in np.unique(years):
            first, last = (int(t) for t in np.flatnonzero(years == year)[[0, -1]])
            rows[int(year)] = self.total(first, last)
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(self.labels))
        frame.index.name = "year"
        return frame.assign(total=frame.sum(axis=1))

    def risk(self, first: int = 0, last: int | None = None) -> Floats:
        """Return the contribution of each line to the volatility of what happened.

        Euler's decomposition: volatility is homogeneous of degree one in the lines, so it is the
        sum of covariance(line, total) / standard deviation(total).

        Parameters
        ----------
        first, last : int
            Sessions, both inclusive; the whole run when not given.

        Returns
        -------
        float64[L]
            Annualised fractions, negative for a line that moved against the rest; they sum to the
            volatility of :class:`~core.metrics.CurveMetrics` over the span. NaN below two returns,
            0 where the total does not vary.
        """
        last = self._last(first, last)
        start = self.initial_nav if first == 0 else float(self.nav[first - 1])
        returns = daily_returns(np.concatenate(([start], self.nav[first : last + 1])))
        lines = self.sessions()[first : last + 1]
        if first == 0:
            # The convention of core.metrics: what session 0 cost belongs to the first interval.
            returns = daily_returns(self.nav[: last + 1], self.initial_nav)
            lines = lines[1:].copy()
            if len(lines):
                lines[0] = (self.pnl[0] + self.pnl[1]) / self.initial_nav
        if len(returns) < 2:
            return np.full(len(self.labels), math.nan)
        deviation = float(np.std(returns, ddof=1))
        if deviation < _NO_DISPERSION:
            return np.zeros(len(self.labels))
        moves = returns - returns.mean()
        covariance = (lines - lines.mean(axis=0)).T @ moves / (len(returns) - 1)
        out: Floats = covariance / deviation * math.sqrt(SESSIONS_PER_YEAR)
        return out

    def _last(self, first: int, last: int | None) -> int:
        end = len(self.nav) - 1 if last is None else last
        if not 0 <= first <= end < len(self.nav):
            raise InputsError(
                f"a span must lie within sessions 0 to {len(self.nav) - 1}, was {first} to {end}"
            )
        return end


def by_name(
    inputs: SimulationInputs,
    result: BacktestResult,
    tickers: Sequence[str],
    *,
    execution: Literal["next_close", "next_open"] = "next_close",
) -> Contribution:
    """Account for a run name by name.

    Parameters
    ----------
    inputs : SimulationInputs
        What the run was given. Not modified.
    result : BacktestResult
        With weights.
    tickers : sequence of N str
    execution : str
        ``RiskConfig.execution`` of the run.

    Returns
    -------
    Contribution
        Lines: the tickers, then ``PORTFOLIO_LINES``. P&L of names is before costs.

    Raises
    ------
    InputsError
        When the result has no weights, or does not belong to the inputs.
    """
    pnl = name_pnl(inputs, result, execution=execution)
    streams = np.column_stack([-result.cost, result.interest, result.overlay])
    return Contribution(
        (*tickers, *PORTFOLIO_LINES), np.hstack([pnl, streams]), result.nav, result.initial_nav
    )
