"""Every colour, size and font of the faces; the page, the charts and the report read them here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Literal

__all__ = [
    "DARK",
    "FONT_STACK",
    "LIGHT",
    "LINE_CONTRAST",
    "RADIUS_PX",
    "REGIME_LETTERS",
    "SECTORS",
    "SIZES_PX",
    "TEXT_CONTRAST",
    "THEMES",
    "Theme",
    "ThemeName",
    "blend",
    "contrast",
    "plotly_template",
    "readable",
    "rgba",
    "text_on",
    "theme",
]

ThemeName = Literal["light", "dark"]

FONT_STACK: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
)
SIZES_PX: Final = (12, 14, 16, 20, 28)
RADIUS_PX: Final = 8
TEXT_CONTRAST: Final = 4.5
LINE_CONTRAST: Final = 3.0

_SECTORS: Final = MappingProxyType(
    {
        "Energy": "#661100",
        "Materials": "#999933",
        "Industrials": "#6699CC",
        "Consumer Discretionary": "#CC6677",
        "Consumer Staples": "#DDCC77",
        "Health Care": "#44AA99",
        "Financials": "#117733",
        "Information Technology": "#332288",
        "Communication Services": "#AA4499",
        "Utilities": "#88CCEE",
        "Real Estate": "#882255",
        "Other": "#888888",
    }
)
SECTORS: Final = tuple(_SECTORS)
#: What funds of sleeves count as; no sector of the classification has these colours.
_FUNDS: Final = MappingProxyType({"Funds: EAFE": "#D4F000", "Funds: small value": "#EE8866"})
_REGIMES: Final = MappingProxyType(
    {
        "bull": "#228833",
        "recovery": "#33BBEE",
        "sideways": "#BBBBBB",
        "volatile": "#EE7733",
        "bear": "#CC3311",
        "default": "#DDDDDD",
    }
)
REGIME_LETTERS: Final = MappingProxyType(
    {"bull": "B", "recovery": "R", "sideways": "S", "volatile": "V", "bear": "▼", "default": "·"}
)
_RULES: Final = MappingProxyType(
    {
        "drawdown": "#4477AA",
        "volatility": "#66CCEE",
        "stop": "#EE6677",
        "trailing": "#CCBB44",
        "breaker": "#AA3377",
        "leverage": "#228833",
        "gate": "#8C8C8C",
        "cap": "#8C8C8C",
        "costs": "#8C8C8C",
    }
)
# What is compared with the present scenario, whose colour is the accent: those of the sets of Okabe
# and Ito and of Paul Tol that stay furthest apart, also for who does not see red or green (a test
# measures it in both themes). Each line has a dash of its own as well.
_COMPARED: Final = ("#E69F00", "#117733", "#AA3377")


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [c / 255.0 for c in _channels(colour)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#RRGGBB`` colours, WCAG 2.2, in [1, 21].

    Examples
    --------
    >>> round(contrast("#000000", "#FFFFFF"), 1)
    21.0
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def blend(colour: str, other: str, share: float) -> str:
    """Return `colour` mixed with `share` (in [0, 1]) of `other`.

    Examples
    --------
    >>> blend("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def readable(colour: str, surface: str, ratio: float = LINE_CONTRAST) -> str:
    """Return `colour`, moved towards white or black just until it keeps `ratio` on `surface`.

    Examples
    --------
    >>> readable("#AA4499", "#0F1317")
    '#AA4499'
    >>> contrast(readable("#661100", "#0F1317"), "#0F1317") >= 3.0
    True
    """
    goal = "#FFFFFF" if _luminance(surface) < 0.18 else "#000000"
    for step in range(101):
        moved = blend(colour, goal, step / 100.0)
        if contrast(moved, surface) >= ratio:
            return moved
    return goal


def text_on(fill: str) -> str:
    """Return the darker or lighter text colour, whichever reads better on `fill`."""
    dark, light = "#14181D", "#FFFFFF"
    return dark if contrast(dark, fill) >= contrast(light, fill) else light


def rgba(colour: str, alpha: float) -> str:
    """Return ``#RRGGBB`` as ``rgba(…)`` with opacity `alpha`."""
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{alpha:g})"


