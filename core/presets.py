"""The scenarios everybody starts from."""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import Final

from core.config import BookConfig, RegimesConfig, Scenario
from core.errors import ConfigError
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

PRESETS: Final = MappingProxyType({s.name: s for s in (_PHASE_8, _PHASE_8_1, _NO_OVERLAY)})


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
