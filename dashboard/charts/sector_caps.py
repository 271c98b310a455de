"""Sectors through time: the stack, and the largest of them against the cap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.base import (
    Label,
    Panel,
    Slot,
    end_labels,
    milliseconds,
    panel_title,
    reference_line,
)
from dashboard.charts.ribbon import Code, ribbon_panel
from dashboard.charts.sector_names import SECTOR_LETTERS, sector_label
from dashboard.charts.sectors import sectors_panel
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.format import percent
from dashboard.theme import TEXT_CONTRAST, Theme, rgba

__all__ = ["SECTORS_HEIGHT_PX", "sectors_figure"]

_HEIGHTS: Final = {"stack": 190, "largest": 120, "which": 18}
SECTORS_HEIGHT_PX: Final = stack_height(_HEIGHTS)
_NAMED: Final = 4  # sectors whose letters the title explains


def sectors_figure(
    sectors: pd.DataFrame,
    largest: pd.DataFrame,
    colours: Theme,
    *,
    cap: float,
    in_force: bool,
    compact: bool = False,
) -> go.Figure:
    """Draw the stack of sectors, and below it the largest one against the cap.

    The cap is a limit of each sector, so it is a line on the largest and never on the stack.

    Parameters
    ----------
    sectors : DataFrame
        Index of dates, one column a sector, fractions of NAV ≥ 0.
    largest : DataFrame
        The same dates; ``sector`` ("" = nothing held) and ``weight``.
    colours : Theme
    cap : float
        Largest target weight of one sector.
    in_force : bool
        Whether the scenario sets it; a yardstick is drawn dotted and called one.
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_HEIGHTS, compact=compact)
    named = sectors.rename(columns=lambda name: sector_label(str(name)))
    codes = _codes(largest["sector"], colours, compact)
    panels = {
        "stack": sectors_panel(named, slots["stack"], colours, cap=None),
        "largest": _largest_panel(largest, slots["largest"], colours, cap, in_force),
        "which": ribbon_panel(
            largest["sector"],
            codes,
            slots["which"],
            colours,
            title=_ribbon_title(codes, largest, compact),
        ),
    }
    return stacked_figure(slots, panels, sectors.index, colours)


def _codes(held: pd.Series, colours: Theme, compact: bool) -> Mapping[str, Code]:
    # By how often each was the largest: the title names the first few.
    names = [str(name) for name in held.value_counts().index]
    codes = {
        name: Code(
            sector_label(name),
            colours.sector(name),
            "" if compact else SECTOR_LETTERS.get(name, name[:2]),
        )
        for name in names
        if name
    }
    return codes | {"": Code("nothing held", colours.raised, "")}


def _ribbon_title(codes: Mapping[str, Code], largest: pd.DataFrame, compact: bool) -> str:
    counted = largest["sector"].value_counts()
    if compact:
        shares = [
            f"{SECTOR_LETTERS.get(name, name[:2])} {percent(counted[name] / len(largest), 0)}"
            for name in codes
            if name and name in counted.index
        ]
        return f"Which one, of sessions: {', '.join(shares[:_NAMED])}"
    told = [
        f"{code.letter} {code.name} ({percent(counted[name] / len(largest), 0)} of sessions)"
        for name, code in codes.items()
        if name and name in counted.index
    ]
    rest = [f"{code.letter} {code.name}" for name, code in codes.items() if name][_NAMED:]
    return "Which one · " + ", ".join([*told[:_NAMED], *rest])


def _largest_panel(
    largest: pd.DataFrame, slot: Slot, colours: Theme, cap: float, in_force: bool
) -> Panel:
    weights = largest["weight"]
    top = max(float(weights.max()), cap) * 1.12
    word = "cap" if in_force else "not set"
    labels = [
        Label(float(weights.iloc[-1]), percent(weights.iloc[-1]), "last", colours.text),
        Label(cap, percent(cap, 0), word, colours.ink(colours.worse, TEXT_CONTRAST)),
    ]
    line = "cap of each sector" if in_force else "yardstick: no sector cap is set"
    title = f"Largest sector · line: {percent(cap, 0)}, {line}; shaded: above it"
    return Panel(
        yaxis={"range": [0.0, top], "tickformat": ".0%", "nticks": 4},
        traces=_largest_traces(largest, slot, colours, cap),
        shapes=(
            reference_line(slot, cap, colours.ink(colours.worse), "dash" if in_force else "dot"),
        ),
        annotations=(panel_title(slot, title, colours), *end_labels(slot, labels, (0.0, top))),
    )


def _largest_traces(
    largest: pd.DataFrame, slot: Slot, colours: Theme, cap: float
) -> tuple[dict[str, Any], ...]:
    base: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": milliseconds(largest.index),
        "xaxis": "x",
        "yaxis": slot.axis,
    }
    weights = largest["weight"].to_numpy(np.float64)
    silent = base | {"hoverinfo": "skip", "line": {"width": 0}}
    names = [sector_label(str(name), short=True) or "nothing" for name in largest["sector"]]
    return (
        silent | {"y": np.full(len(weights), cap, dtype=np.float32), "name": "Cap"},
        silent
        | {
            "y": np.maximum(weights, cap).astype(np.float32),
            "name": "Above",
            "fill": "tonexty",
            "fillcolor": rgba(colours.worse, 0.35),
        },
        base
        | {
            "y": weights.astype(np.float32),
            "name": "Largest sector",
            "text": names,
            "line": {"width": 1.5, "color": colours.text},
            "hovertemplate": "%{text} %{y:.1%}",
        },
    )
