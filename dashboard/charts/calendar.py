"""Returns by calendar: months as a heatmap, years as bars beside the benchmark's."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.figure import made
from dashboard.format import percent
from dashboard.theme import Theme, blend, plotly_template, text_on

__all__ = ["MONTHS", "months_figure", "years_figure"]

MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_ROW_PX: Final = 26
_YEARS_HEIGHT_PX: Final = 260
_FULL_AT: Final = 0.9  # quantile of |return| at which the colour is full: one month must not set it
_LEAST_SCALE: Final = 0.01
_WRITTEN_YEARS: Final = 6  # more bars are too thin for numbers above them


def months_figure(
    grid: pd.DataFrame, partial: pd.DataFrame, colours: Theme, *, compact: bool = False
) -> go.Figure:
    """Draw one cell a month, losses and gains in two hues, each with its number.

    Parameters
    ----------
    grid : DataFrame
        Index of years, one column a month and a last one, "Year"; fractions, NaN = no return.
    partial : DataFrame of bool
        The same shape: periods the run covers in part, marked with a star.
    colours : Theme
    compact : bool
        For narrow screens: numbers without decimals, months by their first letter.
    """
    values = grid.to_numpy(np.float64)
    scale = _scale(values[:, :-1])
    # A year is longer than a month: its colour is on a scale of its own.
    tones = np.column_stack([values[:, :-1] / scale, values[:, -1] / _scale(values[:, -1])])
    low, high = colours.worse, colours.better
    layout = plotly_template(colours)
    axis = {"showgrid": False, "fixedrange": True}
    years = [str(year) for year in grid.index]
    columns = [str(name)[:1] if compact else str(name) for name in grid.columns]
    flags = partial.to_numpy(bool)
    return made(
        [
            {
                "type": "heatmap",
                "x": np.arange(len(columns)),
                "y": np.arange(len(years)),
                "text": [[f"{year} {name}" for name in columns] for year in years],
                "z": np.clip(tones, -1.0, 1.0),
                "zmin": -1.0,
                "zmax": 1.0,
                "colorscale": [[0.0, low], [0.5, colours.raised], [1.0, high]],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "customdata": _texts(values, flags, 2),
                "hovertemplate": "%{text}: %{customdata}<extra></extra>",
            }
        ],
        layout
        | {
            "height": _ROW_PX * max(len(years), 1) + 44,
            "margin": {"l": 46, "r": 8, "t": 30, "b": 8},
            "hovermode": "closest",
            "xaxis": layout["xaxis"] | axis | _ticks(columns) | {"side": "top", "tickangle": 0},
            "yaxis": layout["yaxis"] | axis | _ticks(years) | {"autorange": "reversed"},
            "annotations": _numbers(
                tones, _texts(values, flags, 0 if compact else 1), colours, small=compact
            ),
        },
    )


_WHOLE_FROM: Final = 0.05  # below that whole percents would all be the same


def years_figure(years: pd.DataFrame, colours: Theme, *, benchmark_name: str) -> go.Figure:
    """Draw two bars a calendar year: the portfolio's return and the benchmark's.

    Parameters
    ----------
    years : DataFrame
        Index of years; columns ``return`` and ``benchmark`` (fractions, NaN = none), ``partial``.
    colours : Theme
    benchmark_name : str
    """
    names = [f"{year}{'*' if part else ''}" for year, part in years["partial"].items()]
    bars = (
        ("return", "Portfolio", colours.accent),
        ("benchmark", benchmark_name, colours.ink(colours.ghost)),
    )
    layout = plotly_template(colours)
    few = len(years) <= _WRITTEN_YEARS
    largest = np.nanmax(np.abs(years[["return", "benchmark"]].to_numpy(np.float64)), initial=0.0)
    digits = 0 if largest >= _WHOLE_FROM else 1
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": names,
            "y": years[column].to_numpy(np.float64),
            "marker": {"color": colour},
            "text": [percent(value, digits) for value in years[column]] if few else None,
            "textposition": "outside",
            "cliponaxis": False,
            "textangle": 0,
            "textfont": {"size": 10, "color": colours.text},
            "hovertemplate": "%{y:.1%}",
        }
        for column, name, colour in bars
    ]
    zero = {"zeroline": True, "zerolinecolor": colours.secondary, "zerolinewidth": 1}
    legend = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal"}
    return made(
        traces,
        layout
        | {
            "height": _YEARS_HEIGHT_PX,
            "margin": {"l": 46, "r": 8, "t": 34, "b": 26},
            "barmode": "group",
            "bargap": 0.3,
            "showlegend": True,
            "legend": legend,
            "xaxis": layout["xaxis"] | {"type": "category"},
            "yaxis": layout["yaxis"] | zero | {"tickformat": f".{digits}%", "nticks": 5},
        },
    )


def _scale(values: np.ndarray) -> float:
    known = np.abs(values[np.isfinite(values)])
    return max(float(np.quantile(known, _FULL_AT)), _LEAST_SCALE) if len(known) else 1.0


def _texts(values: np.ndarray, partial: np.ndarray, digits: int) -> list[list[str]]:
    return [
        [
            "" if np.isnan(value) else percent(value, digits) + ("*" if part else "")
            for value, part in zip(row, flags, strict=True)
        ]
        for row, flags in zip(values, partial, strict=True)
    ]


def _ticks(names: list[str]) -> dict[str, Any]:
    # Places, not categories: years that look like numbers would be taken for numbers.
    return {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names}


def _numbers(
    tones: np.ndarray,
    texts: list[list[str]],
    colours: Theme,
    *,
    small: bool,
) -> list[dict[str, Any]]:
    # The unit is in the title above: a cell has no room for it, on a phone less still.
    notes = []
    for i, row in enumerate(texts):
        for j, written in enumerate(row):
            if written:
                tone = float(np.clip(tones[i, j], -1.0, 1.0))
                ends = colours.better if tone > 0.0 else colours.worse
                fill = blend(colours.raised, ends, abs(tone))
                text = written.replace("\u202f%", "")
                font = {"size": 10 if small else 12, "color": text_on(fill)}
                notes.append({"x": j, "y": i, "text": text, "showarrow": False, "font": font})
    return notes
