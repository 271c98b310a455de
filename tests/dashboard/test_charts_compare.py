"""Figures of the page Compare: one height, lines that everyone tells apart, days to click."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from dashboard import review_compare
from dashboard.charts.compare import COMPARE_HEIGHT_PX, DASHES, compare_figure
from dashboard.charts.disagreement import DISAGREEMENT_HEIGHT_PX, disagreement_figure
from dashboard.review_compare import LETTERS, Side
from dashboard.review_disagreement import gaps
from dashboard.theme import DARK, LIGHT, LINE_CONTRAST, Theme, contrast
from dashboard.views.compare_words import compare_alt, disagreement_alt, legend_html
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=300, seed=3)
OTHERS = [fake_run(sessions=300, seed=seed) for seed in (4, 5, 6)]
SIDES = [
    Side(letter, f"setting {letter}", r) for letter, r in zip(LETTERS, [RUN, *OTHERS], strict=True)
]
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=lambda t: t.name)
#: Linear RGB as those without red (protan) or green (deutan) cones see it: Viénot et al. 1999.
VIENOT = {
    "protan": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deutan": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}
_APART = 25.0  # CIE 1976 difference; a just noticeable one is about 2.3


def drawn(number: int, colours: Theme = LIGHT, **options: bool) -> object:
    curves = review_compare.curves(SIDES[:number])
    return compare_figure(
        curves["growth"], curves["drawdown"], curves["exposure"], colours, **options
    )


@BOTH
@pytest.mark.parametrize("number", [2, 3, 4])
@pytest.mark.parametrize("options", [{}, {"log": True}, {"compact": True}])
def test_the_height_does_not_depend_on_how_many_there_are(
    number: int, options: dict[str, bool], colours: Theme
) -> None:
    figure = drawn(number, colours, **options)
    assert figure.layout.height == COMPARE_HEIGHT_PX
    names = [trace.name for trace in figure.data]
    assert len(names) == len(set(names)) == 3 * number + 1
    axes = {trace.yaxis for trace in figure.data}
    assert len(axes) == number + 2
    domains = sorted(figure.layout[axis.replace("y", "yaxis")].domain for axis in axes)
    for below, above in itertools.pairwise(domains):
        assert below[1] < above[0]


def test_drawdowns_share_one_scale() -> None:
    figure = drawn(4)
    under = {t.yaxis for t in figure.data if t.name.endswith("drawdown")}
    ranges = {tuple(figure.layout[axis.replace("y", "yaxis")].range) for axis in under}
    assert len(under) == 4
    assert len(ranges) == 1
    assert min(ranges)[0] < min(run.metrics.max_drawdown for run in (RUN, *OTHERS))


def test_each_has_a_dash_of_its_own_and_the_same_one_everywhere() -> None:
    figure = drawn(4)
    assert len(set(DASHES)) == len(LETTERS)
    for letter in LETTERS:
        mine = [trace for trace in figure.data if trace.name.partition(",")[0] == letter]
        assert {trace.line.dash for trace in mine} == {DASHES[LETTERS.index(letter)]}
        assert len({trace.line.color for trace in mine}) == 1


@BOTH
@pytest.mark.parametrize("eye", ["normal", *VIENOT])
def test_lines_are_told_apart_by_colour_alone_too(colours: Theme, eye: str) -> None:
    seen = [_lab(colours.compared(number), eye) for number in range(len(LETTERS))]
    for one, other in itertools.combinations(seen, 2):
        assert math.dist(one, other) > _APART


@BOTH
def test_lines_stand_out_from_the_page(colours: Theme) -> None:
    for number in range(len(LETTERS)):
        assert contrast(colours.compared(number), colours.page) >= LINE_CONTRAST


def _lab(colour: str, eye: str) -> tuple[float, ...]:
    parts = np.array([int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    if eye in VIENOT:
        linear = np.clip(np.array(VIENOT[eye]) @ linear, 0.0, 1.0)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = to_xyz @ linear / np.array([0.9505, 1.0, 1.089])
    f = [v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def test_the_legend_and_the_words_say_what_each_letter_is() -> None:
    legend, alt = legend_html(SIDES, LIGHT), compare_alt(SIDES)
    for number, side in enumerate(SIDES):
        assert f"<b>{side.letter}</b> {side.label}" in legend
        assert LIGHT.compared(number) in legend
        assert f"{side.letter} ({side.label}): grew by" in alt


@BOTH
def test_every_session_has_its_cell(colours: Theme) -> None:
    gap = gaps(SIDES[0], SIDES[1])
    figure = disagreement_figure(gap, gap.index[[5, 100]], colours)
    assert figure.layout.height == DISAGREEMENT_HEIGHT_PX
    cells, marks = figure.data
    grid = np.array(cells.z, dtype=np.float64)
    assert np.isfinite(grid).sum() == len(gap)
    for when, value in gap.items():
        week = when - pd.Timedelta(days=when.weekday())
        column = list(cells.x).index(week.timestamp() * 1000.0)
        assert grid[when.weekday(), column] == np.float32(value)
    assert [point[0] for point in marks.customdata] == [
        f"{d:%Y-%m-%d}" for d in gap.index[[5, 100]]
    ]


def test_a_selected_day_is_marked_and_the_height_stays() -> None:
    gap = gaps(SIDES[0], SIDES[1])
    days = gap.index[[5, 100]]
    figure = disagreement_figure(gap, days, LIGHT, selected=days[1], compact=True)
    assert figure.layout.height == DISAGREEMENT_HEIGHT_PX
    widths = figure.data[1].marker.line.width
    assert widths[1] > widths[0]


def test_the_calendar_is_described_by_its_ends() -> None:
    gap = gaps(SIDES[0], SIDES[1])
    text = disagreement_alt(gap, SIDES[0], SIDES[1])
    assert f"{gap.idxmin():%Y-%m-%d}" in text
    assert f"better on {int((gap > 0).sum())} sessions" in text
