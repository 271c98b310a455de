"""Why a session was what it was: its decision, its fill, its events, and what else could have been.

Every number is made again from the record of the run with the rules themselves, so it is the one
that the run had.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.explain_decision import Decision, decide
from core.explain_filled import Fill
from core.explain_passage import Passage, next_nav, pass_session
from core.explain_state import RunRecord, StopSale
from core.explain_switches import Switch
from core.ledger import EventKind
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs

__all__ = ["Alternative", "Event", "Explanation", "explain", "explain_record"]

_SAME = 1e-12  # weights, or fractions of NAV: no difference
_ROUNDING = 1e-3  # dollars of NAV: no difference


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

    Stops that rest in the market over the session after a decision are part of it. Exact for this
    one step: what later sessions would have done with it is the rule account's.

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
        Σ |difference of what is held at the close of the fill's session|, over NAV before the
        fill; NaN without a fill.
    turnover : float
        Of that session; NaN without a fill.
    cost_change : float
        Dollars of cost more (or fewer, negative) in that session; NaN without a fill.
    next_session : int
        Session of the first close after the fill, -1 where the data end.
    nav_change : float
        Dollars of NAV more (or fewer) at that close before its own fill; NaN where there is none.
    """

    off: Switch
    decision: Decision
    fill: Fill | None
    wanted_change: float
    moved: float
    turnover: float
    cost_change: float
    next_session: int
    nav_change: float

    @property
    def differs(self) -> bool:
        """Whether exposure, holdings, costs or NAV would have been another."""
        return (
            abs(self.wanted_change) > _SAME
            or math.isnan(self.decision.exposure.wanted) != math.isnan(self.wanted_change)
            or self.moved > _SAME
            or abs(self.cost_change) > 0.0
            or abs(self.nav_change) > _ROUNDING
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
    sales : tuple of StopSale
        Of the session, by stops that rested in the market; those before its fill first.
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
    sales: tuple[StopSale, ...]
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
    InputsError
        When the result has no weights, the inputs not the prices that `risk` asks for, or the
        session is none of the run.
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
    passed = None if filled is None else pass_session(record, filled)
    return Explanation(
        session=session,
        nav=float(result.nav[session]),
        net_return=float(result.net_return[session]),
        drawdown=float(result.drawdown[session]),
        invested=float(result.invested[session]),
        decision=decision,
        alternatives=alternatives,
        filled=filled,
        fill=None if passed is None else passed.fill,
        sales=() if passed is None else passed.end.sales,
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
    actual = _passage_of(record, decision)
    found = [_alternative(record, decision, actual, switch) for switch in Switch]
    return tuple(each for each in found if each.differs)


def _passage_of(record: RunRecord, decision: Decision, off: Switch | None = None) -> Passage | None:
    if decision.fills_at >= record.sessions:
        return None
    return pass_session(record, decision, off)


def _alternative(
    record: RunRecord, decision: Decision, actual: Passage | None, off: Switch
) -> Alternative:
    other = decide(record, decision.session, off)
    passed = _passage_of(record, other, off)
    moved = turnover = cost_change = nav_change = math.nan
    after = decision.fills_at + (0 if record.at_open else 1)
    if actual is not None and passed is not None:
        change = np.abs(passed.end.value - actual.end.value)
        moved = float(change.sum()) / actual.before.nav
        turnover, cost_change = passed.turnover, passed.cost - actual.cost
        if after < record.sessions:
            nav_change = next_nav(record, passed, off, happened=False) - next_nav(
                record, actual, off, happened=True
            )
    return Alternative(
        off=off,
        decision=other,
        fill=None if passed is None else passed.fill,
        wanted_change=other.exposure.wanted - decision.exposure.wanted,
        moved=moved,
        turnover=turnover,
        cost_change=cost_change,
        next_session=after if after < record.sessions else -1,
        nav_change=nav_change,
    )
