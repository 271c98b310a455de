"""Parameters of factor timing: when a factor weighs more or less than its regime says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.parameters import parameter

__all__ = ["TimingConfig"]


class TimingConfig(BaseModel):
    """Multipliers on factor weights at a rebalance; the rest is spread pro rata."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    high_volatility: float = parameter(
        0.20,
        ge=0.0,
        le=3.0,
        control=(0.1, 0.6),
        step=0.01,
        unit="fraction a year",
        group="Factor timing",
        label="High volatility from",
        url="vol",
        source="project default",
        help="Market volatility over the regime window from which momentum is timed.",
    )
    momentum_in_high_volatility: float = parameter(
        1.0,
        ge=0.0,
        le=5.0,
        control=(0.0, 1.5),
        step=0.05,
        unit="multiple of the weight",
        group="Factor timing",
        label="Momentum in high volatility",
        url="mom",
        source="origin report §6; Daniel & Moskowitz 2016",
        help="What multiplies the weight of momentum then.",
    )
    quality_in_bear: float = parameter(
        1.0,
        ge=0.0,
        le=5.0,
        control=(0.5, 3.0),
        step=0.05,
        unit="multiple of the weight",
        group="Factor timing",
        label="Quality in bear markets",
        url="qual",
        source="origin report §6; Asness, Frazzini & Pedersen 2019",
        help="What multiplies the weight of quality in a bear market.",
    )
    bear_drawdown: float = parameter(
        0.10,
        ge=0.0,
        le=1.0,
        control=(0.05, 0.3),
        step=0.01,
        unit="fraction",
        group="Factor timing",
        label="Bear market from",
        url="bear",
        source="project default",
        help="How far below its one-year high the market is a bear market for the timing; the "
        "regime bear always is one.",
    )
    momentum_target_vol: float | None = parameter(
        None,
        gt=0.0,
        le=2.0,
        control=(0.05, 0.4),
        step=0.01,
        on_value=0.12,
        unit="fraction a year",
        group="Factor timing",
        label="Momentum volatility target",
        url="mvol",
        source="Barroso & Santa-Clara 2015",
        help="The weight of momentum is multiplied by this over the measured volatility of the "
        "momentum spread.",
    )
    momentum_vol_lookback_days: int = parameter(
        126,
        ge=20,
        le=504,
        control=(63, 252),
        step=21,
        unit="sessions",
        group="Factor timing",
        label="Momentum volatility window",
        url="mlb",
        source="Barroso & Santa-Clara 2015: six months",
        help="Sessions over which the volatility of the momentum spread is measured.",
    )
    momentum_scale_limit: float = parameter(
        1.0,
        gt=0.0,
        le=5.0,
        control=(1.0, 2.0),
        step=0.1,
        unit="multiple of the weight",
        group="Factor timing",
        label="Largest momentum scale",
        url="mmax",
        source="project default; in the paper it has no limit",
        help="The volatility target never multiplies the weight of momentum by more than this.",
    )

    @property
    def enabled(self) -> bool:
        """Whether some rule can change a weight."""
        return (
            self.momentum_in_high_volatility != 1.0
            or self.quality_in_bear != 1.0
            or self.momentum_target_vol is not None
        )
