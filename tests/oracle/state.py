"""State of the oracle's portfolio and the two ways in which a holding ends."""

from __future__ import annotations

import math

from core.risk.config import RiskConfig
from tests.oracle.records import (
    NAN,
    Event,
    Market,
    OracleResult,
    Order,
    Position,
    RestingStop,
    Trade,
)

__all__ = ["State"]


class State:
    """Holdings, cash, exposure, peaks and what was decided but not done yet."""

    def __init__(self, market: Market, risk: RiskConfig, initial_nav: float) -> None:
        self.market, self.risk = market, risk
        self.out = OracleResult(initial_nav)
        self.cash = initial_nav
        self.positions: dict[int, Position] = {}
        self.true_peak = self.risk_peak = initial_nav
        self.risk_drawdown = 0.0
        self.applied = 0.0
        self.sleeve: list[float] = []
        self.leverage = self.stop_scale = 1.0
        # Exits that are ordered and not filled, with the reason that came first.
        self.exits: dict[int, str] = {}
        self.order: Order | None = None
        self.stop_filled: dict[int, int] = {}
        self.breaker_is_out = False
        self.re_entry_after = -1
        # Exits of these have met a session without a bar.
        self.waiting: set[int] = set()
        self.start_session()

    def start_session(self) -> None:
        """Forget what belongs to one session only."""
        self.turnover = self.cost = self.cost_fraction = 0.0
        # Of each name held at the session's begin: value and price then, return of the session.
        self.moves: dict[int, tuple[float, float, float]] = {}
        # Names that a resting stop sold: what was ordered for them is void.
        self.void: set[int] = set()
        self.resting: dict[int, RestingStop] = {}
        self.wanted = NAN
        self.sigma: float | None = None
        self.dd_scale = self.vol_scale = 1.0

    def value(self, i: int) -> float:
        """Dollars held in name i."""
        return self.positions[i].value if i in self.positions else 0.0

    def nav(self) -> float:
        """Cash and holdings as they are valued now."""
        return self.cash + math.fsum(p.value for p in self.positions.values())

    def event(
        self, t: int, kind: str, i: int = -1, value: float = NAN, threshold: float = NAN
    ) -> None:
        """Write one event."""
        self.out.events.append(Event(t, kind, i, value, threshold))

    def delist(self, t: int, position: Position, proceeds: float) -> None:
        """Turn a holding into cash without a fill; an exit that waited ends here."""
        i = position.security
        sold_dollars = position.sold_dollars + proceeds
        sold_shares = position.sold_shares + position.shares
        reason = "data_ended" if self.market.data_ended[i] else "delisted"
        held = t - position.entry_session
        self.trade(position, t, sold_dollars, sold_shares, held, reason)
        self.event(t, "delisted", i, self.market.delisting_return[i])
        del self.positions[i]
        self.end_exit(i)

    def end_exit(self, i: int) -> None:
        """Forget an exit that was ordered, because the holding is gone."""
        self.exits.pop(i, None)
        self.waiting.discard(i)

    def book(self, traded: float, nav: float) -> None:
        """Count turnover over `nav` and let its costs leave cash."""
        turnover = traded / nav
        cost = turnover * nav * self.risk.cost_per_trade_bps / 1e4
        self.turnover += turnover
        self.cost += cost
        self.cost_fraction += cost / nav
        self.cash -= cost

    def buy(self, t: int, i: int, dollars: float, price: float) -> None:
        """Add to a holding at its average cost, or open one."""
        if i not in self.positions:
            self.positions[i] = Position(i, t, last_price=price)
        position = self.positions[i]
        shares = dollars / price
        cost_so_far = position.average * position.shares
        position.shares += shares
        position.average = (cost_so_far + dollars) / position.shares
        position.value += dollars
        if self.risk.execution == "next_close":  # an open is not a close
            position.highest = max(position.highest, price)
        position.bought_dollars += dollars
        position.bought_shares += shares
        self._pay(position, dollars)
        self.cash -= dollars

    def sell(self, i: int, dollars: float, price: float) -> None:
        """Take a part off a holding; its average entry stays."""
        position = self.positions[i]
        shares = dollars / price
        if dollars > 0.9999 * position.value:
            self.out.near(0.0)  # shares and dollars that are left differ by rounding
        position.shares -= shares
        position.value -= dollars
        position.sold_dollars += dollars
        position.sold_shares += shares
        self._pay(position, dollars)
        self.cash += dollars

    def sell_all(self, t: int, i: int, reason: str) -> float:
        """End a holding with a fill; return the dollars sold."""
        position = self.positions.pop(i)
        sold_dollars = position.sold_dollars + position.value
        sold_shares = position.sold_shares + position.shares
        self._pay(position, position.value)
        self.cash += position.value
        held = t - position.entry_session
        self.trade(position, t, sold_dollars, sold_shares, held, reason)
        return position.value

    def trade(
        self,
        position: Position,
        exit_session: int,
        sold_dollars: float,
        sold_shares: float,
        held: int,
        reason: str,
    ) -> None:
        """Write one round trip."""
        pnl = sold_dollars - position.bought_dollars
        self.out.trades.append(
            Trade(
                position.security,
                position.entry_session,
                exit_session,
                position.average,
                position.last_price if exit_session < 0 else sold_dollars / sold_shares,
                position.bought_shares,
                position.bought_dollars,
                pnl / position.bought_dollars,
                pnl,
                position.costs,
                held,
                reason,
            )
        )

    def _pay(self, position: Position, dollars: float) -> None:
        position.costs += dollars * self.risk.cost_per_trade_bps / 1e4
