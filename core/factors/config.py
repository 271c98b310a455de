"""Parameters of the factors: windows, limits, and their weights in each regime."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.factors.names import AVAILABLE_FACTORS, FACTORS
from core.factors.timing_config import TimingConfig
from core.factors.topology_config import TopologyConfig
from core.parameters import parameter, section

__all__ = ["FactorWeights", "FactorsConfig", "RegimeWeights", "TimingConfig", "TopologyConfig"]


_WEIGHTS = "origin report §3 (bull and bear: project default)"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FactorWeights(_Frozen):
    """Weights of the four factors in one regime; they sum to 1."""

    momentum: float = parameter(
        0.25,
        ge=0.0,
        le=1.0,
        step=0.05,
        unit="fraction",
        group="Weights",
        label="momentum",
        url="m",
        source=_WEIGHTS,
        help="Weight of the momentum score in this regime.",
    )
    topology: float = parameter(
        0.25,
        ge=0.0,
        le=1.0,
        step=0.05,
        unit="fraction",
        group="Weights",
        label="topology",
        url="t",
        source=_WEIGHTS,
        help="Weight of the topology score in this regime; spread over the others while it is off.",
    )
    value: float = parameter(
        0.25,
        ge=0.0,
        le=1.0,
        step=0.05,
        unit="fraction",
        group="Weights",
        label="value",
        url="v",
        source=_WEIGHTS,
        help="Weight of the value score in this regime.",
    )
    quality: float = parameter(
        0.25,
        ge=0.0,
        le=1.0,
        step=0.05,
        unit="fraction",
        group="Weights",
        label="quality",
        url="q",
        source=_WEIGHTS,
        help="Weight of the quality score in this regime.",
    )

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.momentum + self.topology + self.value + self.quality
        if abs(total - 1.0) > 1e-9:
            raise ValueError(
                "the four weights of one regime must sum to 1 (fractions: 0.25 is 25 %), "
                f"their sum was {total:g}. Set the others in the same call"
            )
        return self


def _row(momentum: float, topology: float, value: float, quality: float) -> FactorWeights:
    return FactorWeights(momentum=momentum, topology=topology, value=value, quality=quality)


class RegimeWeights(_Frozen):
    """One row of factor weights a regime."""

    bull: FactorWeights = section(_row(0.40, 0.20, 0.20, 0.20), url="bull.", label="Bull")
    bear: FactorWeights = section(_row(0.15, 0.30, 0.20, 0.35), url="bear.", label="Bear")
    sideways: FactorWeights = section(_row(0.25, 0.30, 0.25, 0.20), url="side.", label="Sideways")
    volatile: FactorWeights = section(_row(0.20, 0.35, 0.15, 0.30), url="vola.", label="Volatile")
    recovery: FactorWeights = section(_row(0.30, 0.20, 0.35, 0.15), url="reco.", label="Recovery")
    default: FactorWeights = section(_row(0.35, 0.25, 0.20, 0.20), url="dflt.", label="Default")


class FactorsConfig(_Frozen):
    """How scores are made and mixed."""

    momentum_lookback_days: int = parameter(
        252,
        ge=40,
        le=1260,
        control=(63, 504),
        step=21,
        unit="sessions",
        group="Factors",
        label="Momentum window",
        url="mom",
        source="Jegadeesh & Titman 1993",
        help="Sessions back to the start of the momentum return.",
    )
    momentum_skip_days: int = parameter(
        21,
        ge=0,
        le=126,
        control=(0, 63),
        step=1,
        unit="sessions",
        group="Factors",
        label="Momentum skip",
        url="skip",
        source="Jegadeesh & Titman 1993",
        help="Most recent sessions left out of the momentum return.",
    )
    volatility_lookback_days: int = parameter(
        252,
        ge=20,
        le=1260,
        control=(63, 504),
        step=21,
        unit="sessions",
        group="Factors",
        label="Low-volatility window",
        url="lowvol",
        source="Asness, Frazzini & Pedersen 2019",
        help="Sessions over which the volatility inside the quality score is measured.",
    )
    filing_max_age_days: int = parameter(
        400,
        ge=90,
        le=1500,
        control=(120, 800),
        step=10,
        unit="calendar days",
        group="Factors",
        label="Oldest filing",
        url="age",
        source="project default: four quarters and their filing time",
        help="A filing whose period ended longer ago than this counts as missing.",
    )
    winsor_limit: float = parameter(
        3.0,
        ge=1.0,
        le=10.0,
        control=(1.5, 5.0),
        step=0.1,
        unit="standard deviations",
        group="Factors",
        label="Winsor limit",
        url="wins",
        source="project default; three standard deviations are common practice",
        help="Cross-sectional z-scores are cut at plus and minus this.",
    )
    information_coefficient: float = parameter(
        0.05,
        ge=0.0,
        le=1.0,
        control=(0.0, 0.2),
        step=0.005,
        unit="correlation",
        group="Factors",
        label="Information coefficient",
        url="ic",
        source="Grinold 1994",
        help="Assumed skill: alpha = IC × volatility to the next rebalance × score.",
    )
    weights: RegimeWeights = section(RegimeWeights(), url="w.")
    topology: TopologyConfig = section(TopologyConfig(), url="topo.")
    timing: TimingConfig = section(TimingConfig(), url="tim.")

    @property
    def scored(self) -> tuple[str, ...]:
        """The factors that get a score, in the order of every array."""
        return FACTORS if self.topology.enabled else AVAILABLE_FACTORS

    @model_validator(mode="after")
    def _skip_inside_window(self) -> Self:
        if self.momentum_skip_days >= self.momentum_lookback_days:
            raise ValueError(
                "momentum_skip_days must be below momentum_lookback_days "
                f"({self.momentum_lookback_days}), was {self.momentum_skip_days}"
            )
        return self
