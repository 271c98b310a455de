"""Wanted exposure at one close, ENGINE §3, with every number that went in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.explain_state import RunRecord
from core.explain_switches import Switch
from core.risk.drawdown import drawdown_scale
from core.risk.leverage import wanted_exposure
from core.risk.volatility import volatility_scale

__all__ = ["Exposure", "exposure_of"]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What wanted exposure is made of, with every number put in.

    Attributes
    ----------
    nav, risk_peak : float
        Dollars: NAV as the rules see it, and the peak they hold it against.
    risk_drawdown : float
        NAV over risk peak - 1.
    max_drawdown : float
        Of full scaling; NaN = off.
    dd_scale : float
        ``(1 - |risk_drawdown| / max_drawdown) ** 2``, 0 beyond it.
    sigma, target : float
        Annual volatility of the risky sleeve (NaN = window not full) and its target (NaN = off).
    vol_scale : float
        ``target / sigma``.
    leverage : float
        Of the regime.
    scale : float
        ``dd_scale * vol_scale * leverage``.
    floor, limit : float
        ``min_position_scale`` and ``max_leverage``.
    wanted : float
        ``scale`` between them; NaN while the breaker is out.
    applied : float
        In force just before the order is filled.
    binding : Switch or None
        What held exposure where it is: the breaker; the leverage limit or the floor where the scale
        lies at or beyond it; else the smallest of the three scales.
    """

    nav: float
    risk_peak: float
    risk_drawdown: float
    max_drawdown: float
    dd_scale: float
    sigma: float
    target: float
    vol_scale: float
    leverage: float
    scale: float
    floor: float
    limit: float
    wanted: float
    applied: float
    binding: Switch


def exposure_of(
    record: RunRecord, t: int, rules: Any, active: bool, off: Switch | None, nav: float
) -> Exposure:
    """Make the wanted exposure of session t again under `rules`; `off` as for a decision.

    `nav` is what the rules see: at lag 0 before the costs of their own fill. Without `active` (the
    breaker trips or is out) nothing is wanted.
    """
    result = record.result
    drawdown, sigma = float(result.risk_drawdown[t]), float(result.sigma[t])
    maximum, target = float(rules["max_allowed_drawdown"]), float(rules["target_annual_vol"])
    dd_scale, vol_scale = drawdown_scale(drawdown, maximum), volatility_scale(sigma, target)
    leverage = 1.0 if off is Switch.REGIME_LEVERAGE else float(result.leverage[t])
    scale = dd_scale * vol_scale * leverage
    floor, limit = float(rules["min_position_scale"]), float(rules["max_leverage"])
    return Exposure(
        nav=nav,
        risk_peak=nav / (1.0 + drawdown),
        risk_drawdown=drawdown,
        max_drawdown=maximum,
        dd_scale=dd_scale,
        sigma=sigma,
        target=target,
        vol_scale=vol_scale,
        leverage=leverage,
        scale=scale,
        floor=floor,
        limit=limit,
        wanted=wanted_exposure(scale, floor, limit) if active else math.nan,
        applied=record.applied_before(t if record.lag == 0 else t + 1),
        binding=_binding(dd_scale, vol_scale, leverage, floor, limit, active),
    )


def _binding(
    dd_scale: float, vol_scale: float, leverage: float, floor: float, limit: float, active: bool
) -> Switch:
    scale = dd_scale * vol_scale * leverage
    if not active:
        return Switch.CIRCUIT_BREAKER
    if scale >= limit:
        return Switch.LEVERAGE_LIMIT
    if scale < floor:
        return Switch.EXPOSURE_FLOOR
    scales = {
        Switch.DRAWDOWN_SCALING: dd_scale,
        Switch.VOLATILITY_TARGET: vol_scale,
        Switch.REGIME_LEVERAGE: leverage,
    }
    return min(scales, key=lambda switch: scales[switch])
