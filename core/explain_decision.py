"""The decision at one close in plain Python, ENGINE §3: made again from the record of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from core.explain_exposure import Exposure, exposure_of
from core.explain_marking import at_decision
from core.explain_resting import waiting
from core.explain_state import Moment, RunRecord, last_close, references, stop_reason
from core.explain_switches import Switch, rules_of, without
from core.ledger import EventKind, ExitReason
from core.risk.drawdown import breaker_trips
from core.risk.stops import position_stop_hit, stop_level, trailing_stop_hit
from core.risk.volatility import rescale_due
from core.rule_walk import stop_scales
from core.units import Bools, Ints

__all__ = ["Decision", "Order", "StopTest", "decide"]

# Without one of these the stops are tested anew; with them they hit what the run says they did,
# also where rounding decided.
_STOPPING: Final = (Switch.POSITION_STOP, Switch.TRAILING_STOP, Switch.CIRCUIT_BREAKER)


class Order(StrEnum):
    """What a decision leaves to be filled, besides exits by stop."""

    NOTHING = "nothing"
    REBALANCE = "rebalance"
    RESCALE = "rescale"
    SELL_ALL = "sell_all"


@dataclass(frozen=True, slots=True)
class StopTest:
    """One name held against its stops at a close.

    Where stops rest in the market, the levels are those that rest there over the next session.

    Attributes
    ----------
    security : int
        Column.
    close, average, highest : float
        Prices: the close, the average entry, the highest close since entry.
    stop_level, trailing_level : float
        Prices at or below which either stop sells; NaN = off.
    hit : ExitReason
        STOP, TRAILING, or OPEN where neither was hit; a stop that rests is not tested on closes.
    """

    security: int
    close: float
    average: float
    highest: float
    stop_level: float
    trailing_level: float
    hit: ExitReason

    @property
    def from_entry(self) -> float:
        """Close over average entry - 1."""
        return self.close / self.average - 1.0

    @property
    def from_high(self) -> float:
        """Close over highest close since entry - 1."""
        return self.close / self.highest - 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What was decided at the close of one session, and on what.

    Attributes
    ----------
    session, fills_at : int
        `fills_at` is T where the data end before the fill.
    order : Order
    rebalance : int
        Row of the book, -1 where this is no rebalance date.
    exposure : Exposure
    tripped, out, reentered : bool
        Whether the breaker trips here, was out when the session began, comes back here.
    out_since, reentry_after : int
        While out: session of its trip, and the last session on which no rebalance may enter; else
        -1.
    stops : tuple of StopTest
        Every test made, or every stop left in the market, the name nearest to its stop first.
    exit : int64[N]
        ExitReason of every exit ordered, those that wait already included.
    ordered : int64[N]
        Session of that order, -1 = none.
    rescale_change, rescale_threshold : float
        Wanted over applied exposure - 1, and the band it was held against (NaN = off).
    margin : float
        NAV over what is held where that is a margin call, else NaN.
    """

    session: int
    fills_at: int
    order: Order
    rebalance: int
    exposure: Exposure
    tripped: bool
    out: bool
    reentered: bool
    out_since: int
    reentry_after: int
    stops: tuple[StopTest, ...]
    exit: Ints
    ordered: Ints
    rescale_change: float
    rescale_threshold: float
    margin: float

    @property
    def leaving(self) -> Bools:
        """bool[N]: names with an exit ordered, which stand outside every other order."""
        leaving: Bools = self.exit != ExitReason.OPEN
        return leaving


def decide(record: RunRecord, t: int, off: Switch | None = None) -> Decision:
    """Make the decision at the close of t again, all or without one part of the overlay.

    Parameters
    ----------
    record : RunRecord
    t : int
    off : Switch, optional
        Thought away for this decision only: everything before it stays as it happened.

    Returns
    -------
    Decision
    """
    rules = rules_of(record.risk) if off is None else without(rules_of(record.risk), off)
    moment = at_decision(record, t)
    k = _rebalance_at(record, t)
    since = _out_since(record, t)
    after = since + record.lag + int(rules["breaker_cooldown_days"]) if since >= 0 else -1
    reentered = since >= 0 and k >= 0 and t > after
    tripped = since < 0 and _trips(record, t, moment, rules)
    active = reentered or (since < 0 and not tripped)
    stops = _stops(record, t, moment, rules, off) if record.rests or active else ()
    exit_, ordered = _exits(moment, t, stops, tripped=tripped)
    exposure = exposure_of(record, t, rules, active, off, moment.nav)
    stays = bool((moment.held & (exit_ == ExitReason.OPEN)).any())
    share = moment.nav / float(moment.value.sum()) if moment.held.any() else math.inf
    called = active and share < float(rules["maintenance_margin"])
    return Decision(
        session=t,
        fills_at=min(t + record.lag, record.sessions),
        order=_order(exposure, rules, tripped, active, k, stays, called),
        rebalance=k,
        exposure=exposure,
        tripped=tripped,
        out=since >= 0,
        reentered=reentered,
        out_since=since,
        reentry_after=after,
        stops=stops,
        exit=exit_,
        ordered=ordered,
        rescale_change=_change(exposure),
        rescale_threshold=float(rules["vol_rebalance_threshold"]),
        margin=share if called else math.nan,
    )


