"""How often regimes came, how long they stayed, what followed them, and what was earned in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.checks import check_cash, check_curve, check_length
from core.errors import InputsError
from core.metrics import annualised_volatility, daily_returns, sharpe_ratio
from core.units import SESSIONS_PER_YEAR, Bools, Floats, Ints

__all__ = [
    "MINIMUM_REBALANCES",
    "RegimeStats",
    "Spells",
    "regime_returns",
    "regime_stats",
    "spells",
]

#: Rebalances decided in a regime below which its returns are not shown: too few to say anything.
MINIMUM_REBALANCES: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Uninterrupted stretches of one label, in order; both ends inclusive.

    Attributes
    ----------
    code, first, last : int64[M]
        Label, first and last session. The first and the last stretch may go on outside the period.
    """

    code: Ints
    first: Ints
    last: Ints

    @property
    def length(self) -> Ints:
        """Sessions of each stretch, at least 1."""
        length: Ints = self.last - self.first + 1
        return length


@dataclass(frozen=True, slots=True, eq=False)
class RegimeStats:
    """Counts, dwell and transitions of K regimes.

    Attributes
    ----------
    names : tuple of K str
    sessions, spells, rebalances : int64[K]
        Sessions in the regime, uninterrupted stretches, and rebalances decided in it.
    share : float64[K]
        Of all sessions.
    mean_dwell, median_dwell, longest_dwell : float64[K]
        Sessions a stretch lasts; NaN for a regime that never came. The first and the last stretch
        are counted as far as they are seen, so the mean is rather too low.
    transitions : int64[K, K]
        Session pairs (t, t + 1): from row to column.
    matrix : float64[K, K]
        Share of the row's transitions; rows sum to 1, NaN where no session follows the regime.
    """

    names: tuple[str, ...]
    sessions: Ints
    spells: Ints
    rebalances: Ints
    share: Floats
    mean_dwell: Floats
    median_dwell: Floats
    longest_dwell: Floats
    transitions: Ints
    matrix: Floats

    def frame(self) -> pd.DataFrame:
        """Return one row a regime with everything but the transitions."""
        columns = {
            "sessions": self.sessions,
            "share": self.share,
            "rebalances": self.rebalances,
            "spells": self.spells,
            "mean_dwell": self.mean_dwell,
            "median_dwell": self.median_dwell,
            "longest_dwell": self.longest_dwell,
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="regime"))


def spells(labels: Ints) -> Spells:
    """Find the uninterrupted stretches of int64[T] labels; empty for no session.

    Examples
    --------
    >>> found = spells(np.array([2, 2, 0, 2]))
    >>> found.code.tolist(), found.first.tolist(), found.length.tolist()
    ([2, 0, 2], [0, 2, 3], [2, 1, 1])
    """
    if len(labels) == 0:
        nothing = np.empty(0, dtype=np.int64)
        return Spells(nothing, nothing, nothing)
    changes = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    first = np.concatenate(([0], changes)).astype(np.int64)
    last = np.concatenate((changes - 1, [len(labels) - 1])).astype(np.int64)
    return Spells(labels[first].astype(np.int64), first, last)


def regime_stats(labels: Ints, names: Sequence[str], rebalance: Ints | None = None) -> RegimeStats:
    """Count sessions, stretches, rebalances and transitions.

    Parameters
    ----------
    labels : int64[T]
        Codes into `names`.
    names : sequence of K str
        :data:`core.factors.names.REGIMES`, for example.
    rebalance : int64[R], optional
        Sessions at whose close a book was decided.

    Raises
    ------
    InputsError
        When a label is no code, or a rebalance no session.
    """
    regimes = len(names)
    _check_labels(labels, regimes)
    decided = _decided(labels, rebalance)
    found = spells(labels)
    pairs = labels[:-1] * regimes + labels[1:]
    transitions = np.bincount(pairs, minlength=regimes**2).reshape(regimes, regimes)
    left = transitions.sum(axis=1, keepdims=True)
    matrix = np.full((regimes, regimes), math.nan)
    np.divide(transitions, left, out=matrix, where=left > 0)
    dwell = np.full((3, regimes), math.nan)
    for code in np.unique(found.code):
        length = found.length[found.code == code]
        dwell[:, code] = length.mean(), np.median(length), length.max()
    sessions = np.bincount(labels, minlength=regimes)
    return RegimeStats(
        names=tuple(names),
        sessions=sessions,
        spells=np.bincount(found.code, minlength=regimes),
        rebalances=np.bincount(labels[decided], minlength=regimes),
        share=sessions / len(labels) if len(labels) else np.full(regimes, math.nan),
        mean_dwell=dwell[0],
        median_dwell=dwell[1],
        longest_dwell=dwell[2],
        transitions=transitions,
        matrix=matrix,
    )


