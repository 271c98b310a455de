"""How near every rule came to acting, and what the portfolio's scale was made of, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.risk.config import RiskConfig
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

__all__ = ["TRIGGERS_HEIGHT_PX", "triggers_figure"]

_HEIGHTS: Final = {"drawdown": 110, "sigma": 90, "stops": 110, "scale": 110}
TRIGGERS_HEIGHT_PX: Final = stack_height(_HEIGHTS)


@dataclass(frozen=True, slots=True)
class _Curve:
    # One line of a panel: column, name for people, rule whose colour it has, format of its hover.
    column: str
    name: str
    colour: str
    hover: str | None
    style: Mapping[str, Any]


_SOLID: Final = {"width": 1.5}
_THIN: Final = {"width": 1}


def triggers_figure(
    triggers: pd.DataFrame,
    acts: Mapping[str, pd.DatetimeIndex],
    risk: RiskConfig,
    colours: Theme,
    *,
    day: pd.Timestamp | None = None,
    compact: bool = False,
) -> go.Figure:
    """Draw one panel a rule over one time axis; the height never changes.

    Parameters
    ----------
    triggers : DataFrame
        As :func:`dashboard.review_trades.triggers` makes it.
    acts : mapping of str to DatetimeIndex
        ``breaker``, ``stop``, ``trailing`` and ``rescale``: the dates on which each acted.
    risk : RiskConfig
        The levels; a rule that is off has no line.
    colours : Theme
    day : Timestamp, optional
        The day that is looked at: a line through all panels.
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_HEIGHTS, compact=compact)
    panels = {
        "drawdown": _drawdown(triggers, acts, risk, slots["drawdown"], colours),
        "sigma": _volatility(triggers, risk, slots["sigma"], colours),
        "stops": _stops(triggers, acts, slots["stops"], colours),
        "scale": _scale(triggers, acts, risk, slots["scale"], colours),
    }
    shapes = () if day is None else (_day_line(day, colours),)
    return stacked_figure(slots, panels, triggers.index, colours, shapes=shapes)


def _drawdown(
    table: pd.DataFrame,
    acts: Mapping[str, pd.DatetimeIndex],
    risk: RiskConfig,
    slot: Slot,
    colours: Theme,
) -> Panel:
    levels = [
        Label(-value, percent(-value, 0), name, colours.rule(rule))
        for value, name, rule in (
            (risk.max_allowed_drawdown, "reference", "drawdown"),
            (risk.circuit_breaker_dd, "breaker", "breaker"),
        )
        if value is not None
    ]
    low = 1.08 * min([float(table["drawdown"].min()), -0.02, *(x.value for x in levels)])
    curve = _Curve("drawdown", "Drawdown", "drawdown", "%{y:.1%}", _SOLID)
    trips = acts["breaker"]
    at = table["drawdown"].reindex(trips)
    marks = (
        _marks(slot, trips, at, "Breaker trips", "breaker", colours),
        _clickable(table["drawdown"], slot),
    )
    title = "Drawdown · as the rules see it: from the peak since the last re-entry"
    return _panel(table, (curve,), slot, colours, title, (low, 0.0), ".0%", levels, marks)


def _volatility(table: pd.DataFrame, risk: RiskConfig, slot: Slot, colours: Theme) -> Panel:
    target = risk.target_annual_vol
    levels = (
        []
        if target is None
        else [Label(target, percent(target, 0), "target", colours.rule("volatility"))]
    )
    known = table["sigma"].dropna()
    top = 1.08 * max([*known.tolist(), *(x.value for x in levels), 0.05])
    curve = _Curve("sigma", "Volatility", "volatility", "%{y:.1%}", _SOLID)
    title = f"Volatility of the holdings, a year · last {risk.vol_lookback_days} sessions"
    return _panel(table, (curve,), slot, colours, title, (0.0, top), ".0%", levels)


def _stops(
    table: pd.DataFrame, acts: Mapping[str, pd.DatetimeIndex], slot: Slot, colours: Theme
) -> Panel:
    curves = tuple(
        _Curve(column, f"{name} stop", rule, "%{y:.1%} %{customdata}", _THIN)
        for column, name, rule in (
            ("position", "Position", "stop"),
            ("trailing", "Trailing", "trailing"),
        )
    )
    known = table[["position", "trailing"]].to_numpy(np.float64)
    known = known[np.isfinite(known)]
    low, high = padded(min([*known.tolist(), 0.0]), max([*known.tolist(), 0.05]), 0.08)
    marks = tuple(
        _marks(slot, acts[kind], pd.Series(0.0, acts[kind]), f"{name} stop sold", kind, colours)
        for kind, name in (("stop", "Position"), ("trailing", "Trailing"))
    )
    levels = [Label(0.0, percent(0.0, 0), "sells", colours.secondary)]
    title = "Nearest stop · how far the price of the nearest name may fall; marks: sold"
    return _panel(table, curves, slot, colours, title, (low, high), ".0%", levels, marks)


