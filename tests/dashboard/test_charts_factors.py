"""The figures of the Factors page: one line a factor, intervals, numbers in cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.factors import (
    IC_HEIGHT_PX,
    SPREAD_HEIGHT_PX,
    factor_colour,
    ic_figure,
    spread_figure,
)
from dashboard.charts.factors_across import correlations_figure, decay_figure, quantiles_figure
from dashboard.theme import DARK, LIGHT, Theme

INDEX = pd.date_range("2020-01-31", periods=14, freq="ME", name="date").as_unit("s")
NAMES = ("momentum", "topology", "value", "quality", "composite")


def series(seed: int, *, known: int = 13) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = ("rank_ic", "cumulative_rank_ic", "coverage", "growth", "net_growth", "turnover")
    frame = pd.DataFrame(rng.uniform(0.0, 1.0, (14, 6)), INDEX, columns)
    frame.iloc[known:, [0, 1, 3, 4]] = np.nan
    return frame


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("compact", [False, True])
def test_every_factor_has_its_lines_and_colour(colours: Theme, compact: bool) -> None:
    frames = {name: series(seed) for seed, name in enumerate(NAMES)}
    figure = ic_figure(frames, "value", 0.02, colours, compact=compact)
    assert figure.layout.height == IC_HEIGHT_PX
    kinds = [trace.type for trace in figure.data]
    assert kinds.count("bar") == 1
    assert kinds.count("scatter") == 2 * len(NAMES)
    assert len({factor_colour(name, colours) for name in NAMES}) == len(NAMES)
    bars = next(trace for trace in figure.data if trace.type == "bar")
    np.testing.assert_allclose(bars.y, frames["value"]["rank_ic"].to_numpy(np.float32))


def test_a_factor_without_any_month_is_still_a_figure() -> None:
    figure = ic_figure({"value": series(0, known=0)}, "value", np.nan, LIGHT)
    assert all("nan" not in str(note.text) for note in figure.layout.annotations)
    empty = spread_figure(series(0, known=0), "value", LIGHT, 10.0)
    assert empty.layout.height == SPREAD_HEIGHT_PX
    assert len(spread_figure(series(1), "value", LIGHT, 10.0, compact=True).data) == 3


def test_fifths_and_later_months_have_intervals() -> None:
    fifths = pd.DataFrame(
        {"mean": [0.01] * 5, "gap": [-0.02, -0.01, 0.0, 0.01, np.nan],
         "low": [-0.03, -0.02, -0.01, 0.0, np.nan], "high": [-0.01, 0.0, 0.01, 0.03, np.nan]}
    )  # fmt: skip
    bars = quantiles_figure(fifths, "quality", LIGHT).data[0]
    np.testing.assert_allclose(bars.error_y.array, [0.01, 0.01, 0.01, 0.02, 0.0])
    np.testing.assert_allclose(bars.error_y.arrayminus, [0.01, 0.01, 0.01, 0.01, 0.0])
    decay = pd.DataFrame(
        {"rank_ic": [0.02, 0.01], "rank_ic_low": [0.0, -0.01], "rank_ic_high": [0.04, 0.03]},
        index=pd.Index([1, 12], name="month"),
    )
    dots = decay_figure(decay, "quality", DARK)
    assert list(dots.layout.xaxis.ticktext) == ["month 1", "month 12"]
    np.testing.assert_allclose(dots.data[0].error_y.array, [0.02, 0.02])


def test_unknown_correlations_have_no_number() -> None:
    table = pd.DataFrame(np.eye(3), list(NAMES[:3]), list(NAMES[:3]))
    table.iloc[0, 1] = table.iloc[1, 0] = np.nan
    figure = correlations_figure(table, LIGHT, compact=True)
    assert len(figure.layout.annotations) == 7
    assert "1.00" in {note.text for note in figure.layout.annotations}
