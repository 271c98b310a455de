"""What is known of one fill: the book's numbers step by step, and every name's weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.explain_decision import Order
from core.ledger import ExitReason
from core.units import Bools, Floats, Ints

__all__ = ["Fill", "Steps"]


@dataclass(frozen=True, slots=True)
class Steps:
    """The numbers of a fill that concern the whole book; NaN where a step was not taken.

    Attributes
    ----------
    exposure, applied : float
        Wanted by the order, and in force before it.
    risk_factor : float
        f of step 1, also of a rescale.
    hurdle : float
        Expected return that the gate asks for.
    gate_factor : float
        On buys, so that gated names do not lift the book.
    turnover : float
        Σ |g - b|: what the alpha part wanted to trade, over NAV.
    cap_factor : float
        m of step 3.
    total : float
        Sum of all weights before step 4.
    buy_factor : float
        On buys, so that the book stays at the leverage limit.
    """

    exposure: float = math.nan
    applied: float = math.nan
    risk_factor: float = math.nan
    hurdle: float = math.nan
    gate_factor: float = math.nan
    turnover: float = math.nan
    cap_factor: float = math.nan
    total: float = math.nan
    buy_factor: float = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """One fill, name by name; weights are fractions of NAV just before it.

    Attributes
    ----------
    session, decided : int
    order : Order
    rebalance : int
        Row of the book; -1 where this is no rebalance.
    steps : Steps
    nav_before, nav_after, cash_after, cost, turnover : float
        Dollars, but turnover: traded dollars over `nav_before`.
    applied_after : float
        Exposure in force from here on.
    security : int64[M]
        Columns of what was held or targeted, ascending.
    price : float64[M]
        NaN = no bar: the name does not trade.
    exit : int64[M]
        ExitReason of an exit that was ordered: it is sold, or waits where there is no bar.
    target, alpha : float64[M]
        Target of the book after zeroing, and expected return; NaN where there is none.
    gated, cooling : bool[M]
        Left alone by the gate; target zeroed because its stop was filled too short a time ago.
    current, risk, wanted, capped, final : float64[M]
        Weights before (c), of the risk part (b), after the gate (g), after the turnover cap (w),
        and after the leverage limit and the exits: what is held in the end.
    traded : float64[M]
        Dollars, negative = sold.
    cost_of : float64[M]
        Dollars.
    value : float64[N]
        Dollars held after the fill, in the columns of the inputs.
    """

    session: int
    decided: int
    order: Order
    rebalance: int
    steps: Steps
    nav_before: float
    nav_after: float
    cash_after: float
    cost: float
    turnover: float
    applied_after: float
    security: Ints
    price: Floats
    exit: Ints
    target: Floats
    alpha: Floats
    gated: Bools
    cooling: Bools
    current: Floats
    risk: Floats
    wanted: Floats
    capped: Floats
    final: Floats
    traded: Floats
    cost_of: Floats
    value: Floats

    @property
    def weights(self) -> Floats:
        """float64[N]: held value over NAV after costs; with fills at the close as recorded."""
        return self.value / self.nav_after

    @property
    def happened(self) -> bool:
        """Whether there was anything to fill."""
        return self.order is not Order.NOTHING or bool((self.exit != ExitReason.OPEN).any())

    def row(self, security: int) -> int:
        """Return the place of a column in this fill, -1 where it was neither held nor targeted."""
        found = np.flatnonzero(self.security == security)
        return int(found[0]) if len(found) else -1
