"""Regimes through time: what they are told from, the labels, and what they turned out to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.base import (
    Label,
    Panel,
    Slot,
    end_labels,
    line,
    milliseconds,
    padded,
    panel_title,
    reference_line,
)
from dashboard.charts.equity import last_finite
from dashboard.charts.figure import made
from dashboard.charts.ribbon import Code, ribbon_panel
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.charts.timeline import regime_codes
from dashboard.format import percent, percent_as_set, ratio
from dashboard.theme import TEXT_CONTRAST, Theme, blend, plotly_template, rgba, text_on

__all__ = [
    "HINDSIGHT_HEIGHT_PX",
    "REGIMES_HEIGHT_PX",
    "Thresholds",
    "hindsight_figure",
    "regimes_figure",
    "transitions_figure",
]

_HEIGHTS: Final = {"labels": 20, "in_force": 20, "trend": 96, "volatility": 80, "vix": 96}
REGIMES_HEIGHT_PX: Final = stack_height(_HEIGHTS)
_TWO: Final = {"labels": 20, "hindsight": 20}
HINDSIGHT_HEIGHT_PX: Final = stack_height(_TWO)
_LETTERS: Final = "B bull, R recovery, S sideways, V volatile, ▼ bear, · unknown"
_NO_INDEX: Final = "VIX · this market has no volatility index"
_CELL_PX: Final = 34
_BAND_TINTS: Final = (0.0, 0.07, 0.15, 0.25)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Levels at which a label changes: fractions, and points of the volatility index."""

    trend: float
    volatility: float
    vix: float
    vix_override: bool
    window: int


