"""Sharpe ratio, volatility and beta over a trailing window, one below the other."""

from __future__ import annotations

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
from dashboard.charts.equity import STYLES, colour_of, label_colour, last_finite
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.format import percent, percent_as_set, ratio
from dashboard.theme import Theme

__all__ = ["ROLLING_HEIGHT_PX", "rolling_figure"]

_HEIGHTS: Final = {"sharpe": 120, "volatility": 110, "beta": 90}
ROLLING_HEIGHT_PX: Final = stack_height(_HEIGHTS)
_TITLES: Final = {
    "sharpe": "Sharpe ratio",
    "volatility": "Volatility, a year",
    "beta": "Beta to the benchmark",
}
_RIGHT: Final = 138  # pixels, or "11.0 % Benchmark" is cut
_LEVELS: Final = {"sharpe": 0.0, "volatility": None, "beta": 1.0}


def rolling_figure(
    frames: dict[str, pd.DataFrame],
    colours: Theme,
    *,
    window: int,
    target: float | None = None,
    compact: bool = False,
) -> go.Figure:
    """Draw the three measures over one time axis.

    Parameters
    ----------
    frames : dict of str to DataFrame
        ``sharpe``, ``volatility`` (a fraction a year) and ``beta``, over the same dates; columns
        ``portfolio`` and, but for beta, ``benchmark``; NaN where the window is not full.
    colours : Theme
    window : int
        Sessions, for the titles.
    target : float, optional
        Target volatility, drawn as a line.
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_HEIGHTS, compact=compact)
    panels = {
        name: _panel(name, frames[name], slot, colours, window, target)
        for name, slot in slots.items()
    }
    more = {} if compact else {"margin": {"r": _RIGHT}}
    return stacked_figure(slots, panels, frames["sharpe"].index, colours, more=more)


def _panel(
    name: str, frame: pd.DataFrame, slot: Slot, colours: Theme, window: int, target: float | None
) -> Panel:
    level = target if name == "volatility" else _LEVELS[name]
    values = frame.to_numpy(np.float64)
    known = values[np.isfinite(values)]
    ends = [*known.tolist(), *([] if level is None else [level])] or [0.0, 1.0]
    limits = padded(min(ends), max(ends), 0.08)
    shows_percent = name == "volatility"
    write = percent if shows_percent else ratio
    drawn = [curve for curve in STYLES if curve[0] in frame.columns]
    x = milliseconds(frame.index)
    labels = []
    for column, label, _ in reversed(drawn):
        last = last_finite(frame[column])
        labels.append(Label(last, write(last), label, label_colour(column, colours)))
    traces = tuple(
        _curve(x, frame[column], slot, colours, column, label, style, shows_percent)
        for column, label, style in drawn
    )
    words = f"{_TITLES[name]} · last {window} sessions"
    if level is not None:
        words += f", line: {f'target {percent_as_set(level)}' if shows_percent else f'{level:g}'}"
    return Panel(
        yaxis={
            "range": list(limits),
            "nticks": 4,
            "tickformat": ".0%" if shows_percent else ".1f",
        },
        traces=traces,
        shapes=() if level is None else (reference_line(slot, level, colours.ink(colours.faint)),),
        annotations=(panel_title(slot, words, colours), *end_labels(slot, labels, limits)),
    )


def _curve(
    x: np.ndarray,
    values: pd.Series,
    slot: Slot,
    colours: Theme,
    column: str,
    name: str,
    style: dict[str, Any],
    shows_percent: bool,
) -> dict[str, Any]:
    return line(
        x,
        values,
        slot,
        name=name,
        style=style | {"color": colour_of(column, colours)},
        hover="%{y:.1%}" if shows_percent else "%{y:.2f}",
    )
