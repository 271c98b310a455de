"""Parameters of the regimes: how the market's state is told."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.parameters import parameter, section
from core.regime_effects_config import (
    LeverageConfig,
    MarkovConfig,
    StopScales,
    TurbulenceConfig,
)

__all__ = ["RegimesConfig"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    vix_release_level: float | None = parameter(
        None,
        ge=5.0,
        le=150.0,
        control=(10.0, 30.0),
        step=1.0,
        on_value=25.0,
        unit="index points",
        group="Regimes",
        label="VIX release",
        url="vixr",
        source="project default: a band of five points",
        help="Once the override acts it goes on until the index closes below this; when off, until "
        "it closes below its level.",
    )
    vix_calm_level: float | None = parameter(
        None,
        ge=5.0,
        le=150.0,
        control=(10.0, 25.0),
        step=1.0,
        on_value=15.0,
        unit="index points",
        group="Regimes",
        label="VIX calm",
        url="vixc",
        source="project default: the index leads the volatility of a trailing window",
        help="With the override on, a market whose index closes below this is not called volatile, "
        "whatever the volatility of the window still is.",
    )
    hysteresis: float = parameter(
        0.0,
        ge=0.0,
        le=0.9,
        control=(0.0, 0.5),
        step=0.05,
        on_value=0.2,
        unit="fraction of the threshold",
        group="Regimes",
        label="Hysteresis",
        url="rhys",
        source="project default; a Schmitt trigger",
        help="A label that holds is left only this far inside the threshold that brought it.",
    )
    min_dwell_days: int = parameter(
        1,
        ge=1,
        le=252,
        control=(1, 63),
        step=1,
        unit="sessions",
        group="Regimes",
        label="Minimum dwell",
        url="rdwell",
        source="project default",
        help="Sessions for which a new label holds at least; only the VIX override breaks it.",
    )
    detector: Literal["rules", "markov"] = parameter(
        "rules",
        group="Regimes",
        label="Detector of volatility",
        url="rdet",
        source="origin report §2; Hamilton 1989",
        help="What calls the market volatile: its volatility over the window, or the filtered "
        "probability of the most volatile Markov state.",
    )
    markov: MarkovConfig = section(MarkovConfig(), url="mk.")
    turbulence: TurbulenceConfig = section(TurbulenceConfig(), url="turb.")
    leverage: LeverageConfig = section(LeverageConfig(), url="rlev.")
    stop_scale: StopScales = section(StopScales(), url="rst.", label="Stops")

    @model_validator(mode="after")
    def _bands(self) -> Self:
        if self.vix_release_level is not None and self.vix_release_level > self.vix_level:
            raise ValueError(
                f"vix_release_level must be at most vix_level ({self.vix_level:g}), "
                f"was {self.vix_release_level:g}"
            )
        lowest = self.vix_level if self.vix_release_level is None else self.vix_release_level
        if self.vix_calm_level is not None and self.vix_calm_level > lowest:
            raise ValueError(
                f"vix_calm_level must be at most the level that ends the override ({lowest:g}), "
                f"was {self.vix_calm_level:g}"
            )
        return self
