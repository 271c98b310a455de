"""The session loop of ENGINE §2: mark, fill, record, decide; at lag 0, decide, then fill.

Written from the contract alone. It visits every name, keeps every number and makes no attempt at
speed: it is there to be read beside the contract and to be believed.
"""

from __future__ import annotations

import math

from core.errors import RuinError
from core.risk.config import RiskConfig
from tests.oracle.decisions import decide
from tests.oracle.fills import fill
from tests.oracle.records import NAN, Event, Inputs, Market, OracleResult, Position, Trade
from tests.oracle.resting import resting_stops, sell_at_stop
from tests.oracle.state import State

__all__ = ["simulate_plainly"]


def simulate_plainly(
    inputs: Inputs, risk: RiskConfig, *, initial_nav: float = 1_000_000.0
) -> OracleResult:
    """Run one simulation as ENGINE.md says it; `inputs` has the fields of SimulationInputs."""
    market = Market(inputs)
    state = State(market, risk, initial_nav)
    for t in range(market.sessions):
        state.start_session()
        mark(state, t)
        if risk.execution_lag_days == 1:
            fill(state, t)
            if risk.execution == "next_open":
                go_to_close(state, t)
            append_sleeve(state)
            update_risk_peak(state)
            decide(state, t)
        else:
            append_sleeve(state)
            update_risk_peak(state)
            decide(state, t)
            fill(state, t)
        record(state, t)
    close_books(state)
    return state.out


def mark(state: State, t: int) -> None:
    """Step 1: interest and overlay to cash, delisted names to cash, holdings to their price."""
    market, out, risk = state.market, state.out, state.risk
    interest = overlay = 0.0
    if t > 0:
        rate = market.cash_rate[t]
        if state.cash < 0.0:
            rate += risk.borrow_spread / 252
        interest = state.cash * rate
        overlay = market.overlay[t] * out.nav[t - 1]
    out.interest.append(interest)
    out.overlay.append(overlay)
    state.resting = resting_stops(state, t) if risk.stop_fill == "intraday" else {}
    proceeds = 0.0
    for i, position in list(state.positions.items()):
        if t == market.last_session[i] + 1:
            state.moves[i] = position.value, position.last_price, market.delisting_return[i]
            end = position.value * (1.0 + market.delisting_return[i])
            proceeds += end
            state.delist(t, position, end)
            continue
        close = market.bar(t, i)
        if close is None:
            state.moves[i] = position.value, position.last_price, 0.0
            continue
        moved = close / position.last_price - 1.0
        state.moves[i] = position.value, position.last_price, moved
        if risk.execution == "next_open":
            revalue(position, market.opening(t, i))
        else:
            revalue(position, close)
            position.highest = max(position.highest, close)
    state.cash += interest + overlay + proceeds
    for i, stop in state.resting.items():
        opening = market.opening(t, i)
        assert opening is not None
        if risk.execution == "next_close":
            sell_at_stop(state, t, i, stop, min(opening, stop.level))
        else:
            state.out.near(opening / stop.level - 1.0)
            if opening <= stop.level:
                sell_at_stop(state, t, i, stop, opening)
    check_alive(state, t, state.nav())


def go_to_close(state: State, t: int) -> None:
    """After fills at the open: stops that the low reaches, then marks at the close."""
    for i, stop in state.resting.items():
        if i in state.positions and i not in state.void:
            sell_at_stop(state, t, i, stop, stop.level)
    for i, position in state.positions.items():
        close = state.market.bar(t, i)
        if close is not None:
            revalue(position, close)
            position.highest = max(position.highest, close)


def revalue(position: Position, price: float | None) -> None:
    """Move a holding from its last price to this one."""
    assert price is not None
    position.value *= price / position.last_price
    position.last_price = price


def append_sleeve(state: State) -> None:
    """Add the session's return of what was held at its begin to the volatility window."""
    if state.moves:
        held = state.moves.values()
        gained = sum(value * moved for value, _, moved in held)
        state.sleeve.append(gained / sum(value for value, _, _ in held))


def update_risk_peak(state: State) -> None:
    """Risk peak and drawdown on NAV as it stands: recorded at lag 1, marked at lag 0."""
    nav = state.nav()
    state.risk_peak = max(state.risk_peak, nav)
    state.risk_drawdown = nav / state.risk_peak - 1.0


def check_alive(state: State, t: int, nav: float) -> None:
    """Raise RuinError at or below zero."""
    if abs(nav) < 1e-4 * state.out.initial_nav:
        state.out.near(0.0)  # what is left of large sums that cancel is rounding
    if nav <= 0.0:
        raise RuinError(t, nav)


def record(state: State, t: int) -> None:
    """Step 3 and the rest of what is known at the end of session t."""
    out, market = state.out, state.market
    nav = state.nav()
    check_alive(state, t, nav)
    previous = out.nav[-1] if out.nav else out.initial_nav
    state.true_peak = max(state.true_peak, nav)
    out.nav.append(nav)
    out.gross_return.append((nav + state.cost) / previous - 1.0)
    out.net_return.append(nav / previous - 1.0)
    out.drawdown.append(nav / state.true_peak - 1.0)
    out.risk_drawdown.append(state.risk_drawdown)
    out.sigma.append(NAN if state.sigma is None else state.sigma)
    out.dd_scale.append(state.dd_scale)
    out.vol_scale.append(state.vol_scale)
    out.leverage.append(state.leverage)
    out.wanted_exposure.append(state.wanted)
    out.applied_exposure.append(state.applied)
    out.cash.append(state.cash)
    out.turnover.append(state.turnover)
    out.cost.append(state.cost)
    out.cost_fraction.append(state.cost_fraction)
    values = [state.value(i) for i in range(market.names)]
    out.invested.append(sum(values) / nav)
    out.holdings.append(len(state.positions))
    out.weights.append([value / nav for value in values])


def close_books(state: State) -> None:
    """Mark what is still open and put trades in the order in which they were entered."""
    last = state.market.sessions - 1
    for position in state.positions.values():
        sold_dollars = position.sold_dollars + position.value
        sold_shares = position.sold_shares + position.shares
        state.trade(position, -1, sold_dollars, sold_shares, last - position.entry_session, "open")
    state.out.trades.sort(key=_entry_order)
    state.out.events.sort(key=_event_order)
    assert all(math.isfinite(trade.pnl) for trade in state.out.trades)


def _entry_order(trade: Trade) -> tuple[int, int]:
    return trade.entry_session, trade.security


def _event_order(event: Event) -> tuple[int, str, int]:
    return event.session, event.kind, event.security