def _trips(record: RunRecord, t: int, moment: Moment, rules: Any) -> bool:
    # A book that holds nothing has nothing for the breaker to sell.
    drawdown = float(record.result.risk_drawdown[t])
    return bool(moment.held.any()) and bool(breaker_trips(drawdown, rules["circuit_breaker_dd"]))


def _stops(
    record: RunRecord, t: int, moment: Moment, rules: Any, off: Switch | None
) -> tuple[StopTest, ...]:
    if record.rests:
        return _left_resting(record, t, rules)
    return _test_stops(record, t, moment, rules, own=off not in _STOPPING)


def _exits(
    moment: Moment, t: int, stops: tuple[StopTest, ...], *, tripped: bool
) -> tuple[Ints, Ints]:
    # Reason and session of every exit ordered: those that wait, and what this close adds.
    exit_, ordered = moment.exit.copy(), moment.ordered.copy()
    if tripped:
        new = moment.held & (exit_ == ExitReason.OPEN)
        exit_[new], ordered[new] = ExitReason.BREAKER, t
    for test in stops:
        if test.hit != ExitReason.OPEN:  # never where the breaker trips: it is not active then
            exit_[test.security], ordered[test.security] = test.hit, t
    return exit_, ordered


def _rebalance_at(record: RunRecord, t: int) -> int:
    rebalance = record.inputs.rebalance
    k = int(np.searchsorted(rebalance, t))
    return k if k < len(rebalance) and rebalance[k] == t else -1


def _out_since(record: RunRecord, t: int) -> int:
    # Session of the trip that keeps the book out when session t begins, -1 when it is not out.
    events = record.result.events
    before = events.session < t
    trips = events.session[before & (events.kind == EventKind.BREAKER)]
    back = events.session[before & (events.kind == EventKind.REENTRY)]
    return int(trips[-1]) if len(trips) > len(back) else -1


def _test_stops(
    record: RunRecord, t: int, moment: Moment, rules: Any, *, own: bool
) -> tuple[StopTest, ...]:
    scale = float(stop_scales(record.inputs)[t])
    stop = float(rules["position_stop_loss"]) * scale
    trailing = float(rules["trailing_stop_pct"]) * scale
    close = record.inputs.close[t]
    average, highest = references(record, t)
    tests = []
    for i in np.flatnonzero(moment.held & (moment.exit == ExitReason.OPEN) & np.isfinite(close)):
        price, entry, high = float(close[i]), float(average[i]), float(highest[i])
        hit = ExitReason.OPEN
        if own:
            happened = stop_reason(record, int(i), t)
            hit = ExitReason.OPEN if happened == ExitReason.BREAKER else ExitReason(happened)
        elif position_stop_hit(price, entry, stop):
            hit = ExitReason.STOP
        elif trailing_stop_hit(price, high, trailing):
            hit = ExitReason.TRAILING
        levels = entry * (1.0 - stop), high * (1.0 - trailing)
        tests.append(StopTest(int(i), price, entry, high, *levels, hit))
    return tuple(sorted(tests, key=lambda test: (test.hit == ExitReason.OPEN, -_nearness(test))))


def _left_resting(record: RunRecord, t: int, rules: Any) -> tuple[StopTest, ...]:
    # With the fill of t also at lag 0: it is what rests over the next session.
    scale = float(stop_scales(record.inputs)[t])
    average, highest = references(record, t, filled=True)
    tests = []
    for i in np.flatnonzero(np.isfinite(average) & ~waiting(record, t)).tolist():
        entry, high = float(average[i]), float(highest[i])
        stop = float(stop_level(entry, float(rules["position_stop_loss"]) * scale))
        trailing = float(stop_level(high, float(rules["trailing_stop_pct"]) * scale))
        close = last_close(record, t, i)
        tests.append(StopTest(i, close, entry, high, stop, trailing, ExitReason.OPEN))
    return tuple(sorted(tests, key=lambda test: -_nearness(test)))


def _nearness(test: StopTest) -> float:
    # The higher of the two levels over the close: 1 or more where one is hit.
    levels = [x for x in (test.stop_level, test.trailing_level) if not math.isnan(x)]
    return max(levels, default=0.0) / test.close


def _order(
    exposure: Exposure,
    rules: Any,
    tripped: bool,
    active: bool,
    k: int,
    stays: bool,
    called: bool,
) -> Order:
    if tripped:
        return Order.SELL_ALL
    if not active:
        return Order.NOTHING
    if k >= 0:
        return Order.REBALANCE
    due = rescale_due(exposure.wanted, exposure.applied, rules["vol_rebalance_threshold"])
    due = due or (called and exposure.applied > 0.0)
    return Order.RESCALE if stays and due else Order.NOTHING


def _change(exposure: Exposure) -> float:
    return exposure.wanted / exposure.applied - 1.0 if exposure.applied > 0.0 else math.nan