_FIGURES: Final = ("return", "annual_return", "volatility", "sharpe")


def regime_returns(
    nav: Floats,
    labels: Ints,
    names: Sequence[str],
    rebalance: Ints,
    *,
    benchmark: Floats | None = None,
    cash_rate: Floats | None = None,
    initial_nav: float | None = None,
    minimum: int = MINIMUM_REBALANCES,
) -> pd.DataFrame:
    """Sum up what a curve and its benchmark earned in each regime.

    The return of session t belongs to the label of t − 1, which was known before it was earned.

    Parameters
    ----------
    nav : float64[T]
        Dollars after each session, finite and above 0.
    labels : int64[T]
        Codes into `names`: the label of the market, or the regime of the last rebalance.
    names : sequence of K str
    rebalance : int64[R]
        Sessions at whose close a book was decided: what is counted as observations, since the
        sessions between two share one book. One at the last session earned nothing yet.
    benchmark, cash_rate : float64[T], optional
        Level of the benchmark, finite and above 0; return of cash (None: 0), the first unused.
    initial_nav : float, optional
        NAV before session 0; ``nav[0]`` when not given.
    minimum : int
        Rebalances below which a regime's figures are NaN and `suppressed` is True.

    Returns
    -------
    pandas.DataFrame
        One row a regime: sessions (returns counted), rebalances, suppressed, and for ``portfolio``
        and ``benchmark`` (NaN without one) with the suffixes ``_return`` (compounded over the
        regime's sessions; all regimes together make the total return), ``_annual_return`` (the same
        over 252 sessions), ``_volatility`` and ``_sharpe`` (as :mod:`core.metrics`).

    Raises
    ------
    InputsError
        When a series is not as above.
    """
    check_curve("nav", nav)
    check_length("labels", labels, len(nav))
    _check_labels(labels, len(names))
    decided = _decided(labels, rebalance)
    earned_in = labels[:-1]
    sessions = np.bincount(earned_in, minlength=len(names))
    rebalances = np.bincount(labels[decided[decided < len(nav) - 1]], minlength=len(names))
    suppressed = rebalances < minimum
    cash = check_cash(cash_rate, len(nav))[1:]
    columns = {"sessions": sessions, "rebalances": rebalances, "suppressed": suppressed}
    own, other = daily_returns(nav, initial_nav), _benchmark_returns(benchmark, len(nav))
    for label, series in (("portfolio", own), ("benchmark", other)):
        values = _figures(series, cash, earned_in, suppressed)
        columns |= {f"{label}_{figure}": values[row] for row, figure in enumerate(_FIGURES)}
    return pd.DataFrame(columns, index=pd.Index(names, name="regime"))


def _benchmark_returns(benchmark: Floats | None, sessions: int) -> Floats:
    if benchmark is None:
        return np.full(sessions - 1, math.nan)
    check_length("benchmark", benchmark, sessions)
    check_curve("benchmark", benchmark)
    return daily_returns(benchmark)


def _figures(returns: Floats, cash: Floats, earned_in: Ints, suppressed: Bools) -> Floats:
    # float64[4, K]: compounded return, the same a year, volatility, Sharpe ratio.
    figures = np.full((4, len(suppressed)), math.nan)
    for code in np.flatnonzero(~suppressed):
        chosen = earned_in == code
        own = returns[chosen]
        if len(own) == 0 or np.isnan(own).any():
            continue
        growth = float(np.log1p(own).sum())
        figures[:, code] = (
            math.expm1(growth),
            math.expm1(min(growth * SESSIONS_PER_YEAR / len(own), 700.0)),
            annualised_volatility(own),
            sharpe_ratio(own - cash[chosen]),
        )
    return figures


def _decided(labels: Ints, rebalance: Ints | None) -> Ints:
    decided = np.empty(0, dtype=np.int64) if rebalance is None else rebalance
    if len(decided) and not (0 <= decided.min() and decided.max() < len(labels)):
        raise InputsError(
            f"rebalance must hold sessions of the run (0 to {len(labels) - 1}), was from "
            f"{decided.min()} to {decided.max()}"
        )
    return decided


def _check_labels(labels: Ints, regimes: int) -> None:
    if len(labels) and not (0 <= labels.min() and labels.max() < regimes):
        raise InputsError(
            f"labels must be codes of the {regimes} names (0 to {regimes - 1}), was from "
            f"{labels.min()} to {labels.max()}"
        )
