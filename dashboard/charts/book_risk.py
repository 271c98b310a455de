"""What the holdings say of themselves through time: concentration, beta, volatility, factors."""

from __future__ import annotations

from collections.abc import Sequence
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

__all__ = ["BOOK_RISK_HEIGHT_PX", "book_risk_figure"]

_HEIGHTS: Final = {"names": 90, "beta": 90, "volatility": 120, "factors": 120}
BOOK_RISK_HEIGHT_PX: Final = stack_height(_HEIGHTS)
_NO_SCORES: Final = "Factors · a book of one's own has no scores"


@dataclass(frozen=True, slots=True)
class _Curve:
    values: pd.Series
    name: str
    colour: str
    width: float = 1.5
    dash: str = "solid"


def book_risk_figure(
    curves: pd.DataFrame,
    ex_ante: pd.Series | None,
    factors: pd.DataFrame | None,
    colours: Theme,
    *,
    target: float | None,
    realised_window: int,
    compact: bool = False,
) -> go.Figure:
    """Draw four panels over one time axis; the height is always the same.

    Parameters
    ----------
    curves : DataFrame
        Index of dates; holdings and effective_names (counts), beta, realised (a fraction a year);
        NaN = not known.
    ex_ante : Series, optional
        Volatility of the holdings, a fraction a year; None while it is worked out.
    factors : DataFrame, optional
        A column a factor, Σ weight · score; None for a book without scores.
    colours : Theme
    target : float, optional
        Target volatility, drawn as a line.
    realised_window : int
        Sessions behind ``realised``, for the title.
    compact : bool
        For narrow screens.
    """
    slots = stack_slots(_HEIGHTS, compact=compact)
    panels = {
        "names": _names_panel(curves, slots["names"], colours),
        "beta": _beta_panel(curves["beta"], slots["beta"], colours),
        "volatility": _volatility_panel(
            curves["realised"], ex_ante, slots["volatility"], colours, target, realised_window
        ),
        "factors": _factors_panel(factors, slots["factors"], colours),
    }
    return stacked_figure(slots, panels, curves.index, colours)


def _names_panel(curves: pd.DataFrame, slot: Slot, colours: Theme) -> Panel:
    quiet = colours.ink(colours.secondary)
    drawn = [
        _Curve(curves["holdings"].astype(np.float64), "held", quiet, 1.0),
        _Curve(curves["effective_names"], "effective", colours.accent),
    ]
    title = "Names · effective: as many equal holdings would be as concentrated"
    return _panel(slot, title, drawn, colours, kind="count", zero=True)


def _beta_panel(beta: pd.Series, slot: Slot, colours: Theme) -> Panel:
    title = "Beta of the holdings to the benchmark, cash 0 · from the year before; line: 1"
    drawn = [_Curve(beta, "beta", colours.accent)]
    return _panel(slot, title, drawn, colours, kind="ratio", level=1.0)


def _volatility_panel(
    realised: pd.Series,
    ex_ante: pd.Series | None,
    slot: Slot,
    colours: Theme,
    target: float | None,
    window: int,
) -> Panel:
    drawn = [_Curve(realised, "realised", colours.ink(colours.secondary), 1.0)]
    said = "holdings: working …"
    if ex_ante is not None:
        drawn.append(_Curve(ex_ante, "of holdings", colours.accent))
        said = "of holdings: over the year before"
    title = f"Volatility, a year · {said}; realised: NAV, last {window} sessions"
    title += "" if target is None else f"; line: target {percent(target, 0)}"
    return _panel(slot, title, drawn, colours, kind="percent", level=target, zero=True)


def _factors_panel(factors: pd.DataFrame | None, slot: Slot, colours: Theme) -> Panel:
    if factors is None:
        empty = {"range": [0.0, 1.0], "visible": False}
        return Panel(yaxis=empty, annotations=(panel_title(slot, _NO_SCORES, colours),))
    styles = (("accent", "solid"), ("text", "dash"), ("secondary", "dot"))
    drawn = [
        _Curve(factors[name], str(name), colours.ink(getattr(colours, role)), 1.5, dash)
        for name, (role, dash) in zip(factors.columns, styles, strict=True)
    ]
    title = "Factors, Σ weight × score · score: standard deviations above the universe's mean"
    return _panel(slot, title, drawn, colours, kind="ratio", level=0.0)


def _panel(
    slot: Slot,
    title: str,
    drawn: Sequence[_Curve],
    colours: Theme,
    *,
    kind: str,
    level: float | None = None,
    zero: bool = False,
) -> Panel:
    values = np.concatenate([curve.values.to_numpy(np.float64) for curve in drawn])
    known = values[np.isfinite(values)].tolist()
    ends = [*known, *([] if level is None else [level]), *([0.0] if zero else [])] or [0.0, 1.0]
    limits = padded(min(ends), max(ends), 0.08)
    limits = (0.0, limits[1]) if zero else limits
    tick, hover, write = _ways(kind)
    x = milliseconds(drawn[0].values.index)
    labels = [_label(curve, write(last_finite(curve.values)), colours) for curve in drawn]
    return Panel(
        yaxis={"range": list(limits), "nticks": 4, "tickformat": tick},
        traces=tuple(_trace(curve, x, slot, hover) for curve in drawn),
        shapes=() if level is None else (reference_line(slot, level, colours.ink(colours.faint)),),
        annotations=(panel_title(slot, title, colours), *end_labels(slot, labels, limits)),
    )


def _trace(curve: _Curve, x: np.ndarray, slot: Slot, hover: str) -> dict[str, Any]:
    style = {"width": curve.width, "dash": curve.dash, "color": curve.colour}
    name = curve.name.capitalize()
    return line(x, curve.values, slot, name=name, style=style, hover=hover)


def _label(curve: _Curve, number: str, colours: Theme) -> Label:
    colour = colours.ink(curve.colour, TEXT_CONTRAST)
    return Label(last_finite(curve.values), number, curve.name, colour)


def _ways(kind: str) -> tuple[str, str, Any]:
    # How ticks, the crosshair and labels write a value.
    return {
        "percent": (".0%", "%{y:.1%}", percent),
        "ratio": (".1f", "%{y:.2f}", ratio),
        "count": (".0f", "%{y:.1f}", lambda value: ratio(value, 0 if value % 1.0 == 0.0 else 1)),
    }[kind]
