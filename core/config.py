"""The scenario: one frozen tree that holds every choice a person can make."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.book_config import BookConfig
from core.factors.config import FactorsConfig, FactorWeights, RegimeWeights
from core.parameters import parameter, section
from core.regimes_config import RegimesConfig
from core.risk.config import RiskConfig

__all__ = [
    "BookConfig",
    "FactorWeights",
    "FactorsConfig",
    "PeriodConfig",
    "RegimeWeights",
    "RegimesConfig",
    "RiskConfig",
    "Scenario",
    "UniverseConfig",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UniverseConfig(_Frozen):
    """Which names may be held: index members of the date, the most traded first."""

    source: str = parameter(
        "demo",
        group="Universe",
        label="Market",
        url="src",
        source="project default",
        help="Name of an imported market in the store; `demo` is the simulated one.",
    )
    size: int = parameter(
        200,
        ge=10,
        le=5000,
        control=(50, 500),
        step=10,
        unit="names",
        group="Universe",
        label="Universe size",
        url="n",
        source="origin report §3",
        help="Members kept on each rebalance date, by trailing median dollar volume.",
    )
    selection: Literal["dollar_volume", "sector_balanced"] = parameter(
        "dollar_volume",
        group="Universe",
        label="Universe selection",
        url="usel",
        source="origin report §6",
        help="The most traded of all members, or of each sector in proportion to its members.",
    )
    liquidity_lookback_days: int = parameter(
        60,
        ge=5,
        le=504,
        control=(20, 252),
        step=5,
        unit="sessions",
        group="Universe",
        label="Liquidity window",
        url="liq",
        source="project default",
        help="Sessions over which the median dollar volume is taken.",
    )


class PeriodConfig(_Frozen):
    """First and last session that are simulated; signals may use history before the first."""

    start: dt.date | None = parameter(
        None,
        group="Period",
        label="Start",
        url="from",
        source="project default: all that the signals allow",
        help="First simulated date; when off, the first date with enough history for every signal.",
    )
    end: dt.date | None = parameter(
        None,
        group="Period",
        label="End",
        url="to",
        source="project default",
        help="Last simulated date; when off, the last date in the store.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"start must be before end, was {self.start} … {self.end}")
        return self


class Scenario(_Frozen):
    """Every choice behind one run; equal scenarios on equal data give equal results."""

    name: str = "Phase 8"
    universe: UniverseConfig = section(UniverseConfig())
    period: PeriodConfig = section(PeriodConfig())
    factors: FactorsConfig = section(FactorsConfig())
    regimes: RegimesConfig = section(RegimesConfig())
    book: BookConfig = section(BookConfig())
    risk: RiskConfig = section(RiskConfig())

    def warnings(self) -> tuple[str, ...]:
        """Say what is allowed but likely to surprise."""
        return (*self.risk.warnings(), *self._leverage_warnings(), *self.book.warnings())

    def _leverage_warnings(self) -> tuple[str, ...]:
        asked = max(self.regimes.leverage.calm, self.regimes.leverage.volatile)
        if asked <= max(1.0, self.risk.max_leverage):
            return ()
        return (
            f"regimes.leverage asks for {asked:g} but risk.max_leverage, the margin limit, is "
            f"{self.risk.max_leverage:g}: exposure never goes above it. Raise risk.max_leverage",
        )
