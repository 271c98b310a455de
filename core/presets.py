"""The scenarios everybody starts from."""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import Final

from core.config import BookConfig, FactorsConfig, RegimesConfig, Scenario, UniverseConfig
from core.errors import ConfigError
from core.factors.timing_config import TimingConfig
from core.regime_effects_config import LeverageConfig, StopScales
from core.risk.config import RiskConfig

__all__ = ["DEFAULT_PRESET", "PRESETS", "preset"]

DEFAULT_PRESET: Final = "Phase 8"

_PHASE_8 = Scenario()
_PHASE_8_1 = Scenario(
    name="Phase 8.1",
    regimes=RegimesConfig(lookback_days=30, vix_override=True),
    book=BookConfig(sector_cap=0.25),
    risk=RiskConfig(min_position_scale=0.80, max_allowed_drawdown=0.40),
)
# Origin report §6. It names the changes; where it gives no number, this is the project's choice:
# half the momentum, half as much quality again, stops half as wide again in a volatile market.
_PHASE_9 = Scenario(
    name="Phase 9",
    universe=UniverseConfig(size=500, selection="sector_balanced"),
    factors=FactorsConfig(
        timing=TimingConfig(momentum_in_high_volatility=0.5, quality_in_bear=1.5)
    ),
    regimes=RegimesConfig(
        lookback_days=30,
        vix_override=True,
        leverage=LeverageConfig(calm=1.3, volatile=0.8, max_change=0.2),
        stop_scale=StopScales(volatile=1.5),
    ),
    book=BookConfig(sector_cap=0.25, selection="sector_balanced"),
    risk=RiskConfig(min_position_scale=0.80, max_allowed_drawdown=0.40, max_leverage=1.5),
)
_NO_OVERLAY = Scenario(
    name="No overlay",
    risk=RiskConfig(
        max_allowed_drawdown=None,
        min_position_scale=0.0,
        target_annual_vol=None,
        vol_rebalance_threshold=None,
        min_alpha_to_cost_ratio=None,
        max_turnover_per_rebal=None,
        position_stop_loss=None,
        trailing_stop_pct=None,
        circuit_breaker_dd=None,
    ),
)

PRESETS: Final = MappingProxyType(
    {s.name: s for s in (_PHASE_8, _PHASE_8_1, _PHASE_9, _NO_OVERLAY)}
)


def preset(name: str) -> Scenario:
    """Return the preset called `name`; case does not matter.

    Raises
    ------
    ConfigError
        When there is none of that name.

    Examples
    --------
    >>> preset("phase 8.1").book.sector_cap
    0.25
    """
    for known, scenario in PRESETS.items():
        if known.casefold() == name.casefold():
            return scenario
    close = difflib.get_close_matches(name.casefold(), [k.casefold() for k in PRESETS], 1)
    hint = next((f' Did you mean "{k}"?' for k in PRESETS if k.casefold() in close), "")
    known_names = ", ".join(f'"{k}"' for k in PRESETS)
    raise ConfigError(f'preset must be one of {known_names}, was "{name}".{hint}')
