"""One run that looks only where something can happen; the same rules and numbers as the kernel.

Sessions on which an order, an exit, a rebalance or a delisting has to be dealt with take the
kernel's steps one by one; the sessions between them are passed in stretches.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_inner
from core.simulation.blocks import Blocks
from core.simulation.decisions import decide
from core.simulation.kernel import (
    SOLVENT,
    fill_and_record,
    new_run,
    open_run,
    pass_session,
    write_open_trades,
)
from core.simulation.outlook import Desk, new_desk
from core.simulation.state import NOTHING, Market, Run
from core.simulation.stretches import DECIDE, GO_ON, RUINED, pass_stretch

__all__ = ["run_event_driven", "simulate_event_driven"]

# Sessions of a stretch after one that NAV has cut short: what lies beyond a cut is worked out in
# vain, and configurations that rescale every few days would do so again and again.
_SHORTEST = 8
# Not int: to numba a literal is a type of its own, for which the engine would be compiled as well.
_LONGEST = cast(int, np.int64(1 << 40))
_FIRST = cast(int, np.int64(0))


@compiled
def run_event_driven(
    market: Market,
    blocks: Blocks,
    rules: Any,
    initial_nav: float,
    weights: npt.NDArray[np.float64],
    trade_capacity: int,
    event_capacity: int,
) -> tuple[Any, Any, Any, Any, int]:
    """Simulate one configuration that fills and stops at closes; else as ``kernel.run_once``.

    Parameters
    ----------
    weights : float64[0, 0]
        They are not written here.

    Returns
    -------
    series, trades, events, state, ruined
        As ``kernel.run_once`` returns them.
    """
    run = new_run(rules, market.close.shape, weights, trade_capacity, event_capacity)
    desk = new_desk(market.close.shape[1], blocks)
    open_run(market, run, initial_nav)
    ruined = simulate_event_driven(market, blocks, run, desk)
    return run.series, run.trades, run.events, run.state, ruined


@compiled_inner
def simulate_event_driven(market: Market, blocks: Blocks, run: Run, desk: Desk) -> int:
    """Do what ``kernel.simulate_by_session`` does, for fills and stops at closes.

    Parameters
    ----------
    run : Run
        As ``kernel.open_run`` leaves it.

    Returns
    -------
    int
        Session of ruin, ``SOLVENT`` when there was none.
    """
    state = run.state[0]
    sessions = len(market.close)
    reach, t = _LONGEST, _FIRST
    while t < sessions:
        solvent = True
        stopped, ending = t, GO_ON
        if t > 0 and state.order == NOTHING:
            stopped, ending = pass_stretch(market, run, blocks, desk, t, reach)
            if ending == DECIDE:
                reach = max(_SHORTEST, 2 * (stopped - t))
        if ending == RUINED:
            return stopped
        if ending == GO_ON and stopped > t:
            reach = min(2 * reach, _LONGEST)
            t = stopped
            continue
        if ending == DECIDE:
            decide(market, run, stopped)
            if run.rules[0].execution_lag_days == 0:
                solvent = fill_and_record(market, run, stopped)
        else:
            solvent = pass_session(market, run, t)
        if not solvent:
            return stopped
        t = stopped + 1
    write_open_trades(run, sessions - 1)
    return SOLVENT