def regimes_figure(
    drivers: pd.DataFrame,
    labels: pd.Series,
    in_force: pd.Series,
    at: Thresholds,
    bands: Sequence[float],
    colours: Theme,
    *,
    compact: bool = False,
) -> go.Figure:
    """Draw labels, what the book was decided under, and the three measures behind them.

    Parameters
    ----------
    drivers : DataFrame
        Index of dates; trend (fraction), volatility (fraction a year), vix (points), NaN = unknown.
    labels, in_force : Series of str
        The same dates: the label of the day, and the regime of the latest book ("no book" before
        the first).
    at : Thresholds
    bands : sequence of float
        Edges of the bands of the volatility index, ascending.
    colours : Theme
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_HEIGHTS, compact=compact)
    codes = dict(regime_codes(colours)) | {"no book": Code("no book yet", colours.raised, "")}
    titles = {
        "labels": f"Label of the day · {_LETTERS}",
        "in_force": "Regime of the book · the label at the latest month's end: weights change then",
    }
    ribbons = {
        name: ribbon_panel(series, codes, slots[name], colours, title=titles[name])
        for name, series in (("labels", labels), ("in_force", in_force))
    }
    panels = ribbons | _drivers(drivers, slots, colours, at)
    panels["vix"] = _vix(drivers["vix"], slots["vix"], colours, at, bands)
    return stacked_figure(slots, panels, drivers.index, colours)


def _drivers(
    drivers: pd.DataFrame, slots: Mapping[str, Slot], colours: Theme, at: Thresholds
) -> dict[str, Panel]:
    trend = f"Market, last {at.window} sessions · lines: ±{percent_as_set(at.trend)} make a trend"
    volatility = (
        f"Its volatility, a year, same sessions · line: volatile from {percent(at.volatility, 0)}"
    )
    return {
        "trend": _driver(
            drivers["trend"], slots["trend"], trend, colours, (-at.trend, 0.0, at.trend)
        ),
        "volatility": _driver(
            drivers["volatility"], slots["volatility"], volatility, colours, (at.volatility,),
            from_zero=True,
        ),
    }  # fmt: skip


def hindsight_figure(
    labels: pd.Series, hindsight: pd.Series, colours: Theme, *, compact: bool = False
) -> go.Figure:
    """Draw the labels of the day above what they turned out to be."""
    slots, codes = stack_slots(_TWO, compact=compact), regime_codes(colours)
    said = "In hindsight · knows the future: for diagnosis only"
    panels = {
        "labels": ribbon_panel(
            labels, codes, slots["labels"], colours, title=f"Label of the day · {_LETTERS}"
        ),
        "hindsight": ribbon_panel(hindsight, codes, slots["hindsight"], colours, title=said),
    }
    return stacked_figure(slots, panels, labels.index, colours)


def transitions_figure(
    matrix: pd.DataFrame, counts: pd.DataFrame, colours: Theme, *, compact: bool = False
) -> go.Figure:
    """Draw what followed each regime the next session: a share in every cell that came.

    Regimes that never were have no row and no column.

    Parameters
    ----------
    matrix : DataFrame
        From row to column, rows sum to 1; NaN for a row without a next session.
    counts : DataFrame
        The same as session pairs.
    colours : Theme
    compact : bool
        For narrow screens: columns by their letter.
    """
    seen = [n for n in matrix.index if counts.loc[n].any() or counts[n].any()] or matrix.index
    matrix, counts = matrix.loc[seen, seen], counts.loc[seen, seen]
    codes = regime_codes(colours)
    names = ["unknown" if name == "default" else str(name) for name in matrix.index]
    letters = [codes[str(name)].letter for name in matrix.index]
    values = matrix.to_numpy(np.float64)
    template = plotly_template(colours)
    axis = {"showgrid": False, "tickmode": "array", "tickvals": list(range(len(names)))}
    side = {"side": "top", "ticktext": letters if compact else names, "tickangle": 0}
    layout = template | {
        "height": _CELL_PX * len(names) + 40,
        "margin": {"l": 76, "r": 8, "t": 30, "b": 8},
        "hovermode": "closest",
        "xaxis": template["xaxis"] | axis | side,
        "yaxis": template["yaxis"] | axis | {"ticktext": names, "autorange": "reversed"},
        "annotations": _cells(values, colours, small=compact),
    }
    return made([_heatmap(values, counts, names, colours)], layout)


def _heatmap(
    values: np.ndarray, counts: pd.DataFrame, names: list[str], colours: Theme
) -> dict[str, Any]:
    place = list(range(len(names)))
    return {
        "type": "heatmap",
        "x": place,
        "y": place,
        "z": values,
        "zmin": 0.0,
        "zmax": 1.0,
        "colorscale": [[0.0, colours.raised], [1.0, colours.accent]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "customdata": counts.to_numpy(),
        "text": [[f"{row} → {column}" for column in names] for row in names],
        "hovertemplate": "%{text}: %{customdata} times<extra></extra>",
    }


def _cells(values: np.ndarray, colours: Theme, *, small: bool) -> list[dict[str, Any]]:
    notes = []
    for i, j in np.argwhere(np.isfinite(values) & (values > 0.0)):
        fill = blend(colours.raised, colours.accent, float(values[i, j]))
        text = percent(float(values[i, j]), 0 if small else 1)
        font = {"size": 10 if small else 12, "color": text_on(fill)}
        notes.append({"x": int(j), "y": int(i), "text": text, "showarrow": False, "font": font})
    return notes


def _driver(
    values: pd.Series,
    slot: Slot,
    title: str,
    colours: Theme,
    levels: Sequence[float],
    *,
    from_zero: bool = False,
) -> Panel:
    known = values.to_numpy(np.float64)
    ends = [*known[np.isfinite(known)].tolist(), *levels]
    low, high = padded(min(ends), max(ends), 0.08)
    limits = (0.0 if from_zero else low, high)
    last = last_finite(values)
    label = Label(last, percent(last), "last", colours.ink(colours.accent, TEXT_CONTRAST))
    style = {"width": 1.5, "color": colours.accent}
    name = title.partition(" ·")[0].partition(",")[0]
    return Panel(
        yaxis={"range": list(limits), "nticks": 4, "tickformat": ".0%"},
        traces=(
            line(
                milliseconds(values.index), values, slot, name=name, style=style, hover="%{y:.1%}"
            ),
        ),
        shapes=tuple(reference_line(slot, at, colours.ink(colours.faint)) for at in levels),
        annotations=(panel_title(slot, title, colours), *end_labels(slot, [label], limits)),
    )


def _vix(
    values: pd.Series, slot: Slot, colours: Theme, at: Thresholds, bands: Sequence[float]
) -> Panel:
    known = values.to_numpy(np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        empty = {"range": [0.0, 1.0], "visible": False}
        # The dates stand below this panel: an axis without a line would leave them to another.
        axis = line(milliseconds(values.index), values, slot, name="VIX", style={"width": 0})
        return Panel(
            yaxis=empty, traces=(axis,), annotations=(panel_title(slot, _NO_INDEX, colours),)
        )
    top = max(float(known.max()), at.vix, *bands) * 1.08
    edges = [0.0, *bands, top]
    shades = [
        _band(slot, low, high, rgba(colours.secondary, tint))
        for low, high, tint in zip(edges[:-1], edges[1:], _BAND_TINTS, strict=True)
    ]
    word = "override" if at.vix_override else "override off"
    dash = "dash" if at.vix_override else "dot"
    level = reference_line(slot, at.vix, colours.ink(colours.worse), dash)
    labels = [
        Label(last_finite(values), ratio(last_finite(values), 1), "last", colours.text),
        Label(at.vix, f"{at.vix:g}", word, colours.ink(colours.worse, TEXT_CONTRAST)),
    ]
    told = ", ".join(f"{edge:g}" for edge in bands)
    title = f"VIX, points · shaded: bands from {told}"
    style = {"width": 1.5, "color": colours.text}
    return Panel(
        yaxis={"range": [0.0, top], "nticks": 4, "tickformat": ".0f"},
        traces=(
            line(
                milliseconds(values.index), values, slot, name="VIX", style=style, hover="%{y:.1f}"
            ),
        ),
        shapes=(*shades, level),
        annotations=(panel_title(slot, title, colours), *end_labels(slot, labels, (0.0, top))),
    )


def _band(slot: Slot, low: float, high: float, fill: str) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "yref": slot.axis, "y0": low, "y1": high,
        "fillcolor": fill, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
