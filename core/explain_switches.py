"""What can be thought away for one decision and its fill, and the rules that are left then."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any, Final

from core.risk.config import RiskConfig
from core.simulation.parameters import pack

__all__ = ["Switch", "rules_of", "without"]


class Switch(StrEnum):
    """A part of the overlay that an explanation thinks away, in the order in which it acts.

    Finer than :class:`~core.rules.Rule`: the exposure floor counts on its own, and leverage is two
    things, what the regime asks for and the limit of what may be held.
    """

    CIRCUIT_BREAKER = "circuit_breaker"
    POSITION_STOP = "position_stop"
    TRAILING_STOP = "trailing_stop"
    DRAWDOWN_SCALING = "drawdown_scaling"
    VOLATILITY_TARGET = "volatility_target"
    REGIME_LEVERAGE = "regime_leverage"
    EXPOSURE_FLOOR = "exposure_floor"
    LEVERAGE_LIMIT = "leverage_limit"
    ALPHA_GATE = "alpha_gate"
    TURNOVER_CAP = "turnover_cap"
    COSTS = "costs"

    @property
    def label(self) -> str:
        """Name for people."""
        return self.value.replace("_", " ").capitalize()


#: The field of each switch, and what it is without it.
_OFF: Final[dict[Switch, tuple[str, float]]] = {
    Switch.CIRCUIT_BREAKER: ("circuit_breaker_dd", math.nan),
    Switch.POSITION_STOP: ("position_stop_loss", math.nan),
    Switch.TRAILING_STOP: ("trailing_stop_pct", math.nan),
    Switch.DRAWDOWN_SCALING: ("max_allowed_drawdown", math.nan),
    Switch.VOLATILITY_TARGET: ("target_annual_vol", math.nan),
    Switch.EXPOSURE_FLOOR: ("min_position_scale", 0.0),
    Switch.LEVERAGE_LIMIT: ("max_leverage", math.inf),
    Switch.ALPHA_GATE: ("min_alpha_to_cost_ratio", math.nan),
    Switch.TURNOVER_CAP: ("max_turnover_per_rebal", math.nan),
    Switch.COSTS: ("cost_per_trade_bps", 0.0),
}


def rules_of(risk: RiskConfig) -> Any:
    """Return the limits of `risk` as the compiled rules take them: one ``ROW``, NaN = off."""
    return pack([risk])[0]


def without(rules: Any, switch: Switch) -> Any:
    """Return a copy of `rules` with one part thought away.

    Regime leverage is no limit: :func:`core.explain_decision.decide` leaves it out itself.

    Examples
    --------
    >>> float(without(rules_of(RiskConfig()), Switch.EXPOSURE_FLOOR)["min_position_scale"])
    0.0
    """
    changed = rules.copy()
    if switch in _OFF:
        field, value = _OFF[switch]
        changed[field] = value
    return changed
