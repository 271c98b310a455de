"""Horizontal bars, one row a line, the numbers in a column at the right end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from dashboard.charts.figure import Markup, made, plain
from dashboard.theme import TEXT_CONTRAST, Theme, plotly_template

__all__ = ["ROWS_HEIGHT_PX", "Row", "rows_figure"]

_ROW_PX, _TOP, _BOTTOM, _ROWS = 26, 26, 26, 12
ROWS_HEIGHT_PX: Final = _ROWS * _ROW_PX + _TOP + _BOTTOM
_LEFT, _LEFT_COMPACT, _RIGHT = 170, 124, 72
_TALLEST: Final = 2.2 * _ROW_PX  # of a row, where there are few


@dataclass(frozen=True, slots=True)
class Row:
    """One bar from `start` over `length`, in axis units.

    Attributes
    ----------
    label, number : str
        Left and right of the bar.
    start, length : float
    colour : str
    hatched_from : float, optional
        Where the bar is beyond a limit: from there on it is hatched.
    tone : str
        Colour of the number.
    mark : float, optional
        A second value, drawn as a diamond.
    strong : bool
        Whether label and number are bold.
    """

    label: str
    number: str
    start: float
    length: float
    colour: str
    tone: str
    hatched_from: float | None = None
    mark: float | None = None
    strong: bool = False


def rows_figure(
    rows: Sequence[Row],
    colours: Theme,
    *,
    title: str,
    tickformat: str = ".0%",
    limit: float | None = None,
    compact: bool = False,
) -> go.Figure:
    """Draw rows from the top; the height is always the same.

    Parameters
    ----------
    rows : sequence of Row
        At most 12.
    colours : Theme
    title : str
        What the axis shows, in which unit.
    tickformat : str
        Of the axis.
    limit : float, optional
        Drawn as a line across all rows.
    compact : bool
        For narrow screens.
    """
    template = plotly_template(colours)
    traces = (_bars(rows), _hatched(rows, colours), _marks(rows, colours))
    left = _LEFT_COMPACT if compact else _LEFT
    values = {"range": list(_limits(rows, limit)), "tickformat": tickformat}
    layout = template | {
        "height": ROWS_HEIGHT_PX,
        "margin": {"l": left, "r": _RIGHT, "t": _TOP, "b": _BOTTOM},
        "barmode": "overlay",
        "bargap": 0.35,
        "hovermode": "closest",
        "xaxis": template["xaxis"] | _value_axis(colours, compact) | values,
        "yaxis": template["yaxis"] | _row_axis(rows, colours),
        "annotations": [_title(title, colours, left), *_numbers(rows, colours)],
        "shapes": [] if limit is None else [_line(limit, colours)],
    }
    return made([trace for trace in traces if trace["y"]], layout)


def _value_axis(colours: Theme, compact: bool) -> dict[str, Any]:
    return {
        "anchor": "y",
        "nticks": 5 if compact else 7,
        "zeroline": True,
        "zerolinecolor": colours.secondary,
        "zerolinewidth": 1,
        "showgrid": True,
    }


def _row_axis(rows: Sequence[Row], colours: Theme) -> dict[str, Any]:
    inner, count = ROWS_HEIGHT_PX - _TOP - _BOTTOM, max(len(rows), 1)
    height = min(_TALLEST, inner / count) * count
    return {
        "range": [count - 0.5, -0.5],
        "domain": [1.0 - height / inner, 1.0],
        "tickvals": list(range(len(rows))),
        "ticktext": [_bold(row.label, row.strong) for row in rows],
        "tickfont": {"size": 12, "color": colours.text},
        "showgrid": False,
        "ticks": "outside",  # room between label and bar
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",
    }


def _limits(rows: Sequence[Row], limit: float | None) -> tuple[float, float]:
    ends = [0.0, *([] if limit is None else [limit])]
    for row in rows:
        ends += [row.start, row.start + row.length, *([] if row.mark is None else [row.mark])]
    low, high = min(ends), max(ends)
    room = 0.04 * (high - low) or 0.05
    return low - (room if low < 0.0 else 0.0), high + (room if high > 0.0 else 0.0)


def _bars(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(rows))),
        "base": [row.start for row in rows],
        "x": [row.length for row in rows],
        "marker": {"color": [row.colour for row in rows], "line": {"width": 0}},
        "customdata": [[row.label, row.number] for row in rows],
        "hovertemplate": "%{customdata[0]}: %{customdata[1]}<extra></extra>",
    }


def _hatched(rows: Sequence[Row], colours: Theme) -> dict[str, Any]:
    over = [(at, row, row.hatched_from) for at, row in enumerate(rows) if row.hatched_from]
    pattern = {"shape": "/", "fgcolor": colours.page, "size": 6, "solidity": 0.4}
    return {
        "type": "bar",
        "orientation": "h",
        "y": [at for at, _, _ in over],
        "base": [begin for _, _, begin in over],
        "x": [row.start + row.length - begin for _, row, begin in over],
        "marker": {"color": [row.colour for _, row, _ in over], "pattern": pattern},
        "hoverinfo": "skip",
    }


def _marks(rows: Sequence[Row], colours: Theme) -> dict[str, Any]:
    marked = [(at, row) for at, row in enumerate(rows) if row.mark is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "y": [at for at, _ in marked],
        "x": [row.mark for _, row in marked],
        "marker": {
            "symbol": "diamond-tall",
            "size": 11,
            "color": colours.page,
            "line": {"width": 1.5, "color": colours.text},
        },
        "hoverinfo": "skip",
    }


def _numbers(rows: Sequence[Row], colours: Theme) -> list[dict[str, Any]]:
    return [
        {
            "text": _bold(row.number, row.strong),
            "xref": "paper",
            "x": 1,
            "xshift": _RIGHT - 2,
            "xanchor": "right",
            "y": at,
            "showarrow": False,
            "font": {"size": 12, "color": colours.ink(row.tone, TEXT_CONTRAST)},
        }
        for at, row in enumerate(rows)
    ]


def _title(text: str, colours: Theme, left: int) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "xshift": 2 - left,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "yshift": 5,
        "showarrow": False,
        "font": {"size": 12, "color": colours.secondary},
    }


def _line(limit: float, colours: Theme) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": limit,
        "x1": limit,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colours.text, "width": 1, "dash": "dash"},
    }


def _bold(text: str, strong: bool) -> str:
    return Markup(f"<b>{plain(text)}</b>") if strong else text
