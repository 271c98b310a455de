"""The calendar of disagreements: each session's gap in returns, weeks across and weekdays down."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.base import milliseconds
from dashboard.charts.figure import made
from dashboard.theme import Theme, plotly_template

__all__ = ["DISAGREEMENT_HEIGHT_PX", "disagreement_figure"]

DISAGREEMENT_HEIGHT_PX: Final = 190
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FULL_AT: Final = 0.99  # quantile of |gap| at which the colour is full: one day must not set it
_LEAST_SCALE: Final = 0.001
_GAPS, _GAPS_COMPACT = 260, 60  # with more weeks, gaps between cells would hide the cells


def disagreement_figure(
    gap: pd.Series,
    marked: pd.DatetimeIndex,
    colours: Theme,
    *,
    selected: pd.Timestamp | None = None,
    compact: bool = False,
) -> go.Figure:
    """Draw one cell a session, coloured by who did better; marked days can be clicked.

    Parameters
    ----------
    gap : Series
        Index of dates; return of the other minus return of the first, fractions.
    marked : DatetimeIndex
        The days with the largest gaps, among the index.
    colours : Theme
    selected : Timestamp, optional
        The marked day that is explained.
    compact : bool
        For narrow screens.
    """
    weeks, grid = _grid(gap)
    scale = max(float(np.quantile(np.abs(gap.to_numpy(np.float64)), _FULL_AT)), _LEAST_SCALE)
    cells: dict[str, Any] = {
        "type": "heatmap",
        "x": milliseconds(weeks),
        "y": list(range(len(grid))),
        "z": grid.astype(np.float32),
        "zmin": -scale,
        "zmax": scale,
        "colorscale": [[0.0, colours.worse], [0.5, colours.raised], [1.0, colours.better]],
        "showscale": False,
        "xgap": 0 if len(weeks) > (_GAPS_COMPACT if compact else _GAPS) else 1,
        "ygap": 1,
        "hoverinfo": "skip",
    }
    layout = _layout(weeks, len(grid), colours, compact)
    return made([cells, _marks(gap, marked, colours, selected)], layout)


def _layout(weeks: pd.DatetimeIndex, days: int, colours: Theme, compact: bool) -> dict[str, Any]:
    layout, week = plotly_template(colours), pd.Timedelta(days=7)
    layout |= {
        "height": DISAGREEMENT_HEIGHT_PX,
        "margin": {"l": 46, "r": 16, "t": 8, "b": 26},
        "hovermode": "closest",
    }
    layout["xaxis"] = layout["xaxis"] | {
        "type": "date",
        "range": [(weeks[0] - week).isoformat(), (weeks[-1] + week).isoformat()],
        "tickformat": "%b %Y",
        "nticks": 4 if compact else 9,
        "tickangle": 0,
    }
    layout["yaxis"] = layout["yaxis"] | {
        "range": [days - 0.5, -0.5],
        "tickvals": list(range(days)),
        "ticktext": list(_DAYS[:days]),
        "showgrid": False,
    }
    return layout


def _grid(gap: pd.Series) -> tuple[pd.DatetimeIndex, np.ndarray]:
    # Mondays, and float64[weekday, week] with NaN where there was no session.
    index = pd.DatetimeIndex(gap.index)
    monday = index - pd.to_timedelta(index.day_of_week, unit="D")
    weeks = pd.date_range(monday[0], monday[-1], freq="7D").as_unit("s")
    column = ((monday - weeks[0]) // pd.Timedelta(days=7)).to_numpy(np.int64)
    days = max(int(index.day_of_week.max()) + 1, 5)
    grid = np.full((days, len(weeks)), np.nan)
    grid[index.day_of_week.to_numpy(), column] = gap.to_numpy(np.float64)
    return weeks, grid


def _marks(
    gap: pd.Series, marked: pd.DatetimeIndex, colours: Theme, selected: pd.Timestamp | None
) -> dict[str, Any]:
    monday = marked - pd.to_timedelta(marked.day_of_week, unit="D")
    mine = [day == selected for day in marked]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Largest",
        "x": milliseconds(monday),
        "y": marked.day_of_week.to_numpy().tolist(),
        "customdata": [[f"{day:%Y-%m-%d}", float(value)] for day, value in gap.loc[marked].items()],
        "marker": {
            "symbol": "square",
            "size": [15 if chosen else 12 for chosen in mine],
            "color": "rgba(0,0,0,0)",
            "line": {
                "width": [3 if chosen else 1.5 for chosen in mine],
                "color": colours.text,
            },
        },
        "hovertemplate": "%{customdata[0]}: %{customdata[1]:+.2%}, click to explain<extra></extra>",
    }
