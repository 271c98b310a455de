"""Whether a market has the prices that a way of execution reads, and what stood in for them."""

from __future__ import annotations

import numpy as np

from core.errors import ConfigError
from core.market import Floats, Ints, MarketPanel
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs

__all__ = ["check_prices", "inside_prices", "stand_in_notes"]


def check_prices(market: MarketPanel, risk: RiskConfig) -> None:
    """Raise ConfigError where `risk` fills at opens or lows and `market` has none."""
    asked = {"open": risk.needs_open, "low": risk.needs_low}
    missing = [name for name, asks in asked.items() if asks and getattr(market, name) is None]
    if missing:
        raise ConfigError(
            f'risk.execution "{risk.execution}" with risk.stop_fill "{risk.stop_fill}" reads the '
            f"{' and the '.join(missing)} of every bar: the prices of market {market.source!r} "
            "must have it, had none. Import prices that do, or choose risk.execution=next_close "
            "and risk.stop_fill=close"
        )


def inside_prices(market: MarketPanel, rows: slice, columns: Ints) -> dict[str, Floats | None]:
    """Return open and low of these sessions and securities, None where the market has none."""
    both = {"open": market.open, "low": market.low}
    return {
        name: None if prices is None else np.ascontiguousarray(prices[rows][:, columns])
        for name, prices in both.items()
    }


def stand_in_notes(risk: RiskConfig, inputs: SimulationInputs) -> tuple[str, ...]:
    """Say on how many bars of the simulated names the open or the low was missing."""
    asked = (
        (risk.needs_open, "open", inputs.open, "the close"),
        (risk.needs_low, "low", inputs.low, "the lesser of open and close"),
    )
    notes = []
    for asks, name, prices, instead in asked:
        if not asks or prices is None:
            continue
        bars = np.isfinite(inputs.close)
        missing = int(np.count_nonzero(bars & np.isnan(prices)))
        if missing:
            total = int(np.count_nonzero(bars))
            notes.append(f"no {name} on {missing:,} of {total:,} bars: {instead} stands in for it")
    return tuple(notes)
