"""The main figure: six panels, one axis, one height, nothing changed in what it is given."""

from __future__ import annotations

import ast
import itertools
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.factors.names import REGIMES
from dashboard.charts.alt import timeline_alt
from dashboard.charts.base import LABEL_GAP_PX, milliseconds, padded, spread
from dashboard.charts.frames import TimelineFrames
from dashboard.charts.timeline import (
    TIMELINE_HEIGHT_PX,
    Levels,
    binding_codes,
    regime_codes,
    timeline_figure,
)
from dashboard.theme import DARK, LIGHT, Theme
from tests.dashboard.fakes import fake_frames

ROOT = Path(__file__).resolve().parents[2]
ALL_ON = Levels(reference=0.30, breaker=0.35, floor=0.60, sector_cap=0.25)
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=lambda t: t.name)


def traces(figure: go.Figure, axis: str) -> list[Any]:
    return [trace for trace in figure.data if trace.yaxis == axis]


def texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


@BOTH
def test_panels_share_one_time_axis_and_do_not_overlap(colours: Theme) -> None:
    layout = timeline_figure(fake_frames(), ALL_ON, colours).layout
    domains = [layout[f"yaxis{n or ''}"].domain for n in ("", 2, 3, 4, 5, 6)]
    assert domains[0][1] == 1.0
    assert domains[-1][0] == pytest.approx(0.0, abs=1e-9)
    for above, below in itertools.pairwise(domains):
        assert below[1] < above[0]
    assert layout.xaxis.anchor == "y6"
    assert layout.hoversubplots == "axis"


@BOTH
def test_every_trace_lies_on_the_shared_axis(colours: Theme) -> None:
    figure = timeline_figure(fake_frames(), ALL_ON, colours)
    assert {trace.xaxis for trace in figure.data} == {"x"}
    assert {trace.yaxis for trace in figure.data} == {"y", "y2", "y3", "y4", "y5", "y6"}


@pytest.mark.parametrize("sessions", [2, 3, 30, 260, 2300])
@pytest.mark.parametrize("compact", [False, True])
def test_the_height_never_changes(sessions: int, compact: bool) -> None:
    for levels in (ALL_ON, Levels()):
        figure = timeline_figure(fake_frames(sessions), levels, LIGHT, compact=compact)
        assert figure.layout.height == TIMELINE_HEIGHT_PX


def test_inputs_are_left_as_they_were() -> None:
    frames, same = fake_frames(1500, out=slice(600, 640)), fake_frames(1500, out=slice(600, 640))
    timeline_figure(frames, ALL_ON, LIGHT, log=True)
    for field in fields(TimelineFrames):
        mine, other = getattr(frames, field.name), getattr(same, field.name)
        assert mine.equals(other), field.name


def test_equity_is_drawn_as_given_with_its_last_values_beside_it() -> None:
    frames = fake_frames()
    figure = timeline_figure(frames, ALL_ON, LIGHT, benchmark_name="S&P 500 (SPY)")
    drawn = {trace.name: trace for trace in traces(figure, "y")}
    assert list(drawn) == ["Benchmark", "Portfolio"]
    np.testing.assert_allclose(drawn["Portfolio"].y, frames.equity["portfolio"], rtol=1e-6)
    np.testing.assert_allclose(
        drawn["Portfolio"].customdata, -frames.drawdown["portfolio"], atol=1e-6
    )
    assert f"{frames.equity['portfolio'].iloc[-1]:.2f} Portfolio" in texts(figure)
    assert "Growth of 1 · benchmark: S&P 500 (SPY)" in texts(figure)


def test_the_untouched_preset_is_a_dashed_ghost() -> None:
    frames = fake_frames()
    equity = frames.equity.assign(baseline=1.0)
    drawdown = frames.drawdown.assign(baseline=0.0)
    figure = timeline_figure(replace(frames, equity=equity, drawdown=drawdown), ALL_ON, LIGHT)
    ghost = next(trace for trace in traces(figure, "y") if trace.name == "Preset")
    assert ghost.line.dash == "dash"
    assert "1.00 Preset" in texts(figure)


