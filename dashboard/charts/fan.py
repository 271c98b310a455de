"""A fan of futures: NAV above, the drawdown on the way below."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evidence.fans import LEVELS, Fan
from core.units import Floats
from dashboard.charts.figure import made
from dashboard.format import percent
from dashboard.theme import Theme, plotly_template, rgba

__all__ = ["FAN_HEIGHT_PX", "fan_alt", "fan_figure", "fan_table"]

FAN_HEIGHT_PX: Final = 380
_BANDS: Final = ((0, 4, 0.14), (1, 3, 0.28))  # quantiles below and above, opacity


def fan_figure(fan: Fan, colours: Theme) -> go.Figure:
    """Draw the middle nine tenths and the middle half of the futures, and their median."""
    layout = plotly_template(colours)
    nav, depth = fan.nav - 1.0, fan.drawdown
    traces = [*_panel(nav, "y", "NAV", colours.accent, colours)]
    traces += _panel(depth, "y2", "Drawdown", colours.worse, colours)
    axis = layout["yaxis"] | {"tickformat": ".0%", "nticks": 5}
    return made(
        traces,
        layout
        | {
            "height": FAN_HEIGHT_PX,
            "margin": {"l": 52, "r": 12, "t": 12, "b": 40},
            "hovermode": "x unified",
            "showlegend": False,
            "xaxis": layout["xaxis"]
            | {
                "anchor": "y2",
                "nticks": 7,
                "title": {
                    "text": "sessions from now",
                    "font": {"size": 12, "color": colours.secondary},
                },
            },
            "yaxis": axis | {"domain": [0.45, 1.0]},
            "yaxis2": axis | {"domain": [0.0, 0.38]},
        },
    )


def _panel(
    values: Floats, axis: str, name: str, colour: str, colours: Theme
) -> list[dict[str, Any]]:
    x = np.arange(values.shape[1])
    ink = colours.ink(colour)
    traces: list[dict[str, Any]] = []
    for low, high, opacity in _BANDS:
        for row, fill in ((low, None), (high, "tonexty")):
            traces.append(
                {
                    "type": "scatter", "mode": "lines", "x": x, "y": values[row], "yaxis": axis,
                    "line": {"width": 0, "color": ink},
                    "name": f"{name}, {percent(LEVELS[row], 0)}",
                    "hovertemplate": "%{y:.1%}",
                    "fill": fill or "none", "fillcolor": rgba(ink, opacity),
                }
            )  # fmt: skip
    median = {
        "type": "scatter", "mode": "lines", "x": x, "y": values[2], "yaxis": axis,
        "line": {"width": 1.8, "color": ink}, "name": f"{name}, median",
        "hovertemplate": "%{y:.1%}",
    }  # fmt: skip
    return [*traces, median]


def fan_table(fan: Fan) -> pd.DataFrame:
    """Return one row a session: the quantiles of NAV (growth of 1) and drawdown."""
    columns: dict[str, Any] = {"session": np.arange(fan.nav.shape[1])}
    for name, values in (("nav", fan.nav), ("drawdown", fan.drawdown)):
        columns |= {f"{name} {level:.0%}": row for level, row in zip(LEVELS, values, strict=True)}
    return pd.DataFrame(columns)


def fan_alt(fan: Fan) -> str:
    """Return the fan in one sentence, for those who do not see it."""
    ends = [percent(value - 1.0, signed=True) for value in fan.nav[[0, 2, 4], -1]]
    return (
        f"{fan.paths} futures of {fan.nav.shape[1] - 1} sessions end at {ends[0]} (5 %), "
        f"{ends[1]} (median) and {ends[2]} (95 %); their deepest drawdown is "
        f"{percent(fan.deepest[0])}, {percent(fan.deepest[2])} and {percent(fan.deepest[4])}."
    )
