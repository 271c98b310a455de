"""What a run held, owed and had ordered at any moment, rebuilt from its record.

The record of a run is its weights, NAV, cash and exposures by session, its trades and its events.
Everything else that a decision or a fill reads follows from them and from the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import ConfigError, InputsError
from core.ledger import EventKind, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.risk.leverage import cash_return
from core.rule_walk import Spells, average_entry, held_weights, spells
from core.simulation.inputs import SimulationInputs
from core.units import Bools, Floats, Ints

__all__ = [
    "Moment",
    "RunRecord",
    "at_decision",
    "before_fill",
    "fill_prices",
    "mark_on",
    "references",
    "stop_reason",
]


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
    held : Spells
        Every holding, and when its exit was ordered.
    """

    inputs: SimulationInputs
    risk: RiskConfig
    result: BacktestResult
    weights: Floats
    held: Spells

    @classmethod
    def of(cls, inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult) -> RunRecord:
        """Make a run ready to be looked at.

        Raises
        ------
        ConfigError
            For an execution that cannot be explained yet.
        InputsError
            When the result has no weights.
        """
        if risk.execution != "next_close" or risk.stop_fill != "close":
            raise ConfigError(
                'an explanation needs execution "next_close" and stop_fill "close", was '
                f'"{risk.execution}" and "{risk.stop_fill}": other fills are not explained yet. '
                "Set risk.execution=next_close and risk.stop_fill=close to look at a day"
            )
        return cls(inputs, risk, result, held_weights(result), spells(inputs, risk, result))

    @property
    def lag(self) -> int:
        """Sessions from a decision to its fill."""
        return self.risk.execution_lag_days

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
    """

    session: int
    nav: float
    cash: float
    value: Floats
    exit: Ints
    ordered: Ints

    @property
    def held(self) -> Bools:
        """bool[N]: what is held."""
        held: Bools = self.value > 0.0
        return held


def fill_prices(record: RunRecord, t: int) -> Floats:
    """Return float64[N]: prices at which orders fill in session t; NaN = does not trade.

    The one place that knows the execution: fills are at the close.
    """
    prices: Floats = record.inputs.close[t]
    return prices


def mark_on(record: RunRecord, value: Floats, cash: float, nav: float, t: int) -> Moment:
    """Carry a portfolio from the close of t - 1 to just before the fill of t, ENGINE §2 step 1.

    Parameters
    ----------
    record : RunRecord
    value : float64[N]
        Dollars held after the fill of t - 1.
    cash, nav : float
        Dollars after it.
    t : int
        At least 1.

    Returns
    -------
    Moment
        No exit in it is ordered.
    """
    market, none = record.inputs.market, np.zeros(len(value), dtype=np.int64)
    rate = cash_return(cash, float(market.cash_rate[t]), record.risk.borrow_spread)
    cash += cash * rate + float(market.overlay[t]) * nav
    marked = value.copy()
    prices = fill_prices(record, t)
    for i in np.flatnonzero(value > 0.0):
        if t > market.last_session[i]:
            cash += marked[i] * (1.0 + float(market.delisting_return[i]))
            marked[i] = 0.0
        elif np.isfinite(prices[i]):
            marked[i] = value[i] / _last_close(record.inputs.close, t - 1, int(i)) * prices[i]
    return Moment(t, cash + float(sum(marked)), cash, marked, none, none - 1)


def before_fill(record: RunRecord, t: int) -> Moment:
    """Return the portfolio of session t just before its fill, exits of earlier decisions in it.

    At lag 0 those of this session's decision are not: they come with the decision.
    """
    result = record.result
    if t == 0:
        nothing: Floats = np.zeros(record.weights.shape[1])
        none = nothing.astype(np.int64)
        return Moment(0, result.initial_nav, result.initial_nav, nothing, none, none - 1)
    nav = float(result.nav[t - 1])
    moment = mark_on(record, record.weights[t - 1] * nav, float(result.cash[t - 1]), nav, t)
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


def references(record: RunRecord, t: int) -> tuple[Floats, Floats]:
    """Return average entry and highest close of what is held when the close of t is decided on.

    Returns
    -------
    float64[N], float64[N]
        Prices; NaN where nothing is held.
    """
    held, close = record.held, record.inputs.close
    average = np.full(close.shape[1], np.nan)
    highest = average.copy()
    end = t if record.lag == 0 else t + 1  # at lag 0 the fill of t follows its decision
    for m in np.flatnonzero(held.held_at_decision(t, record.lag)):
        i, entry = int(held.security[m]), int(held.entry[m])
        value = record.weights[entry:end, i] * record.result.nav[entry:end]
        average[i] = average_entry(value, close[entry:end, i])[-1]
        highest[i] = np.nanmax(close[entry : t + 1, i])
    return average, highest


def _with_exits(record: RunRecord, moment: Moment, held: Bools, until: int) -> Moment:
    # Exits decided before session `until`; they keep their first reason.
    exit_, ordered = moment.exit.copy(), moment.ordered.copy()
    for m in np.flatnonzero(held & (record.held.ordered < until)):
        i, decided = int(record.held.security[m]), int(record.held.ordered[m])
        exit_[i], ordered[i] = stop_reason(record, i, decided), decided
    return Moment(moment.session, moment.nav, moment.cash, moment.value, exit_, ordered)


def stop_reason(record: RunRecord, i: int, t: int) -> int:
    """Return why name i was ordered to leave at the close of t: a stop's event, or the breaker."""
    events = record.result.events
    here = events.kind[(events.session == t) & (events.security == i)]
    if EventKind.STOP in here:
        return ExitReason.STOP
    return ExitReason.TRAILING if EventKind.TRAILING in here else ExitReason.BREAKER


def _last_close(close: Floats, t: int, i: int) -> float:
    # The last bar at or before t; a held name has one.
    while not np.isfinite(close[t, i]):
        t -= 1
    return float(close[t, i])
