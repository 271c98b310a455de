"""Parameters of the sleeves: funds of other markets and styles, held beside the stock book."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.parameters import parameter, section

__all__ = ["EafeConfig", "SleeveConfig", "SleeveWeights", "SmallValueConfig"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _weight(regime: str, url: str) -> Any:
    return parameter(
        0.10,
        ge=0.0,
        le=0.5,
        control=(0.0, 0.3),
        step=0.01,
        unit="fraction of the book",
        group="Sleeves",
        label=regime,
        url=url,
        source="project default",
        help="Weight of the fund in books decided in this regime, where regimes set it.",
    )


class SleeveWeights(_Frozen):
    """Weight of a sleeve by regime."""

    bull: float = _weight("bull", "bull")
    bear: float = _weight("bear", "bear")
    sideways: float = _weight("sideways", "side")
    volatile: float = _weight("volatile", "vola")
    recovery: float = _weight("recovery", "reco")
    default: float = _weight("default", "dflt")


class SleeveConfig(_Frozen):
    """One fund beside the stocks: how much of the book it is, and within which bounds."""

    enabled: bool = parameter(
        False,
        group="Sleeves",
        label="Sleeve",
        url="on",
        source="origin report §6; off by default",
        help="Whether the fund is held beside the stocks, which then share what is left.",
    )
    set_by: Literal["fixed", "regime", "inverse_volatility"] = parameter(
        "fixed",
        group="Sleeves",
        label="Weight set by",
        url="by",
        source="project default",
        help="A fixed weight, one for each regime, or in proportion to one over its volatility "
        "beside that of the index members over book.covariance_lookback_days.",
    )
    weight: float = parameter(
        0.10,
        ge=0.0,
        le=0.5,
        control=(0.0, 0.3),
        step=0.01,
        unit="fraction of the book",
        group="Sleeves",
        label="Fixed weight",
        url="w",
        source="project default",
        help="Weight of the fund in every book, where it is fixed.",
    )
    lowest: float = parameter(
        0.0,
        ge=0.0,
        le=0.5,
        control=(0.0, 0.2),
        step=0.01,
        unit="fraction of the book",
        group="Sleeves",
        label="Lowest weight",
        url="min",
        source="project default",
        help="Bound of the fund's target from below, whatever sets it.",
    )
    highest: float = parameter(
        0.20,
        ge=0.0,
        le=0.5,
        control=(0.0, 0.5),
        step=0.01,
        unit="fraction of the book",
        group="Sleeves",
        label="Highest weight",
        url="max",
        source="project default",
        help="Bound of the fund's target from above, whatever sets it.",
    )
    weights: SleeveWeights = section(SleeveWeights(), url="w.", label="Weight in")

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError(
                f"lowest must be at most highest ({self.highest:g}), was {self.lowest:g}"
            )
        return self


class EafeConfig(SleeveConfig):
    """Stocks of developed markets outside North America."""

    fund: Literal["EFA", "VEA"] = parameter(
        "EFA",
        group="Sleeves",
        label="Fund",
        url="fund",
        source="origin report §6",
        help="Fund of the sleeve, from the market's table of indices and funds.",
    )


class SmallValueConfig(SleeveConfig):
    """Small and mid-cap value stocks."""

    fund: Literal["IJS", "VBR", "IWN"] = parameter(
        "IJS",
        group="Sleeves",
        label="Fund",
        url="fund",
        source="origin report §6",
        help="Fund of the sleeve, from the market's table of indices and funds.",
    )
