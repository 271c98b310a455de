"""A ribbon: one label a session as a band of colour that also carries its letter."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.charts.base import Panel, Slot, milliseconds, panel_title
from dashboard.theme import Theme, text_on

__all__ = ["Code", "ribbon_panel", "runs_of"]

# Of the width, wide and compact: a narrower band has no room for its letter.
_LETTER_SHARE, _LETTER_SHARE_COMPACT = 0.022, 0.045


@dataclass(frozen=True, slots=True)
class Code:
    """How one label is drawn; an empty letter is not written."""

    name: str
    colour: str
    letter: str


def runs_of(labels: pd.Series) -> list[tuple[str, int, int]]:
    """Return (label, first position, position after the last) of each unbroken run."""
    values = labels.to_numpy(dtype=object)
    if len(values) == 0:
        return []
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    bounds = [0, *cuts.tolist(), len(values)]
    return [(str(values[begin]), begin, end) for begin, end in itertools.pairwise(bounds)]


def ribbon_panel(
    labels: pd.Series,
    codes: Mapping[str, Code],
    slot: Slot,
    colours: Theme,
    *,
    title: str,
    short: str = "",
) -> Panel:
    """Draw one band of colours.

    Parameters
    ----------
    labels : Series of str
        Index of dates; every value a key of `codes`.
    codes : mapping of str to Code
    slot : Slot
    colours : Theme
    title : str
        Words above the band; also the name in the crosshair's readout.
    short : str
        Words above the band of a compact figure, where the title's own beginning says too little.
    """
    above = short if slot.compact and short else title
    return Panel(
        yaxis={"range": [0.0, 1.0], "visible": False},
        traces=(
            _band(labels, codes, slot),
            _readout(labels, codes, slot, title.partition(" ·")[0]),
        ),
        annotations=(panel_title(slot, above, colours), *_letters(labels, codes, slot)),
    )


def _band(labels: pd.Series, codes: Mapping[str, Code], slot: Slot) -> dict[str, Any]:
    # One image however often the label changes; a shape a spell would be hundreds.
    number = {key: i for i, key in enumerate(codes)}
    return {
        "type": "heatmap",
        "x": milliseconds(labels.index),
        "y": [0.5],
        "z": labels.map(number).to_numpy(np.int8)[np.newaxis, :],
        "xaxis": "x",
        "yaxis": slot.axis,
        "zmin": -0.5,
        "zmax": len(codes) - 0.5,
        "colorscale": _steps([code.colour for code in codes.values()]),
        "showscale": False,
        "hoverinfo": "skip",
    }


def _readout(labels: pd.Series, codes: Mapping[str, Code], slot: Slot, name: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": milliseconds(labels.index),
        "y": np.full(len(labels), 0.5, dtype=np.float32),
        "text": [codes[str(label)].name for label in labels],
        "xaxis": "x",
        "yaxis": slot.axis,
        "line": {"width": 0},
        "hovertemplate": "%{text}",
    }


def _steps(fills: list[str]) -> list[list[Any]]:
    share = 1.0 / len(fills)
    return [
        [edge, fill]
        for i, fill in enumerate(fills)
        for edge in (i * share, 1.0 if i == len(fills) - 1 else (i + 1) * share)
    ]


def _letters(labels: pd.Series, codes: Mapping[str, Code], slot: Slot) -> list[dict[str, Any]]:
    least = len(labels) * (_LETTER_SHARE_COMPACT if slot.compact else _LETTER_SHARE)
    return [
        {
            "text": codes[label].letter,
            "xref": "x",
            "x": labels.index[(begin + end) // 2].isoformat(),
            "yref": slot.axis,
            "y": 0.5,
            "showarrow": False,
            "font": {"size": 12, "color": text_on(codes[label].colour)},
        }
        for label, begin, end in runs_of(labels)
        if codes[label].letter and end - begin >= least
    ]
