"""What the best of N tries shows by luck, and where the result stands against it."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.figure import made
from dashboard.format import count, ratio
from dashboard.theme import TEXT_CONTRAST, Theme, plotly_template

__all__ = ["LUCK_HEIGHT_PX", "luck_figure"]

LUCK_HEIGHT_PX: Final = 280


def luck_figure(
    curve: pd.DataFrame,
    sharpe: tuple[float, float],
    chances: float,
    trials: int,
    colours: Theme,
    *,
    compact: bool = False,
) -> go.Figure:
    """Draw the Sharpe ratio that luck gives the best of N tries, and that of the result.

    Parameters
    ----------
    curve : DataFrame
        Index of numbers of tries, column ``luck``: Sharpe ratio a year.
    sharpe : (float, float)
        Of the result, a year, and its standard error.
    chances, trials : float, int
        Independent chances that the tries amount to, and the tries.
    colours : Theme
    compact : bool
        For narrow screens.
    """
    layout = plotly_template(colours)
    value, error = sharpe
    marks = [float(trials)] if trials == 1 else [chances, float(trials)]
    # Above the curve of luck, which rises to the right, and clear of its name at the end.
    side = "right" if _log(trials) > 0.5 * _log(float(curve.index[-1])) else "left"
    notes = [_note(_log(trials), 1.0, f"{count(trials)} tried", side, colours)]
    if trials > 1 and not compact:
        notes.append(_note(_log(chances), 0.9, f"{_written(chances)} chances", "right", colours))
    low = min(0.0, value - error)
    high = max(float(curve["luck"].max()), value + error)
    room = 0.08 * (high - low)
    return made(
        [
            _band(curve, value, error, colours),
            _luck(curve, colours),
            _result(curve, value, colours),
        ],
        layout
        | {
            "height": LUCK_HEIGHT_PX,
            "margin": {"l": 46, "r": 12, "t": 24, "b": 40},
            "hovermode": "closest",
            "showlegend": False,
            "shapes": [_vertical(x, colours) for x in marks],
            "annotations": [
                *notes,
                _label(value, f"this result {ratio(value)}", colours.accent, colours),
                _label(float(curve["luck"].iloc[-1]), "by luck", colours.worse, colours),
            ],
            "xaxis": layout["xaxis"]
            | {
                "type": "log",
                "dtick": 1,
                "tickformat": ",d",
                "title": {
                    "text": "settings tried, each a chance of its own",
                    "font": {"size": 12, "color": colours.secondary},
                },
            },
            "yaxis": layout["yaxis"] | {"nticks": 6, "range": [low - room, high + room]},
        },
    )


def _written(chances: float) -> str:
    return ratio(chances, 1) if chances < 9.95 else f"about {count(round(chances))}"


def _log(value: float) -> float:
    return math.log10(value)


def _luck(curve: pd.DataFrame, colours: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Luck",
        "x": curve.index.to_numpy(),
        "y": curve["luck"].to_numpy(),
        "line": {"color": colours.ink(colours.worse), "width": 2},
        "hovertemplate": "best of %{x:,.0f}: %{y:.2f} by luck<extra></extra>",
    }


def _result(curve: pd.DataFrame, value: float, colours: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Result",
        "x": [float(curve.index[0]), float(curve.index[-1])],
        "y": [value, value],
        "line": {"color": colours.ink(colours.accent), "width": 2},
        "hoverinfo": "skip",
    }


def _band(curve: pd.DataFrame, value: float, error: float, colours: Theme) -> dict[str, Any]:
    first, last = float(curve.index[0]), float(curve.index[-1])
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "One standard error",
        "x": [first, last, last, first],
        "y": [value - error, value - error, value + error, value + error],
        "fill": "toself",
        "fillcolor": colours.raised,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _vertical(x: float, colours: Theme) -> dict[str, Any]:
    style = {"color": colours.ink(colours.faint), "width": 1, "dash": "dash"}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": style}


def _note(x: float, y: float, text: str, side: str, colours: Theme) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "xanchor": side,
        "xshift": 4 if side == "left" else -4,
        "yref": "paper",
        "y": y,
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 12, "color": colours.secondary},
    }


def _label(y: float, text: str, colour: str, colours: Theme) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "xshift": -4,
        "y": y,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": colours.ink(colour, TEXT_CONTRAST)},
    }
