"""Market turbulence: how much loop there is in the cloud of the sectors' recent daily returns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.factors.topology_diagrams import Diagrams, diagrams_of
from core.factors.topology_features import FEATURES, diagram_features
from core.factors.trailing import simple_returns
from core.market import MarketPanel
from core.units import Bools, Floats

__all__ = ["NORMS", "UNKNOWN_SECTOR", "expanding_share", "sector_returns", "turbulence"]

#: Columns of :func:`turbulence`.
NORMS = ("landscape_l1", "landscape_l2")
UNKNOWN_SECTOR = "Other"


def sector_returns(market: MarketPanel) -> tuple[Floats, tuple[str, ...]]:
    """Equal-weighted log return of each sector of the index, rebalanced daily.

    Parameters
    ----------
    market : MarketPanel

    Returns
    -------
    float64[T, S]
        Row t is the mean over those who were members at t - 1 and have both bars; NaN where nobody
        has, and in row 0.
    tuple of S str
        Sectors in alphabetical order; names of no known sector are in none.
    """
    returns = simple_returns(market.close)
    before: Bools = np.zeros(market.member.shape, dtype=np.bool_)
    before[1:] = market.member[:-1]
    counted = before & np.isfinite(returns)
    sector = np.array(market.sector, dtype=np.str_)
    names = tuple(name for name in np.unique(sector).tolist() if name != UNKNOWN_SECTOR)
    table = np.full((len(returns), len(names)), np.nan)
    for column, name in enumerate(names):
        own = sector == name
        number = counted[:, own].sum(axis=1)
        total = np.where(counted[:, own], returns[:, own], 0.0).sum(axis=1)
        mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        table[:, column] = np.log1p(mean)
    return table, names


def turbulence(
    returns: Floats,
    window_days: int = 50,
    *,
    diagrams: Callable[[Floats, int, int, int], Diagrams] = diagrams_of,
) -> Floats:
    """Landscape norms of the cloud that the last sessions make, one point a session.

    Parameters
    ----------
    returns : float64[T, S]
        Returns of S ≥ 2 series, such as :func:`sector_returns`; NaN = not known.
    window_days : int
        Sessions in the cloud. Gidea & Katz use 50 and 100.
    diagrams : callable, optional
        Where the diagrams of clouds come from: computed, or a cache.

    Returns
    -------
    float64[T, 2]
        In the order of ``NORMS``, of the loops (dimension 1); units of return squared, and to the
        power 1.5. Row t reads nothing after t. NaN where a return of the window is missing.

    Notes
    -----
    Gidea & Katz 2018: the norms of four US indices grew before the falls of 2000 and 2008.
    """
    sessions, series = returns.shape
    norms = np.full((sessions, len(NORMS)), np.nan)
    if sessions < window_days:
        return norms
    known = np.isfinite(returns).all(axis=1)
    whole = sliding_window_view(known, window_days).all(axis=1)
    ends = np.flatnonzero(whole) + window_days - 1
    clouds = np.empty((len(ends), window_days * series))
    for row, end in enumerate(ends):
        clouds[row] = returns[end + 1 - window_days : end + 1].ravel()
    table = diagram_features(diagrams(clouds, series, 1, series))
    norms[ends] = table[:, [FEATURES.index(f"h1_{name}") for name in NORMS]]
    return norms


def expanding_share(series: Floats, least: int = 252) -> Floats:
    """Share of all values up to and with today's that are at or below today's.

    Parameters
    ----------
    series : float64[T]
        NaN = not known.
    least : int
        Values that must be known before there is a share.

    Returns
    -------
    float64[T]
        In (0, 1], 1 = the highest so far: a threshold on it looks at no later value. NaN where
        today's is not known or there are too few.
    """
    share = np.full(len(series), np.nan)
    past: list[float] = []
    for place, value in enumerate(series):
        if np.isfinite(value):
            past.append(float(value))
            if len(past) >= least:
                share[place] = float((np.array(past) <= value).mean())
    return share
