"""What a run returns: curves, trades and events, with the proof that its books balance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.errors import CoreError
from core.ledger import EventKind, Events, Trades
from core.units import Floats, Ints

__all__ = ["BOOKS_TOLERANCE", "BacktestResult", "BooksError"]


BOOKS_TOLERANCE = 1e-9  # of NAV


class BooksError(CoreError, ArithmeticError):
    """Trades, costs, interest and overlay do not add up to what NAV did.

    Attributes
    ----------
    residual : float
        What is missing, over NAV.
    """

    def __init__(self, residual: float) -> None:
        self.residual = residual
        super().__init__(
            "the books do not balance: trade P&L - costs + interest + overlay must equal the "
            f"change of NAV to {BOOKS_TOLERANCE:g} of NAV, was off by {residual:.3e}. This is an "
            "error of the engine, or of prices so extreme that dollars lose their digits: "
            "report it with the scenario"
        )


@dataclass(frozen=True, slots=True, eq=False)
class BacktestResult:
    """One run, ENGINE §5; every array has one value a session, after its fills and costs.

    Attributes
    ----------
    initial_nav : float
        Dollars of cash before session 0.
    nav : float64[T]
        Dollars, after costs.
    gross_return, net_return : float64[T]
        Of the session, before and after its trading costs, over the NAV of the session before.
    drawdown : float64[T]
        NAV over its running maximum (initial NAV included) - 1, in [-1, 0].
    risk_drawdown : float64[T]
        The same over the risk peak, which restarts when the breaker re-enters: what the rules see.
    sigma : float64[T]
        Annualised volatility of the risky sleeve; NaN until the window is full.
    dd_scale, vol_scale, leverage : float64[T]
        The three factors of wanted exposure; leverage is that of the regime in force.
    wanted_exposure : float64[T]
        Exposure decided at the close; NaN while the circuit breaker is out.
    applied_exposure : float64[T]
        Exposure of the last rebalance or rescale fill; 0 before the first and after the breaker's.
    cash : float64[T]
        Dollars; negative = borrowed.
    turnover : float64[T]
        Traded dollars, buys and sells both counted, over NAV before the fill; a stop inside the
        session over the NAV of the session before.
    cost, interest, overlay : float64[T]
        Dollars; interest is negative where borrowing cost more than cash earned.
    cost_fraction : float64[T]
        Cost over the NAV that turnover is taken on: before the fill, or of the session before for a
        stop inside the session.
    invested : float64[T]
        Held value over NAV.
    holdings, flags : int64[T]
        Names held; bits ``EventKind.flag`` of the session's events.
    trades : Trades
    events : Events
    weights : float64[T, N] or None
        Held value of each name over NAV, when asked for.
    books_residual : float
        What the books are off by, over NAV.

    Raises
    ------
    BooksError
        When the books do not balance to 1e-9 of NAV.
    """

    initial_nav: float
    nav: Floats
    gross_return: Floats
    net_return: Floats
    drawdown: Floats
    risk_drawdown: Floats
    sigma: Floats
    dd_scale: Floats
    vol_scale: Floats
    leverage: Floats
    wanted_exposure: Floats
    applied_exposure: Floats
    cash: Floats
    turnover: Floats
    cost: Floats
    cost_fraction: Floats
    invested: Floats
    interest: Floats
    overlay: Floats
    holdings: Ints
    flags: Ints
    trades: Trades
    events: Events
    weights: Floats | None = None
    books_residual: float = field(init=False)

    def __post_init__(self) -> None:
        residual = self._residual()
        if not abs(residual) <= BOOKS_TOLERANCE:  # also refuses NaN
            raise BooksError(residual)
        object.__setattr__(self, "books_residual", residual)

    @property
    def sessions(self) -> int:
        """Number of sessions T."""
        return len(self.nav)

    def happened(self, kind: EventKind) -> npt.NDArray[np.bool_]:
        """Return bool[T]: the sessions with at least one event of `kind`."""
        happened: npt.NDArray[np.bool_] = (self.flags & kind.flag) != 0
        return happened

    def _residual(self) -> float:
        explained = float(
            self.trades.pnl.sum() - self.cost.sum() + self.interest.sum() + self.overlay.sum()
        )
        end = float(self.nav[-1])
        return (explained - (end - self.initial_nav)) / max(end, self.initial_nav)
