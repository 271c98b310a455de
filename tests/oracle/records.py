"""What the oracle reads, keeps and gives back: plain lists, dictionaries and floats."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, TypeVar

import numpy as np

__all__ = [
    "NAN",
    "Event",
    "Inputs",
    "Market",
    "OracleResult",
    "Order",
    "Position",
    "RestingStop",
    "Trade",
]

NAN = float("nan")


@dataclass(frozen=True)
class Event:
    """One act of a rule; `security` is -1 where it concerns the whole portfolio."""

    session: int
    kind: str
    security: int = -1
    value: float = NAN
    threshold: float = NAN


@dataclass(frozen=True)
class Trade:
    """One round trip; an open one has exit session -1 and is marked at its last close.

    Entry price is the average cost at the end, exit price the average over all sales, and the
    return is that on all dollars that were ever bought.
    """

    security: int
    entry_session: int
    exit_session: int
    entry_price: float
    exit_price: float
    quantity: float
    notional: float
    trade_return: float
    pnl: float
    costs: float
    holding_sessions: int
    reason: str


@dataclass
class Position:
    """One holding, with all that ever happened to it since it was opened."""

    security: int
    entry_session: int
    value: float = 0.0
    shares: float = 0.0
    average: float = 0.0
    highest: float = -math.inf
    last_price: float = NAN
    bought_dollars: float = 0.0
    bought_shares: float = 0.0
    sold_dollars: float = 0.0
    sold_shares: float = 0.0
    costs: float = 0.0


@dataclass(frozen=True)
class RestingStop:
    """A stop in the market that the session's low reaches, with the values of its event."""

    kind: str
    level: float
    fall: float
    threshold: float


@dataclass(frozen=True)
class Order:
    """A decision that waits for its fill: `kind` is rebalance, rescale or breaker."""

    kind: str
    exposure: float = 0.0
    target: tuple[float, ...] = ()
    alpha: tuple[float, ...] | None = None


_T = TypeVar("_T")


class Inputs(Protocol):
    """Anything with the arrays of ENGINE §1; what is optional may be missing or None."""

    close: np.ndarray
    rebalance: np.ndarray
    target: np.ndarray


class Market:
    """The inputs of ENGINE §1 as plain lists, with every default filled in."""

    def __init__(self, inputs: Inputs) -> None:
        def rows(name: str, default: _T) -> _T:
            given = getattr(inputs, name, None)
            return default if given is None else given.tolist()

        self.close: list[list[float]] = rows("close", [])
        self.sessions = len(self.close)
        self.names = inputs.close.shape[1]
        self.rebalance: list[int] = rows("rebalance", [])
        self.target: list[list[float]] = rows("target", [])
        self.alpha: list[list[float]] | None = rows("alpha", None)
        decisions = len(self.rebalance)
        self.leverage: list[float] = rows("leverage", [1.0] * decisions)
        self.stop_scale: list[float] = rows("stop_scale", [1.0] * decisions)
        self.last_session: list[int] = rows("last_session", [self.sessions] * self.names)
        self.delisting_return: list[float] = rows("delisting_return", [0.0] * self.names)
        self.cash_rate: list[float] = rows("cash_rate", [0.0] * self.sessions)
        self.overlay: list[float] = rows("overlay", [0.0] * self.sessions)
        self.data_ended: list[bool] = rows("data_ended", [False] * self.names)
        self.open: list[list[float]] | None = rows("open", None)
        self.low: list[list[float]] | None = rows("low", None)
        self.decided_at = {session: k for k, session in enumerate(self.rebalance)}

    def bar(self, t: int, i: int) -> float | None:
        """Close of name i at session t, None where there is no bar."""
        if t > self.last_session[i] or math.isnan(self.close[t][i]):
            return None
        return self.close[t][i]

    def opening(self, t: int, i: int) -> float | None:
        """Open of name i at session t, its close where only the open is missing."""
        close = self.bar(t, i)
        if close is None:
            return None
        assert self.open is not None, "fills at the open and resting stops need opens"
        return close if math.isnan(self.open[t][i]) else self.open[t][i]

    def lowest(self, t: int, i: int) -> float | None:
        """Least price that name i is known to have had in session t, None without a bar."""
        close = self.bar(t, i)
        if close is None:
            return None
        assert self.open is not None, "resting stops need opens"
        assert self.low is not None, "resting stops need lows"
        known = (close, self.open[t][i], self.low[t][i])
        return min(price for price in known if not math.isnan(price))


@dataclass
class OracleResult:
    """What ENGINE §5 promises, one list element a session.

    `margin` is the smallest distance from any threshold that a test of the run came within: below
    about 1e-9 the outcome hangs on rounding, and two correct engines may differ.
    """

    initial_nav: float
    margin: float = math.inf
    nav: list[float] = field(default_factory=list)
    gross_return: list[float] = field(default_factory=list)
    net_return: list[float] = field(default_factory=list)
    drawdown: list[float] = field(default_factory=list)
    risk_drawdown: list[float] = field(default_factory=list)
    sigma: list[float] = field(default_factory=list)
    dd_scale: list[float] = field(default_factory=list)
    vol_scale: list[float] = field(default_factory=list)
    leverage: list[float] = field(default_factory=list)
    wanted_exposure: list[float] = field(default_factory=list)
    applied_exposure: list[float] = field(default_factory=list)
    cash: list[float] = field(default_factory=list)
    turnover: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    cost_fraction: list[float] = field(default_factory=list)
    invested: list[float] = field(default_factory=list)
    holdings: list[int] = field(default_factory=list)
    interest: list[float] = field(default_factory=list)
    overlay: list[float] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)

    def series(self) -> dict[str, list[Any]]:
        """Every per-session series by name."""
        skip = {"initial_nav", "margin", "events", "trades", "weights"}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in skip}

    def near(self, distance: float) -> None:
        """Remember that a test was decided by this much."""
        self.margin = min(self.margin, abs(distance))

    def near_tiny(self, excess: float) -> None:
        """Remember a test of `excess` against 1e-12, which exists to swallow rounding.

        What is no more than rounding, and what is far above it, is safe; between the two the
        outcome would hang on the order of a sum.
        """
        if 1e-13 < abs(excess) < 1e-9:
            self.margin = 0.0
