"""Factors over all months: fifths by score, the rank IC of later months, how alike factors are."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.factors import factor_colour
from dashboard.charts.figure import Markup, made
from dashboard.format import percent, ratio
from dashboard.theme import Theme, blend, plotly_template, text_on

__all__ = ["ACROSS_HEIGHT_PX", "correlations_figure", "decay_figure", "quantiles_figure"]

ACROSS_HEIGHT_PX: Final = 260
_FIFTHS: Final = ("lowest", "2nd", "3rd", "4th", "highest")


def quantiles_figure(quantiles: pd.DataFrame, name: str, colours: Theme) -> go.Figure:
    """Draw how far each fifth was from the mean of the five, with intervals.

    Parameters
    ----------
    quantiles : DataFrame
        A row a fifth, the lowest scores first: mean, gap, low, high, fractions a month.
    name : str
        Of the factor.
    colours : Theme
    """
    gap = quantiles["gap"].to_numpy(np.float64)
    bars = {
        "type": "bar",
        "x": list(range(len(gap))),
        "y": gap,
        "marker": {"color": factor_colour(name, colours), "line": {"width": 0}},
        "width": 0.6,
        "error_y": _errors(quantiles, gap, colours),
        "customdata": [
            [fifth, percent(mean, 2), percent(apart, 2, signed=True)]
            for fifth, mean, apart in zip(
                _FIFTHS, quantiles["mean"].tolist(), gap.tolist(), strict=True
            )
        ],
        "hovertemplate": "%{customdata[0]} fifth: %{customdata[1]} a month, "
        "%{customdata[2]} to the mean of all<extra></extra>",
    }
    text: list[str] = [
        Markup(f"{fifth}<br>{percent(mean, 2)}")
        for fifth, mean in zip(_FIFTHS, quantiles["mean"].tolist(), strict=True)
    ]
    return _framed(bars, colours, text, ".1%", "Return a month less the mean of all")


def decay_figure(decay: pd.DataFrame, name: str, colours: Theme) -> go.Figure:
    """Draw the mean rank IC with the return of the next month, of month 2, and so on.

    Parameters
    ----------
    decay : DataFrame
        Index of months; rank_ic, rank_ic_low, rank_ic_high.
    name : str
        Of the factor.
    colours : Theme
    """
    values = decay["rank_ic"].to_numpy(np.float64)
    bounds = decay.rename(columns={"rank_ic_low": "low", "rank_ic_high": "high"})
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": list(range(len(values))),
        "y": values,
        "marker": {"color": factor_colour(name, colours), "size": 9},
        "error_y": _errors(bounds, values, colours),
        "customdata": [
            [str(month), ratio(value, 3, signed=True)]
            for month, value in zip(decay.index, values.tolist(), strict=True)
        ],
        "hovertemplate": "month %{customdata[0]}: %{customdata[1]}<extra></extra>",
    }
    months = [f"month {month}" for month in decay.index]
    return _framed(dots, colours, months, ".2f", "Mean rank IC with a later month's return")


def correlations_figure(table: pd.DataFrame, colours: Theme, *, compact: bool) -> go.Figure:
    """Draw the mean rank correlation of each two factors, a number in every cell.

    Parameters
    ----------
    table : DataFrame
        Symmetric, in [−1, 1]; NaN = never enough names in common.
    colours : Theme
    compact : bool
        For narrow screens: columns by their first letters.
    """
    values = table.to_numpy(np.float64)
    names = [str(name) for name in table.index]
    place = list(range(len(names)))
    heat = {
        "type": "heatmap",
        "x": place,
        "y": place,
        "z": values,
        "zmin": -1.0,
        "zmax": 1.0,
        "colorscale": [[0.0, colours.worse], [0.5, colours.raised], [1.0, colours.better]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "text": [[f"{row} and {column}" for column in names] for row in names],
        "hovertemplate": "%{text}: %{z:+.2f}<extra></extra>",
    }
    template = plotly_template(colours)
    axis = {"showgrid": False, "tickmode": "array", "tickvals": place, "tickangle": 0}
    heads = [name[:4] + "." if compact or len(names) > 4 else name for name in names]
    layout = template | {
        "height": ACROSS_HEIGHT_PX,
        "margin": {"l": 76, "r": 8, "t": 30, "b": 8},
        "hovermode": "closest",
        "xaxis": template["xaxis"] | axis | {"side": "top", "ticktext": heads},
        "yaxis": template["yaxis"] | axis | {"ticktext": names, "autorange": "reversed"},
        "annotations": _numbers(values, colours),
    }
    return made([heat], layout)


def _numbers(values: np.ndarray, colours: Theme) -> list[dict[str, Any]]:
    notes = []
    for i, j in np.argwhere(np.isfinite(values)):
        value = float(values[i, j])
        fill = blend(colours.raised, colours.better if value > 0.0 else colours.worse, abs(value))
        notes.append(
            {
                "text": ratio(value, signed=i != j),
                "x": int(j),
                "y": int(i),
                "showarrow": False,
                "font": {"size": 12, "color": text_on(fill)},
            }
        )
    return notes


def _errors(bounds: pd.DataFrame, values: np.ndarray, colours: Theme) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": np.nan_to_num(bounds["high"].to_numpy(np.float64) - values),
        "arrayminus": np.nan_to_num(values - bounds["low"].to_numpy(np.float64)),
        "color": colours.ink(colours.text),
        "thickness": 1,
        "width": 4,
    }


def _framed(
    trace: dict[str, Any], colours: Theme, words: list[str], tickformat: str, title: str
) -> go.Figure:
    template = plotly_template(colours)
    axis = {"tickmode": "array", "tickvals": list(range(len(words))), "ticktext": words}
    layout = template | {
        "height": ACROSS_HEIGHT_PX,
        "margin": {"l": 46, "r": 8, "t": 28, "b": 44},
        "hovermode": "closest",
        "xaxis": template["xaxis"] | axis | {"tickangle": 0, "range": [-0.5, len(words) - 0.5]},
        "yaxis": template["yaxis"]
        | {
            "tickformat": tickformat,
            "nticks": 5,
            "zeroline": True,
            "zerolinecolor": colours.ink(colours.faint),
        },
        "annotations": [
            {
                "text": title,
                "xref": "paper",
                "x": 0,
                "xanchor": "left",
                "xshift": -44,
                "yref": "paper",
                "y": 1,
                "yanchor": "bottom",
                "yshift": 5,
                "showarrow": False,
                "font": {"size": 12, "color": colours.secondary},
            }
        ],
    }
    return made([trace], layout)
