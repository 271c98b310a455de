"""Parameters of the topology factor."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.parameters import parameter

__all__ = ["TopologyConfig"]


class TopologyConfig(BaseModel):
    """How a window of returns becomes a cloud, the cloud a diagram, and the diagram a score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = parameter(
        False,
        group="Topology",
        label="Topology factor",
        url="on",
        source="origin report §3; off by default: docs/factors.md",
        help="Whether topology is scored; where it is not, its weight is spread over the others.",
    )
    window_days: int = parameter(
        60,
        ge=20,
        le=252,
        control=(20, 126),
        step=1,
        unit="sessions",
        group="Topology",
        label="Topology window",
        url="win",
        source="origin report §3",
        help="Daily returns that make up one cloud; a name without all of them has no score.",
    )
    dimension: int = parameter(
        3,
        ge=2,
        le=6,
        step=1,
        unit="coordinates",
        group="Topology",
        label="Embedding dimension",
        url="dim",
        source="Takens 1981; origin report §3",
        help="Returns that make up one point of the cloud.",
    )
    delay_days: int = parameter(
        1,
        ge=1,
        le=10,
        step=1,
        unit="sessions",
        group="Topology",
        label="Embedding delay",
        url="lag",
        source="Takens 1981; origin report §3",
        help="Sessions between two coordinates of one point.",
    )
    normalised: bool = parameter(
        False,
        group="Topology",
        label="Volatility-normalised returns",
        url="norm",
        source="project default; docs/factors.md",
        help="Divide the returns of a window by their standard deviation: shape without size.",
    )
    homology: Literal[0, 1] = parameter(
        1,
        group="Topology",
        label="Homology dimension",
        url="hom",
        source="Gidea & Katz 2018",
        help="0 looks at components of the cloud, 1 at its loops.",
    )
    statistic: Literal["landscape_l1", "landscape_l2", "total_persistence", "entropy"] = parameter(
        "landscape_l1",
        group="Topology",
        label="Topology statistic",
        url="stat",
        source="Bubenik 2015; Gidea & Katz 2018; Chintakunta et al. 2015",
        help="What the bars of the diagram are summed up to.",
    )
    prefer: Literal["low", "high"] = parameter(
        "low",
        group="Topology",
        label="Preferred topology",
        url="side",
        source="docs/factors.md: the sign is argued there from the data until 2020",
        help="Whether names with little or with much of the statistic score high.",
    )

    @model_validator(mode="after")
    def _room_for_a_cloud(self) -> Self:
        points = self.window_days - (self.dimension - 1) * self.delay_days
        if points < 10:
            raise ValueError(
                "the cloud must hold at least 10 points, window_days − (dimension − 1) · "
                f"delay_days was {points}. Lengthen window_days or shorten the embedding"
            )
        return self
