"""Sector weights as a stack; what lies above a cap is hatched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dashboard.charts.base import (
    Label,
    Panel,
    Slot,
    end_labels,
    milliseconds,
    panel_title,
    reference_line,
)
from dashboard.format import percent
from dashboard.theme import TEXT_CONTRAST, Theme

__all__ = ["SECTOR_LETTERS", "SHORT_NAMES", "sectors_panel", "stack_order"]

SHORT_NAMES = {
    "Without a sector": "No sector",
    "Consumer Discretionary": "Cons. Discr.",
    "Consumer Staples": "Cons. Staples",
    "Information Technology": "Info. Tech.",
    "Communication Services": "Comm. Serv.",
    "Funds: EAFE": "EAFE",
    "Funds: small value": "Small value",
}
SECTOR_LETTERS = {
    "Energy": "En", "Materials": "Ma", "Industrials": "In", "Consumer Discretionary": "CD",
    "Consumer Staples": "CS", "Health Care": "HC", "Financials": "Fi",
    "Information Technology": "IT", "Communication Services": "Co", "Utilities": "Ut",
    "Real Estate": "RE", "Funds: EAFE": "FE", "Funds: small value": "FV", "Other": "?",
}  # fmt: skip
_DRAWN_POINTS = 400  # more than the pixels of a stack can tell apart
_LABELLED = 4
_TOLERANCE = 1e-6


def stack_order(sectors: pd.DataFrame) -> list[str]:
    """Return the sectors ever held, the largest on average first: at the bottom of the stack."""
    means = sectors.mean()
    return [str(name) for name in means[means > 0.0].sort_values(ascending=False).index]


def sectors_panel(sectors: pd.DataFrame, slot: Slot, colours: Theme, *, cap: float | None) -> Panel:
    """Draw the stack.

    Parameters
    ----------
    sectors : DataFrame
        Index of dates, one column a sector, fractions of NAV ≥ 0.
    slot : Slot
    colours : Theme
    cap : float or None
        Largest target weight of one sector; weights drift above it between rebalances.
    """
    order = stack_order(sectors)
    title = "Sectors, share of NAV · rest: cash"
    top = max(1.0, float(sectors.sum(axis=1).max())) * 1.02
    if not order:
        return Panel(
            yaxis={"range": [0.0, top], "tickformat": ".0%", "nticks": 4},
            annotations=(panel_title(slot, f"{title} · nothing was held", colours),),
        )
    thin = _thinned(sectors)
    x = milliseconds(thin.index)
    traces: list[dict[str, Any]] = []
    for name in order:
        traces.extend(_bands(x, thin[name], name, slot, colours, cap))
    traces.append(_readout(sectors, slot, colours))
    shapes, labels = [], _labels(sectors, order, slot, colours)
    if cap is not None and cap < 1.0:
        bottom = SHORT_NAMES.get(order[0], order[0])
        title += f" · line: cap {percent(cap, 0)} a sector, against {bottom}; hatched: above it"
        shapes.append(reference_line(slot, cap, colours.text) | {"layer": "above"})
    return Panel(
        yaxis={"range": [0.0, top], "tickformat": ".0%", "nticks": 4},
        traces=tuple(traces),
        shapes=tuple(shapes),
        annotations=(panel_title(slot, title, colours), *end_labels(slot, labels, (0.0, top))),
    )


def _thinned(sectors: pd.DataFrame) -> pd.DataFrame:
    step = -(-len(sectors) // _DRAWN_POINTS)
    rows = np.unique(np.r_[np.arange(0, len(sectors), step), len(sectors) - 1])
    return sectors.iloc[rows]


def _bands(
    x: np.ndarray, weights: pd.Series, name: str, slot: Slot, colours: Theme, cap: float | None
) -> list[dict[str, Any]]:
    # A sector above its cap is two bands of one colour: up to the cap, and the hatched rest.
    values = weights.to_numpy(np.float64)
    fill = colours.sector(name)
    base: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "xaxis": "x",
        "yaxis": slot.axis,
        "stackgroup": "sectors",
        "line": {"width": 0.5, "color": colours.page},
        "fillcolor": fill,
        "hoverinfo": "skip",
    }
    limit = np.inf if cap is None else cap
    bands = [base | {"y": np.minimum(values, limit).astype(np.float32)}]
    rest = np.maximum(values - limit, 0.0)
    if rest.max() > _TOLERANCE:
        pattern = {
            "shape": "/",
            "fgcolor": colours.page,
            "bgcolor": fill,
            "size": 6,
            "solidity": 0.4,
        }
        bands.append(
            base | {"y": rest.astype(np.float32), "fillpattern": pattern, "meta": "above cap"}
        )
    return bands


def _readout(sectors: pd.DataFrame, slot: Slot, colours: Theme) -> dict[str, Any]:
    # Twelve rows would fill the crosshair's readout: it names the two largest of the session.
    values = sectors.to_numpy(np.float64)
    largest = np.argsort(-values, axis=1, kind="stable")[:, :2]
    short = [SHORT_NAMES.get(str(c), str(c)) for c in sectors.columns]
    texts = [
        ", ".join(f"{short[j]} {100.0 * row[j]:.0f} %" for j in top if row[j] > 0.0) or "none"
        for row, top in zip(values, largest, strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Largest sectors",
        "x": milliseconds(sectors.index),
        "y": values.sum(axis=1).astype(np.float32),
        "text": texts,
        "xaxis": "x",
        "yaxis": slot.axis,
        "line": {"width": 0, "color": colours.secondary},
        "hovertemplate": "%{text}",
    }


def _labels(sectors: pd.DataFrame, order: list[str], slot: Slot, colours: Theme) -> list[Label]:
    last = sectors.iloc[-1][order].to_numpy(np.float64)
    middles = np.cumsum(last) - last / 2.0
    thick = sorted(range(len(order)), key=lambda i: -last[i])[:_LABELLED]
    return [
        Label(
            float(middles[i]),
            percent(last[i], 0) + (f" {_letters(order[i])}" if slot.compact else ""),
            _letters(order[i]) if slot.compact else SHORT_NAMES.get(order[i], order[i]),
            colours.ink(colours.sector(order[i]), TEXT_CONTRAST),
        )
        for i in sorted(thick)
        if last[i] > 0.0
    ]


def _letters(name: str) -> str:
    return SECTOR_LETTERS.get(name, name[:2])
