"""Drawdown rules: exposure scaling and the circuit breaker, ENGINE §3."""

from __future__ import annotations

import math

from core.compiled import compiled

__all__ = ["breaker_trips", "drawdown_scale"]


@compiled
def drawdown_scale(drawdown: float, max_allowed_drawdown: float) -> float:
    """Exposure multiplier of the drawdown rule.

    Parameters
    ----------
    drawdown : float
        NAV over its risk peak minus 1, in [-1, 0].
    max_allowed_drawdown : float
        Positive fraction of peak NAV; NaN = rule off.

    Returns
    -------
    float
        ``(1 - |drawdown| / max_allowed_drawdown) ** 2`` in [0, 1], 0 at or beyond the maximum, 1
        when off. Uses session t; the simulation fills what follows at t + execution_lag_days.

    Examples
    --------
    >>> drawdown_scale(-0.15, 0.30)
    0.25
    >>> drawdown_scale(-0.40, 0.30)
    0.0
    >>> drawdown_scale(-0.40, float("nan"))
    1.0
    """
    if math.isnan(max_allowed_drawdown):
        return 1.0
    room = 1.0 - abs(drawdown) / max_allowed_drawdown
    return room * room if room > 0.0 else 0.0


@compiled
def breaker_trips(drawdown: float, circuit_breaker_dd: float) -> bool:
    """Whether the circuit breaker sells everything.

    Parameters
    ----------
    drawdown : float
        NAV over its risk peak minus 1, in [-1, 0].
    circuit_breaker_dd : float
        Positive fraction of peak NAV; NaN = rule off.

    Returns
    -------
    bool
        True at or beyond the limit, False when off.

    Examples
    --------
    >>> breaker_trips(-0.35, 0.35), breaker_trips(-0.34, 0.35), breaker_trips(-0.9, float("nan"))
    (True, False, False)
    """
    # A comparison with NaN is False, which is what an absent rule must answer.
    return drawdown <= -circuit_breaker_dd
