"""Panels one below the other over one time axis, drawn once at the bottom, with one crosshair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.base import Panel, Slot
from dashboard.charts.figure import made
from dashboard.theme import Theme, plotly_template

__all__ = ["stack_height", "stack_slots", "stacked_figure"]

_GAP, _TOP, _BOTTOM, _LEFT, _RIGHT, _RIGHT_COMPACT = 32, 24, 26, 46, 118, 60


def stack_height(heights: Mapping[str, int]) -> int:
    """Return the height in pixels of a figure whose panels are `heights` high."""
    return _inner(heights) + _TOP + _BOTTOM


def stack_slots(heights: Mapping[str, int], *, compact: bool = False) -> dict[str, Slot]:
    """Return where each panel sits, the first on top; `compact` is for narrow screens."""
    inner = _inner(heights)
    slots, top = {}, float(inner)
    for number, (name, pixels) in enumerate(heights.items(), start=1):
        axis = "y" if number == 1 else f"y{number}"
        slots[name] = Slot(axis, max((top - pixels) / inner, 0.0), top / inner, pixels, compact)
        top -= pixels + _GAP
    return slots


def stacked_figure(
    slots: Mapping[str, Slot],
    panels: Mapping[str, Panel],
    index: pd.Index,
    colours: Theme,
    *,
    more: Mapping[str, Any] | None = None,
    shapes: Sequence[Mapping[str, Any]] = (),
) -> go.Figure:
    """Put panels into one figure.

    Parameters
    ----------
    slots, panels : mapping of name to Slot and Panel
        With the same names.
    index : DatetimeIndex
        Dates shown, at least one: the ends of the time axis.
    colours : Theme
    more : mapping, optional
        Of the layout, over what every stack has; of its margin only what is named.
    shapes : sequence of mapping
        Across all panels.
    """
    template = plotly_template(colours)
    compact = any(slot.compact for slot in slots.values())
    layout = template | {
        "height": stack_height({name: slot.pixels for name, slot in slots.items()}),
        "margin": {"l": _LEFT, "r": _RIGHT_COMPACT if compact else _RIGHT, "t": _TOP, "b": _BOTTOM},
        "hoversubplots": "axis",
        "shapes": [*(shape for panel in panels.values() for shape in panel.shapes), *shapes],
        "annotations": [note for panel in panels.values() for note in panel.annotations],
        "xaxis": template["xaxis"] | _time_axis(index, list(slots.values())[-1], colours, compact),
    }
    layout.pop("yaxis")
    for name, slot in slots.items():
        axis = {"domain": [slot.bottom, slot.top], "anchor": "x"}
        layout[slot.axis.replace("y", "yaxis")] = template["yaxis"] | axis | panels[name].yaxis
    # The crosshair lists traces last to first: handed over backwards, the top panel is read first.
    traces = [trace for name in reversed(list(slots)) for trace in panels[name].traces]
    own = dict(more or {})
    layout["margin"] |= own.pop("margin", {})
    return made(traces, layout | own)


_DAY_FROM: Final = 200  # a shorter span is labelled with days
_YEARS_FROM: Final = 4 * 365  # a longer one gets a label every two years, not every five


def _ticks(days: int) -> int:
    return 4 if days > _YEARS_FROM else 3


def _time_axis(index: pd.Index, bottom: Slot, colours: Theme, compact: bool) -> dict[str, Any]:
    days = (index[-1] - index[0]).days
    return {
        "type": "date",
        "range": [index[0].isoformat(), index[-1].isoformat()],
        "anchor": bottom.axis,
        "tickformat": "%d %b %Y" if days < _DAY_FROM else "%b %Y",
        "hoverformat": "%Y-%m-%d",
        "nticks": _ticks(days) if compact else 7,
        "tickangle": 0,
        "ticks": "outside",  # unseen: room between the lowest number of the panel and the dates
        "ticklen": 4,
        "tickcolor": "rgba(0,0,0,0)",
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": colours.ink(colours.faint),
    }


def _inner(heights: Mapping[str, int]) -> int:
    return sum(heights.values()) + _GAP * (len(heights) - 1)
