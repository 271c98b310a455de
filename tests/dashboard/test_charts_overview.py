"""Figures of the Overview: one height, both themes, numbers from the frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard import review_overview as numbers
from dashboard.charts.enlarged import enlarged
from dashboard.charts.overview import ALL, OVERVIEW_HEIGHT_PX, Part, overview_figure
from dashboard.charts.rows import ROWS_HEIGHT_PX, Row, rows_figure
from dashboard.lab.panel_work import account_work, control_work
from dashboard.studies import Pace
from dashboard.theme import DARK, LIGHT, TEXT_CONTRAST, Theme, contrast
from dashboard.views.frames import levels
from dashboard.views.overview_rows import account_rows, sector_rows
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=320, seed=3)
PACE = Pace(lambda: False, lambda _share: None)
CONTROL = control_work(RUN)(PACE)


def drawn(
    colours: Theme = LIGHT,
    *,
    control: bool = True,
    parts: tuple[Part, ...] = ALL,
    compact: bool = False,
) -> Any:
    equity, drawdown = numbers.curves(RUN, CONTROL if control else None)
    return overview_figure(
        equity, drawdown, RUN.regime_series(), colours, levels=levels(RUN.scenario),
        benchmark_name="Index", parts=parts, compact=compact,
    )  # fmt: skip


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("compact", [False, True])
def test_the_height_does_not_depend_on_the_control(colours: Theme, compact: bool) -> None:
    for control in (False, True):
        figure = drawn(colours, control=control, compact=compact)
        assert figure.layout.height == OVERVIEW_HEIGHT_PX
    names = {trace.name for trace in figure.data}
    assert {"Portfolio", "Benchmark", "Same exposure", "Regime"} <= names


def test_the_control_is_drawn_as_it_was_found() -> None:
    figure = drawn()
    trace = next(one for one in figure.data if one.name == "Same exposure")
    assert np.asarray(trace.y, dtype=float) == pytest.approx(CONTROL.growth, rel=1e-6)
    assert trace.line.dash == "dot"
    assert any("without rules" in note.text for note in figure.layout.annotations)
    assert not any("without rules" in n.text for n in drawn(control=False).layout.annotations)


def test_a_part_of_the_figure_has_the_room_of_both() -> None:
    for parts in (("equity", "regimes"), ("drawdown", "regimes")):
        figure = drawn(parts=parts)  # type: ignore[arg-type]
        names = {trace.name for trace in figure.data}
        assert ("Portfolio" in names) == (parts[0] == "equity")
        assert ("Portfolio, drawdown" in names) == (parts[0] == "drawdown")
        assert figure.layout.height > 400


def row(**values: object) -> Row:
    return Row(**({"label": "A", "number": "1", "start": 0.0, "length": 0.2, "colour": "#0B6BCB",
                   "tone": "#0B6BCB"} | values))  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize("count", [1, 5, 12])
def test_rows_have_one_height(count: int) -> None:
    figure = rows_figure([row(label=str(i)) for i in range(count)], LIGHT, title="Share")
    assert figure.layout.height == ROWS_HEIGHT_PX
    assert list(figure.layout.yaxis.ticktext) == [str(i) for i in range(count)]
    assert len(figure.data) == 1


def test_what_is_above_the_limit_is_hatched_from_there() -> None:
    rows = [row(length=0.3, hatched_from=0.25, mark=0.2), row()]
    figure = rows_figure(rows, LIGHT, title="Share", limit=0.25)
    bars, hatched, marks = figure.data
    assert list(bars.x) == [0.3, 0.2]
    assert list(hatched.base) == [0.25]
    assert hatched.x[0] == pytest.approx(0.05)
    assert hatched.marker.pattern.shape == "/"
    assert list(marks.x) == [0.2]
    assert figure.layout.shapes[0].x0 == 0.25
    assert figure.layout.xaxis.range[1] > 0.3


def test_the_axis_holds_losses() -> None:
    figure = rows_figure([row(start=0.0, length=-0.4)], LIGHT, title="Share")
    assert figure.layout.xaxis.range[0] < -0.4
    assert figure.layout.xaxis.range[1] == 0.0


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_numbers_can_be_read_in_both_themes(colours: Theme) -> None:
    account = numbers.account_of(account_work(RUN)(PACE), 0)
    rows = account_rows(account, colours)
    figure = rows_figure(rows, colours, title="Share")
    assert len(rows) == len(account.steps) <= 12
    for note in figure.layout.annotations:
        assert contrast(note.font.color, colours.page) >= TEXT_CONTRAST
    assert [one.length for one in rows] == [step.length for step in account.steps]


def test_a_sector_above_its_cap_is_told_apart() -> None:
    table = numbers.sector_book(RUN)
    cap = float(table["held"].iloc[1])
    rows = sector_rows(table, cap, LIGHT)
    assert [one.hatched_from for one in rows][:2] == [cap, None]
    assert [one.strong for one in rows][:2] == [True, False]
    assert all(one.hatched_from is None for one in sector_rows(table, None, LIGHT))
    assert rows[0].colour == LIGHT.sector(str(table.index[0]))


def test_a_larger_figure_has_the_same_data() -> None:
    figure = drawn()
    large = enlarged(figure, 1.5, 600)
    assert large.layout.height == 600
    assert figure.layout.height == OVERVIEW_HEIGHT_PX  # not changed
    assert large.layout.font.size == 18
    assert large.layout.margin.r == 1.5 * figure.layout.margin.r
    assert large.layout.xaxis.range == figure.layout.xaxis.range
    for one, other in zip(figure.data, large.data, strict=True):
        assert np.array_equal(np.asarray(one.x), np.asarray(other.x))
    notes = zip(figure.layout.annotations, large.layout.annotations, strict=True)
    for one, other in notes:
        assert other.font.size == 1.5 * one.font.size
        assert (other.x, other.y, other.text) == (one.x, one.y, one.text)
