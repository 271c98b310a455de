"""The blotter of the Trades page: every order of a run and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from core.errors import CancelledError
from core.explain_decision import Order, decide
from core.explain_filled import Fill
from core.explain_passage import Passage, pass_session
from core.explain_state import RunRecord
from core.ledger import EventKind, ExitReason
from dashboard.explanation import record_of
from dashboard.report.explanation_fill import note_of
from dashboard.review_trades import ENDS, Kind, traded_sessions
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = ["BLOTTER", "blotter"]

_CUT: Final = 1e-9  # of NAV: a cap that took less took nothing

#: Columns of the blotter: fractions of NAV before the fill, dollars, prices.
BLOTTER: Final = (
    "date", "ticker", "sector", "kind", "also", "side", "dollars", "price", "before", "after",
    "cost", "profit",
)  # fmt: skip
Side = Literal["buy", "sell", "none"]


def blotter(run: Run, pace: Pace | None = None) -> pd.DataFrame:
    """List every order of a run, name by name, as `plimsoll explain` has it for each session.

    Parameters
    ----------
    run : Run
        With weights.
    pace : Pace, optional
        Thousands of fills take seconds: for a thread of its own.

    Returns
    -------
    DataFrame
        Columns ``BLOTTER``, in order of time. ``kind`` is what was ordered; ``also`` what was
        special (cut by the cap, gated, waiting …). ``dollars`` are negative for sales and 0 where
        nothing was traded; ``profit`` is what a sale realised over its average entry, before
        costs, NaN for buys.

    Raises
    ------
    core.errors.CancelledError
    """
    record, lots = record_of(run), _Lots()
    acted = _acted(run, record)
    rows: list[tuple[Any, ...]] = []
    for number, t in enumerate(acted.tolist()):
        if pace is not None:
            if pace.cancelled():
                raise CancelledError(number, len(acted))
            pace.share(number / len(acted))
        rows += _ended_rows(run, lots, t)
        rows += _session_rows(run, pass_session(record, decide(record, t - record.lag)), lots)
    frame = pd.DataFrame(rows, columns=("session", *BLOTTER[1:]))
    frame.insert(0, "date", run.index[frame.pop("session").to_numpy(np.int64)])
    return frame


def _acted(run: Run, record: RunRecord) -> np.ndarray:
    # Sessions with a fill, an order that came to nothing or a name whose trading ended; at lag 1
    # the first has none.
    events = run.result.events
    kinds = (EventKind.GATE, EventKind.WAITING, EventKind.REBALANCE, EventKind.DELISTED)
    silent = events.session[np.isin(events.kind, kinds)]
    acted: np.ndarray = np.union1d(traded_sessions(run), silent)
    return acted[acted >= record.lag]


class _Lots:
    # Shares and average entry of every name as the fills go by.

    def __init__(self) -> None:
        self._held: dict[int, tuple[float, float]] = {}

    def end(self, i: int, price: float) -> tuple[float, float]:
        """Let a name turn to cash at `price`; return the dollars and what they realised."""
        shares, average = self._held.pop(i)
        return shares * price, shares * (price - average)

    def trade(self, i: int, dollars: float, price: float, *, out: bool) -> float:
        """Buy or sell; return what a sale realised, NaN for a buy."""
        shares, average = self._held.get(i, (0.0, 0.0))
        if dollars > 0.0:
            more = dollars / price
            self._held[i] = shares + more, (shares * average + dollars) / (shares + more)
            return float("nan")
        sold = -dollars / price
        self._held[i] = shares - sold, average
        if out:
            self._held.pop(i, None)
        return -dollars - sold * average


def _ended_rows(run: Run, lots: _Lots, t: int) -> Iterator[tuple[Any, ...]]:
    # Names that turned to cash because they trade no more: no order, no cost, at the last close.
    events, trades = run.result.events, run.result.trades
    gone = events.security[(events.kind == EventKind.DELISTED) & (events.session == t)]
    for i in gone.tolist():
        closes = run.inputs.close[:t, i]
        last = float(closes[np.flatnonzero(np.isfinite(closes))[-1]])
        lost = run.inputs.delisting_return
        price = last * (1.0 + (0.0 if lost is None else float(lost[i])))
        dollars, profit = lots.end(i, price)
        reason = trades.reason[(trades.security == i) & (trades.exit_session == t)][0]
        yield (
            t, run.tickers[i], run.sectors[i], str(ENDS[ExitReason(int(reason))]),
            "no order: trading ended", "sell", -dollars, price,
            dollars / float(run.result.nav[t - 1]), 0.0, 0.0, profit,
        )  # fmt: skip


def _session_rows(run: Run, passed: Passage, lots: _Lots) -> Iterator[tuple[Any, ...]]:
    fill, nav = passed.fill, passed.fill.nav_before
    yield from _stop_rows(run, passed, lots, after_fill=False)
    for row in np.flatnonzero(_ordered(fill)).tolist():
        i, dollars, price = int(fill.security[row]), float(fill.traded[row]), float(fill.price[row])
        profit = float("nan")
        if dollars != 0.0:
            profit = lots.trade(i, dollars, price, out=fill.final[row] == 0.0)
        side: Side = "none" if dollars == 0.0 else "buy" if dollars > 0.0 else "sell"
        yield (
            fill.session, run.tickers[i], run.sectors[i], str(_kind(fill, row)), _also(fill, row),
            side, dollars, price, fill.current[row], fill.final[row], fill.cost_of[row], profit,
        )  # fmt: skip
    yield from _stop_rows(run, passed, lots, after_fill=True, nav=nav)


def _stop_rows(
    run: Run, passed: Passage, lots: _Lots, *, after_fill: bool, nav: float | None = None
) -> Iterator[tuple[Any, ...]]:
    before = nav or float(run.result.nav[passed.fill.session - 1])
    for sale in passed.end.sales:
        if sale.after_fill is after_fill:
            i = sale.security
            profit = lots.trade(i, -sale.dollars, sale.price, out=True)
            yield (
                passed.fill.session, run.tickers[i], run.sectors[i], str(ENDS[sale.reason]),
                "inside the session", "sell", -sale.dollars, sale.price, sale.dollars / before,
                0.0, sale.cost, profit,
            )  # fmt: skip


def _ordered(fill: Fill) -> np.ndarray:
    # What was traded, and what was ordered and came to nothing.
    lapsed = np.isnan(fill.price) & (fill.risk != fill.wanted)
    ordered: np.ndarray = (
        (fill.traded != 0.0) | fill.gated | fill.cooling | lapsed | (fill.exit != ExitReason.OPEN)
    )
    return ordered


def _kind(fill: Fill, row: int) -> Kind:
    if fill.exit[row] != ExitReason.OPEN:
        return ENDS[ExitReason(int(fill.exit[row]))]
    return Kind.RESCALE if fill.order is Order.RESCALE else Kind.REBALANCE


def _also(fill: Fill, row: int) -> str:
    if fill.exit[row] != ExitReason.OPEN:
        return str(Kind.WAITING) if np.isnan(fill.price[row]) else ""
    if fill.gated[row]:
        return str(Kind.GATE)
    if abs(fill.wanted[row] - fill.capped[row]) > _CUT:
        return str(Kind.CAP)
    note = note_of(fill, row)
    return note if note in ("no bar", "cooling down", "new", "sold out") else ""
