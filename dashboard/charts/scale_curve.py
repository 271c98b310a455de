"""The drawdown rule as a curve: how much exposure is left at each depth."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from core.risk.drawdown import drawdown_scale
from dashboard.charts.figure import made
from dashboard.format import percent
from dashboard.theme import TEXT_CONTRAST, Theme, plotly_template

__all__ = ["SCALE_CURVE_HEIGHT_PX", "floor_binds_at", "scale_curve_figure"]

SCALE_CURVE_HEIGHT_PX: Final = 300
_POINTS: Final = 121


def floor_binds_at(maximum: float, floor: float) -> float:
    """Return the drawdown (≤ 0) from which the floor holds exposure up: −D · (1 − √floor).

    Parameters
    ----------
    maximum : float
        Depth D of full scaling, positive fraction of peak NAV.
    floor : float
        Exposure floor; at 1 or above it always binds, at 0 it binds where the scale is 0.

    Examples
    --------
    >>> round(floor_binds_at(0.30, 0.60), 4)
    -0.0676
    """
    return -maximum * (1.0 - math.sqrt(min(max(floor, 0.0), 1.0)))


def scale_curve_figure(
    maximum: float, floor: float, colours: Theme, *, worst: float | None = None
) -> go.Figure:
    """Draw exposure against drawdown for the drawdown rule alone.

    Parameters
    ----------
    maximum : float
        Depth of full scaling, positive fraction of peak NAV.
    floor : float
        Exposure floor, ≥ 0.
    colours : Theme
    worst : float, optional
        Deepest risk drawdown of the run, ≤ 0, marked on the curve.
    """
    deepest = -maximum * 1.1 if worst is None else min(-maximum * 1.1, worst * 1.05)
    depth = np.linspace(0.0, deepest, _POINTS)
    raw = np.array([drawdown_scale(each, maximum) for each in depth.tolist()])
    ink = colours.rule("drawdown")
    faint = {"color": colours.ink(colours.faint), "dash": "dot", "width": 1}
    traces = [
        _curve(depth, raw, "Without the floor", faint),
        _curve(depth, np.maximum(raw, floor), "Scale", {"color": ink, "width": 2}),
    ]
    notes = []
    if 0.0 < floor < 1.0:
        binds = floor_binds_at(maximum, floor)
        traces.append(_dot(binds, floor, ink, "circle-open"))
        words = f"floor binds from {percent(binds)}"
        notes.append(_note(binds, floor, words, colours.text, above=True, left=False))
    if worst is not None and worst < 0.0:
        at = max(drawdown_scale(worst, maximum), floor)
        traces.append(_dot(worst, at, colours.accent, "diamond"))
        colour = colours.ink(colours.accent, TEXT_CONTRAST)
        words = f"worst {percent(worst)}"
        # Near the right edge there is room only to the left of the mark.
        notes.append(_note(worst, at, words, colour, above=False, left=worst < 0.5 * deepest))
    layout = _layout(colours, deepest, max(1.05, floor * 1.05))
    return made(traces, layout | {"annotations": notes})


def _layout(colours: Theme, deepest: float, top: float) -> dict[str, Any]:
    template = plotly_template(colours)
    title = {
        "text": "drawdown below the risk peak",
        "font": {"size": 12, "color": colours.secondary},
        "standoff": 6,
    }
    scale = {"tickformat": ".0%", "nticks": 5}
    return template | {
        "height": SCALE_CURVE_HEIGHT_PX,
        "margin": {"l": 46, "r": 12, "t": 12, "b": 40},
        "hovermode": "closest",
        "xaxis": template["xaxis"] | scale | {"range": [0.004, deepest], "title": title},
        "yaxis": template["yaxis"] | scale | {"range": [0.0, top]},
    }


def _curve(x: np.ndarray, y: np.ndarray, name: str, style: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": style,
        "hovertemplate": "%{x:.1%} → %{y:.0%}<extra>" + name + "</extra>",
    }


def _dot(x: float, y: float, colour: str, symbol: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "marker": {
            "size": 9,
            "color": colour,
            "symbol": symbol,
            "line": {"width": 2, "color": colour},
        },
        "hoverinfo": "skip",
    }


def _note(x: float, y: float, text: str, colour: str, *, above: bool, left: bool) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xanchor": "right" if left else "left",
        "xshift": -8 if left else 8,
        "yanchor": "bottom" if above else "top",
        "yshift": 4 if above else -6,
        "showarrow": False,
        "font": {"size": 12, "color": colour},
    }
