"""Exposure: what the rules want, what was applied, what was really invested, and what held it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.charts.base import (
    Label,
    Panel,
    Slot,
    end_labels,
    line,
    milliseconds,
    panel_title,
    reference_line,
)
from dashboard.charts.equity import last_finite
from dashboard.format import percent
from dashboard.theme import TEXT_CONTRAST, Theme, rgba

__all__ = ["BINDING", "binding_codes", "binding_rule", "exposure_panel", "spells"]

# What holds exposure where it is, in the order of the codes `binding_rule` returns.
BINDING = ("full", "drawdown", "volatility", "leverage", "floor", "breaker")
_EPS = 1e-9
_SCALES = ("dd_scale", "vol_scale", "leverage", "wanted")
Floats = npt.NDArray[np.float64]


def binding_rule(scales: pd.DataFrame, floor: float, limit: float) -> pd.Series:
    """Name what holds exposure on each session.

    Parameters
    ----------
    scales : DataFrame
        Columns ``dd_scale``, ``vol_scale``, ``leverage`` and ``wanted`` (NaN while the breaker is
        out), ratios ≥ 0.
    floor, limit : float
        ``min_position_scale`` and ``max_leverage``.

    Returns
    -------
    Series of str
        ``breaker`` while out; ``full`` at the leverage limit; ``floor`` where the scales ask for
        less than the floor; else the rule with the smallest scale.
    """
    columns = [scales[name].to_numpy(np.float64) for name in _SCALES]
    codes = binding_codes(*columns, floor=floor, limit=limit)
    return pd.Series(np.array(BINDING)[codes], index=scales.index, name="binding")


def binding_codes(
    dd_scale: Floats,
    vol_scale: Floats,
    leverage: Floats,
    wanted: Floats,
    *,
    floor: float,
    limit: float,
) -> npt.NDArray[np.uint8]:
    """Return positions in ``BINDING``, see :func:`binding_rule`, from bare arrays."""
    product = dd_scale * vol_scale * leverage
    parts = np.stack([dd_scale, vol_scale, leverage])
    codes = 1 + np.argmin(np.where(np.isnan(parts), np.inf, parts), axis=0)
    codes[product < floor - _EPS] = BINDING.index("floor")
    codes[product >= limit - _EPS] = BINDING.index("full")
    codes[np.isnan(wanted)] = BINDING.index("breaker")
    held: npt.NDArray[np.uint8] = codes.astype(np.uint8)
    return held


def spells(flags: pd.Series) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return first and last date of each unbroken run of True."""
    values = flags.to_numpy(np.bool_)
    edges = np.flatnonzero(np.diff(np.r_[False, values, False].astype(np.int8)))
    return [
        (flags.index[begin], flags.index[end - 1])
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def exposure_panel(
    exposure: pd.DataFrame, slot: Slot, colours: Theme, *, floor: float | None
) -> Panel:
    """Draw exposure as fractions of NAV.

    Parameters
    ----------
    exposure : DataFrame
        Columns ``wanted`` (NaN while the breaker is out), ``applied`` and ``invested``.
    slot : Slot
    colours : Theme
    floor : float or None
        Lowest exposure that scaling may reach; None when nothing scales.
    """
    top = max(1.0, float(np.nanmax(exposure.to_numpy(np.float64)))) * 1.06
    labels = [
        _label(exposure["applied"], "applied", colours.ink(colours.accent, TEXT_CONTRAST)),
        _label(exposure["invested"], "invested", colours.secondary),
    ]
    breaker = colours.rule("breaker")
    shapes = [_zone(slot, *spell, breaker) for spell in spells(exposure["wanted"].isna())]
    if floor is not None and floor > 0.0:
        labels.append(Label(floor, percent(floor, 0), "floor", colours.secondary))
        shapes.append(reference_line(slot, floor, colours.ink(colours.faint)))
    return Panel(
        yaxis={"range": [0.0, top], "tickformat": ".0%", "nticks": 4},
        traces=_traces(exposure, slot, colours),
        shapes=tuple(shapes),
        annotations=(
            panel_title(slot, "Exposure, share of NAV · dotted: wanted, area: invested", colours),
            *end_labels(slot, labels, (0.0, top)),
        ),
    )


def _traces(exposure: pd.DataFrame, slot: Slot, colours: Theme) -> tuple[dict[str, Any], ...]:
    x = milliseconds(exposure.index)
    invested, accent = exposure["invested"], colours.accent
    dots = {"width": 1, "dash": "dot", "color": colours.secondary}
    steps = {"width": 1.5, "shape": "hv", "color": accent}
    said = "%{y:.0%} applied, %{customdata:.0%} invested"
    return (
        line(
            x,
            invested,
            slot,
            name="Invested",
            style={"width": 0, "color": accent},
            fill=rgba(accent, 0.14),
        ),
        line(x, exposure["wanted"], slot, name="Wanted", style=dots),
        line(x, exposure["applied"], slot, name="Exposure", style=steps, hover=said, also=invested),
    )


def _label(values: pd.Series, name: str, colour: str) -> Label:
    value = last_finite(values)
    return Label(value, percent(value, 0), name, colour)


def _zone(slot: Slot, first: pd.Timestamp, last: pd.Timestamp, colour: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "x0": first.isoformat(),
        "x1": last.isoformat(),
        "yref": f"{slot.axis} domain",
        "y0": 0,
        "y1": 1,
        "fillcolor": rgba(colour, 0.18),
        "line": {"width": 1, "color": colour},
        "layer": "below",
    }
