"""Universe: index members of the date, the most traded first."""

from __future__ import annotations

import numpy as np

from core.caps import chosen_names, quotas
from core.config import UniverseConfig
from core.factors.trailing import median_dollar_volume
from core.market import Bools, Floats, Ints, MarketPanel

__all__ = ["by_ticker", "universe_at", "universes"]


def universes(market: MarketPanel, sessions: Ints, config: UniverseConfig) -> tuple[Bools, Floats]:
    """Universe of each date in `sessions`.

    Parameters
    ----------
    market : MarketPanel
    sessions : int64[R]
        Indices of the dates.
    config : UniverseConfig

    Returns
    -------
    bool[R, N]
        See :func:`universe_at`.
    float64[R, N]
        Trailing median of traded dollars; NaN where less than half of the window is known.
    """
    count = market.shape[1]
    members = np.zeros((len(sessions), count), dtype=np.bool_)
    volume = np.full((len(sessions), count), np.nan)
    order = by_ticker(market.tickers)
    _, sector = np.unique(np.array(market.sector, dtype=np.str_), return_inverse=True)
    for row, session in enumerate(sessions):
        volume[row] = median_dollar_volume(
            market.dollar_volume, int(session), config.liquidity_lookback_days
        )
        members[row] = universe_at(market, int(session), volume[row], config, order, sector)
    return members, volume


def universe_at(
    market: MarketPanel,
    session: int,
    dollar_volume: Floats,
    config: UniverseConfig,
    order: Ints,
    sector: Ints,
) -> Bools:
    """Members with a bar at `session`, the most traded of them, of all or of each sector.

    Parameters
    ----------
    market : MarketPanel
    session : int
        Row at whose close the universe is known.
    dollar_volume : float64[N]
        Trailing median of traded dollars; NaN = too little history, the name is not eligible.
    config : UniverseConfig
        ``size`` names are kept; with ``selection`` "sector_balanced" each sector gives as many as
        its share of the eligible members, by largest remainder.
    order : int64[N]
        Place of each name in the alphabet, which breaks ties.
    sector : int64[N]
        Sector code of each name.

    Returns
    -------
    bool[N]
        Fewer than ``size`` are True where fewer are eligible. A name that trades for the last time
        on this session is not eligible: it cannot be bought any more.
    """
    eligible: Bools = (
        market.member[session]
        & np.isfinite(market.close[session])
        & np.isfinite(dollar_volume)
        & (market.last_session > session)
    )
    ranked = np.lexsort((order, -np.where(eligible, dollar_volume, -np.inf)))
    ranked = ranked[: int(eligible.sum())]
    if config.selection == "sector_balanced":
        number = int(sector.max(initial=0)) + 1
        quota = quotas(sector[eligible], number, config.size)
        ranked = chosen_names(ranked, sector, config.size, len(ranked), quota)
    chosen = np.zeros(len(eligible), dtype=np.bool_)
    chosen[ranked[: config.size]] = True
    return chosen


def by_ticker(tickers: tuple[str, ...]) -> Ints:
    """Return the place of each ticker in the alphabet, int64[N]."""
    place = np.empty(len(tickers), dtype=np.int64)
    place[np.argsort(np.array(tickers, dtype=np.str_), kind="stable")] = np.arange(len(tickers))
    return place
