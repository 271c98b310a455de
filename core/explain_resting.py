"""Stops that rest in the market over a session, ENGINE §3 and §8: which ones a session reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.explain_state import RunRecord, StopSale, references
from core.explain_switches import Switch, rules_of, without
from core.ledger import EventKind, ExitReason
from core.risk.costs import cost_rate
from core.risk.stops import resting_price, stop_level
from core.rule_walk import stop_scales
from core.units import Bools, Floats

__all__ = ["Resting", "reached", "resting_over", "sell", "waiting"]

_KINDS = {EventKind.STOP: ExitReason.STOP, EventKind.TRAILING: ExitReason.TRAILING}


@dataclass(frozen=True, slots=True, eq=False)
class Resting:
    """The stops in the market over one session, as the close before left them.

    Attributes
    ----------
    average, highest : float64[N]
        Average entry and highest close of what is held.
    waits : bool[N]
        Names whose exit waits for a bar: no stop protects them.
    rules : Any
        Limits, one ``ROW``; NaN = off.
    recorded : bool
        Whether the stops reached are those that the run wrote down, also where rounding decided.
    """

    average: Floats
    highest: Floats
    waits: Bools
    rules: Any
    recorded: bool


def waiting(record: RunRecord, t: int) -> Bools:
    """Return bool[N]: names held after session t whose exit has met a session without a bar."""
    held = record.held
    own = held.held_at_decision(t, 1) & (held.ordered + record.lag <= t)
    found = np.zeros(record.weights.shape[1], dtype=np.bool_)
    found[held.security[own]] = True
    return found


def resting_over(record: RunRecord, t: int, off: Switch | None = None) -> Resting | None:
    """Return the stops that rest over session t, all or without one; None where none can rest."""
    if not record.rests or t == 0:
        return None
    rules = rules_of(record.risk) if off is None else without(rules_of(record.risk), off)
    recorded = off not in (Switch.POSITION_STOP, Switch.TRAILING_STOP)
    average, highest = references(record, t - 1, filled=True)
    return Resting(average, highest, waiting(record, t - 1), rules, recorded)


def reached(record: RunRecord, t: int, resting: Resting) -> dict[int, tuple[ExitReason, float]]:
    """Return reason and level of every stop that the low of session t reaches, by column."""
    scale = float(stop_scales(record.inputs)[t - 1])
    stop = float(resting.rules["position_stop_loss"]) * scale
    trailing = float(resting.rules["trailing_stop_pct"]) * scale
    written = _written(record, t) if resting.recorded else {}
    found: dict[int, tuple[ExitReason, float]] = {}
    for i in np.flatnonzero(np.isfinite(resting.average) & ~resting.waits).tolist():
        levels = {
            ExitReason.STOP: float(stop_level(resting.average[i], stop)),
            ExitReason.TRAILING: float(stop_level(resting.highest[i], trailing)),
        }
        known = {reason: x for reason, x in levels.items() if not math.isnan(x)}
        if i in written:
            found[i] = written[i], levels[written[i]]
        elif known and not (resting.recorded and record.weights[t, i] > 0.0):
            reason = max(known, key=lambda each: known[each])  # the first of equals
            if record.inputs.market.low[t, i] <= known[reason]:
                found[i] = reason, known[reason]
    return found


def sell(
    record: RunRecord,
    t: int,
    resting: Resting,
    i: int,
    at: tuple[ExitReason, float],
    shares: float,
    *,
    after_fill: bool,
) -> StopSale:
    """Sell all shares of name i at its stop in session t."""
    (reason, level), market = at, record.inputs.market
    price = float(resting_price(market.open[t, i], level))
    rate = float(cost_rate(float(resting.rules["cost_per_trade_bps"])))
    reference = resting.average if reason is ExitReason.STOP else resting.highest
    return StopSale(
        security=i,
        reason=reason,
        level=level,
        reference=float(reference[i]),
        opened=float(market.open[t, i]),
        low=float(market.low[t, i]),
        price=price,
        dollars=shares * price,
        cost=shares * price * rate,
        after_fill=after_fill,
    )


def _written(record: RunRecord, t: int) -> dict[int, ExitReason]:
    events = record.result.events
    return {
        int(events.security[m]): _KINDS[EventKind(int(events.kind[m]))]
        for m in np.flatnonzero(events.session == t)
        if int(events.kind[m]) in _KINDS
    }
