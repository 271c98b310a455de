"""What every chart shares: panels over one time axis, direct labels, light arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.charts.figure import Markup, plain
from dashboard.theme import Theme

__all__ = [
    "LABEL_GAP_PX",
    "Label",
    "Panel",
    "Slot",
    "end_labels",
    "line",
    "milliseconds",
    "padded",
    "panel_title",
    "reference_line",
    "spread",
]

LABEL_GAP_PX: Final = 15
_NAMES_LENGTH: Final = 40  # characters that fit beside the title of a compact panel
_Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a panel sits: its y axis ("y", "y2", …), share of the figure's height, and pixels.

    On a compact figure (a phone) labels are numbers only, their names stand beside the title in the
    colours of their lines, and titles end at their first dot.
    """

    axis: str
    bottom: float
    top: float
    pixels: int
    compact: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """What one panel adds to a figure."""

    yaxis: _Spec
    traces: tuple[_Spec, ...] = ()
    shapes: tuple[_Spec, ...] = ()
    annotations: tuple[_Spec, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A line's last value and name, written where the line ends."""

    value: float
    number: str
    name: str
    colour: str


def milliseconds(index: pd.Index) -> npt.NDArray[np.float64]:
    """Return dates as milliseconds since 1970, which travel at half the size of texts."""
    days = index.to_numpy("datetime64[ms]")
    return days.astype(np.int64).astype(np.float64)


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """Return an axis range with `share` of air on both sides; never empty."""
    room = (high - low) * share
    return (low - room, high + room) if room > 0.0 else (low - 0.05, high + 0.05)


def line(
    x: npt.NDArray[np.float64],
    values: pd.Series,
    slot: Slot,
    *,
    name: str,
    style: _Spec,
    hover: str | None = None,
    also: pd.Series | None = None,
    fill: str | None = None,
) -> _Spec:
    """Return one line.

    `hover` is its row in the crosshair's readout (None: no row), in which ``%{customdata}`` is the
    value of `also`; `fill` is the colour down to zero.
    """
    spec: _Spec = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": values.to_numpy(np.float32),
        "xaxis": "x",
        "yaxis": slot.axis,
        "line": style,
    }
    spec |= {"hoverinfo": "skip"} if hover is None else {"hovertemplate": hover}
    if also is not None:
        spec["customdata"] = also.to_numpy(np.float32)
    return spec if fill is None else spec | {"fill": "tozeroy", "fillcolor": fill}


def reference_line(slot: Slot, value: float, colour: str, dash: str = "dash") -> _Spec:
    """Return a horizontal line across the panel."""
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": slot.axis,
        "y0": value,
        "y1": value,
        "line": {"color": colour, "width": 1, "dash": dash},
        "layer": "below",
    }


def panel_title(slot: Slot, text: str, colours: Theme) -> _Spec:
    """Return the words above a panel: what is drawn, in which unit."""
    return {
        "text": text.partition(" ·")[0] if slot.compact else text,
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "xshift": -44,
        "yref": "paper",
        "y": slot.top,
        "yanchor": "bottom",
        "yshift": 5,
        "showarrow": False,
        "align": "left",
        "font": {"size": 12, "color": colours.secondary},
    }


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move `positions` apart until neighbours are `gap` from each other, inside [low, high].

    Order is kept. Too many to fit are spaced evenly.
    """
    if not positions:
        return []
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    gap = min(gap, (high - low) / max(len(order) - 1, 1))
    placed: list[float] = []
    for i in order:
        lowest = placed[-1] + gap if placed else low
        placed.append(max(positions[i], lowest))
    ceiling = high
    for k in range(len(placed) - 1, -1, -1):
        placed[k] = min(placed[k], ceiling)
        ceiling = placed[k] - gap
    result = [0.0] * len(order)
    for k, i in enumerate(order):
        result[i] = placed[k]
    return result


def end_labels(slot: Slot, labels: Sequence[Label], limits: tuple[float, float]) -> list[_Spec]:
    """Return one annotation a label at the right edge, moved apart where they would overlap.

    `limits` is the range of the panel's axis, in axis units (log10 on a logarithmic axis), and so
    are the values of the labels.
    """
    low, high = limits
    per_pixel = (high - low) / slot.pixels
    half = per_pixel * LABEL_GAP_PX / 2.0
    shown = [label for label in labels if np.isfinite(label.value)]
    wanted = [min(max(label.value, low), high) for label in shown]
    places = spread(wanted, LABEL_GAP_PX * per_pixel, low + half, high - half)
    written = [
        {
            "text": label.number if slot.compact else f"{label.number} {label.name}",
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 6,
            "yref": slot.axis,
            "y": place,
            "yanchor": "middle",
            "showarrow": False,
            "align": "left",
            "font": {"size": 12, "color": label.colour},
        }
        for label, place in zip(shown, places, strict=True)
    ]
    return [*written, *_names(slot, shown)]


def _names(slot: Slot, labels: Sequence[Label]) -> list[_Spec]:
    named = [label for label in labels if not label.number.endswith(label.name)]
    if not slot.compact or len(named) < 2:
        return []
    while sum(len(label.name) + 2 for label in named) > _NAMES_LENGTH:
        named.pop()
    names = (f'<span style="color:{label.colour}">{plain(label.name)}</span>' for label in named)
    return [
        {
            "text": Markup(", ".join(names)),
            "xref": "paper",
            "x": 1,
            "xanchor": "right",
            "xshift": 54,
            "yref": "paper",
            "y": slot.top,
            "yanchor": "bottom",
            "yshift": 5,
            "showarrow": False,
            "font": {"size": 12},
        }
    ]
