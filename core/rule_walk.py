"""What the stops and the fills of a run looked at, rebuilt from its weights, trades and events.

A run writes down what its rules did, not what they considered. The average entry and the highest
close of every holding follow exactly from its weights and the prices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import InputsError
from core.ledger import EventKind, Events, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs, require_prices
from core.units import Bools, Floats, Ints

__all__ = [
    "Spells",
    "StopTests",
    "average_entry",
    "fill_prices",
    "held_weights",
    "spells",
    "stop_scales",
    "stop_tests",
]

#: Relative growth of a holding's shares below which nothing was bought: the rounding of weights.
_NOT_BOUGHT = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Every holding of a run and when an exit was ordered for it; columns in the trades' order.

    Attributes
    ----------
    security, entry, exit : int64[M]
        Column; session of the first fill; session of the last sale or delisting, T while open.
    ordered : int64[M]
        Session at whose close the exit was decided by a stop or the breaker, T where none was; a
        stop inside the session is no such decision.
    ended : bool[M]
        Whether it ended before the decisions of its last session: by delisting, because its data
        ended, or by a stop inside the session.
    """

    security: Ints
    entry: Ints
    exit: Ints
    ordered: Ints
    ended: Bools

    def held_at_decision(self, t: int, lag: int) -> Bools:
        """Return bool[M]: what is held when the close of `t` is decided on."""
        if lag > 0:  # after the fills of t
            return (self.entry <= t) & (t < self.exit)
        before = (self.entry < t) & (t <= self.exit)
        held: Bools = before & ~(self.ended & (self.exit == t))
        return held

    def any_held_at_decision(self, sessions: int, lag: int) -> Bools:
        """Return bool[T]: the sessions whose close is decided on with something held."""
        # Counts of holdings at each decision, from where they begin and end.
        shift = 1 if lag == 0 else 0
        change = np.zeros(sessions + 2, dtype=np.int64)
        np.add.at(change, self.entry + shift, 1)
        np.add.at(change, self.exit + np.where(self.ended, 0, shift), -1)
        some: Bools = np.cumsum(change)[:sessions] > 0
        return some


@dataclass(frozen=True, slots=True, eq=False)
class StopTests:
    """Every test of a held name against the stops, in the order of the trades.

    Attributes
    ----------
    session, security : int64[K]
    from_entry, from_high : float64[K]
        Price tested over average entry − 1, and over the highest close since entry − 1. The price
        is the close; for stops inside the session its low, or its open where the position was sold
        in full there. Entry and high are then those of the close before.
    stop_scale : float64[K]
        In force at the test.
    """

    session: Ints
    security: Ints
    from_entry: Floats
    from_high: Floats
    stop_scale: Floats

    def led_to(self, events: Events, kind: EventKind) -> Bools:
        """Return bool[K]: the tests with an event of `kind` for that name in that session."""
        names = int(self.security.max(initial=0)) + 1
        own = events.kind == kind
        found: Bools = np.isin(
            self.session * names + self.security, events.session[own] * names + events.security[own]
        )
        return found


def held_weights(result: BacktestResult) -> Floats:
    """Return the weights of a run.

    Raises
    ------
    InputsError
        When the run has none.
    """
    if result.weights is None:
        raise InputsError(
            "result must hold weights, had none: simulate with weights=True to look at its rules"
        )
    return result.weights


def fill_prices(inputs: SimulationInputs, risk: RiskConfig) -> Floats:
    """Return float64[T, N]: prices at which orders fill; NaN = no bar.

    Raises
    ------
    InputsError
        When the inputs do not have the prices that `risk` asks for.
    """
    require_prices(inputs, risk)
    prices: Floats = inputs.market.open if risk.execution == "next_open" else inputs.market.close
    return prices


def spells(inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult) -> Spells:
    """Return every holding with the session at which its exit was ordered."""
    trades, events = result.trades, result.events
    sessions = inputs.shape[0]
    after = np.where(trades.is_open, sessions, trades.exit_session)
    stops = (events.kind == EventKind.STOP) | (events.kind == EventKind.TRAILING)
    ended = np.isin(trades.reason, (ExitReason.DELISTED, ExitReason.DATA_ENDED))
    if risk.stop_fill == "intraday":
        stops[:] = False
        ended |= np.isin(trades.reason, (ExitReason.STOP, ExitReason.TRAILING))
    trips = np.sort(events.session[events.kind == EventKind.BREAKER])
    # With lag 0 a name is bought after its session's decisions.
    begin = trades.entry_session + (1 if risk.execution_lag_days == 0 else 0)
    ordered = _first_from(trips, begin, sessions)
    for i in np.unique(trades.security):
        own = trades.security == i
        hits = np.sort(events.session[stops & (events.security == i)])
        ordered[own] = np.minimum(ordered[own], _first_from(hits, begin[own], sessions))
    # What was decided once it was gone concerned a later holding, or others.
    gone = ordered >= after if risk.execution_lag_days > 0 else ordered + ended > after
    ordered[gone] = sessions
    return Spells(trades.security, trades.entry_session, after, ordered, ended)


