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
from tests.oracle.records import NAN, Event, Inputs, Market, OracleResult, Trade
from tests.oracle.state import State

__all__ = ["simulate_plainly"]


def simulate_plainly(
    inputs: Inputs, risk: RiskConfig, *, initial_nav: float = 1_000_000.0
) -> OracleResult:
    """Run one simulation as ENGINE.md says it; `inputs` has the fields of SimulationInputs."""
    if risk.execution != "next_close" or risk.stop_fill != "close":
        raise NotImplementedError("the oracle knows next_close fills and stops on closes")
    market = Market(inputs)
    state = State(market, risk, initial_nav)
    for t in range(market.sessions):
        mark(state, t)
        state.start_session()
        if risk.execution_lag_days == 1:
            fill(state, t)
            update_risk_peak(state)
            decide(state, t)
        else:
            update_risk_peak(state)
            decide(state, t)
            fill(state, t)
        record(state, t)
    close_books(state)
    return state.out


def mark(state: State, t: int) -> None:
    """Step 1: holdings to the close, interest and overlay to cash, delisted names to cash."""
    market, out = state.market, state.out
    interest = overlay = 0.0
    if t > 0:
        rate = market.cash_rate[t]
        if state.cash < 0.0:
            rate += state.risk.borrow_spread / 252
        interest = state.cash * rate
        overlay = market.overlay[t] * out.nav[t - 1]
    out.interest.append(interest)
    out.overlay.append(overlay)
    before = sum(p.value for p in state.positions.values())
    gained = 0.0
    anything_held = bool(state.positions)
    proceeds = 0.0
    for i, position in list(state.positions.items()):
        if t == market.last_session[i] + 1:
            end = position.value * (1.0 + market.delisting_return[i])
            gained += position.value * market.delisting_return[i]
            proceeds += end
            state.delist(t, position, end)
            continue
        close = market.bar(t, i)
        if close is None:
            continue
        moved = close / position.last_close - 1.0
        gained += position.value * moved
        position.value *= 1.0 + moved
        position.last_close = close
        position.highest = max(position.highest, close)
    if anything_held:
        state.sleeve.append(gained / before)
    state.cash += interest + overlay + proceeds
    state.marked_nav = state.nav()
    check_alive(state, t, state.marked_nav)


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
    out.gross_return.append(state.marked_nav / previous - 1.0)
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
