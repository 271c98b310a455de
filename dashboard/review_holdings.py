"""What a run's holdings risk: the book of a date, beta and volatility, and what factors brought."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.concentration import risk_contributions
from core.errors import CancelledError
from core.factor_contribution import by_factor
from core.factors.trailing import simple_returns
from core.holdings_beta import HoldingsBeta, holdings_beta
from core.regimes import market_returns
from core.rolling import rolling_volatility
from core.units import SESSIONS_PER_YEAR, Floats
from dashboard.memo import kept
from dashboard.review import contribution
from dashboard.review_exposure import held_concentration, held_weights
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = [
    "REALISED_WINDOW",
    "BookOn",
    "RiskStudy",
    "book_on",
    "brought_by_name",
    "curves",
    "held_beta",
    "risk_study",
    "session_at",
]

REALISED_WINDOW: Final = 63
_BLOCK: Final = 64  # sessions between two looks at whether the study is still wanted


@dataclass(frozen=True, slots=True, eq=False)
class BookOn:
    """What was held after one session, and what its names carried of its risk.

    Attributes
    ----------
    session : int
    names : DataFrame
        Index of tickers, the largest first; ``sector``, ``weight`` (fraction of NAV) and ``risk``
        (part of `volatility`, NaN where that is not known).
    volatility, known : float
        Of :class:`core.concentration.RiskContributions`.
    """

    session: int
    names: pd.DataFrame
    volatility: float
    known: float

    @property
    def invested(self) -> float:
        """Held value over NAV; above 1 with borrowed money."""
        return float(self.names["weight"].sum())

    def sectors(self) -> pd.DataFrame:
        """Return weight, risk and number of names of each sector held, the largest first."""
        grouped = self.names.groupby("sector")
        table = grouped[["weight", "risk"]].sum().assign(names=grouped.size())
        if math.isnan(self.volatility):
            table["risk"] = math.nan  # a sum of nothing is 0
        return table.sort_values("weight", ascending=False, kind="stable")


@dataclass(frozen=True, slots=True, eq=False)
class RiskStudy:
    """What takes long: risk session by session, and what the factors brought.

    Attributes
    ----------
    ex_ante : Series
        Annualised volatility that the holdings of each session had over the year before; 0 where
        nothing was held, NaN before the history is long enough.
    bias : float
        Standard deviation of daily returns over the daily volatility said the evening before: 1
        where the holdings said what came, above where they said too little; NaN below two.
    observations : int
        Returns that `bias` is made of.
    brought : Series or None
        Contribution of each line of :func:`core.factor_contribution.by_factor` to the return of the
        period; they sum to it. None for a book without scores.
    """

    ex_ante: pd.Series
    bias: float
    observations: int
    brought: pd.Series | None


@kept
def held_beta(run: Run) -> HoldingsBeta:
    """Return :func:`core.holdings_beta.holdings_beta` to the run's benchmark, over one year."""
    returns, benchmark, _ = _history(run)
    return holdings_beta(held_weights(run), returns, benchmark)


@kept
def curves(run: Run) -> pd.DataFrame:
    """Return what is known at once, session by session.

    Returns
    -------
    DataFrame
        holdings, effective_names, hhi, top_weight, beta, beta_known, and realised: the annualised
        volatility of NAV over the last ``REALISED_WINDOW`` sessions.
    """
    result, found, beta = run.result, held_concentration(run), held_beta(run)
    return pd.DataFrame(
        {
            "holdings": result.holdings,
            "effective_names": found.effective_names,
            "hhi": found.hhi,
            "top_weight": found.top_weight,
            "beta": beta.beta,
            "beta_known": beta.known,
            "realised": rolling_volatility(
                result.nav, window=REALISED_WINDOW, initial_nav=result.initial_nav
            ),
        },
        index=run.index,
    )


def session_at(run: Run, date: str | None) -> int:
    """Return the session on or before an ISO `date`, the first where that is before the run.

    None, and what is no date, is the last session.
    """
    day = pd.to_datetime(date or "", format="%Y-%m-%d", errors="coerce")
    if pd.isna(day):
        return len(run.dates) - 1
    return max(int(run.index.searchsorted(day, side="right")) - 1, 0)


def book_on(run: Run, session: int) -> BookOn:
    """Return the book after `session`, its risk split over names by the year before."""
    weights = held_weights(run)[session]
    returns, _, first = _history(run)
    found = risk_contributions(weights, returns, first + session)
    held = np.flatnonzero(weights)
    held = held[np.argsort(-weights[held], kind="stable")]
    names = pd.DataFrame(
        {
            "sector": [run.sectors[i] for i in held],
            "weight": weights[held],
            "risk": found.contribution[held],
        },
        index=pd.Index([run.tickers[i] for i in held], name="ticker"),
    )
    return BookOn(session, names, found.volatility, found.known)


def brought_by_name(run: Run) -> pd.Series:
    """Return each name's contribution to the return of the period, before costs, by ticker."""
    account = contribution(run)
    return pd.Series(account.total()[: len(run.tickers)], index=list(run.tickers), name="brought")


def risk_study(run: Run, pace: Pace) -> RiskStudy:
    """Measure risk session by session and account for factors; for a thread of its own.

    Raises
    ------
    core.errors.CancelledError
    """
    weights = held_weights(run)
    returns, _, first = _history(run)
    ex_ante = np.full(len(weights), math.nan)
    for t in range(len(weights)):
        if t % _BLOCK == 0:
            if pace.cancelled():
                raise CancelledError(t, len(weights))
            pace.share(0.8 * t / len(weights))
        ex_ante[t] = risk_contributions(weights[t], returns, first + t).volatility
    bias, observations = _bias(ex_ante, run.result.net_return)
    brought = None
    if run.signals is not None:
        account = by_factor(
            contribution(run), run.result, run.market, run.signals, run.first, run.columns
        )
        brought = pd.Series(account.total(), index=list(account.labels), name="contribution")
    pace.share(1.0)
    return RiskStudy(
        pd.Series(ex_ante, index=run.index, name="ex_ante"), bias, observations, brought
    )


def _bias(ex_ante: Floats, returns: Floats) -> tuple[float, int]:
    said = ex_ante[:-1] / math.sqrt(SESSIONS_PER_YEAR)
    good = np.isfinite(said) & (said > 0.0)
    units = returns[1:][good] / said[good]
    return (float(units.std(ddof=1)) if len(units) > 1 else math.nan), len(units)


@kept
def _history(run: Run) -> tuple[Floats, Floats, int]:
    # Returns of the run's names and of the benchmark, a year before the run included; and the row
    # of the run's first session.
    market, end = run.market, run.first + len(run.result.nav)
    before = max(run.first - SESSIONS_PER_YEAR, 0)
    base = max(before - 1, 0)  # the return of a row needs the close before it
    returns = simple_returns(market.close[base:end][:, run.columns])[before - base :]
    if market.benchmark is not None and run.benchmark_name == market.benchmark_name:
        level = market.benchmark[base:end, None]
        benchmark = simple_returns(level)[before - base :, 0]
    else:
        whole = market_returns(market.close[base:end], market.member[base:end])
        benchmark = whole[before - base :]
    return returns, benchmark, run.first - before
