"""Position and trailing stops and their cooldown, ENGINE §3."""

from __future__ import annotations

from core.compiled import compiled

__all__ = [
    "NEVER",
    "cooling_down",
    "is_near_stop",
    "near_level",
    "position_stop_hit",
    "resting_price",
    "stop_level",
    "trailing_stop_hit",
]

NEVER = -1  # fill session of a name that no stop has sold

_ROUNDING = 1e-9  # far more than the exact tests can be off by


@compiled
def position_stop_hit(close: float, average_entry: float, limit: float) -> bool:
    """Whether a close is too far below the average entry price.

    Parameters
    ----------
    close, average_entry : float
        Prices, positive; the average cost at fill prices, costs excluded.
    limit : float
        Positive fraction, ``position_stop_loss`` x stop scale; NaN = rule off.

    Returns
    -------
    bool
        ``close / average_entry - 1 <= -limit``.

    Examples
    --------
    >>> position_stop_hit(88.0, 100.0, 0.12), position_stop_hit(89.0, 100.0, 0.12)
    (True, False)
    >>> position_stop_hit(1.0, 100.0, float("nan"))
    False
    """
    return close / average_entry - 1.0 <= -limit


@compiled
def trailing_stop_hit(close: float, highest_close: float, limit: float) -> bool:
    """Whether a close is too far below the highest close since entry.

    Parameters
    ----------
    close, highest_close : float
        Prices, positive; the highest close from the first fill on, today's included.
    limit : float
        Positive fraction, ``trailing_stop_pct`` x stop scale; NaN = rule off.

    Returns
    -------
    bool
        ``close / highest_close - 1 <= -limit``.

    Examples
    --------
    >>> trailing_stop_hit(85.0, 100.0, 0.15), trailing_stop_hit(86.0, 100.0, 0.15)
    (True, False)
    """
    return close / highest_close - 1.0 <= -limit


@compiled
def stop_level(reference: float, limit: float) -> float:
    """Price at which a stop that rests in the market is reached.

    Parameters
    ----------
    reference : float
        Average entry or highest close, a positive price.
    limit : float
        Positive fraction below it; NaN = rule off.

    Returns
    -------
    float
        ``reference * (1 - limit)``, at or below 0 where no price can reach it; NaN when off.

    Examples
    --------
    >>> stop_level(100.0, 0.25), stop_level(100.0, float("nan"))
    (75.0, nan)
    """
    return reference * (1.0 - limit)


@compiled
def resting_price(open_price: float, level: float) -> float:
    """Price of the sale by a stop that rested in the market over the session.

    Parameters
    ----------
    open_price : float
        Of the session that reached the level.
    level : float
        Result of :func:`stop_level`.

    Returns
    -------
    float
        ``min(open_price, level)``: a session that opens below the level sells at its open.

    Examples
    --------
    >>> resting_price(80.0, 75.0), resting_price(70.0, 75.0)
    (75.0, 70.0)
    """
    return min(open_price, level)


@compiled
def near_level(limit: float) -> float:
    """Fraction of its reference price below which a stop may have been hit.

    Parameters
    ----------
    limit : float
        Positive fraction; NaN = rule off.

    Returns
    -------
    float
        A little above ``1 - limit``; NaN when off.

    Examples
    --------
    >>> round(near_level(0.12), 6)
    0.88
    """
    return 1.0 - limit + _ROUNDING


@compiled
def is_near_stop(
    close: float, average_entry: float, highest_close: float, stop: float, trailing: float
) -> bool:
    """Whether the two exact tests are worth their divisions.

    Parameters
    ----------
    close, average_entry, highest_close : float
        Prices; a NaN close is near nothing.
    stop, trailing : float
        Results of :func:`near_level` for either stop.

    Returns
    -------
    bool
        True wherever a stop is hit, and seldom elsewhere.

    Examples
    --------
    >>> is_near_stop(88.0, 100.0, 100.0, near_level(0.12), near_level(0.15))
    True
    >>> is_near_stop(88.1, 100.0, 100.0, near_level(0.12), near_level(0.15))
    False
    """
    # Not `or`: a branch a name costs more than the second product.
    return (close <= average_entry * stop) | (close <= highest_close * trailing)


@compiled
def cooling_down(session: int, stop_filled: int, stop_cooldown_days: int) -> bool:
    """Whether a rebalance that fills at `session` must leave a stopped name alone.

    Parameters
    ----------
    session : int
        Session of the rebalance's fill.
    stop_filled : int
        Session at which the name's last stop was filled, ``NEVER`` when none was.
    stop_cooldown_days : int
        Sessions after the stop's fill during which the name may not be bought.

    Returns
    -------
    bool
        ``session <= stop_filled + stop_cooldown_days``.

    Examples
    --------
    >>> cooling_down(12, 10, 2), cooling_down(13, 10, 2), cooling_down(0, NEVER, 2)
    (True, False, False)
    """
    return stop_filled != NEVER and session <= stop_filled + stop_cooldown_days
