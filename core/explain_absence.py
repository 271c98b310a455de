"""Why a name is held, or is not, after any session."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.errors import InputsError
from core.explain_decision import StopTest, decide
from core.explain_fill import fill
from core.explain_filled import Fill
from core.explain_marking import before_fill
from core.explain_selection import Placing, Selection, placing
from core.explain_state import RunRecord, stop_reason
from core.ledger import EventKind, ExitReason
from core.simulation.state import TRADE_NONE

__all__ = ["Standing", "Why", "standing"]


class Why(StrEnum):
    """Why a name is held or not, the first that applies."""

    HELD = "held"
    WAITING = "waiting"
    GONE = "gone"
    BREAKER = "breaker"
    NO_REBALANCE = "no_rebalance"
    STOPPED = "stopped"
    NOT_CHOSEN = "not_chosen"
    COOLING_DOWN = "cooling_down"
    NO_BAR = "no_bar"
    GATED = "gated"
    NO_EXPOSURE = "no_exposure"
    CUT = "cut"


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A name after one session.

    Attributes
    ----------
    why : Why
        ``held``; ``waiting`` = held with an exit that waits for a bar. Not held because it is
        ``gone`` from the market; the ``breaker`` keeps the book out; ``no_rebalance`` was filled
        yet; a stop (or the breaker) sold it after the last rebalance (``stopped``); the last
        rebalance had ``not_chosen`` it, its stop was ``cooling_down``, it had ``no_bar``, was
        ``gated``, was wanted at less than is traded (``no_exposure``), or cap or leverage limit
        left no buy (``cut``).
    name, column : int
        Position in the market, and in the inputs (-1 = never had a target).
    weight : float
        Of NAV.
    since : int
        Session of what is said: of the first buy, the sale, the end, the breaker's trip, or the
        rebalance's fill; -1 without one.
    reason : ExitReason
        Of the sale or of the exit that waits; OPEN else.
    placing : Placing or None
        At the last rebalance that was decided before this session's fill.
    fill : Fill or None
        Of that rebalance, for its steps; None where the breaker kept it out.
    pending : Placing or None
        At a rebalance that is decided at this close and fills later.
    stop : StopTest or None
        Its levels at this close, when they were tested.
    """

    why: Why
    name: int
    column: int
    weight: float
    since: int
    reason: ExitReason
    placing: Placing | None
    fill: Fill | None
    pending: Placing | None
    stop: StopTest | None


def standing(record: RunRecord, selection: Selection, t: int, name: int) -> Standing:
    """Say why a name is held, or is not, after session t.

    Parameters
    ----------
    record : RunRecord
    selection : Selection
    t : int
    name : int
        Position in the market.

    Raises
    ------
    InputsError
        When the session is none of the run, or the name none of the market.
    """
    record.check_session(t)
    if not 0 <= name < len(selection.column):
        raise InputsError(f"name must be from 0 to {len(selection.column) - 1}, was {name}")
    i = int(selection.column[name])
    k = int(np.searchsorted(record.inputs.rebalance, t - record.lag, side="right")) - 1
    decided = decide(record, t)
    filled = _fill_of(record, k)
    why, since, reason = _why(record, selection, t, name, filled)
    later = decided.rebalance if decided.rebalance > k else -1
    return Standing(
        why=why,
        name=name,
        column=i,
        weight=float(record.weights[t, i]) if i >= 0 else 0.0,
        since=since,
        reason=reason,
        placing=placing(selection, k, name) if k >= 0 else None,
        fill=filled,
        pending=placing(selection, later, name) if later >= 0 else None,
        stop=next((test for test in decided.stops if test.security == i), None),
    )


_Answer = tuple[Why, int, ExitReason]


def _why(
    record: RunRecord, selection: Selection, t: int, name: int, filled: Fill | None
) -> _Answer:
    i = int(selection.column[name])
    if i >= 0 and record.weights[t, i] > 0.0:
        return _held(record, t, i)
    out = _breaker(record, t)
    since_fill = -1 if filled is None else filled.session
    sold = _last_sale(record, t, i)
    if i >= 0 and t > record.inputs.market.last_session[i]:
        return Why.GONE, int(record.inputs.market.last_session[i]) + 1, ExitReason.OPEN
    if out >= 0:
        return Why.BREAKER, out, ExitReason.BREAKER
    if filled is None:
        return Why.NO_REBALANCE, -1, ExitReason.OPEN
    if sold is not None and sold[0] >= since_fill and sold[1] != ExitReason.REBALANCE:
        return Why.STOPPED, *sold
    if sold is not None and sold[0] > since_fill:
        return Why.NO_EXPOSURE, *sold  # a rescale to nothing
    return _not_bought(selection, name, i, filled), since_fill, ExitReason.OPEN


def _held(record: RunRecord, t: int, i: int) -> _Answer:
    held = record.held
    own = (held.security == i) & (held.entry <= t) & (t < held.exit)
    m = int(np.flatnonzero(own)[-1])
    if held.ordered[m] <= t - record.lag:
        ordered = int(held.ordered[m])
        return Why.WAITING, ordered, ExitReason(stop_reason(record, i, ordered))
    return Why.HELD, int(held.entry[m]), ExitReason.OPEN


def _breaker(record: RunRecord, t: int) -> int:
    # Session of the trip, when the breaker's sale is filled by t and no re-entry is; else -1.
    events, until = record.result.events, t - record.lag
    trips = events.session[(events.kind == EventKind.BREAKER) & (events.session <= until)]
    back = events.session[(events.kind == EventKind.REENTRY) & (events.session <= until)]
    return int(trips[-1]) if len(trips) > len(back) else -1


def _last_sale(record: RunRecord, t: int, i: int) -> tuple[int, ExitReason] | None:
    trades = record.result.trades
    own = np.flatnonzero((trades.security == i) & ~trades.is_open & (trades.exit_session <= t))
    if i < 0 or not len(own):
        return None
    m = own[np.argmax(trades.exit_session[own])]
    return int(trades.exit_session[m]), ExitReason(int(trades.reason[m]))


def _fill_of(record: RunRecord, k: int) -> Fill | None:
    # The last rebalance up to k that was filled: the breaker may have kept later ones out.
    while k >= 0:
        decision = decide(record, int(record.inputs.rebalance[k]))
        if not math.isnan(decision.exposure.wanted):
            return fill(record, before_fill(record, decision.fills_at), decision)
        k -= 1
    return None


def _not_bought(selection: Selection, name: int, i: int, filled: Fill) -> Why:
    k = filled.rebalance
    if selection.target[k, name] == 0.0:
        return Why.NOT_CHOSEN
    row = filled.row(i)  # what was on its way out has its sale, and is answered by it
    if filled.cooling[row]:
        return Why.COOLING_DOWN
    if math.isnan(filled.price[row]):
        return Why.NO_BAR
    if filled.gated[row]:
        return Why.GATED
    wanted = filled.steps.exposure * selection.target[k, name]
    return Why.NO_EXPOSURE if wanted < TRADE_NONE else Why.CUT
