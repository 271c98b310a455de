"""The overlay as a vectorbt order function, by docs/engine.md: fills at the close, a session later.

vectorbt's simulator calls `fill_nb` before and `decide_nb` after the orders of a session. It is
written to be quick: a session without orders is masked, so that vectorbt asks no name. What the
simulator has no place for is left out: interest on cash, and a cash balance below 0, so that a
purchase that its costs no longer leave room for is cut by them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numba import njit

from core.risk.config import RiskConfig
from core.simulation import SimulationInputs
from core.simulation.parameters import pack

__all__ = ["vectorbt_orders", "vectorbt_rules"]

_NOTHING, _REBALANCE, _RESCALE, _SELL_ALL = range(4)
_STATE = np.dtype(
    [(name, np.float64) for name in ("peak", "applied", "exposure", "leverage")]
    + [
        (name, np.int64)
        for name in ("order", "k", "out", "breaker_filled", "exits", "returns", "masks")
    ]
)


class _Book(NamedTuple):
    rebalance: np.ndarray
    target: np.ndarray
    alpha: np.ndarray
    leverage: np.ndarray


class _Memory(NamedTuple):
    state: np.ndarray
    entry: np.ndarray
    high: np.ndarray
    held: np.ndarray
    leaves: np.ndarray
    stopped: np.ndarray
    change: np.ndarray
    sleeve: np.ndarray


@njit(cache=True)
def fill_nb(c: Any, book: Any, rules: Any, memory: Any) -> tuple[()]:
    """Before the orders of a session: the sleeve's return, and how many shares each name trades."""
    t, state, shares, change = c.i, memory.state[0], c.last_position, memory.change
    now = before = 0.0
    for i in range(len(shares)):
        change[i] = 0.0
        if shares[i] > 0.0:
            now += shares[i] * c.close[t, i]
            before += shares[i] * c.close[t - 1, i]
            if memory.leaves[i]:
                change[i] = -shares[i]
    if before > 0.0:
        memory.sleeve[state.returns] = now / before - 1.0
        state.returns += 1
    trades = state.order != _NOTHING or state.exits > 0
    if not trades:
        if state.masks:
            c.segment_mask[t, c.group] = False
        return ()
    nav = c.last_cash[c.group] + now
    if state.order == _REBALANCE:
        _rebalance_nb(c, book, rules, memory, nav, before > 0.0)
    elif state.order == _RESCALE:
        _scale_nb(c, rules, memory, nav)
    state.applied = 0.0 if state.order == _SELL_ALL else state.applied
    state.order = _NOTHING
    _sales_first_nb(c.call_seq_now, change)
    return ()


@njit(cache=True)
def _sales_first_nb(sequence: np.ndarray, change: np.ndarray) -> None:
    first, last = 0, len(change) - 1
    for i in range(len(change)):
        if change[i] < 0.0:
            sequence[first] = i
            first += 1
        else:
            sequence[last] = i
            last -= 1


@njit(cache=True)
def _risk_factor_nb(c: Any, rules: Any, memory: Any, nav: float) -> float:
    state = memory.state[0]
    held = 0.0
    for i in range(len(memory.leaves)):
        if not memory.leaves[i]:
            held += c.last_position[i] * c.close[c.i, i] / nav
    if state.applied == 0.0:
        return 1.0
    factor = state.exposure / state.applied
    return min(factor, rules.max_leverage / held) if held > 0.0 else factor


@njit(cache=True)
def _scale_nb(c: Any, rules: Any, memory: Any, nav: float) -> None:
    factor = _risk_factor_nb(c, rules, memory, nav)
    for i in range(len(memory.leaves)):
        if not memory.leaves[i]:
            memory.change[i] = c.last_position[i] * (factor - 1.0)
    memory.state[0].applied = memory.state[0].exposure


