"""Exposure and leverage: what is wanted, how the book follows, what borrowing costs."""

from __future__ import annotations

from core.compiled import compiled
from core.units import SESSIONS_PER_YEAR

__all__ = ["buy_factor", "cash_return", "margin_called", "risk_factor", "wanted_exposure"]


@compiled
def wanted_exposure(scale: float, min_position_scale: float, max_leverage: float) -> float:
    """Exposure that the risk rules want.

    Parameters
    ----------
    scale : float
        Drawdown scale x volatility scale x regime leverage, at least 0.
    min_position_scale : float
        Floor, at most `max_leverage`: scaling never goes below it, only the breaker goes to cash.
    max_leverage : float
        Ceiling.

    Returns
    -------
    float
        Multiple of NAV, ``clip(scale, min_position_scale, max_leverage)``.

    Examples
    --------
    >>> [wanted_exposure(scale, 0.6, 1.0) for scale in (0.3, 0.7, 2.0)]
    [0.6, 0.7, 1.0]
    """
    return min(max(scale, min_position_scale), max_leverage)


@compiled
def risk_factor(wanted: float, applied: float, held: float, max_leverage: float) -> float:
    """Factor on held weights that takes the book from applied to wanted exposure.

    Parameters
    ----------
    wanted, applied : float
        Exposures, multiples of NAV.
    held : float
        Sum of the weights that are scaled.
    max_leverage : float
        Largest sum of weights after scaling.

    Returns
    -------
    float
        ``min(wanted / applied, max_leverage / held)``; 1 when nothing is applied,
        ``wanted / applied`` when nothing is held.

    Examples
    --------
    >>> risk_factor(0.5, 1.0, 0.9, 1.0), risk_factor(1.0, 0.5, 0.8, 1.0)
    (0.5, 1.25)
    >>> risk_factor(0.6, 0.0, 0.5, 1.0), risk_factor(1.0, 0.5, 0.0, 1.0)
    (1.0, 2.0)
    """
    if applied == 0.0:
        return 1.0
    factor = wanted / applied
    return min(factor, max_leverage / held) if held > 0.0 else factor


@compiled
def buy_factor(total: float, buys: float, max_leverage: float) -> float:
    """Factor on the buys of one fill that keeps the book at the leverage limit.

    Parameters
    ----------
    total : float
        Sum of all weights after the fill, names that cannot trade and waiting exits included.
    buys : float
        Sum of the weights to be bought, part of `total`.
    max_leverage : float
        Limit of the sum.

    Returns
    -------
    float
        In [0, 1]; 1 when the total does not exceed the limit by more than 1e-12.

    Examples
    --------
    >>> buy_factor(1.25, 0.5, 1.0), buy_factor(1.5, 0.25, 1.0), buy_factor(0.9, 0.5, 1.0)
    (0.5, 0.0, 1.0)
    """
    if buys <= 0.0 or total <= max_leverage + 1e-12:
        return 1.0
    return max(0.0, (max_leverage - (total - buys)) / buys)


@compiled
def cash_return(cash: float, cash_rate: float, borrow_spread: float) -> float:
    """Return of cash over one session.

    Parameters
    ----------
    cash : float
        Dollars at the close before; negative = borrowed.
    cash_rate : float
        Return per session, a fraction.
    borrow_spread : float
        Fraction a year that borrowed cash pays above `cash_rate`.

    Returns
    -------
    float
        Rate per session; times negative cash it is what borrowing costs.

    Examples
    --------
    >>> cash_return(100.0, 0.0002, 0.0252), round(cash_return(-100.0, 0.0002, 0.0252), 12)
    (0.0002, 0.0003)
    """
    return cash_rate + borrow_spread / SESSIONS_PER_YEAR if cash < 0.0 else cash_rate


@compiled
def margin_called(nav: float, worth: float, maintenance_margin: float) -> bool:
    """Whether NAV is too small a part of what is held.

    Parameters
    ----------
    nav, worth : float
        Dollars; `worth` is the value of all holdings, those on their way out included.
    maintenance_margin : float
        Fraction of `worth` that NAV must be at least; NaN = rule off.

    Examples
    --------
    >>> margin_called(24.0, 100.0, 0.25), margin_called(25.0, 100.0, 0.25)
    (True, False)
    """
    return nav < maintenance_margin * worth