def _scale(
    table: pd.DataFrame,
    acts: Mapping[str, pd.DatetimeIndex],
    risk: RiskConfig,
    slot: Slot,
    colours: Theme,
) -> Panel:
    dots = {"width": 1, "dash": "dot"}
    curves = (
        _Curve("dd_scale", "Drawdown scale", "drawdown", "%{y:.2f}", _THIN),
        _Curve("vol_scale", "Volatility scale", "volatility", "%{y:.2f}", _THIN),
        _Curve("wanted", "Wanted", "", "%{y:.2f}", dots),
        _Curve("applied", "Applied", "accent", "%{y:.2f}", {"width": 1.5, "shape": "hv"}),
    )
    top = 1.06 * max(risk.max_leverage, 1.0)
    high = max(top, min(float(np.nanmax(table[["dd_scale", "vol_scale"]].to_numpy())), 1.6) * 1.06)
    floor = risk.min_position_scale
    levels = [Label(floor, ratio(floor), "floor", colours.secondary)] if floor > 0.0 else []
    changed = acts["rescale"]
    marks = _marks(slot, changed, table["applied"].reindex(changed), "Rescaled", "accent", colours)
    title = "Scale of the book · dotted: wanted, stepped: applied; marks: rescaled"
    return _panel(table, curves, slot, colours, title, (0.0, high), ".1f", levels, (marks,))


def _panel(
    table: pd.DataFrame,
    curves: tuple[_Curve, ...],
    slot: Slot,
    colours: Theme,
    title: str,
    limits: tuple[float, float],
    tickformat: str,
    levels: list[Label],
    marks: tuple[dict[str, Any], ...] = (),
) -> Panel:
    x, write = milliseconds(table.index), ratio if tickformat == ".1f" else percent
    labels = [
        Label(last, write(last), curve.name.partition(" ")[0].lower(), _text(curve, colours))
        for curve in curves
        if np.isfinite(last := last_finite(table[curve.column]))
    ]
    written = [
        Label(x.value, x.number, x.name, colours.ink(x.colour, TEXT_CONTRAST)) for x in levels
    ]
    return Panel(
        yaxis={"range": list(limits), "nticks": 4, "tickformat": tickformat},
        traces=(*(_trace(x, table, curve, slot, colours) for curve in curves), *marks),
        shapes=tuple(reference_line(slot, x.value, x.colour) for x in levels),
        annotations=(panel_title(slot, title, colours),
                     *end_labels(slot, [*labels, *written], limits)),
    )  # fmt: skip


def _trace(
    x: np.ndarray, table: pd.DataFrame, curve: _Curve, slot: Slot, colours: Theme
) -> dict[str, Any]:
    style = {**curve.style, "color": _colour(curve.colour, colours)}
    spec = line(x, table[curve.column], slot, name=curve.name, style=style, hover=curve.hover)
    names = f"{curve.column}_name"
    return spec | ({"customdata": table[names].tolist()} if names in table else {})


def _marks(
    slot: Slot,
    dates: pd.DatetimeIndex,
    values: pd.Series,
    name: str,
    colour: str,
    colours: Theme,
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": milliseconds(dates),
        "y": values.to_numpy(np.float32),
        "xaxis": "x",
        "yaxis": slot.axis,
        "marker": {
            "size": 8,
            "symbol": "line-ns",
            "line": {"width": 1.5, "color": _colour(colour, colours)},
        },
        "hoverinfo": "skip",
    }


def _clickable(values: pd.Series, slot: Slot) -> dict[str, Any]:
    # What the crosshair says of a click; a point a session would be hundreds of nodes to draw.
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Day",
        "x": milliseconds(values.index),
        "y": values.to_numpy(np.float32),
        "xaxis": "x",
        "yaxis": slot.axis,
        "line": {"width": 0},
        "hovertemplate": "click: explain<extra></extra>",
    }


def _colour(name: str, colours: Theme) -> str:
    if name == "accent":
        return colours.accent
    return colours.rule(name) if name else colours.ink(colours.secondary)


def _text(curve: _Curve, colours: Theme) -> str:
    return colours.ink(_colour(curve.colour, colours), TEXT_CONTRAST)


def _day_line(day: pd.Timestamp, colours: Theme) -> dict[str, Any]:
    return {
        "type": "line", "xref": "x", "x0": day.isoformat(), "x1": day.isoformat(),
        "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": colours.ink(colours.accent), "width": 1.5},
    }  # fmt: skip
