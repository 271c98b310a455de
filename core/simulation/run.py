"""The way in: validated inputs and a risk configuration to a result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputsError, RuinError
from core.ledger import Events, ExitReason, Trades
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation.event_driven import run_event_driven
from core.simulation.inputs import SimulationInputs, require_prices
from core.simulation.kernel import SOLVENT, run_once
from core.simulation.parameters import pack
from core.simulation.state import EVENT, SERIES, TRADE

__all__ = ["check_initial_nav", "is_event_driven", "simulate", "warm_up"]

# Rows of the tapes at first; a run that needs more is done again with as many as it needs.
_TRADES = 4096
_EVENTS = 8192


def simulate(
    inputs: SimulationInputs,
    risk: RiskConfig,
    *,
    initial_nav: float = 1_000_000.0,
    weights: bool = False,
) -> BacktestResult:
    """Run one backtest as ENGINE §2–§5 say.

    Parameters
    ----------
    inputs : SimulationInputs
        Not modified.
    risk : RiskConfig
        None switches a rule off.
    initial_nav : float
        Dollars of cash before session 0, positive.
    weights : bool
        Whether to return weights T x N as well.

    Returns
    -------
    BacktestResult
        Decisions of session t use data up to t only and fill at t + execution_lag_days.

    Raises
    ------
    RuinError
        When NAV reaches 0.
    InputsError
        When `initial_nav` is not a positive number, or `risk` asks for fills at the open or stops
        inside the session and `inputs` lack the open or the low.
    """
    require_prices(inputs, risk)
    check_initial_nav(initial_nav)
    rules, start = pack([risk]), float(initial_nav)
    held = np.zeros(inputs.shape if weights else (0, 0))
    skips = is_event_driven(risk) and not weights
    series, trades, events = _run(inputs, rules, start, None if skips else held)
    return BacktestResult(
        initial_nav=float(initial_nav),
        **_columns(series, SERIES),
        trades=_trades(trades),
        events=Events(**_columns(events, EVENT)),
        weights=held if weights else None,
    )


def check_initial_nav(initial_nav: float) -> None:
    """Refuse what is not a positive number of dollars."""
    if not (math.isfinite(initial_nav) and initial_nav > 0.0):
        raise InputsError(f"initial_nav must be a positive number of dollars, was {initial_nav!r}")


def is_event_driven(risk: RiskConfig) -> bool:
    """Whether runs of `risk` can skip sessions: those that trade at closes only."""
    return risk.execution == "next_close" and risk.stop_fill == "close"


def _run(
    inputs: SimulationInputs,
    rules: Any,
    initial_nav: float,
    weights: npt.NDArray[np.float64] | None,
) -> tuple[Any, Any, Any]:
    # Series, trades and events, none of them cut off; session by session if there are `weights`.
    capacities = (_TRADES, _EVENTS)
    while True:
        if weights is None:
            series, trades, events, state, ruined = run_event_driven(
                inputs.market, inputs.blocks, rules, initial_nav, np.empty((0, 0)), *capacities
            )
        else:
            series, trades, events, state, ruined = run_once(
                *inputs.market, rules, initial_nav, weights, *capacities
            )
        if ruined != SOLVENT:
            raise RuinError(ruined, float(state["nav"][0]))
        counts = int(state["trades"][0]), int(state["events"][0])
        if counts[0] <= capacities[0] and counts[1] <= capacities[1]:
            return series, trades[: counts[0]], events[: counts[1]]
        capacities = counts


def warm_up() -> None:
    """Compile, or read from the disk cache, everything that :func:`simulate` needs."""
    inputs = SimulationInputs(
        close=np.array([[1.0], [1.1], [1.0]]), rebalance=np.array([0]), target=np.array([[1.0]])
    )
    simulate(inputs, RiskConfig())
    simulate(inputs, RiskConfig(), weights=True)


def _columns(records: Any, dtype: np.dtype[np.void]) -> dict[str, npt.NDArray[Any]]:
    # One transposed copy makes every column contiguous: all fields are 8 bytes wide.
    fields: Any = dtype.fields
    whole = np.ascontiguousarray(records.view(np.int64).reshape(len(records), len(fields)).T)
    floats = whole.view(np.float64)
    return {
        name: (floats if fields[name][0] == np.float64 else whole)[i]
        for i, name in enumerate(fields)
    }


def _trades(records: Any) -> Trades:
    columns = _columns(records, TRADE)
    return Trades(**columns, is_open=columns["reason"] == ExitReason.OPEN)
