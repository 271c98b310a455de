"""A walk-forward drawn: the curve out of sample, what was chosen when, and how the paths spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evidence.purged import PurgedPaths
from dashboard.charts.base import (
    Label,
    Panel,
    Slot,
    end_labels,
    line,
    milliseconds,
    padded,
    panel_title,
)
from dashboard.charts.equity import last_finite
from dashboard.charts.figure import made
from dashboard.charts.stack import stack_slots, stacked_figure
from dashboard.format import percent, ratio
from dashboard.theme import TEXT_CONTRAST, Theme, plotly_template, rgba

__all__ = ["PATHS_HEIGHT_PX", "curves_figure", "drift_figure", "paths_figure"]

PATHS_HEIGHT_PX: Final = 260
_GROWTH, _UNDER = "growth", "drawdown"
_HEIGHTS: Final = {_GROWTH: 260, _UNDER: 120}
_DRIFT_PX: Final = 72  # of one field
_MOST_NAMED: Final = 8  # values of a field that are written beside its axis
_NAMES: Final = {"walk": "Walk-forward", "base": "As it stands", "benchmark": "Benchmark"}
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "benchmark": {"width": 1},
    "base": {"width": 1.5, "dash": "dash"},
    "walk": {"width": 2},
}


def curves_figure(
    growth: pd.DataFrame, colours: Theme, benchmark_name: str, *, compact: bool = False
) -> go.Figure:
    """Draw growth and drawdowns out of sample.

    Parameters
    ----------
    growth : DataFrame
        Index of dates; columns ``walk``, ``base`` and ``benchmark``, multiples of the start.
    colours : Theme
    benchmark_name : str
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_HEIGHTS, compact=compact)
    panels = {
        _GROWTH: _growth_panel(growth, slots[_GROWTH], colours, benchmark_name),
        _UNDER: _under_panel(growth, slots[_UNDER], colours),
    }
    return stacked_figure(slots, panels, growth.index, colours)


def _colour(name: str, colours: Theme) -> str:
    roles = {"walk": colours.accent, "base": colours.ink(colours.ghost)}
    return roles.get(name, colours.benchmark)


