"""What the regime of a rebalance brings besides weights: leverage and stop levels."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from core.book import Book
from core.factors.names import REGIMES
from core.market import Floats, Ints, MarketPanel
from core.regimes import market_returns, market_volatility
from core.regimes_config import RegimesConfig

__all__ = ["has_effects", "regime_leverage", "stop_scales", "with_effects"]

_VOLATILE: Final = REGIMES.index("volatile")
_DEFAULT: Final = REGIMES.index("default")


def has_effects(config: RegimesConfig) -> bool:
    """Whether a regime moves leverage or stops: without, it decides nothing of an own book."""
    return config.leverage.enabled or _moves_stops(config)


def _moves_stops(config: RegimesConfig) -> bool:
    return any(getattr(config.stop_scale, name) != 1.0 for name in REGIMES)


def with_effects(book: Book, market: MarketPanel, config: RegimesConfig) -> Book:
    """Return `book` with the leverage and the stop scale of each rebalance.

    Parameters
    ----------
    book : Book
        Of scores or of a person's own; its regimes are those of its rebalances.
    market : MarketPanel
    config : RegimesConfig

    Returns
    -------
    Book
        ``leverage`` and ``stop_scale`` are None where every regime has 1.
    """
    leverage = stops = None
    notes: tuple[str, ...] = ()
    if config.leverage.enabled:
        volatility = market_volatility(
            market_returns(market.close, market.member), config.lookback_days
        )[book.rebalance]
        leverage = regime_leverage(volatility, book.regime, config)
        unknown = int((~np.isfinite(volatility)).sum())
        if unknown:
            notes = (
                f"regime leverage: the market's volatility is not known at {unknown} of "
                f"{len(volatility)} rebalances, which count as neither calm nor volatile",
            )
    if _moves_stops(config):
        stops = stop_scales(book.regime, config)
    return dataclasses.replace(
        book, leverage=leverage, stop_scale=stops, notes=(*book.notes, *notes)
    )


def regime_leverage(volatility: Floats, regime: Ints, config: RegimesConfig) -> Floats:
    """Leverage of each rebalance: one factor when calm, one when volatile, 1 otherwise.

    Parameters
    ----------
    volatility : float64[R]
        Of the market, a fraction a year; NaN = not known, neither calm nor volatile by itself.
    regime : int64[R]
        Codes into ``REGIMES``; ``volatile`` comes before calm, ``default`` is always 1.
    config : RegimesConfig

    Returns
    -------
    float64[R]
        Above 0. With `max_change` it moves by at most that from one rebalance to the next, from 1
        on: who watches a limit on monthly changes does not jump.
    """
    levels = config.leverage
    calm = (volatility <= levels.low_volatility) & (regime != _DEFAULT)
    asked = np.where(regime == _VOLATILE, levels.volatile, np.where(calm, levels.calm, 1.0))
    if levels.max_change is None:
        return asked
    now = 1.0
    for k, wanted in enumerate(asked.tolist()):
        now = min(max(wanted, now - levels.max_change), now + levels.max_change)
        asked[k] = now
    return asked


def stop_scales(regime: Ints, config: RegimesConfig) -> Floats:
    """Return what multiplies both stop levels from each rebalance on, float64[R] above 0."""
    scales = np.array([getattr(config.stop_scale, name) for name in REGIMES])
    found: Floats = scales[regime]
    return found
