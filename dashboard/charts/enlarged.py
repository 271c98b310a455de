"""A figure for a projector: the same, larger."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

from dashboard.charts.figure import made

__all__ = ["enlarged"]

_SCALED: Final = frozenset({"size", "width", "xshift", "yshift", "l", "r", "t", "b", "gridwidth"})
_ROOTS: Final = ("font", "margin", "annotations", "shapes", "xaxis", "hoverlabel")


def enlarged(figure: go.Figure, factor: float, height: int) -> go.Figure:
    """Return `figure` with type, lines and margins `factor` times as large, `height` pixels high.

    What is given in data or in shares of the figure stays; `figure` is not changed.
    """
    data: list[dict[str, Any]] = [trace.to_plotly_json() for trace in figure.data]
    layout: dict[str, Any] = figure.layout.to_plotly_json()
    for name in [*_ROOTS, *(key for key in layout if key.startswith("yaxis"))]:
        if name in layout:
            layout[name] = _scaled(layout[name], factor)
    for trace in data:
        for name in ("line", "marker"):
            if name in trace and "pattern" not in trace[name]:
                trace[name] = _scaled(trace[name], factor)
    layout["height"] = height
    return made(data, layout)


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, dict):
        return {
            key: each * factor
            if key in _SCALED and isinstance(each, int | float)
            else _scaled(each, factor)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_scaled(each, factor) for each in value]
    return value
