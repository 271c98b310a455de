"""The main figure: every panel of a run over one time axis, with one crosshair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.base import Panel, Slot
from dashboard.charts.drawdown import drawdown_panel
from dashboard.charts.equity import equity_panel
from dashboard.charts.exposure import exposure_panel
from dashboard.charts.frames import TimelineFrames
from dashboard.charts.ribbon import Code, ribbon_panel
from dashboard.charts.sectors import sectors_panel
from dashboard.charts.stack import stack_height, stack_slots, stacked_figure
from dashboard.theme import REGIME_LETTERS, Theme

__all__ = [
    "TIMELINE_HEIGHT_PX",
    "Levels",
    "binding_codes",
    "regime_codes",
    "regime_panel",
    "timeline_figure",
]

_HEIGHTS: Final = {
    "equity": 230,
    "drawdown": 110,
    "exposure": 96,
    "binding": 14,
    "sectors": 140,
    "regimes": 18,
}
_LETTERS: Final = "B bull, R recovery, S sideways, V volatile, ▼ bear"
TIMELINE_HEIGHT_PX: Final = stack_height(_HEIGHTS)


@dataclass(frozen=True, slots=True)
class Levels:
    """The lines that rules draw, positive fractions; None where a rule is off."""

    reference: float | None = None
    breaker: float | None = None
    floor: float | None = None
    sector_cap: float | None = None


def timeline_figure(
    frames: TimelineFrames,
    levels: Levels,
    colours: Theme,
    *,
    benchmark_name: str = "",
    log: bool = False,
    compact: bool = False,
) -> go.Figure:
    """Draw equity, drawdown, exposure, what holds it, sectors and regimes, one below the other.

    The height is always the same, so that nothing jumps. The time axis is drawn once, below.
    `compact` is for narrow screens: shorter labels and titles.
    """
    index, frames = frames.equity.index, frames.thinned()
    slots = stack_slots(_HEIGHTS, compact=compact)
    panels = _panels(frames, levels, slots, colours)
    panels["equity"] = equity_panel(
        frames.equity,
        frames.drawdown,
        slots["equity"],
        colours,
        log=log,
        benchmark_name=benchmark_name,
    )
    return stacked_figure(slots, panels, index, colours)


def _panels(
    frames: TimelineFrames, levels: Levels, slots: Mapping[str, Slot], colours: Theme
) -> dict[str, Panel]:
    binding = binding_codes(colours)
    held = "Exposure is held by · D drawdown, V volatility, L leverage, F floor, ✕ breaker"
    return {
        "drawdown": drawdown_panel(
            frames.drawdown,
            slots["drawdown"],
            colours,
            reference=levels.reference,
            breaker=levels.breaker,
        ),
        "exposure": exposure_panel(frames.exposure, slots["exposure"], colours, floor=levels.floor),
        "binding": ribbon_panel(frames.binding, binding, slots["binding"], colours, title=held),
        "sectors": sectors_panel(frames.sectors, slots["sectors"], colours, cap=levels.sector_cap),
        "regimes": regime_panel(frames.regimes, slots["regimes"], colours),
    }


def regime_panel(regimes: pd.Series, slot: Slot, colours: Theme) -> Panel:
    """Draw the ribbon of regimes; above it stands what its letters mean."""
    codes = regime_codes(colours)
    return ribbon_panel(
        regimes, codes, slot, colours, title=f"Regime · {_LETTERS}, · none", short=_LETTERS
    )


def regime_codes(colours: Theme) -> Mapping[str, Code]:
    """Return how regimes are drawn."""
    return {
        name: Code(name, colours.regime(name), letter) for name, letter in REGIME_LETTERS.items()
    }


def binding_codes(colours: Theme) -> Mapping[str, Code]:
    """Return how the rule that holds exposure is drawn."""
    return {
        "full": Code("nothing: at its limit", colours.raised, ""),
        "drawdown": Code("drawdown scaling", colours.rule("drawdown"), "D"),
        "volatility": Code("volatility target", colours.rule("volatility"), "V"),
        "leverage": Code("regime leverage", colours.rule("leverage"), "L"),
        "floor": Code("the floor", colours.ink(colours.faint), "F"),
        "breaker": Code("the breaker: in cash", colours.rule("breaker"), "✕"),
    }
