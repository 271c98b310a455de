"""What a run leaves behind of its decisions, so that rows that decide alike need not run again.

Two rows that have decided alike so far have one state, and go on alike as long as no test of a
rule on that state comes out differently for them. From one rebalance to the next a run keeps the
extremes of what its rules were tested on. A limit that leaves the extremes where they were leaves
all others there too: the tests are monotone and compare the very same numbers. Where an extreme
takes in more than was tested, rows part that need not have parted; nothing else comes of it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import ExitReason
from core.risk.costs import alpha_hurdle, is_gated, turnover_factor
from core.risk.stops import position_stop_hit, trailing_stop_hit
from core.simulation.blocks import Blocks, width_of
from core.simulation.state import NEVER, Market, Run

__all__ = [
    "forget",
    "same_limit",
    "tests_alike",
    "watch_gate",
    "watch_outlook",
    "watch_tests",
    "watch_turnover",
]


@compiled
def forget(witness: Any) -> None:
    """Start anew: nothing was tested yet."""
    witness.stop_hit = witness.trailing_hit = -math.inf
    witness.stop_missed = witness.trailing_missed = math.inf
    witness.turnover = witness.gated = -math.inf
    witness.ungated = math.inf
    witness.capped = 0


@compiled
def watch_tests(prices: npt.NDArray[np.float64], t: int, run: Run) -> None:
    """Take note of what the stops are about to be tested on at session t."""
    state = run.state[0]
    for j in range(state.held):
        name = run.names[run.held[j]]
        if name.exit == ExitReason.OPEN:
            _watch(run, prices[t, run.held[j]], name.entry, name.high)


@compiled
def _watch(run: Run, price: float, entry: float, high: float) -> None:
    # A price that is a NaN is no bar, and is tested by nobody.
    state, rules = run.state[0], run.rules[0]
    witness = run.witness[state.next_rebalance]
    fall = price / entry - 1.0
    if position_stop_hit(price, entry, rules.position_stop_loss * state.stop_scale):
        witness.stop_hit = max(witness.stop_hit, fall)
        return
    if fall < witness.stop_missed:
        witness.stop_missed = fall
    fall = price / high - 1.0
    if trailing_stop_hit(price, high, rules.trailing_stop_pct * state.stop_scale):
        witness.trailing_hit = max(witness.trailing_hit, fall)
    elif fall < witness.trailing_missed:
        witness.trailing_missed = fall


@compiled
def watch_outlook(
    market: Market, run: Run, blocks: Blocks, hit: npt.NDArray[np.int64], t: int, end: int
) -> None:
    """Take note of what the stops will be tested on from session t up to `end`.

    `hit` is the session at which a stop takes each name held, ``NEVER`` where none does.
    """
    state, rules = run.state[0], run.rules[0]
    b = state.next_rebalance
    witness = run.witness[b]
    stop = rules.position_stop_loss * state.stop_scale
    limit = rules.trailing_stop_pct * state.stop_scale
    lowest, deepest = blocks.lowest[b], blocks.deepest[b]
    for j in range(state.held):
        i = run.held[j]
        name = run.names[i]
        if name.exit != ExitReason.OPEN:
            continue
        # The deepest falls of the block will do, but of names that a stop may take.
        fall = lowest[i] / name.entry - 1.0
        trailing = min(lowest[i] / name.high, deepest[i]) - 1.0
        if (fall <= -stop) | (trailing <= -limit):
            _watch_search(market, run, blocks, i, t, end if hit[j] == NEVER else hit[j] + 1)
        else:
            witness.stop_missed = min(witness.stop_missed, fall)
            witness.trailing_missed = min(witness.trailing_missed, trailing)


@compiled
def _watch_search(market: Market, run: Run, blocks: Blocks, i: int, t: int, end: int) -> None:
    b = run.state[0].next_rebalance
    first = blocks.offset[b] + i * width_of(blocks.start, b) - blocks.start[b]
    entry, high = run.names[i].entry, run.names[i].high
    for s in range(t, end):
        price = blocks.prices[first + s]
        high = high if high > price else price
        if not math.isnan(market.close[s, i]):
            _watch(run, price, entry, high)


@compiled
def watch_turnover(run: Run, turnover: float, capped: bool) -> None:
    """Take note of the turnover that the cap was tested on."""
    witness = run.witness[run.state[0].next_rebalance]
    if capped:
        witness.capped = 1
    else:
        witness.turnover = max(witness.turnover, turnover)


@compiled
def watch_gate(alpha: npt.NDArray[np.float64], run: Run, count: int, hurdle: float) -> None:
    """Take note of the alphas that the gate was tested on, of the first `count` picks."""
    picks = run.picks
    witness = run.witness[run.state[0].next_rebalance]
    for j in range(count):
        size = abs(alpha[picks.security[j]])
        if is_gated(size, hurdle, picks.target[j]):
            witness.gated = max(witness.gated, size)
        elif picks.target[j] != 0.0 and size < witness.ungated:
            witness.ungated = size


@compiled
def same_limit(a: float, b: float) -> bool:
    """Whether two limits are equal, or both off."""
    return a == b or (math.isnan(a) and math.isnan(b))


@compiled
def tests_alike(witness: Any, stop_scale: float, mine: Any, other: Any) -> bool:
    """Whether row `other` passes every test alike that row `mine` left in `witness`.

    Exposure and the breaker are not among them. The rows have the same costs.
    """
    if not same_limit(mine.position_stop_loss, other.position_stop_loss):
        limit = other.position_stop_loss * stop_scale
        if not _stops_alike(witness.stop_hit, witness.stop_missed, limit):
            return False
    if not same_limit(mine.trailing_stop_pct, other.trailing_stop_pct):
        limit = other.trailing_stop_pct * stop_scale
        if not _stops_alike(witness.trailing_hit, witness.trailing_missed, limit):
            return False
    if not same_limit(mine.max_turnover_per_rebal, other.max_turnover_per_rebal):
        limit = other.max_turnover_per_rebal
        if witness.capped or turnover_factor(witness.turnover, limit) < 1.0:
            return False
    if same_limit(mine.min_alpha_to_cost_ratio, other.min_alpha_to_cost_ratio):
        return True
    hurdle = alpha_hurdle(other.min_alpha_to_cost_ratio, other.cost_per_trade_bps)
    return (witness.gated == -math.inf or witness.gated < hurdle) and not witness.ungated < hurdle


@compiled
def _stops_alike(hit: float, missed: float, limit: float) -> bool:
    # As position_stop_hit and trailing_stop_hit test a fall.
    return (hit == -math.inf or hit <= -limit) and not missed <= -limit
