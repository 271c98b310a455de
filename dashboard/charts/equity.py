"""Growth of 1: the portfolio against its benchmark and, as a ghost, the untouched preset."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

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
from dashboard.format import ratio
from dashboard.theme import TEXT_CONTRAST, Theme

__all__ = ["STYLES", "colour_of", "equity_panel", "label_colour", "last_finite"]

# Drawn in this order: the portfolio last, on top.
STYLES = (
    ("benchmark", "Benchmark", {"width": 1}),
    ("control", "Same exposure", {"width": 1.5, "dash": "dot"}),
    ("baseline", "Preset", {"width": 1.5, "dash": "dash"}),
    ("portfolio", "Portfolio", {"width": 2}),
)


def colour_of(column: str, colours: Theme) -> str:
    """Return the colour of a curve; the ghost is darkened just until it can be seen."""
    roles = {
        "portfolio": colours.accent,
        "benchmark": colours.benchmark,
        "baseline": colours.ink(colours.ghost),
        "control": colours.secondary,
    }
    return roles[column]


def label_colour(column: str, colours: Theme) -> str:
    """Return the colour in which a curve's name can be read."""
    return colours.ink(colour_of(column, colours), TEXT_CONTRAST)


def last_finite(values: pd.Series) -> float:
    """Return the last value that is a number, NaN when there is none."""
    known = values[np.isfinite(values.to_numpy(np.float64))]
    return float(known.iloc[-1]) if len(known) else float("nan")


def equity_panel(
    equity: pd.DataFrame,
    drawdown: pd.DataFrame,
    slot: Slot,
    colours: Theme,
    *,
    log: bool,
    benchmark_name: str,
) -> Panel:
    """Draw growth of 1.

    Parameters
    ----------
    equity : DataFrame
        Index of dates; column ``portfolio`` and, where they exist, ``benchmark`` and ``baseline``;
        multiples of the starting value, > 0; NaN = no value.
    drawdown : DataFrame
        The same columns as drawdowns ≤ 0: the crosshair says them beside the growth.
    slot : Slot
    colours : Theme
    log : bool
        Whether equal distances are equal returns.
    benchmark_name : str
        Written into the title of the panel.
    """
    drawn = [curve for curve in STYLES if curve[0] in equity.columns]
    values = equity[[column for column, _, _ in drawn]].to_numpy(np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    limits = padded(math.log10(low), math.log10(high)) if log else padded(low, high)
    labels = [_label(equity[c], c, name, colours, log) for c, name, _ in reversed(drawn)]
    return Panel(
        yaxis=_axis(limits, low, high, log),
        traces=_traces(equity, drawdown, slot, colours),
        annotations=(
            panel_title(slot, _title(log, benchmark_name, compact=slot.compact), colours),
            *end_labels(slot, labels, limits),
        ),
    )


def _traces(
    equity: pd.DataFrame, drawdown: pd.DataFrame, slot: Slot, colours: Theme
) -> tuple[dict[str, Any], ...]:
    x = milliseconds(equity.index)
    return tuple(
        line(
            x,
            equity[column],
            slot,
            name=name,
            style=style | {"color": colour_of(column, colours)},
            hover="%{y:.2f}, %{customdata:.1%} below peak",
            also=-drawdown[column],
        )
        for column, name, style in STYLES
        if column in equity.columns
    )


def _label(values: pd.Series, column: str, name: str, colours: Theme, log: bool) -> Label:
    last = last_finite(values)
    place = math.log10(last) if log else last
    return Label(place, ratio(last), name, label_colour(column, colours))


def _axis(limits: tuple[float, float], low: float, high: float, log: bool) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "range": list(limits),
        "nticks": 5,
        "tickformat": ".1f" if high - low > 0.5 else ".2f",
    }
    if log:
        axis |= {"type": "log", "dtick": "D1" if high / low > 5.0 else None, "nticks": 6}
    return axis


def _title(log: bool, benchmark_name: str, *, compact: bool) -> str:
    if compact:  # the names of the curves stand beside it
        return "Growth, log" if log else "Growth of 1"
    title = "Growth of 1" + (", log scale" if log else "")
    return title + (f" · benchmark: {benchmark_name}" if benchmark_name else "")
