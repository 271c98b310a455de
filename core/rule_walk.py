"""What the stops and the fills of a run looked at, rebuilt from its weights, trades and events.

A run writes down what its rules did, not what they considered. The average entry and the highest
close of every holding follow exactly from its weights and the prices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import ConfigError, InputsError
from core.ledger import EventKind, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs
from core.units import Bools, Floats, Ints

__all__ = [
    "Spells",
    "StopTests",
    "average_entry",
    "held_weights",
    "rebuildable",
    "refuse_other_fills",
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
        Session at whose close the exit was decided by a stop or the breaker, T where none was.
    ended : bool[M]
        Whether it ended by delisting, or because its data ended: before that session's decisions.
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


@dataclass(frozen=True, slots=True, eq=False)
class StopTests:
    """Every test of a held name against the stops, in the order of the trades.

    Attributes
    ----------
    session, security : int64[K]
    from_entry, from_high : float64[K]
        Close over average entry − 1, and over the highest close since entry − 1.
    stop_scale : float64[K]
        In force at the test.
    """

    session: Ints
    security: Ints
    from_entry: Floats
    from_high: Floats
    stop_scale: Floats


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


def rebuildable(risk: RiskConfig) -> bool:
    """Whether what the rules looked at can be rebuilt: fills and stops at the close only."""
    return risk.execution == "next_close" and risk.stop_fill == "close"


def refuse_other_fills(risk: RiskConfig) -> None:
    """Raise ConfigError where it cannot be rebuilt."""
    if not rebuildable(risk):
        raise ConfigError(
            'rule health needs execution "next_close" and stop_fill "close", '
            f'was "{risk.execution}" and "{risk.stop_fill}"'
        )


def spells(inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult) -> Spells:
    """Return every holding with the session at which its exit was ordered."""
    trades, events = result.trades, result.events
    sessions = inputs.shape[0]
    after = np.where(trades.is_open, sessions, trades.exit_session)
    by_stop = (events.kind == EventKind.STOP) | (events.kind == EventKind.TRAILING)
    trips = np.sort(events.session[events.kind == EventKind.BREAKER])
    # With lag 0 a name is bought after its session's decisions.
    begin = trades.entry_session + (1 if risk.execution_lag_days == 0 else 0)
    ordered = _first_from(trips, begin, sessions)
    for i in np.unique(trades.security):
        own = trades.security == i
        hits = np.sort(events.session[by_stop & (events.security == i)])
        ordered[own] = np.minimum(ordered[own], _first_from(hits, begin[own], sessions))
    ordered[ordered > after] = sessions  # of a later holding
    ended = (trades.reason == ExitReason.DELISTED) | (trades.reason == ExitReason.DATA_ENDED)
    return Spells(trades.security, trades.entry_session, after, ordered, ended)


def _first_from(ascending: Ints, begin: Ints, none: int) -> Ints:
    padded = np.append(ascending, none)
    found: Ints = padded[np.searchsorted(ascending, begin, side="left")]
    return found


def stop_tests(
    inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult, held: Spells
) -> StopTests:
    """Rebuild what the stops were tested on.

    A name is tested at every close at which it is held (bought on an earlier session with lag 0),
    has a bar, no exit is ordered for it and the breaker is neither out nor trips.

    Parameters
    ----------
    inputs, risk, result
        Of the run; the result with weights.
    held : Spells
        Of the same run.

    Raises
    ------
    ConfigError
        For fills at the open and stops inside the session.
    InputsError
        When the result has no weights.
    """
    refuse_other_fills(risk)
    weights = held_weights(result)
    active = ~np.isnan(result.wanted_exposure)
    shift = 1 if risk.execution_lag_days == 0 else 0
    parts: list[tuple[Ints, Ints, Floats, Floats]] = []
    for m in range(len(held.security)):
        i, a, b = int(held.security[m]), int(held.entry[m]), int(held.exit[m])
        close = inputs.close[a : b + shift, i]
        average = average_entry(weights[a:b, i] * result.nav[a:b], close[: b - a])
        t = np.arange(a + shift, min(b + shift, len(active)))
        price = close[t - a]
        # A name stopped at t was tested then; one that the breaker sells was not.
        tested = np.isfinite(price) & active[t] & (t <= held.ordered[m])
        t, price = t[tested], price[tested]
        high = np.fmax.accumulate(close)[t - a]
        from_entry = price / average[t - a - shift] - 1.0
        parts.append((t, np.full(len(t), i), from_entry, price / high - 1.0))
    if not parts:
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        return StopTests(none, none, nothing, nothing, nothing)
    session, security, from_entry, from_high = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    scale = stop_scales(inputs)[session]
    return StopTests(session, security, from_entry, from_high, scale)


def average_entry(value: Floats, close: Floats) -> Floats:
    """Return the average cost of one holding after the fill of each session it is held.

    Parameters
    ----------
    value, close : float64[n]
        Dollars held after the fill, and closes (NaN = no bar), from the first buy on.

    Returns
    -------
    float64[n]
        Prices; sales leave them, a name without a bar keeps them.
    """
    bars = np.maximum.accumulate(np.where(np.isfinite(close), np.arange(len(close)), 0))
    shares = value / close[bars]
    average = np.full(len(shares), close[0])
    bought = np.flatnonzero(shares[1:] > shares[:-1] * (1.0 + _NOT_BOUGHT)) + 1
    for t in bought:
        more = shares[t] - shares[t - 1]
        average[t:] = (average[t - 1] * shares[t - 1] + more * close[t]) / shares[t]
    return average


def stop_scales(inputs: SimulationInputs) -> Floats:
    """Return float64[T]: the stop scale of the last rebalance decided by each session, else 1."""
    market = inputs.market
    last = np.searchsorted(market.rebalance, np.arange(inputs.shape[0]), side="right")
    scale: Floats = np.append(1.0, market.stop_scale)[last]
    return scale
