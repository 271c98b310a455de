"""The scenario: one frozen tree that holds every choice a person can make."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.factors.config import FactorsConfig, FactorWeights, RegimeWeights
from core.parameters import parameter, section
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


class RegimesConfig(_Frozen):
    """How the market's state is told, from the past only."""

    lookback_days: int = parameter(
        60,
        ge=10,
        le=504,
        control=(20, 126),
        step=5,
        unit="sessions",
        group="Regimes",
        label="Regime window",
        url="reg",
        source="origin report §2, §5",
        help="Sessions over which market trend and volatility are measured.",
    )
    trend_threshold: float = parameter(
        0.08,
        ge=0.0,
        le=0.5,
        control=(0.01, 0.2),
        step=0.005,
        unit="fraction",
        group="Regimes",
        label="Trend threshold",
        url="trend",
        source="project default",
        help="Market return over the window beyond which it is a bull or a bear market.",
    )
    recovery_drawdown: float = parameter(
        0.10,
        ge=0.0,
        le=1.0,
        control=(0.02, 0.3),
        step=0.01,
        unit="fraction",
        group="Regimes",
        label="Recovery drawdown",
        url="rdd",
        source="project default",
        help="A rising market this far below its one-year high is a recovery, not a bull market.",
    )
    volatility_threshold: float = parameter(
        0.25,
        ge=0.0,
        le=3.0,
        control=(0.1, 0.6),
        step=0.01,
        unit="fraction a year",
        group="Regimes",
        label="Volatility threshold",
        url="rvol",
        source="project default",
        help="Annualised market volatility over the window above which the market is volatile.",
    )
    vix_override: bool = parameter(
        False,
        group="Regimes",
        label="VIX override",
        url="vix",
        source="origin report §5",
        help="Call the market volatile as soon as the volatility index closes at its level.",
    )
    vix_level: float = parameter(
        30.0,
        ge=5.0,
        le=150.0,
        control=(15.0, 50.0),
        step=1.0,
        unit="index points",
        group="Regimes",
        label="VIX level",
        url="vixl",
        source="Whaley 2009",
        help="Close of the volatility index from which the override acts.",
    )


class BookConfig(_Frozen):
    """How scores become target weights."""

    own_book: str | None = parameter(
        None,
        group="Book",
        label="Own book",
        url="book",
        source="project default",
        help="Name of an imported book of weights that replaces the ensemble's.",
    )
    names_held: int = parameter(
        50,
        ge=1,
        le=1000,
        control=(10, 150),
        step=5,
        unit="names",
        group="Book",
        label="Names held",
        url="k",
        source="project default",
        help="Names with the highest composite score that are held.",
    )
    weighting: Literal["equal"] = parameter(
        "equal",
        group="Book",
        label="Weighting",
        url="wt",
        source="project default",
        help="How held names are weighted.",
    )
    rebalance: Literal["month_end"] = parameter(
        "month_end",
        group="Book",
        label="Rebalance",
        url="rb",
        source="origin report §3",
        help="When the book is decided: at the close of each month's last session.",
    )
    position_cap: float | None = parameter(
        0.05,
        gt=0.0,
        le=1.0,
        control=(0.01, 0.25),
        step=0.005,
        unit="fraction",
        group="Book",
        label="Position cap",
        url="pcap",
        source="project default",
        help="Largest target weight of one name.",
    )
    sector_cap: float | None = parameter(
        None,
        gt=0.0,
        le=1.0,
        control=(0.10, 1.0),
        step=0.01,
        unit="fraction",
        group="Book",
        label="Sector cap",
        url="scap",
        on_value=0.25,
        source="origin report §5",
        help="Largest target weight of one sector; names of a full sector are passed over.",
    )


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
        return self.risk.warnings()
