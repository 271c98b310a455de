"""Stretches of a simulation's inputs, as if nothing had been before them."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np

from core.errors import InputsError
from core.simulation import SimulationInputs
from core.units import Ints

__all__ = ["BY_REBALANCE", "BY_SESSION", "cut_inputs"]

#: Fields with one row a session, and with one row a rebalance; any but the first of each may be
#: None.
BY_SESSION: Final = ("close", "open", "low", "cash_rate", "overlay")
BY_REBALANCE: Final = ("target", "alpha", "leverage", "stop_scale")


def cut_inputs(inputs: SimulationInputs, first: int, last: int) -> SimulationInputs:
    """Return the sessions `first` to `last`, inclusive, as inputs of their own.

    A run over them starts in cash at the close of `first` and is that of a backtest over these
    dates, with one exception: targets and leverage stay those decided in the whole period. Where
    they depend on the decisions before them (``book.rank_buffer``, ``book.no_trade_band``,
    ``regimes.leverage.max_change``), a backtest that begins at `first` may decide otherwise. Names
    without a target in them are left out.

    Raises
    ------
    InputsError
        The stretch does not lie inside the period.
    """
    sessions = inputs.shape[0]
    if not 0 <= first <= last < sessions:
        raise InputsError(
            f"a stretch must lie within sessions 0 to {sessions - 1}, was {first} to {last}"
        )
    rows = slice(first, last + 1)
    inside = (inputs.rebalance >= first) & (inputs.rebalance <= last)
    names = np.flatnonzero((inputs.target[inside] > 0.0).any(axis=0))
    if not len(names):
        names = np.arange(min(1, inputs.shape[1]))
    changed = {name: _taken(getattr(inputs, name), rows, names) for name in BY_SESSION} | {
        name: _taken(getattr(inputs, name), inside, names) for name in BY_REBALANCE
    }
    for name in ("last_session", "delisting_return", "data_ended"):
        changed[name] = _taken(getattr(inputs, name), names, None)
    if changed["last_session"] is not None:
        changed["last_session"] = np.minimum(changed["last_session"] - first, last + 1 - first)
    return dataclasses.replace(inputs, rebalance=inputs.rebalance[inside] - first, **changed)


def _taken(array: Any, rows: Any, names: Ints | None) -> Any:
    if array is None:
        return None
    kept = array[rows]
    return kept if kept.ndim == 1 or names is None else np.ascontiguousarray(kept[:, names])
