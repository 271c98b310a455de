"""A portfolio carried from one close to the next fill or decision, ENGINE §2 step 1."""

from __future__ import annotations

import numpy as np

from core.explain_resting import Resting, reached, resting_over, sell
from core.explain_state import Moment, RunRecord, StopSale, last_close, stop_reason
from core.explain_switches import Switch
from core.risk.leverage import cash_return
from core.units import Bools, Floats

__all__ = ["at_decision", "before_fill", "mark_on"]


def mark_on(
    record: RunRecord,
    value: Floats,
    cash: float,
    nav: float,
    t: int,
    resting: Resting | None = None,
) -> Moment:
    """Carry a portfolio from the close of t - 1 to just before the fill of t, ENGINE §2 step 1.

    Parameters
    ----------
    record : RunRecord
    value : float64[N]
        Dollars held after the close of t - 1.
    cash, nav : float
        Dollars after it.
    t : int
        At least 1.
    resting : Resting, optional
        The stops in the market; with fills at the open, those act here that the open is at or
        below.

    Returns
    -------
    Moment
        No exit in it is ordered.
    """
    market, none = record.inputs.market, np.zeros(len(value), dtype=np.int64)
    rate = cash_return(cash, float(market.cash_rate[t]), record.risk.borrow_spread)
    cash += cash * rate + float(market.overlay[t]) * nav
    marked, cash, sales = _marked(record, value, cash, t, resting)
    return Moment(t, cash + float(sum(marked)), cash, marked, none, none - 1, sales)


def _marked(
    record: RunRecord, value: Floats, cash: float, t: int, resting: Resting | None
) -> tuple[Floats, float, tuple[StopSale, ...]]:
    # Dollars held by name, cash, and the sales of resting stops on the way.
    market, marked, prices = record.inputs.market, value.copy(), record.paid[t]
    hits = {} if resting is None else reached(record, t, resting)
    sales: list[StopSale] = []
    for i in np.flatnonzero(value > 0.0).tolist():
        if t > market.last_session[i]:
            cash += marked[i] * (1.0 + float(market.delisting_return[i]))
            marked[i] = 0.0
        elif np.isfinite(prices[i]):
            shares = value[i] / last_close(record, t - 1, i)
            marked[i] = shares * prices[i]
            if resting is not None and i in hits and _acts_now(record, t, i, hits[i][1]):
                sales.append(sell(record, t, resting, i, hits[i], shares, after_fill=False))
                marked[i] = 0.0
    cash += sum(sale.dollars for sale in sales) - sum(sale.cost for sale in sales)
    return marked, cash, tuple(sales)


def _acts_now(record: RunRecord, t: int, i: int, level: float) -> bool:
    # With fills at the open, a stop acts before them only where the open is at or below its level.
    return not record.at_open or bool(record.inputs.market.open[t, i] <= level)


def before_fill(record: RunRecord, t: int, off: Switch | None = None) -> Moment:
    """Return the portfolio of session t just before its fill, exits of earlier decisions in it.

    At lag 0 those of this session's decision are not: they come with the decision. `off` is thought
    away of the stops that rest over this session.
    """
    result = record.result
    if t == 0:
        nothing: Floats = np.zeros(record.weights.shape[1])
        none = nothing.astype(np.int64)
        return Moment(0, result.initial_nav, result.initial_nav, nothing, none, none - 1)
    nav, resting = float(result.nav[t - 1]), resting_over(record, t, off)
    value = record.weights[t - 1] * nav
    moment = mark_on(record, value, float(result.cash[t - 1]), nav, t, resting)
    # A spell that the fill of t ends is still held; one that begins there is not yet.
    held = record.held.held_at_decision(t, 0)
    return _with_exits(record, moment, held, t - record.lag)


def at_decision(record: RunRecord, t: int) -> Moment:
    """Return the portfolio on which the close of t decides, exits of earlier decisions in it."""
    if record.lag == 0:
        return before_fill(record, t)
    result = record.result
    nav, none = float(result.nav[t]), np.zeros(record.weights.shape[1], dtype=np.int64)
    value = record.weights[t] * nav
    moment = Moment(t, nav, float(result.cash[t]), value, none, none - 1)
    return _with_exits(record, moment, record.held.held_at_decision(t, record.lag), t)


def _with_exits(record: RunRecord, moment: Moment, held: Bools, until: int) -> Moment:
    # Exits decided before session `until`; they keep their first reason.
    exit_, ordered = moment.exit.copy(), moment.ordered.copy()
    for m in np.flatnonzero(held & (record.held.ordered < until)):
        i, decided = int(record.held.security[m]), int(record.held.ordered[m])
        exit_[i], ordered[i] = stop_reason(record, i, decided), decided
    return Moment(
        moment.session, moment.nav, moment.cash, moment.value, exit_, ordered, moment.sales
    )
