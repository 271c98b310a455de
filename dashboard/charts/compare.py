"""Two to four runs on one axis: growth together, drawdowns one below the other, exposure."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
)
from dashboard.charts.equity import last_finite
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.format import percent, ratio
from dashboard.theme import TEXT_CONTRAST, Theme, rgba

__all__ = ["COMPARE_HEIGHT_PX", "DASHES", "compare_figure"]

_LETTERS: Final = "ABCD"
#: Of A to D: nothing is told by colour alone.
DASHES: Final = ("solid", "dash", "dot", "dashdot")
_BENCHMARK: Final = "benchmark"
_GROWTH, _EXPOSURE = "growth", "exposure"
_GROWTH_PX, _EXPOSURE_PX = 260, 110
_UNDER_PX: Final = 352  # of all drawdown panels together with the gaps between them
_GAP_PX: Final = 32
_AIR: Final = 1.12
_SHALLOWEST: Final = -0.02


def _heights(letters: Sequence[str]) -> dict[str, int]:
    each = (_UNDER_PX - _GAP_PX * (len(letters) - 1)) // len(letters)
    return {_GROWTH: _GROWTH_PX, **dict.fromkeys(letters, each), _EXPOSURE: _EXPOSURE_PX}


#: The same for two, three and four.
COMPARE_HEIGHT_PX: Final = stack_height(_heights("AB"))


def compare_figure(
    growth: pd.DataFrame,
    drawdown: pd.DataFrame,
    exposure: pd.DataFrame,
    colours: Theme,
    *,
    log: bool = False,
    benchmark_name: str = "",
    compact: bool = False,
) -> go.Figure:
    """Draw what is compared over one time axis; the height does not depend on how many there are.

    Parameters
    ----------
    growth : DataFrame
        Index of dates; a column a letter, multiples of the start, and ``benchmark``.
    drawdown, exposure : DataFrame
        The same letters; drawdowns in [-1, 0] and held value over NAV.
    colours : Theme
    log : bool
        Whether equal distances are equal growth.
    benchmark_name : str
    compact : bool
        For narrow screens.
    """
    letters = [str(name) for name in drawdown.columns]
    heights = _heights(letters)
    slots = stack_slots(heights, compact=compact)
    deepest = min(float(np.nanmin(drawdown.to_numpy(np.float64))), _SHALLOWEST) * _AIR
    panels = {
        _GROWTH: _growth_panel(growth, letters, slots[_GROWTH], colours, log, benchmark_name),
        _EXPOSURE: _exposure_panel(exposure, slots[_EXPOSURE], colours),
    }
    for letter in letters:
        panels[letter] = _under_panel(drawdown[letter], slots[letter], colours, deepest)
    ordered = {name: panels[name] for name in heights}
    # Rounding of the panels must not move what stands below.
    more = {"height": COMPARE_HEIGHT_PX}
    return stacked_figure(slots, ordered, growth.index, colours, more=more)


def _style(letter: str, colours: Theme, width: float = 1.75) -> dict[str, Any]:
    number = _LETTERS.index(letter)
    return {"color": colours.compared(number), "width": width, "dash": DASHES[number]}


def _written(letter: str, colours: Theme) -> str:
    return colours.ink(colours.compared(_LETTERS.index(letter)), TEXT_CONTRAST)


def _growth_panel(
    growth: pd.DataFrame,
    letters: Sequence[str],
    slot: Slot,
    colours: Theme,
    log: bool,
    benchmark_name: str,
) -> Panel:
    values = growth.to_numpy(np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    limits = padded(math.log10(low), math.log10(high)) if log else padded(low, high)
    x = milliseconds(growth.index)
    traces, labels = [], []
    if _BENCHMARK in growth:
        style = {"color": colours.benchmark, "width": 1}
        hover = "%{y:.2f}"
        traces.append(line(x, growth[_BENCHMARK], slot, name="Benchmark", style=style, hover=hover))
        labels.append(_label(growth[_BENCHMARK], "Benchmark", colours.benchmark, slot, log))
    for letter in reversed(letters):  # the first on top
        style = _style(letter, colours)
        traces.append(line(x, growth[letter], slot, name=letter, style=style, hover="%{y:.2f}"))
        labels.append(_label(growth[letter], letter, _written(letter, colours), slot, log))
    title = "Growth of 1" + (", log scale" if log else "")
    axis: dict[str, Any] = {
        "range": list(limits),
        "nticks": 5,
        "tickformat": ".1f" if high - low > 0.5 else ".2f",
    }
    if log:
        axis |= {"type": "log", "dtick": "D1" if high / low > 5.0 else None, "nticks": 6}
    about = f" · thin line: {benchmark_name}" if benchmark_name else ""
    return Panel(
        yaxis=axis,
        traces=tuple(traces),
        annotations=(
            panel_title(slot, title + about, colours),
            *end_labels(slot, labels, limits),
        ),
    )


def _label(values: pd.Series, name: str, colour: str, slot: Slot, log: bool) -> Label:
    last = last_finite(values)
    number = _with_letter(ratio(last), name, slot)
    return Label(math.log10(last) if log else last, number, name, colour)


def _with_letter(number: str, name: str, slot: Slot) -> str:
    # On a phone only the number is written: the letter goes with it.
    return f"{number} {name}" if slot.compact and name in _LETTERS else number


def _under_panel(drawdown: pd.Series, slot: Slot, colours: Theme, deepest: float) -> Panel:
    letter, worst = str(drawdown.name), float(drawdown.min())
    colour = colours.compared(_LETTERS.index(letter))
    trace = line(
        milliseconds(drawdown.index),
        drawdown,
        slot,
        name=f"{letter}, drawdown",
        style=_style(letter, colours, 1.0),
        hover="%{y:.1%}",
        fill=rgba(colour, 0.16),
    )
    mark = Label(worst, percent(worst), "worst", _written(letter, colours))
    return Panel(
        yaxis={
            "range": [deepest, 0.0],
            "tickformat": ".0%",
            "nticks": 3 if slot.pixels < 110 else 5,
            "zeroline": True,
            "zerolinecolor": colours.secondary,
            "zerolinewidth": 1,
        },
        traces=(trace,),
        annotations=(
            panel_title(slot, f"{letter}: drawdown · below its own peak so far", colours),
            *end_labels(slot, [mark], (deepest, 0.0)),
        ),
    )


def _exposure_panel(exposure: pd.DataFrame, slot: Slot, colours: Theme) -> Panel:
    letters = [str(name) for name in exposure.columns]
    x = milliseconds(exposure.index)
    top = max(1.0, float(np.nanmax(exposure.to_numpy(np.float64)))) * 1.06
    traces = [
        line(
            x,
            exposure[letter],
            slot,
            name=f"{letter}, invested",
            style=_style(letter, colours, 1.25),
            hover="%{y:.0%}",
        )
        for letter in reversed(letters)
    ]
    labels = [
        Label(last, _with_letter(percent(last, 0), letter, slot), letter, _written(letter, colours))
        for letter in letters
        for last in (last_finite(exposure[letter]),)
    ]
    return Panel(
        yaxis={"range": [0.0, top], "tickformat": ".0%", "nticks": 4},
        traces=tuple(traces),
        annotations=(
            panel_title(slot, "Invested · value held over NAV", colours),
            *end_labels(slot, labels, (0.0, top)),
        ),
    )