def test_a_log_scale_covers_the_same_values() -> None:
    frames = fake_frames()
    figure = timeline_figure(frames, ALL_ON, LIGHT, log=True)
    low, high = figure.layout.yaxis.range
    assert figure.layout.yaxis.type == "log"
    assert 10**low <= frames.equity.to_numpy().min()
    assert 10**high >= frames.equity.to_numpy().max()
    assert "Growth of 1, log scale" in texts(figure)


def test_drawdown_has_its_zero_line_and_the_levels_of_the_rules() -> None:
    frames = fake_frames()
    layout = timeline_figure(frames, ALL_ON, LIGHT).layout
    assert layout.yaxis2.zeroline is True
    assert layout.yaxis2.range[1] == 0.0
    assert layout.yaxis2.range[0] <= frames.drawdown.to_numpy().min()
    lines = {shape.y0 for shape in layout.shapes if shape.yref == "y2"}
    assert lines == {-0.30, -0.35}


def test_a_level_far_below_is_written_and_not_drawn() -> None:
    frames = fake_frames(40)
    assert frames.drawdown.to_numpy().min() > -0.3
    figure = timeline_figure(frames, Levels(reference=0.9), LIGHT)
    assert not [shape for shape in figure.layout.shapes if shape.yref == "y2"]
    assert any("deeper than shown: reference −90" in text for text in texts(figure))


def test_the_breaker_is_a_zone_of_the_exposure_panel() -> None:
    frames = fake_frames(out=slice(100, 130))
    layout = timeline_figure(frames, ALL_ON, LIGHT).layout
    (zone,) = [shape for shape in layout.shapes if shape.type == "rect"]
    assert pd.Timestamp(zone.x0) == frames.equity.index[100]
    assert pd.Timestamp(zone.x1) == frames.equity.index[129]
    assert zone.yref == "y3 domain"


def test_the_floor_is_drawn_only_where_something_scales() -> None:
    frames = fake_frames()
    with_floor = timeline_figure(frames, Levels(floor=0.6), LIGHT)
    without = timeline_figure(frames, Levels(floor=None), LIGHT)
    assert [s.y0 for s in with_floor.layout.shapes if s.yref == "y3"] == [0.6]
    assert not [s for s in without.layout.shapes if s.yref == "y3"]


def test_the_regime_ribbon_carries_letters_where_there_is_room() -> None:
    frames = fake_frames(400)
    figure = timeline_figure(frames, ALL_ON, LIGHT)
    codes = regime_codes(LIGHT)
    (band,) = [trace for trace in traces(figure, "y6") if trace.type == "heatmap"]
    drawn = [list(codes)[i] for i in band.z[0]]
    assert drawn == list(frames.regimes)
    letters = {note.text for note in figure.layout.annotations if note.yref == "y6"}
    assert letters <= {code.letter for code in codes.values()}
    assert codes[str(frames.regimes.iloc[0])].letter in letters


def test_ribbons_know_every_label() -> None:
    assert set(regime_codes(LIGHT)) == set(REGIMES)
    assert set(binding_codes(LIGHT)) == {
        "full", "drawdown", "volatility", "leverage", "floor", "breaker",
    }  # fmt: skip


def test_the_crosshair_reads_equity_first() -> None:
    # Plotly lists traces last to first.
    figure = timeline_figure(fake_frames(), ALL_ON, LIGHT)
    rows = [trace.yaxis for trace in reversed(figure.data) if trace.hovertemplate is not None]
    assert rows == sorted(rows)
    assert next(t.name for t in reversed(figure.data) if t.hovertemplate) == "Portfolio"