@dataclass(frozen=True, slots=True)
class Theme:
    """The tokens of one theme; text colours keep 4.5 : 1 and drawn lines 3 : 1 on the page.

    ``line`` is the hairline of cards and grids and ``faint`` the colour of what recedes (ticks, a
    dashed ghost): neither is ever a text colour.
    """

    name: ThemeName
    page: str
    raised: str
    line: str
    text: str
    secondary: str
    faint: str
    accent: str
    ghost: str
    benchmark: str
    better: str
    worse: str
    warning_surface: str
    error_surface: str

    def tokens(self) -> Mapping[str, str]:
        """Return role → colour, for style sheets."""
        names = [f.name for f in fields(self) if f.name != "name"]
        return {name: getattr(self, name) for name in names}

    def sector(self, name: str) -> str:
        """Return the fill of a sector; unknown ones are "Other"."""
        return self._fill({**_SECTORS, **_FUNDS}.get(name, _SECTORS["Other"]))

    def regime(self, name: str) -> str:
        """Return the fill of a regime."""
        return _REGIMES[name]

    def rule(self, name: str) -> str:
        """Return the colour of a rule, as a line."""
        return readable(_RULES[name], self.page)

    def compared(self, number: int) -> str:
        """Return the colour of the `number`-th of those compared, as a line; 0 is the present."""
        if number == 0:
            return self.ink(self.accent)
        # Deep colours recede on black: they are lightened further than a line has to be.
        ratio = TEXT_CONTRAST if self.name == "dark" else LINE_CONTRAST
        return self.ink(_COMPARED[number - 1], ratio)

    def ink(self, colour: str, ratio: float = LINE_CONTRAST) -> str:
        """Return `colour` as it can be drawn as a line (or, at 4.5, written) on the page."""
        return readable(colour, self.page, ratio)

    def _fill(self, colour: str) -> str:
        return readable(colour, self.page) if self.name == "dark" else colour


LIGHT: Final = Theme(
    name="light",
    page="#FFFFFF",
    raised="#F6F7F9",
    line="#E3E6EA",
    text="#14181D",
    secondary="#5A6572",
    faint="#8C96A3",
    accent="#0B6BCB",
    ghost="#8C96A3",
    benchmark="#14181D",
    better="#0077BB",
    worse="#C2410C",
    warning_surface="#FFF6E0",
    error_surface="#FDECEA",
)
DARK: Final = Theme(
    name="dark",
    page="#0F1317",
    raised="#171C22",
    line="#2A313A",
    text="#E8ECF1",
    secondary="#A3AEBB",
    faint="#6C7785",
    accent="#5AA9F8",
    ghost="#6C7785",
    benchmark="#E8ECF1",
    better="#5AB4F0",
    worse="#FB8C5A",
    warning_surface="#33290F",
    error_surface="#3A1B18",
)
THEMES: Final[Mapping[str, Theme]] = MappingProxyType({"light": LIGHT, "dark": DARK})


def theme(name: str | None) -> Theme:
    """Return the theme called `name`; light when the browser has not said."""
    return THEMES.get(name or "light", LIGHT)


def plotly_template(colours: Theme) -> dict[str, Any]:
    """Return the layout every chart starts from: axes recede, no border, tabular figures."""
    axis = {
        "showgrid": True,
        "gridcolor": colours.line,
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickfont": {"size": SIZES_PX[0], "color": colours.secondary},
        "automargin": False,
        "fixedrange": True,
    }
    return {
        "paper_bgcolor": colours.page,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT_STACK, "size": SIZES_PX[0], "color": colours.text},
        "xaxis": axis | {"showgrid": False},
        "yaxis": axis,
        "hoverlabel": {
            "bgcolor": colours.raised,
            "bordercolor": colours.line,
            "font": {"family": FONT_STACK, "size": SIZES_PX[0], "color": colours.text},
            "align": "left",
        },
        "showlegend": False,
        "separators": ". ",
        "hovermode": "x unified",
        "hoverdistance": -1,
        "spikedistance": -1,
        "dragmode": False,
    }
