"""The numbers of the Trades page, from a run: round trips, and how near each rule came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from core.ledger import ExitReason
from core.stop_room import stop_room
from dashboard.explanation import record_of
from dashboard.memo import kept
from dashboard.run import Run

__all__ = [
    "ENDS",
    "TRIPS",
    "Filters",
    "Kind",
    "filtered",
    "round_trips",
    "traded_sessions",
    "triggers",
]


class Kind(StrEnum):
    """What a row of the blotter comes from."""

    REBALANCE = "rebalance"
    RESCALE = "rescale"
    STOP = "stop"
    TRAILING = "trailing"
    BREAKER = "breaker"
    CAP = "cap"
    GATE = "gate"
    WAITING = "waiting"
    DELISTED = "delisted"
    DATA_ENDED = "data_ended"

    @property
    def label(self) -> str:
        """Name for people."""
        return _LABELS[self]


_LABELS: Final = {
    Kind.REBALANCE: "Rebalance",
    Kind.RESCALE: "Rescale",
    Kind.STOP: "Position stop",
    Kind.TRAILING: "Trailing stop",
    Kind.BREAKER: "Circuit breaker",
    Kind.CAP: "Cut by the turnover cap",
    Kind.GATE: "Left alone by the gate",
    Kind.WAITING: "Waits for a bar",
    Kind.DELISTED: "Delisted",
    Kind.DATA_ENDED: "Data ended",
}
#: What an exit of the ledger is called here.
ENDS: Final = {
    ExitReason.STOP: Kind.STOP,
    ExitReason.TRAILING: Kind.TRAILING,
    ExitReason.BREAKER: Kind.BREAKER,
    ExitReason.REBALANCE: Kind.REBALANCE,
    ExitReason.DELISTED: Kind.DELISTED,
    ExitReason.DATA_ENDED: Kind.DATA_ENDED,
}
#: Columns of the round trips.
TRIPS: Final = (
    "ticker", "sector", "entry_date", "exit_date", "holding_sessions", "entry_price", "exit_price",
    "notional", "trade_return", "pnl", "costs", "profit", "kind",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a table is shown; an empty choice leaves everything in.

    Attributes
    ----------
    names : tuple of str
        Tickers.
    kinds : tuple of Kind
    side : {"", "buy", "sell", "none"}
        "none" = an order that traded nothing.
    first, last : date or None
        Both inclusive; of a round trip, its exit (open ones: the end of the period).
    result : {"", "profit", "loss"}
    """

    names: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    side: str = ""
    first: dt.date | None = None
    last: dt.date | None = None
    result: str = ""


def traded_sessions(run: Run) -> np.ndarray:
    """Return int64[K]: the sessions in which something was traded."""
    sessions: np.ndarray = np.flatnonzero(run.result.turnover > 0.0)
    return sessions


def round_trips(run: Run) -> pd.DataFrame:
    """Return every round trip, the last exit first and open ones on top.

    Returns
    -------
    DataFrame
        Columns ``TRIPS``: ``pnl`` before and ``profit`` after the costs of its buys and sales;
        ``kind`` says what ended it, "open" where nothing has.
    """
    trades = run.result.trades
    frame = trades.frame(run.dates, run.tickers)
    frame["sector"] = [run.sectors[i] for i in trades.security.tolist()]
    frame["profit"] = trades.pnl - trades.costs
    ends = [ENDS.get(ExitReason(reason)) for reason in trades.reason.tolist()]
    frame["kind"] = ["open" if kind is None else str(kind) for kind in ends]
    order = frame["exit_date"].fillna(pd.Timestamp.max.as_unit("s"))
    rows = np.lexsort((frame["ticker"], -order.astype("int64").to_numpy()))
    return frame[list(TRIPS)].iloc[rows].reset_index(drop=True)


def filtered(table: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Return the rows of a blotter, or of round trips, that pass."""
    keep = pd.Series(True, index=table.index)
    when = table["date"] if "date" in table else table["exit_date"]
    if filters.names:
        keep &= table["ticker"].isin(filters.names)
    if filters.kinds:
        kinds = [str(kind) for kind in filters.kinds]
        keep &= table["kind"].isin(kinds) | (
            table["also"].isin(kinds) if "also" in table else False
        )
    if filters.side and "side" in table:
        keep &= table["side"] == filters.side
    if filters.first is not None:
        keep &= when.isna() | (when >= pd.Timestamp(filters.first))
    if filters.last is not None:
        keep &= when.isna() | (when <= pd.Timestamp(filters.last))
    if filters.result:
        sign = 1.0 if filters.result == "profit" else -1.0
        keep &= sign * table["profit"] > 0.0
    return table[keep]


@kept
def triggers(run: Run) -> pd.DataFrame:
    """Return how near every rule came, session by session; not to be written to.

    Returns
    -------
    DataFrame
        Index of dates; ``drawdown`` as the rules see it (≤ 0), ``sigma`` (a year; NaN while the
        window fills), ``position`` and ``trailing`` (how far the nearest name may fall to its
        stop; NaN without one) with ``position_name`` and ``trailing_name``, and what the scale is
        made of: ``dd_scale``, ``vol_scale``, ``leverage``, ``wanted`` (NaN while the breaker is
        out) and ``applied``.
    """
    result, room = run.result, stop_room(record_of(run))
    return pd.DataFrame(
        {
            "drawdown": result.risk_drawdown,
            "sigma": result.sigma,
            "position": room.position,
            "position_name": _named(room.position_name, run.tickers),
            "trailing": room.trailing,
            "trailing_name": _named(room.trailing_name, run.tickers),
            "dd_scale": result.dd_scale,
            "vol_scale": result.vol_scale,
            "leverage": result.leverage,
            "wanted": result.wanted_exposure,
            "applied": result.applied_exposure,
        },
        index=run.index,
    )


def _named(columns: np.ndarray, tickers: Sequence[str]) -> list[str]:
    return [tickers[i] if i >= 0 else "" for i in columns.tolist()]
