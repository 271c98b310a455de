"""What is decided at a close, ENGINE §3."""

from __future__ import annotations

import math

from tests.oracle.records import NAN, Order
from tests.oracle.state import State

__all__ = ["decide"]


def decide(state: State, t: int) -> None:
    """Decide at the close of t: breaker, then stops, then rebalance or rescale."""
    market, risk = state.market, state.risk
    k = market.decided_at.get(t)
    if k is not None:
        state.leverage = market.leverage[k]
        state.stop_scale = market.stop_scale[k]
    measure(state)
    if state.breaker_is_out:
        if k is None or t <= state.re_entry_after:
            return
        re_enter(state, t)
    elif breaker_trips(state, t):
        return
    stops(state, t)
    e = exposure(state)
    state.wanted = e
    called = margin_called(state, t)
    if k is not None:
        alpha = None if market.alpha is None else tuple(market.alpha[k])
        target = tuple(zeroed(state, i, t, market.target[k][i]) for i in range(market.names))
        state.order = Order("rebalance", e, target, alpha)
        return
    others = [i for i in state.positions if i not in state.exits]
    if called and others and state.applied > 0.0:
        state.order = Order("rescale", e)
        return
    threshold = risk.vol_rebalance_threshold
    if threshold is None or state.applied <= 0.0 or not others:
        return
    off = abs(e / state.applied - 1.0)
    if e != state.applied or not settled(state):
        state.out.near(off - threshold)
    if off > threshold:
        state.order = Order("rescale", e)


def measure(state: State) -> None:
    """Scales of the session, from what is known at its close."""
    risk, out = state.risk, state.out
    state.dd_scale = 1.0
    if risk.max_allowed_drawdown is not None:
        room = 1.0 - abs(state.risk_drawdown) / risk.max_allowed_drawdown
        state.dd_scale = room * room if room > 0.0 else 0.0
        if 0.0 < room < 1e-6:
            out.near(room * room)
    state.vol_scale = 1.0
    days = risk.vol_lookback_days
    if len(state.sleeve) < days:
        return
    window = state.sleeve[-days:]
    mean = math.fsum(window) / days
    variance = math.fsum((r - mean) ** 2 for r in window) / (days - 1)
    state.sigma = math.sqrt(variance) * math.sqrt(252.0)
    spread = max(window) - min(window)
    if any(window) and spread < 1e-4:
        out.near(0.0)  # how much volatility such a window has is a matter of rounding
    if risk.target_annual_vol is not None and state.sigma > 0.0:
        state.vol_scale = risk.target_annual_vol / state.sigma


def exposure(state: State) -> float:
    """Wanted exposure: the scales and the regime leverage, between floor and limit."""
    risk = state.risk
    raw = state.dd_scale * state.vol_scale * state.leverage
    e = min(max(raw, risk.min_position_scale), risk.max_leverage)
    if 0.0 < e < 1e-6:
        state.out.near(e)
    return e


def settled(state: State) -> bool:
    """Whether the wanted exposure has no rounding in it: bounded from afar, or made of inputs."""
    risk = state.risk
    if risk.max_allowed_drawdown is None and risk.target_annual_vol is None:
        return True
    raw = state.dd_scale * state.vol_scale * state.leverage
    return raw < risk.min_position_scale - 1e-9 or raw > risk.max_leverage + 1e-9


def breaker_trips(state: State, t: int) -> bool:
    """Test the breaker; on a trip everything held is to be sold."""
    risk = state.risk
    if risk.circuit_breaker_dd is None or not state.positions:
        return False
    state.out.near(state.risk_drawdown + risk.circuit_breaker_dd)
    if state.risk_drawdown > -risk.circuit_breaker_dd:
        return False
    state.event(t, "breaker", -1, state.risk_drawdown, -risk.circuit_breaker_dd)
    state.breaker_is_out = True
    state.re_entry_after = t + risk.execution_lag_days + risk.breaker_cooldown_days
    for i in state.positions:
        state.exits.setdefault(i, "breaker")
    state.order = Order("breaker")
    state.wanted = NAN
    return True


def re_enter(state: State, t: int) -> None:
    """Come back after the breaker: the risk peak starts again at the NAV of this session."""
    cooldown = state.risk.breaker_cooldown_days
    since_its_fill = t - (state.re_entry_after - cooldown)
    state.event(t, "reentry", -1, since_its_fill, cooldown)
    state.breaker_is_out = False
    state.risk_peak = state.nav()
    state.risk_drawdown = 0.0
    measure(state)


def stops(state: State, t: int) -> None:
    """Test both stops on every name that has a bar and is not on its way out already."""
    risk = state.risk
    if risk.stop_fill == "intraday":
        return  # they rest in the market and are sold inside the session
    for i, position in state.positions.items():
        close = state.market.bar(t, i)
        if i in state.exits or close is None:
            continue
        tests = (
            ("stop", close / position.average - 1.0, risk.position_stop_loss),
            ("trailing", close / position.highest - 1.0, risk.trailing_stop_pct),
        )
        for kind, fall, limit in tests:
            if limit is None:
                continue
            level = -limit * state.stop_scale
            state.out.near(fall - level)
            if fall <= level:
                state.event(t, kind, i, fall, level)
                state.exits[i] = kind
                break


def margin_called(state: State, t: int) -> bool:
    """Test whether NAV is less of what is held than the maintenance margin."""
    margin = state.risk.maintenance_margin
    worth = math.fsum(p.value for p in state.positions.values())
    if margin is None or worth <= 0.0:
        return False
    share = state.nav() / worth
    state.out.near(share - margin)
    if share >= margin:
        return False
    state.event(t, "margin_call", -1, share, margin)
    return True


def zeroed(state: State, i: int, t: int, target: float) -> float:
    """Return the target of name i, 0 while it is on its way out or cooling down after a stop."""
    if i in state.exits:
        return 0.0
    fills_at = t + state.risk.execution_lag_days
    stopped_at = state.stop_filled.get(i)
    if stopped_at is not None and fills_at <= stopped_at + state.risk.stop_cooldown_days:
        return 0.0
    return target