def _first_from(ascending: Ints, begin: Ints, none: int) -> Ints:
    padded = np.append(ascending, none)
    found: Ints = padded[np.searchsorted(ascending, begin, side="left")]
    return found


def stop_tests(
    inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult, held: Spells
) -> StopTests:
    """Rebuild what the stops were tested on.

    On closes, a name is tested at every close at which it is held (bought on an earlier session
    with lag 0), has a bar, no exit is ordered for it and the breaker is neither out nor trips.
    Inside the session, it is tested on every bar that it was held into, unless its exit waits.

    Parameters
    ----------
    inputs, risk, result
        Of the run; the result with weights.
    held : Spells
        Of the same run.

    Raises
    ------
    InputsError
        When the result has no weights, or the inputs not the prices that `risk` asks for.
    """
    weights, paid = held_weights(result), fill_prices(inputs, risk)
    shift = 1 if risk.stop_fill == "intraday" or risk.execution_lag_days == 0 else 0
    parts: list[tuple[Ints, Ints, Floats, Floats, Floats]] = []
    scales = stop_scales(inputs)
    for m in range(len(held.security)):
        i, a, b = int(held.security[m]), int(held.entry[m]), int(held.exit[m])
        close = inputs.close[a : b + shift, i]
        value = weights[a:b, i] * result.nav[a:b]
        average = average_entry(value, close[: b - a], paid[a:b, i])
        high = np.fmax.accumulate(close)
        t, price, known = _tested(inputs, risk, result, held, m)
        from_entry = price / average[t - a - shift] - 1.0
        from_high = price / high[known - a] - 1.0
        parts.append((t, np.full(len(t), i), from_entry, from_high, scales[known]))
    if not parts:
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        return StopTests(none, none, nothing, nothing, nothing)
    return StopTests(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _tested(
    inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult, held: Spells, m: int
) -> tuple[Ints, Floats, Ints]:
    # Sessions in which holding m was tested, at which price, and the session whose close and
    # decisions made highest close and stop scale what they were.
    i, a, b, ordered = (int(column[m]) for column in (held.security, held.entry, held.exit,
                                                      held.ordered))  # fmt: skip
    lag, sessions = risk.execution_lag_days, inputs.shape[0]
    if risk.stop_fill == "close":
        shift = 1 if lag == 0 else 0
        t = np.arange(a + shift, min(b + shift, sessions))
        price = inputs.close[t, i]
        # A name stopped at t was tested then; one that the breaker sells was not.
        asked = np.isfinite(price) & ~np.isnan(result.wanted_exposure[t]) & (t <= ordered)
        return t[asked], price[asked], t[asked]
    t = np.arange(a + 1, min(b + 1, sessions))
    price = inputs.market.low[t, i]
    if risk.execution == "next_open" and b < sessions and not held.ended[m]:
        price[-1] = inputs.market.open[b, i]  # its order sold it there, before the low
    # An exit that could not be filled where it was due waits without a stop.
    asked = np.isfinite(price) & (t <= ordered + lag)
    return t[asked], price[asked], t[asked] - 1


def average_entry(value: Floats, close: Floats, paid: Floats | None = None) -> Floats:
    """Return the average cost of one holding after the fill of each session it is held.

    Parameters
    ----------
    value, close : float64[n]
        Dollars held at the close, and closes (NaN = no bar), from the first buy on.
    paid : float64[n], optional
        Prices at which orders fill; None = the closes.

    Returns
    -------
    float64[n]
        Prices; sales leave them, a name without a bar keeps them.
    """
    paid = close if paid is None else paid
    bars = np.maximum.accumulate(np.where(np.isfinite(close), np.arange(len(close)), 0))
    shares = value / close[bars]
    average = np.full(len(shares), paid[0])
    bought = np.flatnonzero(shares[1:] > shares[:-1] * (1.0 + _NOT_BOUGHT)) + 1
    for t in bought:
        more = shares[t] - shares[t - 1]
        average[t:] = (average[t - 1] * shares[t - 1] + more * paid[t]) / shares[t]
    return average


def stop_scales(inputs: SimulationInputs) -> Floats:
    """Return float64[T]: the stop scale of the last rebalance decided by each session, else 1."""
    market = inputs.market
    last = np.searchsorted(market.rebalance, np.arange(inputs.shape[0]), side="right")
    scale: Floats = np.append(1.0, market.stop_scale)[last]
    return scale
