"""The book of one date as areas: sectors, and the names within them."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.figure import made
from dashboard.charts.sector_names import sector_label
from dashboard.format import percent
from dashboard.theme import Theme, plotly_template, text_on

__all__ = ["TREEMAP_HEIGHT_PX", "treemap_figure"]

TREEMAP_HEIGHT_PX: Final = 420
_ROOT: Final = "book"
_LEAST_CASH: Final = 5e-4  # less is not an area that can be seen


def treemap_figure(
    sectors: pd.DataFrame, names: pd.DataFrame, colours: Theme, *, cash: float
) -> go.Figure:
    """Draw weights as areas, coloured by sector; cash is an area of its own.

    Parameters
    ----------
    sectors : DataFrame
        Index of sectors; ``weight``, a fraction of NAV > 0.
    names : DataFrame
        Index of tickers; ``sector`` and ``weight``.
    colours : Theme
    cash : float
        Fraction of NAV; where money is borrowed it is negative and not drawn.
    """
    tiles = [_tile(_ROOT, "", "Book", 0.0, float(names["weight"].sum()), colours.raised)]
    for sector, row in sectors.iterrows():
        fill = colours.sector(str(sector))
        weight = float(row["weight"])
        tiles.append(_tile(f"s:{sector}", _ROOT, sector_label(str(sector)), 0.0, weight, fill))
    for ticker, sector, weight in zip(names.index, names["sector"], names["weight"], strict=True):
        tile = _tile(f"n:{ticker}", f"s:{sector}", str(ticker), float(weight), float(weight), "")
        tiles.append(tile | {"fill": colours.sector(str(sector))})
    if cash > _LEAST_CASH:
        tiles.append(_tile("cash", _ROOT, "Cash", cash, cash, colours.line))
    return made([_trace(tiles, colours)], _layout(colours))


def _tile(
    place: str, parent: str, label: str, area: float, weight: float, fill: str
) -> dict[str, Any]:
    # Areas add up from the names, so that rounding can never make a part larger than the whole.
    return {
        "id": place,
        "parent": parent,
        "label": label,
        "area": area,
        "text": percent(weight),
        "fill": fill,
        "template": "%{label} %{text}" if area == 0.0 else "%{label}<br>%{text}",
    }


def _trace(tiles: list[dict[str, Any]], colours: Theme) -> dict[str, Any]:
    def column(key: str) -> list[Any]:
        return [tile[key] for tile in tiles]

    return {
        "type": "treemap",
        "ids": column("id"),
        "parents": column("parent"),
        "labels": column("label"),
        "values": column("area"),
        "text": column("text"),
        "branchvalues": "remainder",
        "texttemplate": column("template"),
        "hovertemplate": "%{label}: %{text} of NAV<extra></extra>",
        "textfont": {"size": 12, "color": [text_on(fill) for fill in column("fill")]},
        "marker": {
            "colors": column("fill"),
            "line": {"width": 1, "color": colours.page},
            "pad": {"t": 20, "l": 2, "r": 2, "b": 2},
        },
        "tiling": {"packing": "squarify", "pad": 1},
        "pathbar": {"visible": False},
        "root": {"color": colours.page},
    }


def _layout(colours: Theme) -> dict[str, Any]:
    base = {k: v for k, v in plotly_template(colours).items() if k not in ("xaxis", "yaxis")}
    return base | {
        "height": TREEMAP_HEIGHT_PX,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "hovermode": "closest",
        "uniformtext": {"minsize": 9, "mode": "hide"},
    }