@njit(cache=True)
def _rebalance_nb(c: Any, book: Any, rules: Any, memory: Any, nav: float, held: bool) -> None:
    t, state = c.i, memory.state[0]
    k, e = state.k - 1, state.exposure
    factor = _risk_factor_nb(c, rules, memory, nav)
    hurdle = rules.min_alpha_to_cost_ratio * 2.0 * rules.cost_per_trade_bps / 1e4
    risk = np.zeros(len(memory.leaves))
    wanted = np.zeros(len(memory.leaves))
    buys = 0.0
    for i in range(len(risk)):
        if memory.leaves[i]:
            continue
        cools = t <= memory.stopped[i] + rules.stop_cooldown_days
        target = 0.0 if cools else book.target[k, i]
        risk[i] = c.last_position[i] * c.close[t, i] / nav * factor
        gated = target != 0.0 and abs(book.alpha[k, i]) < hurdle
        wanted[i] = risk[i] if gated else e * target
        buys += max(0.0, wanted[i] - risk[i])
    excess = wanted.sum() - max(e, risk.sum())
    up = max(0.0, 1.0 - excess / buys) if excess > 1e-12 and buys > 0.0 else 1.0
    turnover = 0.0
    for i in range(len(risk)):
        if wanted[i] > risk[i]:
            wanted[i] = risk[i] + (wanted[i] - risk[i]) * up
        turnover += abs(wanted[i] - risk[i])
    cap = rules.max_turnover_per_rebal
    part = cap / turnover if held and turnover > cap else 1.0
    for i in range(len(risk)):
        if not memory.leaves[i]:
            weight = wanted[i] if part == 1.0 else risk[i] + (wanted[i] - risk[i]) * part
            shares = c.last_position[i]
            memory.change[i] = -shares if weight < 1e-12 else weight * nav / c.close[t, i] - shares
    state.applied = e


@njit(cache=True)
def _mark_nb(c: Any, memory: Any) -> tuple[float, int]:
    # NAV and names held; average entry and highest close follow what the orders became.
    shares, nav, held = c.last_position, c.last_cash[c.group], 0
    for i in range(len(shares)):
        price = c.close[c.i, i]
        memory.leaves[i] = False
        if shares[i] > memory.held[i]:
            paid = memory.entry[i] * memory.held[i] + price * (shares[i] - memory.held[i])
            memory.entry[i] = paid / shares[i]
            memory.high[i] = price if memory.held[i] == 0.0 else memory.high[i]
        memory.held[i] = shares[i]
        if shares[i] > 0.0:
            memory.high[i] = max(memory.high[i], price)
            nav += shares[i] * price
            held += 1
    return nav, held


@njit(cache=True)
def decide_nb(c: Any, book: Any, rules: Any, memory: Any) -> None:
    """After the orders of a session: breaker, stops, exposure, and the order for the next."""
    t, state = c.i, memory.state[0]
    nav, held = _mark_nb(c, memory)
    state.exits = 0
    state.peak = max(state.peak, nav)
    rebalances = state.k < len(book.rebalance) and book.rebalance[state.k] == t
    if rebalances:
        state.leverage = book.leverage[state.k]
        state.k += 1
    if state.out == 1:
        if not rebalances or t - state.breaker_filled <= rules.breaker_cooldown_days:
            return
        state.out = 0
        state.peak = nav
    elif held > 0 and nav / state.peak - 1.0 <= -rules.circuit_breaker_dd:
        memory.leaves[:] = c.last_position > 0.0
        state.exits, state.out, state.order = held, 1, _SELL_ALL
        state.breaker_filled = t + 1
        return
    _stops_nb(c, rules, memory)
    state.exposure = _exposure_nb(rules, memory, nav)
    due = state.applied > 0.0 and held > state.exits
    if rebalances:
        state.order = _REBALANCE
    elif due and abs(state.exposure / state.applied - 1.0) > rules.vol_rebalance_threshold:
        state.order = _RESCALE


