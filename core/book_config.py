"""Parameters of the book: how scores become target weights."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.parameters import parameter, section
from core.sleeves_config import EafeConfig, SmallValueConfig

__all__ = ["BookConfig"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    selection: Literal["score", "sector_balanced"] = parameter(
        "score",
        group="Book",
        label="Selection",
        url="sel",
        source="origin report §6",
        help="The best scores of all, or of each sector in proportion to its names in the "
        "universe.",
    )
    defensive_share: float = parameter(
        0.0,
        ge=0.0,
        le=1.0,
        control=(0.0, 0.5),
        step=0.05,
        on_value=0.3,
        unit="fraction of names held",
        group="Book",
        label="Defensive names",
        url="dsh",
        source="origin report §5; sectors as MSCI's defensive index has them",
        help="At least this part of the names held is of Consumer Staples, Energy, Health Care and "
        "Utilities, the best of them by score.",
    )
    rank_buffer: float = parameter(
        0.0,
        ge=0.0,
        le=5.0,
        control=(0.0, 1.0),
        step=0.05,
        on_value=0.5,
        unit="fraction of names held",
        group="Book",
        label="Rank buffer",
        url="kbuf",
        source="MSCI index methodology: buffer rule",
        help="A name of the last book stays until its rank is this far beyond the names held.",
    )
    weighting: Literal["equal", "score", "inverse_volatility", "minimum_variance"] = parameter(
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
    covariance_lookback_days: int = parameter(
        252,
        ge=40,
        le=1260,
        control=(63, 504),
        step=21,
        unit="sessions",
        group="Book",
        label="Covariance window",
        url="cov",
        source="project default; Ledoit & Wolf 2004 for the shrinkage",
        help="Sessions of returns behind volatilities, covariances and betas of the weighting.",
    )
    no_trade_band: float = parameter(
        0.0,
        ge=0.0,
        le=0.5,
        control=(0.0, 0.02),
        step=0.001,
        on_value=0.01,
        unit="fraction",
        group="Book",
        label="No-trade band",
        url="band",
        source="Davis & Norman 1990",
        help="A name that stays in the book keeps its last target where the new one is nearer "
        "than this.",
    )
    beta_low: float | None = parameter(
        None,
        ge=0.0,
        le=3.0,
        control=(0.3, 1.5),
        step=0.05,
        on_value=0.8,
        unit="beta",
        group="Book",
        label="Lowest beta",
        url="betal",
        source="project default",
        help="Least beta of the targets to the equal-weighted index members.",
    )
    beta_high: float | None = parameter(
        None,
        gt=0.0,
        le=3.0,
        control=(0.5, 2.0),
        step=0.05,
        on_value=1.1,
        unit="beta",
        group="Book",
        label="Highest beta",
        url="betah",
        source="project default",
        help="Most beta of the targets to the equal-weighted index members.",
    )

    eafe: EafeConfig = section(EafeConfig(), url="efa.", label="EAFE")
    small_value: SmallValueConfig = section(SmallValueConfig(), url="sv.", label="Small value")

    @property
    def has_beta_range(self) -> bool:
        """Whether either end of the beta range is on."""
        return self.beta_low is not None or self.beta_high is not None

    @model_validator(mode="after")
    def _beta_range(self) -> Self:
        low, high = self.beta_low, self.beta_high
        if low is not None and high is not None and low > high:
            raise ValueError(f"beta_low must be at most beta_high ({high:g}), was {low:g}")
        return self

    def warnings(self) -> tuple[str, ...]:
        """Say what of the sleeves is allowed but likely to surprise."""
        told = []
        for name, one in (("eafe", self.eafe), ("small_value", self.small_value)):
            if not one.enabled:
                continue
            if self.own_book is not None:
                told.append(f"book.{name} is on, but an own book holds no sleeve: it does nothing")
            elif one.set_by == "fixed" and not one.lowest <= one.weight <= one.highest:
                told.append(
                    f"book.{name}.weight is {one.weight:g}, outside its bounds of {one.lowest:g} "
                    f"… {one.highest:g}: the nearer bound is held"
                )
        return tuple(told)
