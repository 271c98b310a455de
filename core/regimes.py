"""Regimes: the market's state on each session, told from the past only."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.config import RegimesConfig
from core.factors.names import REGIMES
from core.factors.topology_diagrams import DiagramSource, diagrams_of
from core.factors.trailing import simple_returns
from core.factors.turbulence import turbulence_share
from core.market import Bools, Floats, Ints, MarketPanel
from core.regime_markov import filtered
from core.units import SESSIONS_PER_YEAR

__all__ = ["below_high", "label_sessions", "market_returns", "market_volatility", "regime_codes"]

_BULL, _BEAR, _SIDEWAYS, _VOLATILE, _RECOVERY, _DEFAULT = (
    REGIMES.index(name) for name in ("bull", "bear", "sideways", "volatile", "recovery", "default")
)
_EVEN: Final = 0.5  # probability from which a state is the likelier one


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


def market_volatility(returns: Floats, window: int) -> Floats:
    """Annualised volatility of the market's returns over each window that ends at t.

    Parameters
    ----------
    returns : float64[T]
        Market return over each session, NaN = not known.
    window : int
        Sessions.

    Returns
    -------
    float64[T]
        Fraction a year, ddof 1; NaN where one of the returns is not known.
    """
    volatility = np.full(len(returns), np.nan)
    if len(returns) >= window:
        past = sliding_window_view(returns, window)
        volatility[window - 1 :] = past.std(axis=1, ddof=1) * np.sqrt(SESSIONS_PER_YEAR)
    return volatility


def label_sessions(
    returns: Floats,
    config: RegimesConfig,
    vix: Floats | None = None,
    risky: Floats | None = None,
    turbulence: Floats | None = None,
) -> Ints:
    """Label each session; the label of t uses nothing after t.

    The first that holds, in this order:

    1. ``default``: less than `lookback_days` returns are known;
    2. ``volatile``: the override acts, or annualised volatility of the window at or above
       `volatility_threshold`, or turbulence at `turbulence.quantile`, and the volatility index not
       below `vix_calm_level`;
    3. ``bear``: return of the window at or below ``-trend_threshold``, or turbulence at its
       quantile where `turbulence.says` bear;
    4. ``recovery``: return of the window at or above `trend_threshold`, the index still
       `recovery_drawdown` or more below its one-year high;
    5. ``bull``: return of the window at or above `trend_threshold`;
    6. ``sideways``: anything else.

    The override, where `vix_override` is on, acts from a close of the volatility index at
    `vix_level` or above until one below `vix_release_level`. A threshold counts times
    ``1 − hysteresis`` for the label in force. A new label holds for `min_dwell_days` sessions; the
    override and unknown returns break that. Another first session can change later labels.

    Parameters
    ----------
    returns : float64[T]
        Market return over each session, NaN = not known.
    config : RegimesConfig
    vix : float64[T] or None
        Close of the volatility index; without it the rules alone decide.
    risky : float64[T] or None
        Of :func:`core.regime_markov.filtered`; where known, one half or more says volatile.
    turbulence : float64[T] or None
        Of :func:`core.factors.turbulence.turbulence_share`; without a value it says nothing.

    Returns
    -------
    int64[T]
        Codes into :data:`core.factors.names.REGIMES`.
    """
    labels = np.full(len(returns), _DEFAULT, dtype=np.int64)
    if len(returns) >= config.lookback_days:
        told, breaks = _rules(returns, config, vix, risky, turbulence)
        first = config.lookback_days - 1
        labels[first:] = _dwelling(told, breaks, config.min_dwell_days)
    return labels


def _rules(
    returns: Floats,
    config: RegimesConfig,
    vix: Floats | None,
    risky: Floats | None,
    turbulence: Floats | None,
) -> tuple[Callable[[int, int], int], list[bool]]:
    # What the rules say of each full window, given the label in force, and where no dwell holds.
    window = config.lookback_days
    past = sliding_window_view(returns, window)
    known: list[bool] = np.asarray(np.isfinite(past).all(axis=1)).tolist()
    trend = (np.prod(1.0 + past, axis=1) - 1.0).tolist()
    high, threshold = _volatility(past, config, None if risky is None else risky[window - 1 :])
    depth = below_high(returns)[window - 1 :].tolist()
    alarm, calm = _index_bands(len(returns), config, vix)
    stormy = _storms(config, turbulence)

    def told(k: int, force: int) -> int:
        t = k + window - 1
        if not known[k]:
            return _DEFAULT
        eased = threshold[k] * _ease(force, _VOLATILE, config)
        storm = stormy(t, force)
        if alarm[t] or (not calm[t] and (high[k] >= eased or storm == _VOLATILE)):
            return _VOLATILE
        if storm == _BEAR:
            return _BEAR
        return _direction(trend[k], depth[k], force, config)

    return told, [alarm[k + window - 1] or not is_known for k, is_known in enumerate(known)]


def _dwelling(told: Callable[[int, int], int], breaks: list[bool], dwell: int) -> list[int]:
    # Labels in turn, each told with the one in force; a new one holds for `dwell` sessions.
    force, since, labels = _DEFAULT, 0, []
    for k, is_broken in enumerate(breaks):
        new = told(k, force)
        held = force != _DEFAULT and not is_broken and k - since < dwell
        if new != force and not held:
            force, since = new, k
        labels.append(force)
    return labels


def _volatility(
    past: Floats, config: RegimesConfig, risky: Floats | None
) -> tuple[list[float], list[float]]:
    # What is compared, and with what: the volatility of the window, or the Markov probability.
    level = past.std(axis=1, ddof=1) * np.sqrt(SESSIONS_PER_YEAR)
    threshold = np.full(len(level), config.volatility_threshold)
    if risky is not None:
        threshold[np.isfinite(risky)] = _EVEN
        level = np.where(np.isfinite(risky), risky, level)
    return level.tolist(), threshold.tolist()


def _index_bands(
    sessions: int, config: RegimesConfig, vix: Floats | None
) -> tuple[list[bool], list[bool]]:
    # Whether the override acts, and whether the index says calm. NaN compares False everywhere.
    if not config.vix_override or vix is None:
        return [False] * sessions, [False] * sessions
    release = config.vix_level if config.vix_release_level is None else config.vix_release_level
    acting, alarm = False, []
    for value in vix.tolist():
        acting = value >= (release if acting else config.vix_level)
        alarm.append(acting)
    below = -math.inf if config.vix_calm_level is None else config.vix_calm_level
    return alarm, (vix < below).tolist()


def _storms(config: RegimesConfig, turbulence: Floats | None) -> Callable[[int, int], int]:
    # What turbulence says on session t with a label in force: a code, or −1. NaN compares False.
    quantile = config.turbulence.quantile
    code = _BEAR if config.turbulence.says == "bear" else _VOLATILE
    if quantile is None or turbulence is None:
        return lambda _t, _force: -1
    share = turbulence.tolist()
    return lambda t, force: code if share[t] >= quantile * _ease(force, code, config) else -1


def _direction(trend: float, depth: float, force: int, config: RegimesConfig) -> int:
    if trend <= -config.trend_threshold * _ease(force, _BEAR, config):
        return _BEAR
    eased = _ease(force, _BULL if force == _BULL else _RECOVERY, config)
    if trend < config.trend_threshold * eased:
        return _SIDEWAYS
    low = depth <= -config.recovery_drawdown * _ease(force, _RECOVERY, config)
    return _RECOVERY if low else _BULL


def _ease(force: int, label: int, config: RegimesConfig) -> float:
    return 1.0 - config.hysteresis if force == label else 1.0


def regime_codes(
    market: MarketPanel, config: RegimesConfig, *, diagrams: DiagramSource = diagrams_of
) -> tuple[Ints, tuple[str, ...]]:
    """Label every session of a market.

    Parameters
    ----------
    market : MarketPanel
    config : RegimesConfig
    diagrams : callable, optional
        Where the diagrams of the sectors' cloud come from; only asked with turbulence on.

    Returns
    -------
    int64[T]
        Codes into :data:`core.factors.names.REGIMES`, see :func:`label_sessions`.
    tuple of str
        What people should know: an override without a volatility index, a detector that could not
        be fitted, turbulence that is not known.
    """
    returns = market_returns(market.close, market.member)
    risky: Floats | None = None
    notes: list[str] = []
    if config.detector == "markov":
        found = filtered(returns, config.markov)
        risky = found.risky
        notes.extend(found.notes)
    turbulence, told = turbulence_share(market, config.turbulence, diagrams)
    labels = label_sessions(returns, config, market.vix, risky, turbulence)
    notes.extend((*told, *_override_notes(len(labels), market.vix, config)))
    return labels, tuple(notes)


def _override_notes(sessions: int, vix: Floats | None, config: RegimesConfig) -> tuple[str, ...]:
    if not config.vix_override:
        return ()
    missing = sessions if vix is None else int((~np.isfinite(vix)).sum())
    if missing == sessions:
        return ("VIX override is on but this market has no volatility index: rules alone decide",)
    if missing:
        return (
            f"VIX override: no close of the volatility index on {missing:,} of {sessions:,} "
            "sessions, where the rules alone decide",
        )
    return ()


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
