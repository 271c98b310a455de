"""Parameters of what else tells a regime, and of what it brings with it: leverage and stops."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from core.parameters import parameter

__all__ = ["LeverageConfig", "MarkovConfig", "StopScales", "TurbulenceConfig"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MarkovConfig(_Frozen):
    """The second detector: Markov switching of the market's volatility."""

    states: Literal[2, 3] = parameter(
        2,
        group="Markov switching",
        label="Markov states",
        url="n",
        unit="states",
        source="Hamilton 1989; Ang & Bekaert 2002",
        help="States of the market's volatility that the second detector tells apart.",
    )
    history_days: int = parameter(
        252,
        ge=126,
        le=2520,
        control=(252, 1260),
        step=21,
        unit="sessions",
        group="Markov switching",
        label="Markov history",
        url="min",
        source="project default: one year",
        help="Sessions of returns before the first fit; until then the rules tell.",
    )
    refit_days: int = parameter(
        252,
        ge=21,
        le=2520,
        control=(63, 504),
        step=21,
        unit="sessions",
        group="Markov switching",
        label="Markov refit",
        url="fit",
        source="project default: every year",
        help="Sessions between two fits, each on everything known by then.",
    )


class TurbulenceConfig(_Frozen):
    """The loops in the cloud of sector returns, as a rule of the regimes."""

    quantile: float | None = parameter(
        None,
        gt=0.0,
        le=1.0,
        control=(0.5, 1.0),
        step=0.01,
        on_value=0.9,
        unit="fraction of the past",
        group="Turbulence",
        label="Turbulence quantile",
        url="q",
        source="Gidea & Katz 2018; the quantile is a project default",
        help="The market is called turbulent where its turbulence is as high as in this fraction "
        "of all its past, today included.",
    )
    says: Literal["volatile", "bear"] = parameter(
        "volatile",
        group="Turbulence",
        label="Turbulence says",
        url="say",
        source="project default",
        help="Regime of a turbulent market; as bear it comes after volatile.",
    )
    window_days: int = parameter(
        50,
        ge=20,
        le=252,
        control=(30, 100),
        step=5,
        unit="sessions",
        group="Turbulence",
        label="Turbulence window",
        url="win",
        source="Gidea & Katz 2018: 50 and 100",
        help="Sessions whose sector returns make the cloud, one point each.",
    )
    norm: Literal["landscape_l1", "landscape_l2"] = parameter(
        "landscape_l1",
        group="Turbulence",
        label="Turbulence norm",
        url="norm",
        source="Gidea & Katz 2018",
        help="Norm of the persistence landscape of the cloud's loops.",
    )


class LeverageConfig(_Frozen):
    """Leverage that goes with the market's volatility, in force from one rebalance to the next."""

    low_volatility: float = parameter(
        0.12,
        ge=0.0,
        le=2.0,
        control=(0.05, 0.25),
        step=0.01,
        unit="fraction a year",
        group="Regime leverage",
        label="Calm below",
        url="vol",
        source="project default",
        help="Market volatility over the regime window up to which the market counts as calm.",
    )
    calm: float = parameter(
        1.0,
        gt=0.0,
        le=5.0,
        control=(0.5, 1.5),
        step=0.05,
        unit="multiple of exposure",
        group="Regime leverage",
        label="Leverage when calm",
        url="calm",
        source="origin report §6: 1.2 to 1.5",
        help="Wanted exposure is multiplied by this in a calm market; risk.max_leverage must allow "
        "what is above 1.",
    )
    volatile: float = parameter(
        1.0,
        gt=0.0,
        le=5.0,
        control=(0.5, 1.5),
        step=0.05,
        unit="multiple of exposure",
        group="Regime leverage",
        label="Leverage when volatile",
        url="vola",
        source="origin report §6: 0.8",
        help="Wanted exposure is multiplied by this in the volatile regime.",
    )
    max_change: float | None = parameter(
        None,
        gt=0.0,
        le=5.0,
        control=(0.05, 0.5),
        step=0.05,
        on_value=0.1,
        unit="multiple of exposure",
        group="Regime leverage",
        label="Largest change a month",
        url="step",
        source="project default",
        help="How far the leverage may move from one rebalance to the next; it starts at 1.",
    )

    @property
    def enabled(self) -> bool:
        """Whether some regime asks for another leverage than 1."""
        return self.calm != 1.0 or self.volatile != 1.0


def _stop(regime: str, url: str) -> Any:
    return parameter(
        1.0,
        gt=0.0,
        le=10.0,
        control=(0.5, 2.0),
        step=0.05,
        unit="multiple of the stop",
        group="Regime stops",
        label=regime,
        url=url,
        source="origin report §6; 1 is the same stops everywhere",
        help="Both stop levels of books decided in this regime are multiplied by this.",
    )


class StopScales(_Frozen):
    """What multiplies the stop levels, one factor a regime."""

    bull: float = _stop("bull", "bull")
    bear: float = _stop("bear", "bear")
    sideways: float = _stop("sideways", "side")
    volatile: float = _stop("volatile", "vola")
    recovery: float = _stop("recovery", "reco")
    default: float = _stop("default", "dflt")
