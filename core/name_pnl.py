"""P&L of every name and session of a run, from its weights, the prices and its round trips."""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.errors import InputsError
from core.result import BacktestResult
from core.simulation import SimulationInputs
from core.units import Floats, Ints

__all__ = ["name_pnl"]


def name_pnl(
    inputs: SimulationInputs,
    result: BacktestResult,
    *,
    execution: Literal["next_close", "next_open"] = "next_close",
) -> Floats:
    """Return the P&L of every name and session, before costs.

    A holding gains the return from its last bar; what is filled within the session gains, or
    escapes, the way from the price of the fill to the close. On the session of an exit the P&L is
    what is missing to that of the round trip: so a delisting, and a sale at a stop's price inside
    the session, are exact. Over a name's sessions the P&L sums to that of its trades.

    Parameters
    ----------
    inputs, result, execution
        As in :func:`core.contribution.by_name`, which says what raises InputsError.

    Returns
    -------
    float64[T, N]
        Dollars.
    """
    if result.weights is None:
        raise InputsError("contributions need weights: run simulate with weights=True")
    if result.weights.shape != inputs.shape:
        raise InputsError(
            f"result must be of the same {inputs.shape} sessions and securities as inputs, "
            f"was of {result.weights.shape}"
        )
    value = result.weights * result.nav[:, None]
    last_close = _carried(inputs.close)
    pnl = np.zeros(inputs.shape)
    pnl[1:] = value[:-1] * _returns(last_close)[1:]
    if execution == "next_open" and inputs.open is not None:
        pnl += _after_open(value, last_close, inputs.close, inputs.open)
    _settle_exits(pnl, result)
    return pnl


def _carried(close: Floats) -> Floats:
    # The last finite close up to each session, NaN before the first.
    rows = np.where(np.isfinite(close), np.arange(len(close))[:, None], 0)
    carried: Floats = np.take_along_axis(close, np.maximum.accumulate(rows, axis=0), axis=0)
    return carried


def _returns(last_close: Floats) -> Floats:
    # Return of a holding from its last bar: 0 without a bar.
    returns = np.zeros(last_close.shape)
    known = np.isfinite(last_close[:-1])
    np.divide(last_close[1:], last_close[:-1], out=returns[1:], where=known)
    returns[1:][known] -= 1.0
    return returns


def _after_open(value: Floats, last_close: Floats, close: Floats, opening: Floats) -> Floats:
    # Shares bought at the open move to the close with the rest; shares sold there no longer do.
    shares = np.divide(value, last_close, out=np.zeros_like(value), where=np.isfinite(last_close))
    bought = np.diff(shares, axis=0, prepend=0.0)
    way = close - opening
    return np.where(np.isfinite(way), bought * np.where(np.isfinite(way), way, 0.0), 0.0)


def _settle_exits(pnl: Floats, result: BacktestResult) -> None:
    trades = result.trades
    closed = np.flatnonzero(~trades.is_open)
    so_far = np.cumsum(pnl, axis=0)
    security: Ints = trades.security[closed]
    entry, leave = trades.entry_session[closed], trades.exit_session[closed]
    # A trip that starts on session 0 has nothing before it.
    before = np.where(entry > 0, so_far[np.maximum(entry - 1, 0), security], 0.0)
    missing = trades.pnl[closed] - (so_far[leave, security] - before)
    pnl[leave, security] += missing
