"""Why a session was what it was: its decision, its fill, its events, and what else could have been.

Every number is made again from the record of the run with the rules themselves, so it is the one
that the run had.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.explain_decision import Decision, decide
from core.explain_fill import fill
from core.explain_filled import Fill
from core.explain_state import RunRecord, before_fill, mark_on
from core.explain_switches import Switch
from core.ledger import EventKind
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs

__all__ = ["Alternative", "Event", "Explanation", "explain", "explain_record"]

_SAME = 1e-12  # weights, or fractions of NAV: no difference


@dataclass(frozen=True, slots=True)
class Event:
    """One act of a rule with what triggered it; units as in :class:`~core.ledger.Events`."""

    kind: EventKind
    security: int
    value: float
    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """One decision and its fill without one part of the overlay; what came before as it happened.

    Exact for this one step: what later sessions would have done with it is the rule account's.

    Attributes
    ----------
    off : Switch
        Thought away.
    decision : Decision
    fill : Fill or None
        None where the data end before the fill.
    wanted_change : float
        Its wanted exposure minus that of the run; NaN where one of them is undefined.
    moved : float
        Σ |difference of weights after the fill|, over NAV before it; NaN without a fill.
    cost_change : float
        Dollars of cost more (or fewer, negative) at the fill; NaN without one.
    next_session : int
        Session of the close after the fill, -1 where the data end.
    nav_change : float
        Dollars of NAV more (or fewer) at that close before its own fill; NaN where there is none.
    """

    off: Switch
    decision: Decision
    fill: Fill | None
    wanted_change: float
    moved: float
    cost_change: float
    next_session: int
    nav_change: float

    @property
    def differs(self) -> bool:
        """Whether exposure, holdings or costs would have been another."""
        return (
            abs(self.wanted_change) > _SAME
            or math.isnan(self.decision.exposure.wanted) != math.isnan(self.wanted_change)
            or self.moved > _SAME
            or abs(self.cost_change) > 0.0
        )


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """One session of a run.

    Attributes
    ----------
    session : int
    nav, net_return, drawdown, invested : float
        After the session; dollars and fractions.
    decision : Decision
        At its close.
    alternatives : tuple of Alternative
        Of that decision, those that differ from what happened.
    filled : Decision
        The decision that this session filled: at lag 0 the same.
    fill : Fill or None
        None on session 0 at lag 1, where nothing was decided before.
    fill_alternatives : tuple of Alternative
        Of that fill, those that differ.
    events : tuple of Event
        Written in this session, in order.
    """

    session: int
    nav: float
    net_return: float
    drawdown: float
    invested: float
    decision: Decision
    alternatives: tuple[Alternative, ...]
    filled: Decision | None
    fill: Fill | None
    fill_alternatives: tuple[Alternative, ...]
    events: tuple[Event, ...]


def explain(
    result: BacktestResult, inputs: SimulationInputs, risk: RiskConfig, session: int
) -> Explanation:
    """Explain one session of a run.

    Parameters
    ----------
    result : BacktestResult
        ``simulate(inputs, risk, weights=True)``.
    inputs, risk
        Of the run.
    session : int
        Counted in the simulated period.

    Returns
    -------
    Explanation

    Raises
    ------
    ConfigError
        For fills at the open and stops inside the session, which are not explained yet.
    InputsError
        When the result has no weights, or the session is none of the run.
    """
    return explain_record(RunRecord.of(inputs, risk, result), session)


def explain_record(record: RunRecord, session: int) -> Explanation:
    """Explain one session of a run that is ready to be looked at; see :func:`explain`."""
    record.check_session(session)
    result = record.result
    decision = decide(record, session)
    alternatives = _alternatives(record, decision)
    filled: Decision | None = decision
    fill_alternatives = alternatives
    if record.lag > 0:
        filled = decide(record, session - 1) if session > 0 else None
        fill_alternatives = () if filled is None else _alternatives(record, filled)
    return Explanation(
        session=session,
        nav=float(result.nav[session]),
        net_return=float(result.net_return[session]),
        drawdown=float(result.drawdown[session]),
        invested=float(result.invested[session]),
        decision=decision,
        alternatives=alternatives,
        filled=filled,
        fill=None if filled is None else fill(record, before_fill(record, session), filled),
        fill_alternatives=fill_alternatives,
        events=_events(result, session),
    )


def _events(result: BacktestResult, session: int) -> tuple[Event, ...]:
    events = result.events
    return tuple(
        Event(
            EventKind(int(events.kind[m])),
            int(events.security[m]),
            float(events.value[m]),
            float(events.threshold[m]),
        )
        for m in np.flatnonzero(events.session == session)
    )


def _alternatives(record: RunRecord, decision: Decision) -> tuple[Alternative, ...]:
    if decision.out and not decision.reentered:
        return ()  # what the breaker keeps away is not one step's difference
    actual = _fill_of(record, decision)
    found = [_alternative(record, decision, actual, switch) for switch in Switch]
    return tuple(each for each in found if each.differs)


def _fill_of(record: RunRecord, decision: Decision, off: Switch | None = None) -> Fill | None:
    if decision.fills_at >= record.sessions:
        return None
    return fill(record, before_fill(record, decision.fills_at), decision, off)


def _alternative(
    record: RunRecord, decision: Decision, actual: Fill | None, off: Switch
) -> Alternative:
    other = decide(record, decision.session, off)
    filled = _fill_of(record, other, off)
    moved = cost_change = nav_change = math.nan
    after = decision.fills_at + 1
    if actual is not None and filled is not None:
        moved = float(np.abs(filled.value - actual.value).sum()) / actual.nav_before
        cost_change = filled.cost - actual.cost
        if after < record.sessions:
            nav_change = _next_nav(record, filled, after) - _next_nav(record, actual, after)
    return Alternative(
        off=off,
        decision=other,
        fill=filled,
        wanted_change=other.exposure.wanted - decision.exposure.wanted,
        moved=moved,
        cost_change=cost_change,
        next_session=after if after < record.sessions else -1,
        nav_change=nav_change,
    )


def _next_nav(record: RunRecord, filled: Fill, t: int) -> float:
    return mark_on(record, filled.value, filled.cash_after, filled.nav_after, t).nav
