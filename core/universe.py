"""Universe: index members of the date, the most traded first."""

from __future__ import annotations

import numpy as np

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
    for row, session in enumerate(sessions):
        volume[row] = median_dollar_volume(
            market.dollar_volume, int(session), config.liquidity_lookback_days
        )
        members[row] = universe_at(market, int(session), volume[row], config.size, order)
    return members, volume


def universe_at(
    market: MarketPanel, session: int, dollar_volume: Floats, size: int, order: Ints
) -> Bools:
    """Members with a bar at `session`, the `size` most traded of them.

    Parameters
    ----------
    market : MarketPanel
    session : int
        Row at whose close the universe is known.
    dollar_volume : float64[N]
        Trailing median of traded dollars; NaN = too little history, the name is not eligible.
    size : int
        Names kept.
    order : int64[N]
        Place of each name in the alphabet, which breaks ties.

    Returns
    -------
    bool[N]
        Fewer than `size` are True where fewer are eligible. A name that trades for the last time
        on this session is not eligible: it cannot be bought any more.
    """
    eligible: Bools = (
        market.member[session]
        & np.isfinite(market.close[session])
        & np.isfinite(dollar_volume)
        & (market.last_session > session)
    )
    ranked = np.lexsort((order, -np.where(eligible, dollar_volume, -np.inf)))
    chosen = np.zeros(len(eligible), dtype=np.bool_)
    chosen[ranked[:size]] = True
    chosen &= eligible
    return chosen


def by_ticker(tickers: tuple[str, ...]) -> Ints:
    """Return the place of each ticker in the alphabet, int64[N]."""
    place = np.empty(len(tickers), dtype=np.int64)
    place[np.argsort(np.array(tickers, dtype=np.str_), kind="stable")] = np.arange(len(tickers))
    return place
