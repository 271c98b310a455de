"""The one figure of the Overview: growth, drawdown and regime over one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.base import Panel
from dashboard.charts.drawdown import drawdown_panel
from dashboard.charts.equity import equity_panel
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.charts.timeline import Levels, regime_panel
from dashboard.theme import Theme

__all__ = ["ALL", "OVERVIEW_HEIGHT_PX", "Part", "overview_figure"]

Part = Literal["equity", "drawdown", "regimes"]
ALL: Final[tuple[Part, ...]] = ("equity", "drawdown", "regimes")
_HEIGHTS: Final[dict[Part, int]] = {"equity": 240, "drawdown": 140, "regimes": 18}
OVERVIEW_HEIGHT_PX: Final = stack_height({str(part): _HEIGHTS[part] for part in ALL})
_RIGHT: Final = 142  # pixels, or "1.26 Same exposure" is cut


def overview_figure(
    equity: pd.DataFrame,
    drawdown: pd.DataFrame,
    regimes: pd.Series,
    colours: Theme,
    *,
    levels: Levels,
    benchmark_name: str = "",
    parts: Sequence[Part] = ALL,
    compact: bool = False,
    log: bool = False,
) -> go.Figure:
    """Draw growth of 1, drawdowns and the regime ribbon, one below the other.

    The height depends on `parts` alone: nothing moves when the control arrives.

    Parameters
    ----------
    equity, drawdown : DataFrame
        Index of dates; columns ``portfolio``, ``benchmark`` and, once it is known, ``control``:
        multiples of the start, and drawdowns in [−1, 0].
    regimes : Series of str
        Of the same dates.
    colours : Theme
    levels : Levels
        Lines of the drawdown rule and the breaker.
    benchmark_name : str
    parts : sequence of Part
        Panels drawn, from the top.
    compact : bool
        For narrow screens.
    log : bool
        Whether equal distances are equal returns.
    """
    slots = stack_slots(_heights(parts), compact=compact)
    panels: dict[str, Panel] = {}
    if "equity" in slots:
        growth = equity_panel(
            equity, drawdown, slots["equity"], colours, log=log, benchmark_name=benchmark_name
        )
        panels["equity"] = _explained(growth) if "control" in equity and not compact else growth
    if "drawdown" in slots:
        panels["drawdown"] = drawdown_panel(
            drawdown, slots["drawdown"], colours,
            reference=levels.reference, breaker=levels.breaker,
        )  # fmt: skip
    if "regimes" in slots:
        panels["regimes"] = regime_panel(regimes, slots["regimes"], colours)
    more = {} if compact else {"margin": {"r": _RIGHT}}
    return stacked_figure(slots, panels, equity.index, colours, more=more)


def _heights(parts: Sequence[Part]) -> dict[str, int]:
    # One of the two curves, alone, has the place of both.
    missing = sum(_HEIGHTS[part] for part in ALL if part not in parts)
    return {str(part): _HEIGHTS[part] + (missing if _HEIGHTS[part] > 100 else 0) for part in parts}


def _explained(panel: Panel) -> Panel:
    title, *labels = panel.annotations
    said: dict[str, Any] = title | {
        "text": f"{title['text']} · dotted: exposure-matched control (same exposure, without rules)"
    }
    return replace(panel, annotations=(said, *labels))