@njit(cache=True)
def _stops_nb(c: Any, rules: Any, memory: Any) -> None:
    for i in range(len(memory.leaves)):
        price = c.close[c.i, i]
        if c.last_position[i] > 0.0 and (
            price / memory.entry[i] - 1.0 <= -rules.position_stop_loss
            or price / memory.high[i] - 1.0 <= -rules.trailing_stop_pct
        ):
            memory.leaves[i] = True
            memory.stopped[i] = c.i + 1
            memory.state[0].exits += 1


@njit(cache=True)
def _exposure_nb(rules: Any, memory: Any, nav: float) -> float:
    state, scale = memory.state[0], memory.state[0].leverage
    if not math.isnan(rules.max_allowed_drawdown):
        scale *= max(0.0, 1.0 + (nav / state.peak - 1.0) / rules.max_allowed_drawdown) ** 2
    window = rules.vol_lookback_days
    if not math.isnan(rules.target_annual_vol) and state.returns >= window:
        last = memory.sleeve[state.returns - window : state.returns]
        sigma = math.sqrt(((last - last.mean()) ** 2).sum() / (window - 1) * 252.0)
        scale *= rules.target_annual_vol / sigma if sigma > 0.0 else 1.0
    return min(max(scale, rules.min_position_scale), rules.max_leverage)


def vectorbt_rules(inputs: SimulationInputs, risk: RiskConfig, *, masked: bool = True) -> Any:
    """Return vectorbt's portfolio of `inputs` under every rule of `risk`; every name has bars.

    Not `masked`, every name is asked for its order at every session, as vectorbt does by itself.
    """
    import vectorbt as vbt
    from vectorbt.portfolio.enums import Direction, SizeType

    sessions, names = inputs.shape
    order = _order_function(vbt.portfolio.nb.order_nb, SizeType.Amount, Direction.LongOnly)
    count, state = len(inputs.rebalance), np.zeros(1, _STATE)
    state["leverage"], state["masks"] = 1.0, masked
    alpha = np.full((count, names), np.inf) if inputs.alpha is None else inputs.alpha
    leverage = np.ones(count) if inputs.leverage is None else inputs.leverage
    memory = _Memory(
        state, *np.zeros((3, names)), np.zeros(names, np.bool_), np.full(names, -(10**6)),
        np.zeros(names), np.zeros(sessions),
    )  # fmt: skip
    active = np.ones((sessions, 1), np.bool_)
    shared = (_Book(inputs.rebalance, inputs.target, alpha, leverage), pack([risk])[0], memory)
    return vbt.Portfolio.from_order_func(
        pd.DataFrame(inputs.close), order, memory.change, risk.cost_per_trade_bps / 1e4,
        init_cash=1e6, cash_sharing=True, group_by=True, freq="1D",
        segment_mask=active, call_pre_segment=True,
        call_post_segment=True, pre_segment_func_nb=fill_nb, pre_segment_args=shared,
        post_segment_func_nb=decide_nb, post_segment_args=shared, fill_pos_record=False,
    )  # fmt: skip


_ORDER: list[Any] = []


def _order_function(order_nb: Any, size_type: int, direction: int) -> Any:
    # Once a process: vectorbt compiles its simulator anew for every function it is given.
    if not _ORDER:

        @njit
        def order(c: Any, change: np.ndarray, fees: float) -> Any:
            return order_nb(change[c.col], c.close[c.i, c.col], size_type, direction, fees)

        _ORDER.append(order)
    return _ORDER[0]


def vectorbt_orders(inputs: SimulationInputs, cost_bps: float, engine: str | None = None) -> Any:
    """Return vectorbt's portfolio of the books alone, filled a session after they are decided."""
    import vectorbt as vbt

    size = np.full(inputs.shape, np.nan)
    filled = inputs.rebalance + 1 < len(size)
    size[inputs.rebalance[filled] + 1] = inputs.target[filled]
    chosen = {} if engine is None else {"engine": engine}
    return vbt.Portfolio.from_orders(
        pd.DataFrame(inputs.close), size=size, size_type="targetpercent", init_cash=1e6,
        fees=cost_bps / 1e4, group_by=True, cash_sharing=True, call_seq="auto", freq="1D", **chosen,
    )  # fmt: skip
