"""What a fill does to the portfolio, ENGINE §4."""

from __future__ import annotations

from dataclasses import replace

from tests.oracle.records import NAN, Order
from tests.oracle.state import State

__all__ = ["fill"]

TINY = 1e-12


def fill(state: State, t: int) -> None:
    """Fill what was decided, and every exit that waits for its bar, at the prices of t."""
    order, state.order = state.order, None
    nav_pre = state.nav()
    held_before = bool(state.positions)
    leaving = set(state.exits)
    traded = 0.0
    # Weights come before the exits are sold: what is decided here stands on NAV before the fill.
    final = {} if order is None else wanted_weights(state, t, order, nav_pre, held_before)
    for i in sorted(leaving):
        if state.market.bar(t, i) is None:
            state.event(t, "waiting", i, state.value(i) / nav_pre)
            state.waiting.add(i)
            continue
        reason = state.exits[i]
        state.end_exit(i)
        traded += state.sell_all(t, i, reason)
        if reason in ("stop", "trailing"):
            state.stop_filled[i] = t
    for i, weight in final.items():
        traded += move_to(state, t, i, weight, nav_pre)
    state.book(traded, nav_pre)
    if order is not None:
        state.applied = 0.0 if order.kind == "breaker" else order.exposure


def wanted_weights(
    state: State, t: int, order: Order, nav_pre: float, held_before: bool
) -> dict[int, float]:
    """Final weight of every name that can trade and is not on its way out."""
    if order.kind == "breaker":
        return {}
    market = state.market
    others = [i for i in range(market.names) if i not in state.exits]
    can_trade = [i for i in others if market.bar(t, i) is not None]
    c = {i: state.value(i) / nav_pre for i in others}
    f = rescaling(state, order.exposure, sum(c.values()))
    if order.kind == "rescale":
        threshold = state.risk.vol_rebalance_threshold  # off: only a margin call rescales
        change = order.exposure / state.applied - 1.0
        state.event(t, "rescale", -1, change, NAN if threshold is None else threshold)
        return {i: c[i] * f for i in can_trade}
    state.event(t, "rebalance", -1, order.exposure)
    if state.void:
        target = tuple(0.0 if i in state.void else x for i, x in enumerate(order.target))
        order = replace(order, target=target)
    b = {i: c[i] * f for i in others}
    g = gated(state, t, order, b)
    w = capped(state, t, b, g, held_before)
    return limited(state, t, nav_pre, c, {i: w[i] for i in can_trade})


def rescaling(state: State, e: float, held: float) -> float:
    """Factor of the risk part: from applied exposure to e, never past the leverage limit."""
    if state.applied == 0.0:
        return 1.0
    if held == 0.0:
        return e / state.applied
    return min(e / state.applied, state.risk.max_leverage / held)


def gated(state: State, t: int, order: Order, b: dict[int, float]) -> dict[int, float]:
    """Step 2: names not worth their round trip keep their risk part."""
    ratio, e = state.risk.min_alpha_to_cost_ratio, order.exposure
    g = {i: e * order.target[i] for i in b}
    left_alone = 0
    worth = 0.0
    if ratio is not None and order.alpha is not None:
        worth = ratio * 2.0 * state.risk.cost_per_trade_bps / 1e4
        for i in b:
            if order.target[i] == 0.0 or order.alpha[i] != order.alpha[i]:
                continue
            if not (worth == 0.0 and order.alpha[i] == 0.0):
                state.out.near(abs(order.alpha[i]) - worth)
            if abs(order.alpha[i]) < worth:
                g[i] = b[i]
                left_alone += 1
    if left_alone:
        state.event(t, "gate", -1, left_alone, worth)
    most = max(e, sum(b.values()))
    excess = sum(g.values()) - most
    state.out.near_tiny(excess)
    if excess > TINY:
        up = sum(g[i] - b[i] for i in b if g[i] > b[i])
        down = sum(g[i] - b[i] for i in b if g[i] <= b[i])
        factor = (most - sum(b.values()) - down) / up
        g = {i: b[i] + (g[i] - b[i]) * (factor if g[i] > b[i] else 1.0) for i in b}
    return g


def capped(
    state: State, t: int, b: dict[int, float], g: dict[int, float], held_before: bool
) -> dict[int, float]:
    """Step 3: all moves shrink by one factor where they would trade more than the cap."""
    cap = state.risk.max_turnover_per_rebal
    total = sum(abs(g[i] - b[i]) for i in b)
    m = 1.0
    if cap is not None and held_before:
        if total > 0.0 or any(b.values()):  # what stays as it is may seem to move by rounding
            state.out.near(cap - total)
        if total > cap:
            m = cap / total
    if m < 1.0:
        state.event(t, "cap", -1, total, cap if cap is not None else 0.0)
    # At m = 1 the move is taken whole, so that a name that leaves is left with exactly nothing.
    return {i: g[i] if m == 1.0 else b[i] + m * (g[i] - b[i]) for i in b}


def limited(
    state: State, t: int, nav_pre: float, c: dict[int, float], w: dict[int, float]
) -> dict[int, float]:
    """Step 4: buys shrink until the whole book, frozen names included, is within the limit."""
    limit = state.risk.max_leverage
    frozen = sum(c[i] for i in c if i not in w)
    waiting = sum(state.value(i) / nav_pre for i in state.exits if state.market.bar(t, i) is None)
    total = sum(w.values()) + frozen + waiting
    bought = sum(w[i] - c[i] for i in w if w[i] > c[i])
    state.out.near_tiny(total - limit)
    if total <= limit + TINY or bought <= 0.0:
        return w
    if bought < 1e-9:  # there may be a buy by rounding only
        state.out.near(bought)
    state.event(t, "leverage_limit", -1, total, limit)
    factor = max(0.0, (limit - (total - bought)) / bought)
    return {i: c[i] + (w[i] - c[i]) * factor if w[i] > c[i] else w[i] for i in w}


def move_to(state: State, t: int, i: int, weight: float, nav_pre: float) -> float:
    """Trade name i to its final weight; return the dollars traded."""
    at_open = state.risk.execution == "next_open"
    price = state.market.opening(t, i) if at_open else state.market.bar(t, i)
    assert price is not None
    current = state.value(i) / nav_pre
    state.out.near_tiny(weight - current)
    if abs(weight - current) < TINY:
        return 0.0
    state.out.near_tiny(weight)
    if weight < TINY:
        return state.sell_all(t, i, "rebalance")
    dollars = weight * nav_pre - state.value(i)
    if dollars > 0.0:
        state.buy(t, i, dollars, price)
    else:
        state.sell(i, -dollars, price)
    return abs(dollars)
