"""Why a range of a field changes nothing, in words, from a run inside that range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.ledger import EventKind
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs
from core.units import Floats, Ints

__all__ = ["DeadZone", "dead_zone_reason"]

_SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True)
class DeadZone:
    """A range of one field over which the NAV curve stays the same.

    Attributes
    ----------
    low, high : float
        First and last value that were run; what lies between was not.
    with_off : bool
        Whether the rule switched off gives that curve as well.
    holds_present : bool
        Whether the present value of the field is in the zone.
    reason : str
        Why, in words, without a full stop.
    """

    low: float
    high: float
    with_off: bool
    holds_present: bool
    reason: str


def dead_zone_reason(
    name: str, zone: tuple[float, float], risk: RiskConfig, run: BacktestResult,
    inputs: SimulationInputs,
) -> str:  # fmt: skip
    """Say why moving the field within `zone` changes nothing.

    Parameters
    ----------
    name : str
        Field of RiskConfig.
    zone : (float, float)
        Lowest and highest value with the same NAV.
    risk : RiskConfig
        A configuration inside the zone.
    run : BacktestResult
        Its run.
    inputs : SimulationInputs

    Returns
    -------
    str
        Only what `run` shows; where it shows no cause, that no decision fell between the values.
    """
    if not run.happened(EventKind.REBALANCE).any():
        return "nothing was ever bought"
    seen = _Seen(zone, risk, run, inputs)
    explain = _REASONS.get(name)
    found = "" if explain is None else explain(seen)
    return found or "no decision of this run fell between these values"


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    # A zone, a configuration in it and what its run did.
    zone: tuple[float, float]
    risk: RiskConfig
    run: BacktestResult
    inputs: SimulationInputs

    def count(self, kind: EventKind) -> int:
        return self.run.events.count(kind)

    def decided(self) -> Ints:
        # Sessions whose wanted exposure was traded.
        events = self.run.events
        traded = (events.kind == EventKind.REBALANCE) | (events.kind == EventKind.RESCALE)
        sessions: Ints = events.session[traded] - self.risk.execution_lag_days
        return sessions

    def asked(self) -> Floats:
        # What the scales asked for at those sessions, before floor and limit.
        run, at = self.run, self.decided()
        asked: Floats = run.dd_scale[at] * run.vol_scale[at] * run.leverage[at]
        return asked


def percent(value: float) -> str:
    """Write a fraction for a sentence, one decimal, with a real minus.

    Examples
    --------
    >>> percent(-0.0676)
    '−6.8 %'
    """
    text = f"{abs(100.0 * value):.1f}".removesuffix(".0")
    return f"{'−' if value < 0.0 and text != '0' else ''}{text} %"


def _clipped(seen: _Seen) -> str:
    # Floor and limit leave the scales nothing to say.
    floor, limit = seen.risk.min_position_scale, seen.risk.max_leverage
    asked = seen.asked()
    if floor >= limit - _SLACK:
        return f"the floor equals the leverage limit: exposure is always {percent(limit)}"
    if not len(asked):
        return ""
    if (asked <= floor + _SLACK).all():
        return f"exposure stood on the floor of {percent(floor)} at every fill"
    if (asked >= limit - _SLACK).all():
        return f"exposure stood at the limit of {percent(limit)} at every fill"
    if ((asked <= floor + _SLACK) | (asked >= limit - _SLACK)).all():
        return "every fill found exposure on the floor or at the limit"
    return ""


def _drawdown_scaling(seen: _Seen) -> str:
    floor = seen.risk.min_position_scale
    deepest = float(seen.run.risk_drawdown.min())
    if deepest == 0.0:
        return "there was no drawdown"
    found = _clipped(seen)
    if found and 0.0 < floor < 1.0 and "floor" in found and "equals" not in found:
        # (1 − d/D)² = floor, with the other scales at 1.
        binds = [percent(-depth * (1.0 - floor**0.5)) for depth in seen.zone]
        from_to = binds[0] if binds[0] == binds[1] else f"{binds[0]} to {binds[1]}"
        return f"the floor binds from a drawdown of {from_to} on: {found}"
    return found


def _floor(seen: _Seen) -> str:
    asked = seen.asked()
    if len(asked) and asked.min() >= seen.zone[1] - _SLACK:
        lowest = percent(float(min(asked.min(), seen.risk.max_leverage)))
        return f"the floor is never reached: the least exposure a fill asked for was {lowest}"
    return ""


def _limit(seen: _Seen) -> str:
    asked = seen.asked()
    if len(asked) and asked.max() <= seen.zone[0] + _SLACK:
        most = percent(float(max(asked.max(), seen.risk.min_position_scale)))
        return f"the limit is never reached: the most exposure a fill asked for was {most}"
    return ""


def _volatility_target(seen: _Seen) -> str:
    if not np.isfinite(seen.run.sigma).any():
        return "the volatility window was never full"
    return _clipped(seen)


def _volatility_window(seen: _Seen) -> str:
    if seen.risk.target_annual_vol is None:
        return "the volatility target is off"
    return _volatility_target(seen)


def _rescale_threshold(seen: _Seen) -> str:
    if seen.count(EventKind.RESCALE):
        return ""
    run = seen.run
    held = (run.applied_exposure > 0.0) & np.isfinite(run.wanted_exposure)
    if not held.any():
        return ""
    furthest = np.abs(run.wanted_exposure[held] / run.applied_exposure[held] - 1.0).max()
    return (
        "exposure never strayed that far between rebalances"
        if furthest > seen.zone[0]  # on a session of a rebalance, which does the work itself
        else f"exposure never strayed that far: the furthest was {percent(float(furthest))}"
    )


def _gate(seen: _Seen) -> str:
    if seen.inputs.alpha is None:
        return "the book states no expected returns"
    if seen.risk.cost_per_trade_bps == 0.0:
        return "trades cost nothing, so that every expected return covers the cost"
    if not seen.count(EventKind.GATE):
        return "the gate never held: every expected return covered that many costs"
    return ""


def _turnover_cap(seen: _Seen) -> str:
    if seen.count(EventKind.CAP):
        return ""
    run = seen.run
    later = run.happened(EventKind.REBALANCE)
    later[0] = False
    later[1:] &= run.holdings[:-1] > 0  # the first entry is not capped
    if not later.any():
        return "the cap is never reached: only entries from cash, which it leaves alone"
    most = percent(float(run.turnover[later].max()))
    spared = ", exits and rescaling included, which it leaves alone"
    beyond = run.turnover[later].max() > seen.zone[0]
    return (
        f"the cap is never reached: the largest rebalance traded {most} of NAV"
        f"{spared if beyond else ''}"
    )


def _stop(seen: _Seen) -> str:
    if seen.count(EventKind.STOP):
        return _at_once(seen.risk.trailing_stop_pct, seen.zone[0], "the trailing stop")
    return "no name closed that far below its average entry price before another rule sold it"


def _trailing(seen: _Seen) -> str:
    if seen.count(EventKind.TRAILING):
        return _at_once(seen.risk.position_stop_loss, seen.zone[0], "the position stop")
    return "no name closed that far below its highest close before another rule sold it"


def _at_once(other: float | None, low: float, rule: str) -> str:
    through = "every name that closed that far down had fallen through all of these levels"
    if other is None or other > low:
        return f"{through} at once"
    return f"{through} at once, or {rule} at {percent(other)} sold it on the same close"


def _stop_cooldown(seen: _Seen) -> str:
    if not seen.count(EventKind.STOP) + seen.count(EventKind.TRAILING):
        return "no stop was ever hit"
    return "no rebalance within these cooldowns wanted a stopped name back"


def _breaker(seen: _Seen) -> str:
    if seen.count(EventKind.BREAKER):
        return "the breaker trips on the same sessions"
    deepest = percent(float(seen.run.risk_drawdown.min()))
    return f"the breaker is never reached: the deepest drawdown was {deepest}"


def _breaker_cooldown(seen: _Seen) -> str:
    if seen.risk.circuit_breaker_dd is None:
        return "the circuit breaker is off"
    if not seen.count(EventKind.BREAKER):
        return "the circuit breaker never tripped"
    return "the first rebalance after each of these cooldowns is the same"


def _borrowing(seen: _Seen) -> str:
    return "" if (seen.run.cash < 0.0).any() else "nothing was ever borrowed"


def _margin(seen: _Seen) -> str:
    if seen.count(EventKind.MARGIN_CALL):
        return "the same margin calls are made"
    most = float(seen.run.invested.max())
    least = percent(1.0 / most) if most > 0.0 else "all of it"
    return f"no margin call: after fills NAV was never less than {least} of what was held"


_REASONS: Final[Mapping[str, Callable[[_Seen], str]]] = {
    "max_allowed_drawdown": _drawdown_scaling,
    "min_position_scale": _floor,
    "target_annual_vol": _volatility_target,
    "vol_lookback_days": _volatility_window,
    "vol_rebalance_threshold": _rescale_threshold,
    "min_alpha_to_cost_ratio": _gate,
    "max_turnover_per_rebal": _turnover_cap,
    "position_stop_loss": _stop,
    "trailing_stop_pct": _trailing,
    "stop_cooldown_days": _stop_cooldown,
    "circuit_breaker_dd": _breaker,
    "breaker_cooldown_days": _breaker_cooldown,
    "max_leverage": _limit,
    "borrow_spread": _borrowing,
    "maintenance_margin": _margin,
}
