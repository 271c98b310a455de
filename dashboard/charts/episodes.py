"""Drawdown episodes on the equity and underwater curves; one of them can be zoomed to."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.base import Panel, Slot, milliseconds
from dashboard.charts.drawdown import drawdown_panel
from dashboard.charts.equity import equity_panel
from dashboard.charts.exposure import exposure_panel
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.charts.timeline import Levels, regime_panel
from dashboard.theme import Theme, rgba

__all__ = ["EPISODES_HEIGHT_PX", "episode_span", "episodes_figure"]

_HEIGHTS: Final = {"equity": 200, "drawdown": 150, "exposure": 84, "regimes": 18}
EPISODES_HEIGHT_PX: Final = stack_height(_HEIGHTS)
_AIR: Final = 0.08  # of an episode's sessions, shown on both sides
_LEAST_AIR: Final = 3  # sessions


def episode_span(episode: pd.Series, index: pd.Index) -> tuple[int, int]:
    """Return the positions, both inclusive, that show an episode with some air around it."""
    first = int(index.searchsorted(episode["peak"]))
    open_ = pd.isna(episode["recovery"])
    last = len(index) - 1 if open_ else int(index.searchsorted(episode["recovery"]))
    air = max(_LEAST_AIR, round(_AIR * (last - first)))
    return max(first - air, 0), min(last + air, len(index) - 1)


def episodes_figure(
    equity: pd.DataFrame,
    drawdown: pd.DataFrame,
    exposure: pd.DataFrame,
    regimes: pd.Series,
    episodes: pd.DataFrame,
    colours: Theme,
    *,
    levels: Levels,
    selected: int | None = None,
    benchmark_name: str = "",
    compact: bool = False,
) -> go.Figure:
    """Draw growth, drawdown, exposure and regime; a mark at each trough can be clicked.

    The height is the same with and without a selection.

    Parameters
    ----------
    equity, drawdown, exposure, regimes
        As for :func:`dashboard.charts.timeline.timeline_figure`, all over the same dates.
    episodes : DataFrame
        As :func:`core.episodes.episodes_frame` makes it: peak, trough, recovery, depth.
    colours : Theme
    levels : Levels
        Lines of the rules; the sector cap is not drawn.
    selected : int, optional
        Row of `episodes` to zoom to; the whole period when not given.
    benchmark_name : str
    compact : bool
        For narrow screens.
    """
    first, last = (0, len(equity) - 1)
    if selected is not None:
        first, last = episode_span(episodes.iloc[selected], equity.index)
    rows = slice(first, last + 1)
    equity, drawdown, exposure = equity.iloc[rows], drawdown.iloc[rows], exposure.iloc[rows]
    slots = stack_slots(_HEIGHTS, compact=compact)
    under = drawdown_panel(
        drawdown, slots["drawdown"], colours, reference=levels.reference, breaker=levels.breaker
    )
    panels = {
        "equity": equity_panel(
            equity, drawdown, slots["equity"], colours, log=False, benchmark_name=benchmark_name
        ),
        "drawdown": _marked(under, episodes, equity.index, slots["drawdown"], colours, selected),
        "exposure": exposure_panel(exposure, slots["exposure"], colours, floor=levels.floor),
        "regimes": regime_panel(regimes.iloc[rows], slots["regimes"], colours),
    }
    return stacked_figure(slots, panels, equity.index, colours)


def _marked(
    panel: Panel,
    episodes: pd.DataFrame,
    index: pd.Index,
    slot: Slot,
    colours: Theme,
    selected: int | None,
) -> Panel:
    shapes = [
        _shade(one, index, slot, colours, strong=number == selected)
        for number, (_, one) in enumerate(episodes.iterrows())
        if one["peak"] <= index[-1] and not one["recovery"] < index[0]  # NaT compares False
    ]
    marks = _marks(episodes, index, slot, colours, selected)
    return Panel(
        yaxis=panel.yaxis,
        traces=(*panel.traces, marks),
        shapes=(*shapes, *panel.shapes),
        annotations=panel.annotations,
    )


def _shade(
    episode: pd.Series, index: pd.Index, slot: Slot, colours: Theme, *, strong: bool
) -> dict[str, Any]:
    end = index[-1] if pd.isna(episode["recovery"]) else min(episode["recovery"], index[-1])
    return {
        "type": "rect",
        "xref": "x",
        "x0": max(episode["peak"], index[0]).isoformat(),
        "x1": end.isoformat(),
        "yref": f"{slot.axis} domain",
        "y0": 0,
        "y1": 1,
        "fillcolor": rgba(colours.worse, 0.14 if strong else 0.06),
        "line": {"width": 0},
        "layer": "below",
    }


def _marks(
    episodes: pd.DataFrame, index: pd.Index, slot: Slot, colours: Theme, selected: int | None
) -> dict[str, Any]:
    # customdata is the row of `episodes`: what a click hands back.
    shown = episodes["trough"].between(index[0], index[-1]).to_numpy()
    rows = np.flatnonzero(shown)
    mine = [int(row) == selected for row in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Trough",
        "x": milliseconds(pd.DatetimeIndex(episodes["trough"].iloc[rows])),
        "y": episodes["depth"].iloc[rows].to_numpy(np.float32),
        "customdata": rows.tolist(),
        "xaxis": "x",
        "yaxis": slot.axis,
        "marker": {
            "size": [13 if chosen else 10 for chosen in mine],
            "color": [colours.ink(colours.worse) if chosen else colours.page for chosen in mine],
            "line": {"width": 2, "color": colours.ink(colours.worse)},
        },
        "hovertemplate": "%{y:.1%}, click to zoom<extra>trough</extra>",
    }