def test_a_phone_gets_short_labels_and_the_names_beside_the_title() -> None:
    figure = timeline_figure(fake_frames(), ALL_ON, LIGHT, benchmark_name="Index", compact=True)
    written = texts(figure)
    assert not any(text.endswith("Portfolio") for text in written)
    assert "Growth of 1" in written
    # The names stand beside the title, each in the colour of its line.
    (names,) = [text for text in written if ">Portfolio<" in text]
    assert f'<span style="color:{LIGHT.accent}">Portfolio</span>' in names
    assert ">Benchmark<" in names
    wide = timeline_figure(fake_frames(), ALL_ON, LIGHT)
    assert figure.layout.margin.r < wide.layout.margin.r


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1001, 2600))
def test_thinning_keeps_both_ends_and_every_extreme(seed: int, sessions: int) -> None:
    frames = fake_frames(sessions, seed, out=slice(300, 340))
    thin = frames.thinned()
    assert len(thin.equity) < len(frames.equity)
    assert len(thin.equity) <= 1600
    for column in ("portfolio", "benchmark"):
        assert thin.equity[column].max() == frames.equity[column].max()
        assert thin.equity[column].min() == frames.equity[column].min()
        assert thin.drawdown[column].min() == frames.drawdown[column].min()
    assert thin.equity.index[[0, -1]].equals(frames.equity.index[[0, -1]])
    assert len(thin.regimes) == sessions
    assert thin.exposure.index.equals(thin.equity.index)


def test_short_periods_are_drawn_whole() -> None:
    frames = fake_frames(1000)
    assert frames.thinned() is frames


def test_a_window_cuts_every_frame_alike() -> None:
    frames = fake_frames(600)
    first = frames.equity.index[400]
    cut = frames.since(first)
    for field in fields(TimelineFrames):
        assert getattr(cut, field.name).index[0] == first
        assert len(getattr(cut, field.name)) == 200


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8),
    st.floats(0.1, 50.0),
)
def test_labels_are_moved_apart_in_their_order(positions: list[float], gap: float) -> None:
    low, high = -1000.0, 1000.0
    placed = spread(positions, gap, low, high)
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    ordered = [placed[i] for i in order]
    for below, above in itertools.pairwise(ordered):
        assert above - below >= gap - 1e-6
    assert min(placed) >= low - 1e-6
    assert max(placed) <= high + 1e-6


def test_labels_too_many_to_fit_are_spaced_evenly() -> None:
    assert spread([5.0] * 5, 100.0, 0.0, 8.0) == pytest.approx([0.0, 2.0, 4.0, 6.0, 8.0])
    assert spread([], 1.0, 0.0, 1.0) == []


def test_labels_of_the_figure_do_not_overlap() -> None:
    frames = fake_frames()
    same = frames.equity.assign(benchmark=frames.equity["portfolio"])
    figure = timeline_figure(replace(frames, equity=same), ALL_ON, LIGHT)
    low, high = figure.layout.yaxis.range
    ends = sorted(n.y for n in figure.layout.annotations if n.yref == "y" and n.xref == "paper")
    pixels = (ends[1] - ends[0]) / (high - low) * 230
    assert pixels >= LABEL_GAP_PX - 1e-6


def test_a_range_is_never_empty() -> None:
    low, high = padded(1.0, 1.0)
    assert low < 1.0 < high


def test_dates_travel_as_milliseconds() -> None:
    index = pd.DatetimeIndex(["1970-01-02", "2022-06-16"])
    assert milliseconds(index).tolist() == [86_400_000.0, 1_655_337_600_000.0]


def test_the_alternative_text_says_the_same_numbers() -> None:
    frames = fake_frames(out=slice(100, 130))
    text = timeline_alt(frames, ALL_ON, "Index")
    worst = frames.drawdown["portfolio"]
    assert f"{frames.equity['portfolio'].iloc[-1]:.2f} times its start" in text
    assert f"{abs(100 * worst.min()):.1f}" in text
    assert f"{worst.idxmin():%Y-%m-%d}" in text
    assert "out of the market 1 times" not in text
    assert "out of the market once" in text
    assert "Index, ended at" in text
    assert "nan" not in text


def test_a_period_in_cash_is_drawn() -> None:
    frames = fake_frames(30)
    empty = replace(frames, sectors=frames.sectors * 0.0, exposure=frames.exposure * 0.0)
    figure = timeline_figure(empty, ALL_ON, LIGHT)
    assert any("nothing was held" in text for text in texts(figure))
    assert "largest sector" not in timeline_alt(empty, ALL_ON)


def test_charts_import_neither_streamlit_nor_express_nor_data() -> None:
    for path in sorted((ROOT / "dashboard" / "charts").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            name
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert not {n for n in names if n.split(".")[0] in {"streamlit", "data"}}, path.name
        assert "plotly.express" not in names, path.name
