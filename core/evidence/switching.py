"""One run whose rules change on given sessions: what a walk-forward leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.errors import ConfigError, InputsError, RuinError
from core.ledger import Events, ExitReason, Trades
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from core.simulation.decisions import scale_stops
from core.simulation.inputs import require_prices
from core.simulation.kernel import (
    SOLVENT,
    new_run,
    open_run,
    pass_session,
    write_open_trades,
)
from core.simulation.parameters import pack
from core.simulation.run import check_initial_nav
from core.simulation.state import Market
from core.units import Ints

__all__ = ["FIXED_FIELDS", "simulate_switching"]

#: How orders are filled is no choice of a day: these fields must be the same all along.
FIXED_FIELDS: Final = ("execution", "stop_fill", "execution_lag_days")

_TRADES, _EVENTS = 4096, 8192  # rows of the tapes at first


def simulate_switching(
    inputs: SimulationInputs,
    risks: Sequence[RiskConfig],
    since: Ints,
    *,
    initial_nav: float = 1_000_000.0,
    weights: bool = False,
) -> BacktestResult:
    """Run one portfolio under rules that change; positions, peaks and windows carry over.

    Parameters
    ----------
    inputs : SimulationInputs
        Not modified.
    risks : sequence of F RiskConfig
        Alike in ``FIXED_FIELDS``.
    since : int64[F]
        Session from which each is in force, its marking included; the first is 0, increasing.
        What was ordered before is filled as it was ordered, at the new cost.
    initial_nav, weights
        As in :func:`~core.simulation.simulate`, as is what raises.

    Returns
    -------
    BacktestResult
        With one configuration, or the same one all along, that of ``simulate``.

    Raises
    ------
    ConfigError
        The configurations differ in ``FIXED_FIELDS``.
    """
    _check(inputs, risks, since)
    check_initial_nav(initial_nav)
    if all(risk == risks[0] for risk in risks):
        return simulate(inputs, risks[0], initial_nav=initial_nav, weights=weights)
    held = np.zeros(inputs.shape if weights else (0, 0))
    starts = np.ascontiguousarray(since, dtype=np.int64)
    capacities = (_TRADES, _EVENTS)
    while True:
        series, trades, events, state, ruined = _run_switching(
            inputs.market, pack(risks), starts, float(initial_nav), held, *capacities
        )
        if ruined != SOLVENT:
            raise RuinError(ruined, float(state["nav"][0]))
        counts = int(state["trades"][0]), int(state["events"][0])
        if counts[0] <= capacities[0] and counts[1] <= capacities[1]:
            break
        capacities = counts
    tape = _columns(trades[: counts[0]])
    return BacktestResult(
        initial_nav=float(initial_nav),
        **_columns(series),
        trades=Trades(**tape, is_open=tape["reason"] == ExitReason.OPEN),
        events=Events(**_columns(events[: counts[1]])),
        weights=held if weights else None,
    )


@compiled
def _run_switching(
    market: Market,
    rules: Any,
    since: npt.NDArray[np.int64],
    initial_nav: float,
    weights: npt.NDArray[np.float64],
    trade_capacity: int,
    event_capacity: int,
) -> tuple[Any, Any, Any, Any, int]:
    # As ``kernel.run_once``, with another row of `rules` from each session of `since` on.
    run = new_run(rules[:1].copy(), market.close.shape, weights, trade_capacity, event_capacity)
    open_run(market, run, initial_nav)
    ruined, segment = SOLVENT, 0
    for t in range(len(market.close)):
        if segment + 1 < len(since) and since[segment + 1] == t:
            segment += 1
            run.rules[0] = rules[segment]
            scale_stops(run.state[0], run.rules[0], run.state[0].stop_scale)
        if not pass_session(market, run, t):
            ruined = t
            break
    if ruined == SOLVENT:
        write_open_trades(run, len(market.close) - 1)
    return run.series, run.trades, run.events, run.state, ruined


def _columns(records: Any) -> dict[str, npt.NDArray[Any]]:
    return {name: np.ascontiguousarray(records[name]) for name in records.dtype.names}


def _check(inputs: SimulationInputs, risks: Sequence[RiskConfig], since: Ints) -> None:
    if not risks or len(since) != len(risks) or since[0] != 0 or (np.diff(since) <= 0).any():
        raise InputsError(
            f"since must have one session a configuration ({len(risks)}), begin with 0 and "
            f"increase, was {list(since)}"
        )
    for risk in risks:
        require_prices(inputs, risk)
        for name in FIXED_FIELDS:
            if getattr(risk, name) != getattr(risks[0], name):
                raise ConfigError(
                    f"risk.{name} must be the same in every setting to choose from, was "
                    f"{getattr(risks[0], name)} and {getattr(risk, name)}: how orders fill is not "
                    "chosen from day to day. Walk each of them on its own"
                )