def _growth_panel(growth: pd.DataFrame, slot: Slot, colours: Theme, benchmark_name: str) -> Panel:
    values = growth.to_numpy(np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    limits = padded(low, high)
    labels = [
        Label(last, ratio(last), _NAMES[name], colours.ink(_colour(name, colours), TEXT_CONTRAST))
        for name in reversed(_STYLES)
        for last in (last_finite(growth[name]),)
    ]
    return Panel(
        yaxis={
            "range": list(limits),
            "nticks": 5,
            "tickformat": ".1f" if high - low > 0.5 else ".2f",
        },
        traces=tuple(_lines(growth, slot, colours, "%{y:.2f}", "")),
        annotations=(
            panel_title(slot, f"Growth of 1 · benchmark: {benchmark_name}", colours),
            *end_labels(slot, labels, limits),
        ),
    )


def _under_panel(growth: pd.DataFrame, slot: Slot, colours: Theme) -> Panel:
    drawdown = growth / growth.cummax() - 1.0
    deepest = min(float(drawdown.to_numpy().min()), -0.02) * 1.12
    worst = float(drawdown["walk"].min())
    ink = colours.ink(colours.accent, TEXT_CONTRAST)
    mark = Label(worst, percent(worst), "worst", ink)
    return Panel(
        yaxis={"range": [deepest, 0.0], "tickformat": ".0%", "nticks": 4},
        traces=tuple(_lines(drawdown, slot, colours, "%{y:.1%}", ", drawdown")),
        annotations=(
            panel_title(slot, "Drawdown · below the own peak so far", colours),
            *end_labels(slot, [mark], (deepest, 0.0)),
        ),
    )


def _lines(
    table: pd.DataFrame, slot: Slot, colours: Theme, hover: str, more: str
) -> list[dict[str, Any]]:
    x = milliseconds(table.index)
    return [
        line(
            x, table[name], slot, name=_NAMES[name] + more,
            style=style | {"color": _colour(name, colours)}, hover=hover,
        )
        for name, style in _STYLES.items()
    ]  # fmt: skip


def drift_figure(
    codes: pd.DataFrame,
    levels: Sequence[Sequence[str]],
    labels: Sequence[str],
    colours: Theme,
    *,
    compact: bool = False,
) -> go.Figure:
    """Draw what was in force of each field, a panel each.

    Parameters
    ----------
    codes : DataFrame
        Index of the days of choice and, repeated, the last session; a column a field: place of the
        chosen value among its `levels`.
    levels : sequence of sequence of str
        Of each field, written.
    labels : sequence of str
        Of the fields.
    colours : Theme
    compact : bool
        For narrow screens.
    """
    slots = stack_slots({str(name): _DRIFT_PX for name in codes.columns}, compact=compact)
    panels = {
        str(name): _drift_panel(codes[name], levels[n], labels[n], slots[str(name)], colours)
        for n, name in enumerate(codes.columns)
    }
    more = {"margin": {"l": 76, "r": 24}, "showlegend": False}
    return stacked_figure(slots, panels, codes.index, colours, more=more)


def _drift_panel(
    codes: pd.Series, levels: Sequence[str], label: str, slot: Slot, colours: Theme
) -> Panel:
    ticks = list(range(len(levels)))
    if len(ticks) > _MOST_NAMED:
        ticks = [0, len(levels) // 2, len(levels) - 1]
    trace = line(
        milliseconds(codes.index), codes, slot, name=label,
        style={"color": colours.accent, "width": 2, "shape": "hv"}, hover="%{text}",
    )  # fmt: skip
    trace["text"] = [levels[int(code)] for code in codes]
    title = panel_title(slot, label, colours) | {"xshift": -74}
    return Panel(
        yaxis={
            "range": [-0.4, len(levels) - 0.6],
            "tickvals": ticks,
            "ticktext": [levels[tick] for tick in ticks],
        },
        traces=(trace,),
        annotations=(title,),
    )


def paths_figure(paths: PurgedPaths, colours: Theme) -> go.Figure:
    """Draw the Sharpe ratio of each history out of sample, and what training promised.

    Histories without a Sharpe ratio are not drawn.
    """
    layout = plotly_template(colours)
    known = np.sort(paths.sharpe[np.isfinite(paths.sharpe)])
    promised = float(np.mean(paths.in_sample))
    ink = colours.ink(colours.accent)
    marks = [(float(np.median(known)), "median", ink, 0.99)] if len(known) else []
    marks.append((promised, "training promised", colours.ink(colours.worse), 0.86))
    ends = padded(min(*known, promised, 0.0), max(*known, promised, 0.0), 0.12)
    return made(
        [
            {
                "type": "scatter", "mode": "markers", "name": "Histories", "x": known,
                "y": np.arange(1, len(known) + 1),
                "marker": {"size": 9, "color": rgba(ink, 0.75)},
                "hovertemplate": "Sharpe %{x:.2f}<extra></extra>",
            }
        ],
        layout
        | {
            "height": PATHS_HEIGHT_PX,
            "margin": {"l": 46, "r": 12, "t": 12, "b": 40},
            "hovermode": "closest",
            "showlegend": False,
            "shapes": [_vertical(x, colour) for x, _, colour, _ in marks],
            "annotations": [
                _note(x, f"{name} {ratio(x)}", y, x < sum(ends) / 2.0, colours)
                for x, name, _, y in marks
            ],
            "xaxis": layout["xaxis"]
            | {"range": list(ends), "nticks": 7, "zeroline": True, "title": {
                "text": "Sharpe ratio a year of each history",
                "font": {"size": 12, "color": colours.secondary}}},
            "yaxis": layout["yaxis"] | {"range": [0.0, len(known) + 1.0], "nticks": 5,
                                        "tickformat": "d"},
        },
    )  # fmt: skip


def _vertical(x: float, colour: str) -> dict[str, Any]:
    style = {"color": colour, "width": 1, "dash": "dash"}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": style}


def _note(x: float, text: str, y: float, is_left: bool, colours: Theme) -> dict[str, Any]:
    return {
        "text": text, "x": x, "xanchor": "left" if is_left else "right",
        "xshift": 4 if is_left else -4, "yref": "paper", "y": y,
        "yanchor": "top", "showarrow": False, "bgcolor": colours.page,
        "font": {"size": 12, "color": colours.secondary},
    }  # fmt: skip
