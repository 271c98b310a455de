"""Factors through time: rank IC month by month and added up, coverage, and what a spread made."""

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
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.format import percent, ratio
from dashboard.theme import TEXT_CONTRAST, Theme

__all__ = ["IC_HEIGHT_PX", "SPREAD_HEIGHT_PX", "factor_colour", "ic_figure", "spread_figure"]

_IC: Final = {"monthly": 120, "cumulative": 150, "coverage": 80}
_SPREAD: Final = {"growth": 150, "turnover": 80}
IC_HEIGHT_PX: Final = stack_height(_IC)
SPREAD_HEIGHT_PX: Final = stack_height(_SPREAD)
_COMPARED: Final = {"momentum": 1, "value": 2, "quality": 3}
_DASHES: Final = {
    "momentum": "solid", "value": "dash", "quality": "dashdot", "topology": "dot",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Curve:
    values: pd.Series
    name: str
    colour: str
    width: float = 1.5
    dash: str = "solid"
    label: str = ""  # beside the last value; "" = the name


def factor_colour(name: str, colours: Theme) -> str:
    """Return the colour of a factor's line; the composite has the accent."""
    if name == "topology":
        return colours.ink(colours.secondary)
    return colours.compared(_COMPARED.get(name, 0))


def ic_figure(
    series: Mapping[str, pd.DataFrame],
    chosen: str,
    mean: float,
    colours: Theme,
    *,
    compact: bool = False,
) -> go.Figure:
    """Draw the rank IC of one factor by month, that of all added up, and their coverage.

    Parameters
    ----------
    series : mapping of name to DataFrame
        Index of dates; rank_ic and cumulative_rank_ic in their own unit, coverage a fraction.
    chosen : str
        The factor whose months are drawn.
    mean : float
        Of its months, drawn as a line; NaN = not known.
    colours : Theme
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_IC, compact=compact)
    index = next(iter(series.values())).index
    summed = [_curve(series, name, "cumulative_rank_ic", chosen, colours) for name in series]
    covered = [_curve(series, name, "coverage", chosen, colours) for name in series]
    panels = {
        "monthly": _months(series[chosen]["rank_ic"], chosen, mean, slots["monthly"], colours),
        "cumulative": _lines(
            slots["cumulative"], "Rank IC added up · a steady slope is steady skill", summed,
            colours, level=0.0,
        ),
        "coverage": _lines(
            slots["coverage"], "Coverage · share of the universe with a score", covered, colours,
            kind="percent", limits=(0.0, 1.05),
        ),
    }  # fmt: skip
    return stacked_figure(slots, panels, index, colours)


def spread_figure(
    series: pd.DataFrame, chosen: str, colours: Theme, cost_bps: float, *, compact: bool = False
) -> go.Figure:
    """Draw what the highest fifth made against the lowest, and how much was traded for it.

    Parameters
    ----------
    series : DataFrame
        Index of dates; growth and net_growth (of 1), turnover of a dollar on either side.
    chosen : str
    colours : Theme
    cost_bps : float
        Of what is traded, for the title.
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_SPREAD, compact=compact)
    own, quiet = factor_colour(chosen, colours), colours.ink(colours.secondary)
    growth = [
        _Curve(series["growth"], "before costs", own, 2.0),
        _Curve(series["net_growth"], "after costs", quiet, 1.5, "dash"),
    ]
    title = f"Highest less lowest · growth of 1; costs: {cost_bps:g} bps of what is traded"
    panels = {
        "growth": _lines(slots["growth"], title, growth, colours, level=1.0),
        "turnover": _lines(
            slots["turnover"], "Turnover a month, both sides · bought and sold",
            [_Curve(series["turnover"], "turnover", own, label="last")], colours, zero=True,
        ),
    }  # fmt: skip
    return stacked_figure(slots, panels, series.index, colours)


def _curve(
    series: Mapping[str, pd.DataFrame], name: str, column: str, chosen: str, colours: Theme
) -> _Curve:
    width = 2.5 if name == chosen else 1.25
    colour = factor_colour(name, colours)
    return _Curve(series[name][column], name, colour, width, _DASHES.get(name, "solid"))


def _months(values: pd.Series, name: str, mean: float, slot: Slot, colours: Theme) -> Panel:
    known = values.to_numpy(np.float64)
    known = known[np.isfinite(known)]
    limits = padded(float(known.min(initial=-0.1)), float(known.max(initial=0.1)), 0.08)
    bars: dict[str, Any] = {
        "type": "bar",
        "name": "Rank IC",
        "x": milliseconds(values.index),
        "y": values.to_numpy(np.float32),
        "xaxis": "x",
        "yaxis": slot.axis,
        "marker": {"color": factor_colour(name, colours), "line": {"width": 0}},
        "hovertemplate": "%{y:+.3f}",
    }
    quiet = colours.ink(colours.faint)
    shapes = [reference_line(slot, 0.0, quiet, "solid")]
    labels = []
    if np.isfinite(mean):
        shapes.append(reference_line(slot, mean, colours.text))
        colour = colours.ink(colours.text, TEXT_CONTRAST)
        labels.append(Label(mean, ratio(mean, 3, signed=True), "mean", colour))
    return Panel(
        yaxis={"range": list(limits), "nticks": 4, "tickformat": ".1f"},
        traces=(bars,),
        shapes=tuple(shapes),
        annotations=(
            panel_title(slot, f"Rank IC of {name} · each month's scores, next month", colours),
            *end_labels(slot, labels, limits),
        ),
    )


def _lines(
    slot: Slot,
    title: str,
    drawn: Sequence[_Curve],
    colours: Theme,
    *,
    kind: str = "ratio",
    level: float | None = None,
    zero: bool = False,
    limits: tuple[float, float] | None = None,
) -> Panel:
    values = np.concatenate([curve.values.to_numpy(np.float64) for curve in drawn])
    known = values[np.isfinite(values)].tolist()
    ends = [*known, *([] if level is None else [level]), *([0.0] if zero else [])] or [0.0, 1.0]
    shown = limits or padded(min(ends), max(ends), 0.08)
    is_percent = kind == "percent"
    x = milliseconds(drawn[0].values.index)
    labels = [_label(curve, colours, is_percent) for curve in drawn]
    traces = tuple(_trace(curve, x, slot, is_percent) for curve in drawn)
    return Panel(
        yaxis={
            "range": list(shown), "nticks": 4, "tickformat": ".0%" if is_percent else ".1f",
        },
        traces=traces,
        shapes=() if level is None else (reference_line(slot, level, colours.ink(colours.faint)),),
        annotations=(panel_title(slot, title, colours), *end_labels(slot, labels, shown)),
    )  # fmt: skip


def _label(curve: _Curve, colours: Theme, is_percent: bool) -> Label:
    last = last_finite(curve.values)
    number = percent(last, 0) if is_percent else ratio(last)
    return Label(last, number, curve.label or curve.name, colours.ink(curve.colour, TEXT_CONTRAST))


def _trace(curve: _Curve, x: np.ndarray, slot: Slot, is_percent: bool) -> dict[str, Any]:
    style = {"width": curve.width, "dash": curve.dash, "color": curve.colour}
    hover = "%{y:.0%}" if is_percent else "%{y:.2f}"
    return line(x, curve.values, slot, name=curve.name.capitalize(), style=style, hover=hover)
