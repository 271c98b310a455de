"""What a run held, owed and had ordered at any moment, rebuilt from its record.

The record of a run is its weights, NAV, cash and exposures by session, its trades and its events.
Everything else that a decision or a fill reads follows from them and from the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import InputsError
from core.ledger import EventKind, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.rule_walk import Spells, average_entry, fill_prices, held_weights, spells
from core.simulation.inputs import SimulationInputs
from core.units import Bools, Floats, Ints

__all__ = ["Moment", "RunRecord", "StopSale", "last_close", "references", "stop_reason"]


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """A run and what it ran on: ``RunRecord.of(inputs, risk, result)``.

    Attributes
    ----------
    inputs : SimulationInputs
    risk : RiskConfig
    result : BacktestResult
        With weights.
    weights : float64[T, N]
    paid : float64[T, N]
        Prices at which orders fill; NaN = does not trade.
    held : Spells
        Every holding, and when its exit was ordered.
    average, highest : float64[T, N]
        Average entry and highest close of what is held after each session; NaN = not held.
    """

    inputs: SimulationInputs
    risk: RiskConfig
    result: BacktestResult
    weights: Floats
    paid: Floats
    held: Spells
    average: Floats
    highest: Floats

    @classmethod
    def of(cls, inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult) -> RunRecord:
        """Make a run ready to be looked at.

        Raises
        ------
        InputsError
            When the result has no weights, or the inputs not the prices that `risk` asks for.
        """
        weights, paid = held_weights(result), fill_prices(inputs, risk)
        held = spells(inputs, risk, result)
        known = _references(inputs, result, weights, paid, held)
        return cls(inputs, risk, result, weights, paid, held, *known)

    @property
    def lag(self) -> int:
        """Sessions from a decision to its fill."""
        return self.risk.execution_lag_days

    @property
    def at_open(self) -> bool:
        """Whether orders fill at the open."""
        return self.risk.execution == "next_open"

    @property
    def rests(self) -> bool:
        """Whether stops rest in the market over a session."""
        return self.risk.stop_fill == "intraday"

    @property
    def sessions(self) -> int:
        """Number of sessions T."""
        return self.result.sessions

    def applied_before(self, t: int) -> float:
        """Return the applied exposure just before the fill of session t."""
        return float(self.result.applied_exposure[t - 1]) if t > 0 else 0.0

    def check_session(self, t: int) -> None:
        """Raise InputsError where t is no session of the run."""
        if not 0 <= t < self.sessions:
            raise InputsError(
                f"session must be from 0 to {self.sessions - 1}, was {t}: counted in the "
                "simulated period"
            )


@dataclass(frozen=True, slots=True)
class StopSale:
    """A sale by a stop that rested in the market over a session, ENGINE §8.

    Attributes
    ----------
    security : int
        Column.
    reason : ExitReason
        STOP or TRAILING: whose level was the higher.
    level, reference : float
        Price at which it was due, and the average entry or highest close it lies below; both as
        known at the close before.
    opened, low : float
        Of the session; the close stands in where one is missing.
    price : float
        Of the sale: the level, or the open where that is lower.
    dollars, cost : float
        Sold, and what it cost.
    after_fill : bool
        Whether the orders of the session were filled before it.
    """

    security: int
    reason: ExitReason
    level: float
    reference: float
    opened: float
    low: float
    price: float
    dollars: float
    cost: float
    after_fill: bool


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """The portfolio at one moment of a session; securities in the columns of the inputs.

    Attributes
    ----------
    session : int
    nav, cash : float
        Dollars.
    value : float64[N]
        Dollars held, 0 = not held.
    exit : int64[N]
        :class:`~core.ledger.ExitReason` of the exit that is ordered and not filled, OPEN = none.
    ordered : int64[N]
        Session at whose close that exit was decided, -1 = none.
    sales : tuple of StopSale
        What resting stops have sold in this session so far.
    """

    session: int
    nav: float
    cash: float
    value: Floats
    exit: Ints
    ordered: Ints
    sales: tuple[StopSale, ...] = ()

    @property
    def held(self) -> Bools:
        """bool[N]: what is held."""
        held: Bools = self.value > 0.0
        return held


def references(record: RunRecord, t: int, *, filled: bool = False) -> tuple[Floats, Floats]:
    """Return average entry and highest close of what is held at the close of t.

    Parameters
    ----------
    record : RunRecord
    t : int
    filled : bool
        With the fill of t also at lag 0, where it follows the decision at that close.

    Returns
    -------
    float64[N], float64[N]
        Prices; NaN where nothing is held.
    """
    if filled or record.lag > 0:
        return record.average[t].copy(), record.highest[t].copy()
    average, highest = np.full((2, record.weights.shape[1]), np.nan)
    held, close = record.held, record.inputs.close[t]
    own = held.security[held.held_at_decision(t, 0)]
    if len(own):
        average[own] = record.average[t - 1, own]
        highest[own] = np.fmax(record.highest[t - 1, own], close[own])
    return average, highest


def _references(
    inputs: SimulationInputs, result: BacktestResult, weights: Floats, paid: Floats, held: Spells
) -> tuple[Floats, Floats]:
    average, highest = np.full((2, *weights.shape), np.nan)
    for i, a, b in zip(held.security, held.entry, held.exit, strict=True):
        close = inputs.close[a:b, i]
        value = weights[a:b, i] * result.nav[a:b]
        average[a:b, i] = average_entry(value, close, paid[a:b, i])
        highest[a:b, i] = np.fmax.accumulate(close)
    return average, highest


def stop_reason(record: RunRecord, i: int, t: int) -> int:
    """Return why name i was ordered to leave at the close of t: a stop's event, or the breaker."""
    events = record.result.events
    here = events.kind[(events.session == t) & (events.security == i)]
    if EventKind.STOP in here:
        return ExitReason.STOP
    return ExitReason.TRAILING if EventKind.TRAILING in here else ExitReason.BREAKER


def last_close(record: RunRecord, t: int, i: int) -> float:
    """Return the close of the last bar at or before t; a held name has one."""
    close = record.inputs.close
    while not np.isfinite(close[t, i]):
        t -= 1
    return float(close[t, i])
