"""Every sector on its own against the cap: many small charts of one scale."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.market import FUND_SECTORS
from dashboard.charts.base import milliseconds
from dashboard.charts.figure import made
from dashboard.charts.sector_names import sector_label
from dashboard.format import percent
from dashboard.theme import TEXT_CONTRAST, Theme, plotly_template

__all__ = ["each_sector_figure", "each_sector_height"]

_COLUMNS, _COLUMNS_COMPACT = 4, 2
_CELL_PX, _CELL_GAP_PX, _TOP_PX, _BOTTOM_PX = 74, 34, 26, 26
_LEFT_PX, _RIGHT_PX = 42, 8
_DRAWN_STRETCHES: Final = 120  # of each curve, two points a stretch
_TOLERANCE: Final = 1e-6


def each_sector_height(number: int, *, compact: bool = False) -> int:
    """Return the height in pixels of :func:`each_sector_figure` for `number` sectors."""
    rows = -(-number // (_COLUMNS_COMPACT if compact else _COLUMNS))
    return rows * _CELL_PX + (rows - 1) * _CELL_GAP_PX + _TOP_PX + _BOTTOM_PX


def each_sector_figure(
    sectors: pd.DataFrame,
    names: Sequence[str],
    colours: Theme,
    *,
    cap: float,
    in_force: bool,
    compact: bool = False,
) -> go.Figure:
    """Draw every sector on its own against the cap; what lies above it is hatched.

    Parameters
    ----------
    sectors : DataFrame
        As for :func:`dashboard.charts.sector_caps.sectors_figure`; a name without a column was
        never held.
    names : sequence of str
        Sectors of the market, in the order drawn: not those held, so that the height stays.
    colours, cap, in_force, compact
        As there.
    """
    template = plotly_template(colours)
    height = each_sector_height(len(names), compact=compact)
    top = max(float(sectors.to_numpy(np.float64).max(initial=0.0)), cap) * 1.1
    layout: dict[str, Any] = {
        "height": height,
        "margin": {"l": _LEFT_PX, "r": _RIGHT_PX, "t": _TOP_PX, "b": _BOTTOM_PX},
        "shapes": [], "annotations": [],
    }  # fmt: skip
    ends = [sectors.index[0].isoformat(), sectors.index[-1].isoformat()]
    traces: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        cell = _Cell(number, len(names), height, compact)
        values = sectors[name] if name in sectors.columns else pd.Series(0.0, sectors.index)
        own = math.inf if name in FUND_SECTORS else cap  # no cap of a sector is about a sleeve
        traces += _cell_traces(values, name, cell, colours, own)
        layout |= _cell_axes(cell, ends, top, template)
        if math.isfinite(own):
            layout["shapes"].append(_cap_line(cell, own, in_force, colours))
        layout["annotations"] += _cell_words(values, name, cell, colours, own)
    layout = {k: v for k, v in template.items() if k not in ("xaxis", "yaxis")} | layout
    return made(traces, layout)


class _Cell:
    """Where one sector of many is drawn, in shares of the figure without its margins."""

    def __init__(self, number: int, of: int, height: int, compact: bool) -> None:
        columns = _COLUMNS_COMPACT if compact else _COLUMNS
        row, column = divmod(number, columns)
        inner = height - _TOP_PX - _BOTTOM_PX
        gap = 0.06 if compact else 0.035
        width = (1.0 - gap * (columns - 1)) / columns
        self.suffix = "" if number == 0 else str(number + 1)
        self.left = column * (width + gap)
        self.right = self.left + width
        self.top = max(1.0 - row * (_CELL_PX + _CELL_GAP_PX) / inner, 0.0)
        self.bottom = max(self.top - _CELL_PX / inner, 0.0)
        self.is_first = column == 0
        self.is_compact = compact
        self.is_last_row = number + columns >= of


def _cell_traces(
    values: pd.Series, name: str, cell: _Cell, colours: Theme, cap: float
) -> list[dict[str, Any]]:
    thin = values.iloc[_telling(values.to_numpy(np.float64))]
    weights, fill = thin.to_numpy(np.float64), colours.sector(name)
    whole: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": sector_label(name, short=True),
        "x": milliseconds(thin.index),
        "y": weights.astype(np.float32),
        "xaxis": f"x{cell.suffix}",
        "yaxis": f"y{cell.suffix}",
        "line": {"width": 1, "color": colours.ink(fill)},
        "hovertemplate": "%{y:.1%}",
    }
    rest = np.maximum(weights - cap, 0.0)
    if rest.max(initial=0.0) <= _TOLERANCE:
        return [whole | {"fill": "tozeroy", "fillcolor": fill}]
    part = {k: v for k, v in whole.items() if k != "hovertemplate"} | {
        "stackgroup": f"cell{cell.suffix}",
        "hoverinfo": "skip",
        "fillcolor": fill,
        "line": {"width": 0, "color": fill},
    }
    pattern = {"shape": "/", "fgcolor": colours.page, "bgcolor": fill, "size": 5}
    return [
        part | {"y": np.minimum(weights, cap).astype(np.float32)},
        part | {"y": rest.astype(np.float32), "fillpattern": pattern},
        whole,
    ]


def _telling(values: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    # Both ends, and the lowest and highest value of each stretch: no spell above a cap is lost.
    if len(values) <= 2 * _DRAWN_STRETCHES:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), _DRAWN_STRETCHES + 1).astype(np.intp)
    kept = [0, len(values) - 1]
    for begin, end in itertools.pairwise(edges.tolist()):
        kept += [begin + values[begin:end].argmin(), begin + values[begin:end].argmax()]
    return np.unique(np.array(kept, dtype=np.intp))


def _cell_axes(
    cell: _Cell, ends: list[str], top: float, template: Mapping[str, Any]
) -> dict[str, Any]:
    time = {
        "type": "date",
        "range": ends,
        "domain": [cell.left, cell.right],
        "anchor": f"y{cell.suffix}",
        "showticklabels": cell.is_last_row,
        "tickformat": "%Y",
        "hoverformat": "%Y-%m-%d",
        "nticks": 4,
        "tickangle": 0,
    }
    weight = {
        "range": [0.0, top],
        "domain": [cell.bottom, cell.top],
        "anchor": f"x{cell.suffix}",
        "showticklabels": cell.is_first,
        "tickformat": ".0%",
        "nticks": 3,
    }
    return {
        f"xaxis{cell.suffix}": template["xaxis"] | time,
        f"yaxis{cell.suffix}": template["yaxis"] | weight,
    }


def _cap_line(cell: _Cell, cap: float, in_force: bool, colours: Theme) -> dict[str, Any]:
    style = {"color": colours.ink(colours.worse), "width": 1, "dash": "dash" if in_force else "dot"}
    return {
        "type": "line",
        "xref": f"x{cell.suffix} domain",
        "x0": 0,
        "x1": 1,
        "yref": f"y{cell.suffix}",
        "y0": cap,
        "y1": cap,
        "line": style,
    }


def _cell_words(
    values: pd.Series, name: str, cell: _Cell, colours: Theme, cap: float
) -> list[dict[str, Any]]:
    peak = float(values.max())
    above = peak > cap + _TOLERANCE
    most = "" if cell.is_compact else "most "
    said = f"{most}{percent(peak)}" if peak > 0.0 else "never held"
    tone = colours.ink(colours.worse, TEXT_CONTRAST) if above else colours.secondary
    base = {"xref": "paper", "yref": "paper", "y": cell.top, "yanchor": "bottom", "yshift": 3}
    left = {"text": sector_label(name, short=True), "x": cell.left, "xanchor": "left"}
    right = {"text": said, "x": cell.right, "xanchor": "right"}
    return [
        base | left | {"showarrow": False, "font": {"size": 12, "color": colours.text}},
        base | right | {"showarrow": False, "font": {"size": 12, "color": tone}},
    ]
