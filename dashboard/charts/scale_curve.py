"""The drawdown rule as a curve: from which depth its floor holds."""

from __future__ import annotations

import math

__all__ = ["floor_binds_at"]


def floor_binds_at(maximum: float, floor: float) -> float:
    """Return the drawdown (≤ 0) from which the floor holds exposure up: −D · (1 − √floor).

    Parameters
    ----------
    maximum : float
        Depth D of full scaling, positive fraction of peak NAV.
    floor : float
        Exposure floor; at 1 or above it always binds, at 0 it binds where the scale is 0.

    Examples
    --------
    >>> round(floor_binds_at(0.30, 0.60), 4)
    -0.0676
    """
    return -maximum * (1.0 - math.sqrt(min(max(floor, 0.0), 1.0)))
