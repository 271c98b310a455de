"""The phase ladder drawn: what each step added with its interval, and the phases through time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evidence.verdict import Verdict
from dashboard.charts.base import Label, Panel, end_labels, line, milliseconds, padded, panel_title
from dashboard.charts.compare import DASHES
from dashboard.charts.figure import Markup, made, plain
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.format import percent, points, ratio
from dashboard.report.faces import FACES
from dashboard.theme import LINE_CONTRAST, TEXT_CONTRAST, Theme, plotly_template

__all__ = ["added_figure", "growth_alt", "growth_figure", "growth_styles"]

_ROW_PX, _TOP, _BOTTOM = 26, 26, 28
_LEFT, _LEFT_COMPACT, _RIGHT = 214, 128, 76
_RIGHT_GROWTH, _LETTER_PX = 118, 6.7
_GROWTH: Final = {"growth": 280}
_SURE: Final = (Verdict.BETTER.value, Verdict.WORSE.value)


def added_figure(
    steps: pd.DataFrame, metric: str, colours: Theme, *, compact: bool = False
) -> go.Figure:
    """Draw what each step added to a metric, a row a step, a line below each phase.

    Parameters
    ----------
    steps : DataFrame
        As :func:`dashboard.report.ladder.steps_frame` gives it; the first has nothing above it.
    metric : str
        Among those judged.
    colours : Theme
    compact : bool
        For narrow screens.
    """
    rows = steps.iloc[1:]
    count, left = len(rows), _LEFT_COMPACT if compact else _LEFT
    values = rows[f"added_{metric}"].to_numpy(np.float64)
    template = plotly_template(colours)
    is_ratio = FACES[metric].kind == "ratio"
    layout = template | {
        "height": count * _ROW_PX + _TOP + _BOTTOM,
        "margin": {"l": left, "r": _RIGHT, "t": _TOP, "b": _BOTTOM},
        "hovermode": "closest",
        "xaxis": template["xaxis"]
        | {
            "showgrid": True,
            "zeroline": True,
            "zerolinecolor": colours.secondary,
            "zerolinewidth": 1,
            "nticks": 4 if compact else 9,
            "tickangle": 0,
            "tickformat": ".2f" if is_ratio else ".0%",
        },
        "yaxis": template["yaxis"]
        | {
            "range": [count - 0.5, -0.5],
            "showgrid": False,
            "tickvals": list(range(count)),
            "ticktext": [_row_label(row, compact) for row in rows.to_dict("records")],
            "tickfont": {"size": 12, "color": colours.text},
            "ticks": "outside",
            "ticklen": 6,
            "tickcolor": "rgba(0,0,0,0)",
        },
        "annotations": [
            _title(metric, colours, left, compact=compact),
            *_numbers(rows, metric, colours),
        ],
        "shapes": _phase_lines(rows, left, colours),
    }
    return made([_dots(rows, metric, values, colours)], layout)


def _row_label(row: Mapping[Any, Any], compact: bool) -> str:
    if not row["is_phase"]:
        return str(row["step"])
    step, phase = plain(str(row["step"])), plain(str(row["toward"]))
    return Markup(f"<b>{phase}</b>" if compact else f"{step} <b>= {phase}</b>")


def _dots(
    rows: pd.DataFrame, metric: str, values: np.ndarray[Any, Any], colours: Theme
) -> dict[str, Any]:
    verdicts = rows[f"added_{metric}_verdict"].tolist()
    tones = [colours.ink(_tone(verdict, colours), LINE_CONTRAST) for verdict in verdicts]
    high = rows[f"added_{metric}_high"].to_numpy(np.float64)
    low = rows[f"added_{metric}_low"].to_numpy(np.float64)
    told = zip(rows["step"], rows["changed"], values.tolist(), verdicts, strict=True)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": list(range(len(rows))),
        # Nothing is told by colour alone: within noise a dot is hollow.
        "marker": {
            "size": 9,
            "color": tones,
            "symbol": ["circle" if one in _SURE else "circle-open" for one in verdicts],
            "line": {"width": 1.5, "color": tones},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": np.nan_to_num(high - values),
            "arrayminus": np.nan_to_num(values - low),
            "color": colours.ink(colours.faint),
            "thickness": 1.5,
            "width": 3,
        },
        "customdata": [
            [step, changed, _difference(metric, value), verdict]
            for step, changed, value, verdict in told
        ],
        "hovertemplate": "%{customdata[0]}: %{customdata[2]}, %{customdata[3]}<br>"
        "%{customdata[1]}<extra></extra>",
    }


def _difference(metric: str, value: float) -> str:
    return ratio(value, signed=True) if FACES[metric].kind == "ratio" else points(value)


def _tone(verdict: str, colours: Theme) -> str:
    if verdict not in _SURE:
        return colours.secondary
    return colours.better if verdict == Verdict.BETTER.value else colours.worse


def _numbers(rows: pd.DataFrame, metric: str, colours: Theme) -> list[dict[str, Any]]:
    notes = []
    for at, row in enumerate(rows.to_dict("records")):
        verdict = str(row[f"added_{metric}_verdict"])
        notes.append(
            {
                "text": _difference(metric, float(row[f"added_{metric}"])),
                "xref": "paper",
                "x": 1,
                "xanchor": "right",
                "xshift": _RIGHT - 4,
                "y": at,
                "showarrow": False,
                "font": {"size": 12, "color": colours.ink(_tone(verdict, colours), TEXT_CONTRAST)},
            }
        )
    return notes


def _phase_lines(rows: pd.DataFrame, left: int, colours: Theme) -> list[dict[str, Any]]:
    ends = [at for at, is_phase in enumerate(rows["is_phase"]) if is_phase][:-1]
    return [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": at + 0.5,
            "y1": at + 0.5,
            "line": {"color": colours.faint, "width": 1},
        }
        for at in ends
    ]


def _title(metric: str, colours: Theme, left: int, *, compact: bool) -> dict[str, Any]:
    unit = "" if FACES[metric].kind == "ratio" else ", points"
    more = "" if compact else " · 95 % of paired resamples · filled: beyond noise"
    return {
        "text": f"{FACES[metric].label}{unit}, added{more}",
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "xshift": 2 - left,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "yshift": 5,
        "showarrow": False,
        "font": {"size": 12, "color": colours.secondary},
    }


def growth_figure(curves: pd.DataFrame, phases: int, colours: Theme, *, compact: bool) -> go.Figure:
    """Draw growth of 1 of every phase over the yardsticks.

    Parameters
    ----------
    curves : DataFrame
        Index of dates; the phases first, then the yardsticks.
    phases : int
        How many of the columns are phases.
    colours : Theme
    compact : bool
    """
    slots = stack_slots(_GROWTH, compact=compact)
    slot = slots["growth"]
    values = curves.to_numpy(np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    limits = padded(low, high)
    x = milliseconds(curves.index)
    traces, labels = [], []
    for number in reversed(range(curves.shape[1])):
        name, series = str(curves.columns[number]), curves.iloc[:, number]
        style = _curve_style(number, phases, colours)
        traces.append(line(x, series, slot, name=name, style=style, hover="%{y:.2f}"))
        last = float(series.dropna().iloc[-1]) if series.notna().any() else math.nan
        tone = colours.ink(str(style["color"]), TEXT_CONTRAST)
        # On a narrow screen there is no room for six names: the page has a legend.
        labels.append(Label(last, ratio(last), ratio(last) if compact else _short(name), tone))
    panel = Panel(
        yaxis={"range": list(limits), "nticks": 5, "tickformat": ".2f"},
        traces=tuple(traces),
        annotations=(
            panel_title(slot, "Growth of 1 · each phase, thin lines: yardsticks", colours),
            *end_labels(slot, labels, limits),
        ),
    )
    more: dict[str, Any] = {"height": stack_height(_GROWTH)}
    if not compact:  # the longest name ends inside the figure
        letters = max(len(f"{label.number} {label.name}") for label in labels)
        more["margin"] = {"r": max(_RIGHT_GROWTH, round(letters * _LETTER_PX) + 12)}
    return stacked_figure(slots, {"growth": panel}, curves.index, colours, more=more)


def growth_styles(curves: pd.DataFrame, phases: int, colours: Theme) -> list[tuple[str, str, str]]:
    """Return the name, colour and dash of every curve of :func:`growth_figure`, in its order."""
    styles = [_curve_style(number, phases, colours) for number in range(curves.shape[1])]
    return [
        (_short(name), str(style["color"]), str(style.get("dash", "solid")))
        for name, style in zip(curves.columns, styles, strict=True)
    ]


def _short(name: object) -> str:
    return str(name).partition(" (")[0]


def _curve_style(number: int, phases: int, colours: Theme) -> dict[str, Any]:
    if number < phases:
        dash = DASHES[number % len(DASHES)]
        return {"color": colours.compared(number % 4), "width": 1.75, "dash": dash}
    tone = colours.benchmark if number == phases else colours.ink(colours.faint)
    return {"color": tone, "width": 1}


def growth_alt(curves: pd.DataFrame) -> str:
    """Say where every curve ended."""
    ends = curves.ffill().iloc[-1] - 1.0
    told = ", ".join(
        f"{name} {percent(float(end), signed=True)}"
        for name, end in zip(ends.index, ends.tolist(), strict=True)
    )
    return f"Growth of every phase and yardstick; in all: {told}."
