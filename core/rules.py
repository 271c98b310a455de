"""The rules of the overlay by name, when each is on, and what a run without it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs

__all__ = ["OFF", "Rule", "has_regime_leverage", "only", "rules_on", "without_regime_leverage"]


class Rule(StrEnum):
    """A rule that can be switched off on its own; the order is that of every table."""

    DRAWDOWN_SCALING = "drawdown_scaling"
    VOLATILITY_TARGET = "volatility_target"
    POSITION_STOP = "position_stop"
    TRAILING_STOP = "trailing_stop"
    CIRCUIT_BREAKER = "circuit_breaker"
    TURNOVER_CAP = "turnover_cap"
    ALPHA_GATE = "alpha_gate"
    COSTS = "costs"
    LEVERAGE = "leverage"

    @property
    def label(self) -> str:
        """Name for people."""
        name = "regime_leverage" if self is Rule.LEVERAGE else self.value
        return name.replace("_", " ").capitalize()

    @property
    def counted_as(self) -> str:
        """Name where what it did is counted: of leverage, only its limit can act on a session."""
        return "Leverage limit" if self is Rule.LEVERAGE else self.label


#: The field of each rule and the value at which the rule is off. Everything else stays as the
#: scenario has it and acts through the rules that are on: the rescale threshold and the exposure
#: floor through the scalings (with both off, wanted exposure is a constant), cooldowns and stop
#: scales through stops and breaker, the gate's hurdle through costs (at 0 bps it is 0), the borrow
#: spread through whatever makes cash negative. Leverage is off at a limit of 1 *and* a regime
#: leverage of 1.
OFF: Final[Mapping[Rule, tuple[str, float | None]]] = MappingProxyType(
    {
        Rule.DRAWDOWN_SCALING: ("max_allowed_drawdown", None),
        Rule.VOLATILITY_TARGET: ("target_annual_vol", None),
        Rule.POSITION_STOP: ("position_stop_loss", None),
        Rule.TRAILING_STOP: ("trailing_stop_pct", None),
        Rule.CIRCUIT_BREAKER: ("circuit_breaker_dd", None),
        Rule.TURNOVER_CAP: ("max_turnover_per_rebal", None),
        Rule.ALPHA_GATE: ("min_alpha_to_cost_ratio", None),
        Rule.COSTS: ("cost_per_trade_bps", 0.0),
        Rule.LEVERAGE: ("max_leverage", 1.0),
    }
)


def rules_on(inputs: SimulationInputs, risk: RiskConfig) -> tuple[Rule, ...]:
    """Return the rules that are on: not at their value in ``OFF``, and with what they need.

    The alpha gate also needs expected returns; leverage is on as well where some regime's leverage
    is not 1.
    """
    on = {rule for rule, (field, off) in OFF.items() if getattr(risk, field) != off}
    if inputs.alpha is None:
        on.discard(Rule.ALPHA_GATE)
    if has_regime_leverage(inputs):
        on.add(Rule.LEVERAGE)
    return tuple(rule for rule in Rule if rule in on)


def only(risk: RiskConfig, on: Collection[Rule]) -> RiskConfig:
    """Return `risk` with every rule off that is not in `on`.

    The floor is lowered to the leverage limit where that became less. Regime leverage is not part
    of a RiskConfig: see :func:`without_regime_leverage`.

    Examples
    --------
    >>> only(RiskConfig(), [Rule.COSTS]).position_stop_loss is None
    True
    """
    values: dict[str, Any] = risk.model_dump()
    values |= {field: off for rule, (field, off) in OFF.items() if rule not in on}
    values["min_position_scale"] = min(values["min_position_scale"], values["max_leverage"])
    return RiskConfig(**values)


def has_regime_leverage(inputs: SimulationInputs) -> bool:
    """Whether some rebalance brings a leverage other than 1."""
    return inputs.leverage is not None and bool(np.any(inputs.leverage != 1.0))


def without_regime_leverage(inputs: SimulationInputs) -> SimulationInputs:
    """Return the same inputs with a regime leverage of 1."""
    return dataclasses.replace(inputs, leverage=None)
