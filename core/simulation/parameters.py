"""RiskConfig as one row of numbers, so that compiled code can run one or many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.risk.config import RiskConfig
from core.simulation.state import AT_OPEN, INTRADAY

__all__ = ["ROW", "pack"]

_INTEGERS: Final = (
    "vol_lookback_days",
    "stop_cooldown_days",
    "breaker_cooldown_days",
    "execution_lag_days",
)
_FRACTIONS: Final = (
    "max_allowed_drawdown",
    "min_position_scale",
    "target_annual_vol",
    "vol_rebalance_threshold",
    "cost_per_trade_bps",
    "min_alpha_to_cost_ratio",
    "max_turnover_per_rebal",
    "position_stop_loss",
    "trailing_stop_pct",
    "circuit_breaker_dd",
    "max_leverage",
    "borrow_spread",
    "maintenance_margin",
)

_CODES: Final = {
    "execution": {"next_close": 0, "next_open": AT_OPEN},
    "stop_fill": {"close": 0, "intraday": INTRADAY},
}

# One record a run, every field under its name in RiskConfig. NaN = rule off; choices as codes.
ROW: Final = np.dtype(
    [(name, np.float64) for name in _FRACTIONS]
    + [(name, np.int64) for name in (*_INTEGERS, *_CODES)],
    align=True,
)


def pack(risks: Sequence[RiskConfig]) -> npt.NDArray[np.void]:
    """Return one ``ROW`` a configuration, in order.

    Parameters
    ----------
    risks : sequence of K RiskConfig

    Returns
    -------
    ROW[K]
        NaN where a rule is None; `execution` and `stop_fill` as codes, 0 for the default.
    """
    return np.array([_row(risk) for risk in risks], dtype=ROW)


def _row(risk: RiskConfig) -> tuple[Any, ...]:
    values = [getattr(risk, name) for name in _FRACTIONS]
    row = [math.nan if value is None else value for value in values]
    row += [getattr(risk, name) for name in _INTEGERS]
    return (*row, *[codes[getattr(risk, name)] for name, codes in _CODES.items()])
