"""Coverage as a map: one row a sector or a name, one cell a month; what is missing stands out."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.sector_names import sector_label
from dashboard.format import percent
from dashboard.theme import SECTORS, Theme, blend, plotly_template

__all__ = ["COVERAGE_STEPS", "coverage_colours", "coverage_figure"]

_ROW_PX: Final = {"sector": 26, "name": 18}
_LEFT_PX: Final = {"sector": 172, "name": 72}
_LEFT_COMPACT_PX: Final = {"sector": 92, "name": 60}
_RIGHT_PX: Final = 62
_YEARS_COMPACT: Final = 5  # more labels than that touch each other on a phone
#: Shares with a colour of their own, and how far each is from calm to full warning. One bar that is
#: missing from a month must be seen, so the scale is steepest at the top.
COVERAGE_STEPS: Final = ((0.0, 1.0), (0.5, 0.75), (0.9, 0.45), (0.9999, 0.2), (1.0, 0.0))


def coverage_figure(
    shares: pd.DataFrame, totals: pd.Series, colours: Theme, *, compact: bool = False
) -> go.Figure:
    """Draw one cell a month; every row ends in its share over all months.

    Parameters
    ----------
    shares : DataFrame
        Index called "sector" or "name", columns YYYY-MM; fractions, NaN = no bar expected.
    totals : Series
        The share over all months, by the same index.
    colours : Theme
    compact : bool
        For narrow screens: short names of sectors, fewer years.
    """
    by = str(shares.index.name)
    labels = [
        sector_label(str(name), short=compact) if name in SECTORS else str(name)
        for name in shares.index
    ]
    values = shares.to_numpy(np.float64)
    written = [
        [f"{label}, {month}: {percent(value, 1)}" for month, value in zip(shares, row, strict=True)]
        for label, row in zip(labels, values, strict=True)
    ]
    layout = plotly_template(colours)
    axis = {"showgrid": False, "fixedrange": True, "zeroline": False}
    numbers = [_share(float(totals[name])) for name in shares.index]
    left = (_LEFT_COMPACT_PX if compact else _LEFT_PX)[by]
    return go.Figure(
        {
            "data": [_heat(values, written, colours, compact=compact)],
            "layout": layout
            | {
                "height": _ROW_PX[by] * max(len(labels), 1) + 34,
                "margin": {"l": left, "r": _RIGHT_PX, "t": 26, "b": 8},
                "hovermode": "closest",
                "xaxis": layout["xaxis"] | axis | _years(shares.columns.tolist(), compact),
                "yaxis": layout["yaxis"]
                | axis
                | _ticks(labels)
                | {"range": [len(labels) - 0.5, -0.5]},
                "annotations": [_number(row, text, colours) for row, text in enumerate(numbers)],
            },
        }
    )  # fmt: skip


def _heat(
    values: np.ndarray, written: list[list[str]], colours: Theme, *, compact: bool
) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "x": np.arange(values.shape[1]),
        "y": np.arange(values.shape[0]),
        "z": values,
        "zmin": 0.0,
        "zmax": 1.0,
        "colorscale": _scale(colours),
        "showscale": False,
        "xgap": 0 if compact else 1,
        "ygap": 2,
        "text": written,
        "hovertemplate": "%{text}<extra></extra>",
        "hoverongaps": False,
    }


def coverage_colours(colours: Theme) -> list[tuple[float, str]]:
    """Return the colour at each of COVERAGE_STEPS, for the words beside the map."""
    calm = blend(colours.page, colours.secondary, 0.26)
    return [(share, blend(calm, colours.worse, warning)) for share, warning in COVERAGE_STEPS]


def _share(share: float) -> str:
    # What is not whole is never written as 100.0 %.
    text = percent(share, 1)
    if share >= 1.0 or text != percent(1.0, 1):
        return text
    return percent(min(share, 0.9999), 2)


def _scale(colours: Theme) -> list[list[Any]]:
    return [[share, colour] for share, colour in coverage_colours(colours)]


def _ticks(labels: list[str]) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(labels))),
        "ticktext": labels,
        "ticksuffix": "  ",
    }


def _years(months: list[str], compact: bool) -> dict[str, Any]:
    # A year's label stands at its January, or at the first month.
    starts = [place for place, month in enumerate(months) if month.endswith("-01") or place == 0]
    if len(starts) > 1 and starts[1] - starts[0] < 6:
        starts = starts[1:]
    if compact:
        starts = starts[:: max(1, -(-len(starts) // _YEARS_COMPACT))]
    return {
        "tickmode": "array",
        "tickvals": [place - 0.5 for place in starts],
        "ticktext": [months[place][:4] for place in starts],
        "tickangle": 0,
        "ticklabelposition": "outside right",
        "side": "top",
    }


def _number(row: int, text: str, colours: Theme) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "xshift": _RIGHT_PX - 4,
        "y": row,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 12, "color": colours.secondary},
    }
