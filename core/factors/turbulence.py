"""Market turbulence: how much loop there is in the cloud of the sectors' recent daily returns."""

from __future__ import annotations

import bisect

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.factors.topology_diagrams import DiagramSource, diagrams_of
from core.factors.topology_features import FEATURES, diagram_features
from core.factors.trailing import simple_returns
from core.market import FUND_SECTORS, MarketPanel
from core.regime_effects_config import TurbulenceConfig
from core.units import Bools, Floats, Ints

__all__ = [
    "NORMS",
    "UNKNOWN_SECTOR",
    "expanding_share",
    "sector_returns",
    "turbulence",
    "turbulence_sessions",
    "turbulence_share",
]

#: Columns of :func:`turbulence`.
NORMS = ("landscape_l1", "landscape_l2")
UNKNOWN_SECTOR = "Other"
_LEAST = 252  # values of a year, before which a share of the past says little


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
        Sectors in alphabetical order; names of no known sector and funds are in none.
    """
    returns = simple_returns(market.close)
    before: Bools = np.zeros(market.member.shape, dtype=np.bool_)
    before[1:] = market.member[:-1]
    counted = before & np.isfinite(returns)
    sector = np.array(market.sector, dtype=np.str_)
    left_out = (UNKNOWN_SECTOR, *FUND_SECTORS)
    names = tuple(name for name in np.unique(sector).tolist() if name not in left_out)
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
    diagrams: DiagramSource = diagrams_of,
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


def expanding_share(series: Floats, least: int = _LEAST) -> Floats:
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
    for place, value in enumerate(series.tolist()):
        if np.isfinite(value):
            bisect.insort(past, value)
            if len(past) >= least:
                share[place] = bisect.bisect_right(past, value) / len(past)
    return share


def turbulence_share(
    market: MarketPanel, config: TurbulenceConfig, diagrams: DiagramSource = diagrams_of
) -> tuple[Floats | None, tuple[str, ...]]:
    """How high turbulence is among all its past, as the rules of the regimes read it.

    Parameters
    ----------
    market : MarketPanel
    config : TurbulenceConfig
    diagrams : callable, optional
        Where the diagrams of clouds come from.

    Returns
    -------
    float64[T] or None
        Of :func:`expanding_share`: row t reads nothing after t. None where the rule is off or the
        market has fewer than two sectors.
    tuple of str
        For people: where turbulence is not known, so that the other rules alone decide.
    """
    if config.quantile is None:
        return None, ()
    returns, names = sector_returns(market)
    if len(names) < 2:
        return None, (
            f"turbulence: a cloud needs at least two sectors, this market has {len(names)}: "
            "the other rules of the regimes alone decide",
        )
    norms = turbulence(returns, config.window_days, diagrams=diagrams)
    share = expanding_share(norms[:, NORMS.index(config.norm)])
    missing = int((~np.isfinite(share)).sum())
    empty = [name for name, own in zip(names, returns.T, strict=True) if np.isnan(own[1:]).any()]
    if not missing:
        return share, ()
    why = f" (sectors without members on some sessions: {', '.join(empty)})" if empty else ""
    return share, (
        f"turbulence: not known on {missing:,} of {len(share):,} sessions, the first "
        f"{config.window_days + _LEAST - 1:,} at least{why}: there the other rules of the regimes "
        "alone decide",
    )


def turbulence_sessions(market: MarketPanel, config: TurbulenceConfig) -> tuple[Ints, Ints] | None:
    """Count what :func:`turbulence_share` has to go on, without a cloud; None where it is off.

    Parameters
    ----------
    market : MarketPanel
    config : TurbulenceConfig

    Returns
    -------
    known, wanted : int64[T]
        The share has a value where known is at least wanted. Where today's cloud is not whole,
        sessions of its window with a return of every sector, and the window; else clouds until
        today, and how many make a share. Row t reads nothing after t.
    """
    if config.quantile is None:
        return None
    returns, names = sector_returns(market)
    window = config.window_days
    every = np.isfinite(returns).all(axis=1) & (len(names) >= 2)
    until = np.r_[0, np.cumsum(every)]
    sessions = np.arange(len(returns))
    inside: Ints = until[sessions + 1] - until[np.maximum(sessions + 1 - window, 0)]
    whole = inside == window
    known: Ints = np.where(whole, np.cumsum(whole), inside)
    wanted: Ints = np.where(whole, _LEAST, window)
    return known, wanted
