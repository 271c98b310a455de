"""Underwater: how far below its own peak each curve stands, and where rules would act."""

from __future__ import annotations

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
_REACH = 2.5  # a level further away than this many worst drawdowns is written, not drawn


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
    x = milliseconds(drawdown.index)
    drawn = [(c, name, style) for c, name, style in STYLES if c in drawdown.columns]
    worst = min(float(np.nanmin(drawdown[[c for c, _, _ in drawn]].to_numpy())), -0.02)
    levels = [
        (-value, text, colours.rule(rule))
        for value, text, rule in (
            (reference, "reference", "drawdown"),
            (breaker, "breaker", "breaker"),
        )
        if value is not None
    ]
    near = [level for level in levels if level[0] >= _REACH * worst]
    depth = min([worst, *(value for value, _, _ in near)]) * _AIR
    far = ", ".join(f"{text} {percent(v, 0)}" for v, text, _ in levels if (v, text, _) not in near)
    title = "Drawdown, below the peak so far" + (f" · deeper than shown: {far}" if far else "")
    deepest = float(drawdown["portfolio"].min())
    ink = label_colour("portfolio", colours)
    labels = [
        Label(deepest, percent(deepest), "worst", ink),
        *(
            Label(v, percent(v, 0), text, colours.ink(colour, TEXT_CONTRAST))
            for v, text, colour in near
        ),
    ]
    return Panel(
        yaxis={
            "range": [depth, 0.0],
            "tickformat": ".0%",
            "nticks": 4,
            "zeroline": True,
            "zerolinecolor": colours.secondary,
            "zerolinewidth": 1,
        },
        traces=tuple(
            line(
                x,
                drawdown[c],
                slot,
                name=f"{name}, drawdown",
                style=style
                | {"color": colour_of(c, colours)}
                | ({"width": 1.5} if c == "portfolio" else {}),
                fill=rgba(colours.accent, 0.16) if c == "portfolio" else None,
            )
            for c, name, style in drawn
        ),
        shapes=tuple(reference_line(slot, v, colour) for v, _, colour in near),
        annotations=(
            panel_title(slot, title, colours),
            *end_labels(slot, labels, (depth, 0.0)),
        ),
    )
