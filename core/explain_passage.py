"""One session from its fill to its close and on: all, or without one part, ENGINE §2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.explain_decision import Decision
from core.explain_fill import fill
from core.explain_filled import Fill
from core.explain_marking import before_fill, mark_on
from core.explain_resting import Resting, reached, resting_over, sell
from core.explain_state import Moment, RunRecord, references
from core.explain_switches import Switch, rules_of, without
from core.ledger import ExitReason
from core.units import Floats

__all__ = ["Passage", "next_nav", "pass_session"]


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A session as it went: just before its fill, the fill, and the close.

    Attributes
    ----------
    before : Moment
        Stops that act before the fill are sold, and paid for.
    fill : Fill
    end : Moment
        At the close, with every stop sale of the session.
    turnover : float
        Of all trades of the session: of the fill over NAV before it, of stops over NAV at the
        close before.
    """

    before: Moment
    fill: Fill
    end: Moment
    turnover: float

    @property
    def cost(self) -> float:
        """Dollars that all trades of the session cost."""
        return self.fill.cost + sum(sale.cost for sale in self.end.sales)

    @property
    def weights(self) -> Floats:
        """float64[N]: held value over NAV at the close, as a result records it."""
        return self.end.value / self.end.nav


def pass_session(record: RunRecord, decision: Decision, off: Switch | None = None) -> Passage:
    """Pass the session that fills a decision, all or without one part of the overlay.

    The stops that rest over the session after a decision are part of it. At lag 0 those of the
    fill's session therefore are not: the decision before left them in the market.

    Parameters
    ----------
    record : RunRecord
    decision : Decision
        Made without `off` as well; its fill must lie within the data.
    off : Switch, optional
    """
    t = decision.fills_at
    resting = off if record.lag > 0 else None
    before = before_fill(record, t, resting)
    filled = fill(record, before, decision, off)
    end = _to_close(record, before, filled, resting_over(record, t, resting))
    by_stops = sum(sale.dollars for sale in end.sales)
    share = by_stops / float(record.result.nav[t - 1]) if t > 0 else 0.0
    return Passage(before, filled, end, filled.turnover + share)


def next_nav(record: RunRecord, passed: Passage, off: Switch | None, *, happened: bool) -> float:
    """Return NAV at the first close after the fill.

    Fills at the open: that of the session itself. Fills at the close: that of the session after,
    before its own fill, stops that rest over it included: all of them, but at lag 0 without `off`.
    `happened` says that the passage is the run's own.
    """
    if record.at_open:
        return passed.end.nav
    filled, after = passed.fill, passed.fill.session + 1
    resting = resting_over(record, after) if happened else _resting_after(record, filled, off)
    end = passed.end
    return mark_on(record, end.value, end.cash, end.nav, after, resting).nav


def _to_close(record: RunRecord, before: Moment, filled: Fill, resting: Resting | None) -> Moment:
    # With fills at the open, the stops that the low reaches sell what is left, shares bought at
    # this open included; then what is held is marked at the close.
    t, none = before.session, np.zeros(len(before.value), dtype=np.int64)
    if not record.at_open:
        nav, cash = filled.nav_after, filled.cash_after
        return Moment(t, nav, cash, filled.value, none, none - 1, before.sales)
    close, sales = record.inputs.close[t], list(before.sales)
    hits = {} if resting is None else reached(record, t, resting)
    value, cash = filled.value.copy(), filled.cash_after
    for i in np.flatnonzero(value > 0.0).tolist():
        if not np.isfinite(close[i]):
            continue
        shares = value[i] / record.paid[t, i]
        value[i] = shares * close[i]
        if resting is not None and i in hits:
            sale = sell(record, t, resting, i, hits[i], shares, after_fill=True)
            cash += sale.dollars - sale.cost
            value[i] = 0.0
            sales.append(sale)
    return Moment(t, cash + float(sum(value)), cash, value, none, none - 1, tuple(sales))


def _resting_after(record: RunRecord, filled: Fill, off: Switch | None) -> Resting | None:
    # The stops that another fill than the run's leaves in the market.
    if not record.rests:
        return None
    t = filled.session
    first = record.lag == 0 or t == 0
    average, highest = references(record, t if first else t - 1, filled=not first)
    highest = np.fmax(highest, np.where(np.isnan(highest), np.nan, record.inputs.close[t]))
    waits = np.zeros(len(average), dtype=np.bool_)
    for row, i in enumerate(filled.security.tolist()):
        price, dollars = filled.price[row], filled.traded[row]
        waits[i] = filled.exit[row] != ExitReason.OPEN and np.isnan(price)
        if filled.final[row] == 0.0:
            average[i] = highest[i] = np.nan
        elif dollars > 0.0:
            shares = filled.current[row] * filled.nav_before / price
            paid = average[i] * shares if shares > 0.0 else 0.0
            average[i] = (paid + dollars) / (shares + dollars / price)
            highest[i] = np.fmax(highest[i], price)
    rules = rules_of(record.risk)
    if record.lag == 0 and off is not None:
        rules = without(rules, off)
    return Resting(average, highest, waits, rules, recorded=False)
