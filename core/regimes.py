"""Regimes: the market's state on each session, told from the past only."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.config import RegimesConfig
from core.factors.names import REGIMES
from core.factors.trailing import simple_returns
from core.market import Bools, Floats, Ints, MarketPanel
from core.units import SESSIONS_PER_YEAR

__all__ = ["below_high", "label_sessions", "market_returns", "regime_codes"]


def market_returns(close: Floats, member: Bools) -> Floats:
    """Equal-weighted return of the index, rebalanced daily.

    Parameters
    ----------
    close : float64[T, N]
        Total-return index; NaN = no bar.
    member : bool[T, N]
        Index membership.

    Returns
    -------
    float64[T]
        Mean return over session t of those who were members at t - 1, so that joining the index
        after a rise adds nothing. NaN where nobody has both bars, and in row 0. A name's fall
        after its last bar is not in it.
    """
    returns = simple_returns(close)
    before = np.zeros(member.shape, dtype=np.bool_)
    before[1:] = member[:-1]
    counted = before & np.isfinite(returns)
    number = counted.sum(axis=1)
    total = np.where(counted, returns, 0.0).sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def label_sessions(returns: Floats, config: RegimesConfig, vix: Floats | None = None) -> Ints:
    """Label each session; the label of t uses nothing after t.

    The first that holds, in this order:

    1. ``default``: less than `lookback_days` returns are known;
    2. ``volatile``: annualised volatility of the window at or above `volatility_threshold`, or the
       volatility index at or above `vix_level` where `vix_override` is on;
    3. ``bear``: return of the window at or below ``-trend_threshold``;
    4. ``recovery``: return of the window at or above `trend_threshold`, the index still
       `recovery_drawdown` or more below its one-year high;
    5. ``bull``: return of the window at or above `trend_threshold`;
    6. ``sideways``: anything else.

    Parameters
    ----------
    returns : float64[T]
        Market return over each session, NaN = not known.
    config : RegimesConfig
    vix : float64[T] or None
        Close of the volatility index; on a session without it the rules alone decide.

    Returns
    -------
    int64[T]
        Codes into :data:`core.factors.names.REGIMES`.
    """
    window = config.lookback_days
    code = {name: number for number, name in enumerate(REGIMES)}
    labels = np.full(len(returns), code["default"], dtype=np.int64)
    if len(returns) < window:
        return labels
    past = sliding_window_view(returns, window)
    known = np.isfinite(past).all(axis=1)
    trend = np.prod(1.0 + past, axis=1) - 1.0
    volatility = past.std(axis=1, ddof=1) * np.sqrt(SESSIONS_PER_YEAR)
    depth = below_high(returns)[window - 1 :]
    rising = trend >= config.trend_threshold
    volatile = volatility >= config.volatility_threshold
    if config.vix_override and vix is not None:
        volatile = volatile | (vix[window - 1 :] >= config.vix_level)
    # NaN compares False everywhere, and `known` comes first.
    labels[window - 1 :] = np.select(
        [
            ~known,
            volatile,
            trend <= -config.trend_threshold,
            rising & (depth <= -config.recovery_drawdown),
            rising,
        ],
        [code[name] for name in ("default", "volatile", "bear", "recovery", "bull")],
        default=code["sideways"],
    )
    return labels


def regime_codes(market: MarketPanel, config: RegimesConfig) -> tuple[Ints, tuple[str, ...]]:
    """Label every session of a market.

    Parameters
    ----------
    market : MarketPanel
    config : RegimesConfig

    Returns
    -------
    int64[T]
        Codes into :data:`core.factors.names.REGIMES`, see :func:`label_sessions`.
    tuple of str
        What people should know: an override without a volatility index.
    """
    labels = label_sessions(market_returns(market.close, market.member), config, market.vix)
    if not config.vix_override:
        return labels, ()
    missing = len(labels) if market.vix is None else int((~np.isfinite(market.vix)).sum())
    if missing == len(labels):
        note = "VIX override is on but this market has no volatility index: rules alone decide"
        return labels, (note,)
    if missing:
        note = (
            f"VIX override: no close of the volatility index on {missing:,} of {len(labels):,} "
            "sessions, where the rules alone decide"
        )
        return labels, (note,)
    return labels, ()


def below_high(returns: Floats) -> Floats:
    """Return the level over its highest of the last year − 1, at most 0, past only.

    Parameters
    ----------
    returns : float64[T]
        NaN leaves the level where it was; the level before the first return is included.
    """
    level = np.concatenate(([1.0], np.cumprod(1.0 + np.where(np.isfinite(returns), returns, 0.0))))
    padded = np.concatenate((np.full(SESSIONS_PER_YEAR - 1, -np.inf), level))
    high = sliding_window_view(padded, SESSIONS_PER_YEAR).max(axis=1)
    depth: Floats = level[1:] / high[1:] - 1.0
    return depth
