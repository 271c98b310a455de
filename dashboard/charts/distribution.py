"""Daily returns as a histogram beside the normal curve, with value at risk and shortfall."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from core.distribution import Histogram
from core.tail_risk import TailRisk
from core.units import Floats
from dashboard.charts.figure import made
from dashboard.format import percent
from dashboard.theme import TEXT_CONTRAST, Theme, plotly_template

__all__ = ["DISTRIBUTION_HEIGHT_PX", "distribution_figure"]

DISTRIBUTION_HEIGHT_PX: Final = 300


def distribution_figure(bins: Histogram, tail: TailRisk, colours: Theme) -> go.Figure:
    """Draw the bins, losses beyond the value at risk in another colour.

    Parameters
    ----------
    bins : Histogram
        Of daily returns, fractions.
    tail : TailRisk
        Of the same returns.
    colours : Theme
    """
    worse = colours.ink(colours.worse)
    layout = plotly_template(colours)
    level = f"{percent(tail.confidence, 0)}"
    marks = [(-tail.var, f"VaR {level}: {percent(tail.var)}", 0.99),
             (-tail.cvar, f"CVaR: {percent(tail.cvar)}", 0.86)]  # fmt: skip
    return made(
        [_bars(bins, tail, colours), _normal(bins, colours)],
        layout
        | {
            "height": DISTRIBUTION_HEIGHT_PX,
            "margin": {"l": 46, "r": 12, "t": 12, "b": 40},
            "hovermode": "closest",
            "bargap": 0,
            "shapes": [_vertical(x, worse) for x, _, _ in marks],
            "annotations": [_note(x, text, y, colours) for x, text, y in marks],
            "xaxis": layout["xaxis"]
            | {
                "tickformat": ".1%",
                "nticks": 7,
                "title": {
                    "text": "return of a session, dotted: normal",
                    "font": {"size": 12, "color": colours.secondary},
                },
            },
            "yaxis": layout["yaxis"] | {"nticks": 5},
        },
    )


def _bars(bins: Histogram, tail: TailRisk, colours: Theme) -> dict[str, Any]:
    worse, beyond = colours.ink(colours.worse), bins.edges[1:] <= -tail.var
    return {
        "type": "bar",
        "name": "Sessions",
        "x": _middles(bins),
        "y": bins.counts,
        "width": np.diff(bins.edges) * 0.94,
        "marker": {"color": [worse if each else colours.accent for each in beyond]},
        "customdata": np.column_stack([bins.edges[:-1], bins.edges[1:]]),
        "hovertemplate": "%{customdata[0]:.2%} to %{customdata[1]:.2%}: %{y} sessions"
        "<extra></extra>",
    }


def _normal(bins: Histogram, colours: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Normal",
        "x": _middles(bins),
        "y": bins.normal,
        "line": {"color": colours.ink(colours.faint), "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _middles(bins: Histogram) -> Floats:
    return (bins.edges[1:] + bins.edges[:-1]) / 2.0


def _vertical(x: float, colour: str) -> dict[str, Any]:
    style = {"color": colour, "width": 1, "dash": "dash"}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": style}


def _note(x: float, text: str, y: float, colours: Theme) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "xanchor": "right",
        "xshift": -4,
        "yref": "paper",
        "y": y,
        "yanchor": "top",
        "showarrow": False,
        "bgcolor": colours.page,
        "font": {"size": 12, "color": colours.ink(colours.worse, TEXT_CONTRAST)},
    }
