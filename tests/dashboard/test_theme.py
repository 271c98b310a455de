"""The tokens: readable in both themes, and the same in the page's configuration."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.factors.names import REGIMES
from core.market import FUND_SECTORS
from dashboard import theme as tokens
from dashboard.theme import (
    DARK,
    FONT_STACK,
    LIGHT,
    LINE_CONTRAST,
    RADIUS_PX,
    REGIME_LETTERS,
    TEXT_CONTRAST,
    Theme,
    blend,
    contrast,
    plotly_template,
    readable,
    rgba,
    text_on,
    theme,
)

ROOT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=lambda t: t.name)
COLOURS = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06X}")
SECTORS = (
    "Energy",
    "Materials",
    "Industrials",
    "Consumer Discretionary",
    "Consumer Staples",
    "Health Care",
    "Financials",
    "Information Technology",
    "Communication Services",
    "Utilities",
    "Real Estate",
    "Other",
)


@BOTH
@pytest.mark.parametrize("role", ["text", "secondary", "accent", "better", "worse"])
@pytest.mark.parametrize("surface", ["page", "raised"])
def test_text_can_be_read(colours: Theme, role: str, surface: str) -> None:
    ratio = contrast(getattr(colours, role), getattr(colours, surface))
    assert round(ratio, 1) >= TEXT_CONTRAST


@BOTH
@pytest.mark.parametrize("surface", ["warning_surface", "error_surface"])
def test_notices_can_be_read(colours: Theme, surface: str) -> None:
    assert contrast(colours.text, getattr(colours, surface)) >= TEXT_CONTRAST


@BOTH
def test_drawn_lines_can_be_seen(colours: Theme) -> None:
    lines = {
        "accent": colours.accent,
        "benchmark": colours.benchmark,
        "ghost": colours.ink(colours.ghost),
        "faint": colours.ink(colours.faint),
        "zero line": colours.secondary,
        **{f"rule {name}": colours.rule(name) for name in tokens._RULES},
    }
    poor = {name: c for name, c in lines.items() if contrast(c, colours.page) < LINE_CONTRAST}
    assert not poor


@pytest.mark.parametrize("name", SECTORS)
def test_sectors_keep_their_colour_and_are_lightened_only_in_the_dark(name: str) -> None:
    assert LIGHT.sector(name) == tokens._SECTORS[name]
    assert contrast(DARK.sector(name), DARK.page) >= LINE_CONTRAST
    if contrast(tokens._SECTORS[name], DARK.page) >= LINE_CONTRAST:
        assert DARK.sector(name) == tokens._SECTORS[name]


@BOTH
def test_sector_names_written_in_their_colour_can_be_read(colours: Theme) -> None:
    for name in SECTORS:
        written = colours.ink(colours.sector(name), TEXT_CONTRAST)
        assert contrast(written, colours.page) >= TEXT_CONTRAST


def test_sleeves_look_like_no_sector_and_not_like_each_other() -> None:
    fills = [LIGHT.sector(name) for name in (*SECTORS, *FUND_SECTORS)]
    channels = [tuple(int(one[at : at + 2], 16) for at in (1, 3, 5)) for one in fills]
    for number, own in enumerate(channels[len(SECTORS) :], len(SECTORS)):
        gaps = [math.dist(own, other) for at, other in enumerate(channels) if at != number]
        assert min(gaps) > 45.0  # of RGB; that of the nearest two sectors is 47


def test_an_unmapped_sector_is_other() -> None:
    assert LIGHT.sector("Nowhere") == LIGHT.sector("Other")


@BOTH
def test_every_regime_has_a_colour_and_a_letter_that_reads_on_it(colours: Theme) -> None:
    assert set(REGIME_LETTERS) == set(REGIMES)
    assert len(set(REGIME_LETTERS.values())) == len(REGIMES)
    for name in REGIMES:
        fill = colours.regime(name)
        assert contrast(text_on(fill), fill) >= LINE_CONTRAST


@given(COLOURS, COLOURS)
def test_contrast_is_symmetric_and_in_range(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1.0 <= contrast(one, other) <= 21.0


@given(COLOURS)
def test_readable_reaches_the_ratio_and_leaves_good_colours_alone(colour: str) -> None:
    for surface in (LIGHT.page, DARK.page):
        moved = readable(colour, surface)
        assert contrast(moved, surface) >= LINE_CONTRAST
        if contrast(colour, surface) >= LINE_CONTRAST:
            assert moved == colour


@given(COLOURS)
def test_text_on_a_fill_takes_the_better_of_two(fill: str) -> None:
    assert contrast(text_on(fill), fill) >= contrast("#FFFFFF", fill)


def test_blend_ends_at_both_colours() -> None:
    assert blend("#102030", "#FFFFFF", 0.0) == "#102030"
    assert blend("#102030", "#FFFFFF", 1.0) == "#FFFFFF"
    assert rgba("#102030", 0.5) == "rgba(16,32,48,0.5)"


def test_an_unknown_theme_is_light() -> None:
    assert theme(None) is LIGHT
    assert theme("sepia") is LIGHT
    assert theme("dark") is DARK


@BOTH
def test_the_configuration_has_the_same_tokens(colours: Theme) -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    page = config["theme"][colours.name]
    assert page["primaryColor"] == page["linkColor"] == colours.accent
    assert page["backgroundColor"] == colours.page
    assert page["secondaryBackgroundColor"] == colours.raised
    assert page["textColor"] == colours.text
    assert page["borderColor"] == colours.line
    assert page["grayTextColor"] == colours.secondary
    assert page["yellowBackgroundColor"] == colours.warning_surface
    assert page["redBackgroundColor"] == colours.error_surface
    assert page["sidebar"]["backgroundColor"] == colours.raised
    assert page["sidebar"]["secondaryBackgroundColor"] == colours.page
    assert config["theme"]["font"] == FONT_STACK
    assert config["theme"]["baseRadius"] == f"{RADIUS_PX}px"


def test_the_server_is_local_quiet_and_protected() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    server = config["server"]
    assert server["address"] == "127.0.0.1"
    assert server["headless"] is True
    assert server["fileWatcherType"] == "none"
    assert server["enableCORS"] is True
    assert server["enableXsrfProtection"] is True
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"] == {"toolbarMode": "minimal", "showErrorDetails": "none"}


def test_the_example_of_secrets_holds_no_secret() -> None:
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}


@BOTH
def test_the_template_is_a_layout_plotly_takes(colours: Theme) -> None:
    import plotly.graph_objects as go

    layout = go.Figure({"data": [], "layout": plotly_template(colours)}).layout
    assert layout.font.family == FONT_STACK
    assert layout.yaxis.gridcolor == colours.line
