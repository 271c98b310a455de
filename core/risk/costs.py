"""Cost control: the alpha-to-cost gate, the turnover cap and what trading costs, ENGINE §4."""

from __future__ import annotations

from core.compiled import compiled

__all__ = ["alpha_hurdle", "cost_rate", "gate_factor", "is_gated", "turnover_factor"]


@compiled
def cost_rate(cost_per_trade_bps: float) -> float:
    """Cost of one traded dollar.

    Parameters
    ----------
    cost_per_trade_bps : float
        Basis points of traded dollars, buys and sells both.

    Returns
    -------
    float
        Fraction of traded dollars.

    Examples
    --------
    >>> cost_rate(10.0)
    0.001
    """
    return cost_per_trade_bps / 1e4


@compiled
def alpha_hurdle(min_alpha_to_cost_ratio: float, cost_per_trade_bps: float) -> float:
    """Smallest expected return worth a round trip.

    Parameters
    ----------
    min_alpha_to_cost_ratio : float
        Round-trip costs that an expected return must cover; NaN = rule off.
    cost_per_trade_bps : float
        Basis points of traded dollars; a round trip pays them twice.

    Returns
    -------
    float
        Return, a fraction; NaN when off.

    Examples
    --------
    >>> alpha_hurdle(1.5, 10.0)
    0.003
    """
    return min_alpha_to_cost_ratio * 2.0 * cost_rate(cost_per_trade_bps)


@compiled
def is_gated(alpha: float, hurdle: float, target: float) -> bool:
    """Whether the gate leaves a name as it is instead of moving it to its target.

    Parameters
    ----------
    alpha : float
        Expected return until the next rebalance, either sign; NaN = not gated.
    hurdle : float
        Result of :func:`alpha_hurdle`; NaN = rule off.
    target : float
        Target weight after stops and cooldowns; a name on its way out (0) is never gated.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_gated(0.001, 0.002, 0.1), is_gated(-0.003, 0.002, 0.1), is_gated(0.001, 0.002, 0.0)
    (True, False, False)
    >>> is_gated(float("nan"), 0.002, 0.1)
    False
    """
    return target != 0.0 and abs(alpha) < hurdle


@compiled
def gate_factor(wanted: float, allowed: float, buys: float) -> float:
    """Factor on the alpha part's buys that keeps gated names from lifting the book.

    Parameters
    ----------
    wanted : float
        Sum of the weights wanted after the gate.
    allowed : float
        Largest sum allowed: the exposure, or the sum of the risk part where that is more.
    buys : float
        Sum of the positive differences between wanted weights and the risk part.

    Returns
    -------
    float
        In [0, 1]; with it the wanted weights sum to `allowed`. 1 when they do not exceed it by more
        than 1e-12.

    Examples
    --------
    >>> gate_factor(1.25, 1.0, 0.5)
    0.5
    >>> gate_factor(0.9, 1.0, 0.5)
    1.0
    """
    excess = wanted - allowed
    if excess <= 1e-12 or buys <= 0.0:
        return 1.0
    return max(0.0, (buys - excess) / buys)


@compiled
def turnover_factor(wanted_turnover: float, max_turnover_per_rebal: float) -> float:
    """Fraction of the alpha part's trades that the turnover cap lets through.

    Parameters
    ----------
    wanted_turnover : float
        Sum of absolute weight changes, buys and sells both counted.
    max_turnover_per_rebal : float
        Fraction of NAV; NaN = rule off.

    Returns
    -------
    float
        ``min(1, max_turnover_per_rebal / wanted_turnover)``.

    Examples
    --------
    >>> turnover_factor(1.2, 0.6), turnover_factor(0.5, 0.6), turnover_factor(1.2, float("nan"))
    (0.5, 1.0, 1.0)
    """
    if wanted_turnover > max_turnover_per_rebal:
        return max_turnover_per_rebal / wanted_turnover
    return 1.0
