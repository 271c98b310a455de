"""Underwater: how far below its own peak each curve stands, and where rules would act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.charts.base import (
    Label,
    Panel,
    Slot,
    end_labels,
    line,
    milliseconds,
    panel_title,
    reference_line,
)
from dashboard.charts.equity import STYLES, colour_of, label_colour
from dashboard.format import percent
from dashboard.theme import TEXT_CONTRAST, Theme, rgba

__all__ = ["drawdown_panel"]

_AIR = 1.12
_SHALLOWEST = -0.02  # a panel that never shows less: noise must not look like a crash
_REACH = 2.5  # a level further away than this many worst drawdowns is written, not drawn


@dataclass(frozen=True, slots=True)
class _Level:
    value: float
    name: str
    colour: str


def drawdown_panel(
    drawdown: pd.DataFrame,
    slot: Slot,
    colours: Theme,
    *,
    reference: float | None,
    breaker: float | None,
) -> Panel:
    """Draw drawdowns below a zero line.

    Parameters
    ----------
    drawdown : DataFrame
        Index of dates; columns as for the equity panel; values in [-1, 0].
    slot : Slot
    colours : Theme
    reference, breaker : float or None
        Positive fractions of peak NAV: the depth of full scaling and the level of the circuit
        breaker; None when the rule is off.
    """
    columns = [column for column, _, _ in STYLES if column in drawdown.columns]
    worst = min(float(np.nanmin(drawdown[columns].to_numpy(np.float64))), _SHALLOWEST)
    near, far = _levels(reference, breaker, _REACH * worst, colours)
    depth = min([worst, *(level.value for level in near)]) * _AIR
    title = "Drawdown" if slot.compact else "Drawdown, below the peak so far"
    title += f" · deeper than shown: {far}" if far else ""
    labels = _labels(float(drawdown["portfolio"].min()), near, colours)
    return Panel(
        yaxis={
            "range": [depth, 0.0],
            "tickformat": ".0%",
            "nticks": 4,
            "zeroline": True,
            "zerolinecolor": colours.secondary,
            "zerolinewidth": 1,
        },
        traces=_traces(drawdown, slot, colours),
        shapes=tuple(reference_line(slot, level.value, level.colour) for level in near),
        annotations=(
            panel_title(slot, title, colours),
            *end_labels(slot, labels, (depth, 0.0)),
        ),
    )


def _levels(
    reference: float | None, breaker: float | None, reach: float, colours: Theme
) -> tuple[list[_Level], str]:
    """Return the levels to draw, and those below `reach` in words."""
    rules = ((reference, "reference", "drawdown"), (breaker, "breaker", "breaker"))
    levels = [_Level(-v, text, colours.rule(rule)) for v, text, rule in rules if v is not None]
    near = [level for level in levels if level.value >= reach]
    far = [f"{level.name} {percent(level.value, 0)}" for level in levels if level.value < reach]
    return near, ", ".join(far)


def _traces(drawdown: pd.DataFrame, slot: Slot, colours: Theme) -> tuple[dict[str, Any], ...]:
    x = milliseconds(drawdown.index)
    return tuple(
        line(
            x,
            drawdown[column],
            slot,
            name=f"{name}, drawdown",
            style=style | {"color": colour_of(column, colours), "width": 1.5 if mine else 1.0},
            fill=rgba(colours.accent, 0.16) if mine else None,
        )
        for column, name, style in STYLES
        if column in drawdown.columns
        for mine in (column == "portfolio",)
    )


def _labels(deepest: float, near: list[_Level], colours: Theme) -> list[Label]:
    mine = Label(deepest, percent(deepest), "worst", label_colour("portfolio", colours))
    return [
        mine,
        *(
            Label(
                level.value,
                percent(level.value, 0),
                level.name,
                colours.ink(level.colour, TEXT_CONTRAST),
            )
            for level in near
        ),
    ]
