"""Where a run stands at its last close: how far every rule is from acting, and names from stops."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.rule_walk import average_entry, fill_prices, held_weights, spells, stop_scales
from core.rules import Rule
from core.simulation.inputs import SimulationInputs
from core.units import Bools, Floats, Ints

__all__ = ["StopDistances", "Trigger", "stop_distances", "triggers"]

_ROUNDING: Final = 1e-12  # a NAV that is back at its peak may miss it by its last digit


@dataclass(frozen=True, slots=True)
class Trigger:
    """How far one rule of the whole portfolio stands from its trigger.

    ==================  ====================  ===============================  ==================
    rule                value                 threshold                        acts
    ==================  ====================  ===============================  ==================
    drawdown_scaling    risk drawdown         −depth at which the floor binds  scale below 1
    volatility_target   σ of the sleeve       target                           scale below 1
    circuit_breaker     risk drawdown         −limit                           out of the market
    leverage            product of scales     leverage limit                   product above it
    ==================  ====================  ===============================  ==================

    Attributes
    ----------
    rule : Rule
    value, threshold : float
        Fractions; NaN where not known yet (σ until its window is full).
    room : float
        What is left until the threshold, in its unit: of peak NAV, of volatility a year, of NAV.
        ≤ 0 at or beyond it.
    acts : bool
    """

    rule: Rule
    value: float
    threshold: float
    room: float
    acts: bool


@dataclass(frozen=True, slots=True, eq=False)
class StopDistances:
    """Names held at the last close and their stops, the nearest first.

    Attributes
    ----------
    security : int64[M]
    weight : float64[M]
        Fractions of NAV.
    from_entry, from_high : float64[M]
        Last close over average entry − 1, and over the highest close since entry − 1.
    to_stop, to_trailing : float64[M]
        Return of the name that brings it to its stop: level over last close − 1, ≤ 0 unless it is
        there already; NaN where the stop is off.
    leaving : bool[M]
        Whether its sale is ordered already.
    """

    security: Ints
    weight: Floats
    from_entry: Floats
    from_high: Floats
    to_stop: Floats
    to_trailing: Floats
    leaving: Bools

    def __len__(self) -> int:
        return len(self.security)

    @property
    def nearest(self) -> Floats:
        """float64[M]: the return that reaches the nearer of the two stops; NaN with both off."""
        found: Floats = np.fmax(self.to_stop, self.to_trailing)
        return found


def triggers(risk: RiskConfig, result: BacktestResult) -> tuple[Trigger, ...]:
    """Return the rules of the whole portfolio that are on, as they stand at the last close.

    Cap and gate are asked in rebalances only and have no distance between them.
    """
    drawdown, sigma = float(result.risk_drawdown[-1]), float(result.sigma[-1])
    found = []
    if risk.max_allowed_drawdown is not None:
        depth = _floor_depth(risk.max_allowed_drawdown, risk.min_position_scale)
        acts = bool(result.dd_scale[-1] < 1.0 - _ROUNDING)
        found.append(Trigger(Rule.DRAWDOWN_SCALING, drawdown, -depth, depth + drawdown, acts))
    if risk.target_annual_vol is not None:
        target = risk.target_annual_vol
        found.append(Trigger(Rule.VOLATILITY_TARGET, sigma, target, target - sigma, sigma > target))
    if risk.circuit_breaker_dd is not None:
        limit = risk.circuit_breaker_dd
        out = bool(np.isnan(result.wanted_exposure[-1]))
        found.append(Trigger(Rule.CIRCUIT_BREAKER, drawdown, -limit, limit + drawdown, out))
    scale = float(result.dd_scale[-1] * result.vol_scale[-1] * result.leverage[-1])
    limit = risk.max_leverage
    found.append(Trigger(Rule.LEVERAGE, scale, limit, limit - scale, scale > limit))
    return tuple(found)


def stop_distances(
    inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult
) -> StopDistances:
    """Return how far every name held at the last close is from its stops.

    The stop scale is the one in force. A name without a bar counts with its last close.

    Parameters
    ----------
    inputs, risk
        Of the run.
    result : BacktestResult
        With weights.

    Raises
    ------
    InputsError
        When the result has no weights, or the inputs not the prices that `risk` asks for.
    """
    weights, paid = held_weights(result), fill_prices(inputs, risk)
    held = spells(inputs, risk, result)
    last, scale = inputs.shape[0] - 1, float(stop_scales(inputs)[-1])
    open_ = np.flatnonzero(result.trades.is_open & (weights[last, held.security] > 0.0))
    over = [
        _over_references(weights[a:, i] * result.nav[a:], inputs.close[a:, i], paid[a:, i])
        for i, a in zip(held.security[open_], held.entry[open_], strict=True)
    ]
    rows = np.array(over, dtype=np.float64).reshape(len(open_), 2)
    security = held.security[open_]
    stop = _distance(rows[:, 0], risk.position_stop_loss, scale)
    trailing = _distance(rows[:, 1], risk.trailing_stop_pct, scale)
    nearest = np.fmax(stop, trailing)
    order = np.lexsort((security, np.where(np.isnan(nearest), 0.0, -nearest)))
    return StopDistances(
        security=security[order],
        weight=weights[last, security][order],
        from_entry=rows[order, 0] - 1.0,
        from_high=rows[order, 1] - 1.0,
        to_stop=stop[order],
        to_trailing=trailing[order],
        leaving=(held.ordered[open_] <= last)[order],
    )


def _floor_depth(maximum: float, floor: float) -> float:
    # From here on drawdown scaling alone would ask for less: (1 − depth / maximum)² = floor.
    return maximum * (1.0 - math.sqrt(floor)) if floor < 1.0 else 0.0


def _over_references(value: Floats, close: Floats, paid: Floats) -> tuple[float, float]:
    # The last close over the average entry, and over the highest close, since the entry.
    price = close[np.flatnonzero(np.isfinite(close))[-1]]
    return price / average_entry(value, close, paid)[-1], price / np.nanmax(close)


def _distance(over_reference: Floats, limit: float | None, scale: float) -> Floats:
    # Level over last close − 1, from the last close over the reference price.
    if limit is None:
        return np.full(len(over_reference), np.nan)
    found: Floats = (1.0 - limit * scale) / over_reference - 1.0
    return found
