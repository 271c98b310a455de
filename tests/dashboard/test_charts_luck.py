"""The figure of luck: the curve, the result with its error, and both counts of the tries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.luck import LUCK_HEIGHT_PX, luck_figure
from dashboard.evidence_log import COLUMNS, log_table
from dashboard.theme import DARK, LIGHT

CURVE = pd.DataFrame({"luck": [0.0, 0.9, 1.5]}, index=pd.Index([1.0, 10.0, 100.0], name="trials"))


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_result_stands_beside_what_luck_shows(colours: object) -> None:
    figure = luck_figure(CURVE, (0.4, 0.3), 2.5, 40, colours)  # type: ignore[arg-type]
    band, luck, result = figure.data
    assert list(luck.y) == [0.0, 0.9, 1.5]
    assert set(result.y) == {0.4}
    assert (min(band.y), max(band.y)) == pytest.approx((0.1, 0.7))
    assert [shape.x0 for shape in figure.layout.shapes] == [2.5, 40.0]
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["40 tried", "2.5 chances", "this result 0.40", "by luck"]
    assert figure.layout.height == LUCK_HEIGHT_PX
    low, high = figure.layout.yaxis.range
    assert low < 0.0 < 1.5 < high


def test_a_single_try_has_one_mark_and_a_phone_no_second_label() -> None:
    alone = luck_figure(CURVE, (-0.4, 0.3), 1.0, 1, LIGHT)
    assert [shape.x0 for shape in alone.layout.shapes] == [1.0]
    assert alone.layout.yaxis.range[0] < -0.7
    small = luck_figure(CURVE, (0.4, 0.3), 2.5, 40, LIGHT, compact=True)
    assert "2.5 chances" not in [note.text for note in small.layout.annotations]


def test_the_log_says_what_was_changed() -> None:
    row = {"at": "2026-01-02T03:04:05.678+00:00", "origin": "page", "preset": "Phase 8"}
    values = {
        "risk.position_stop_loss": 0.123456789,
        "risk.trailing_stop_pct": None,
        "gone": 1,
        "universe.source": "us",
    }
    sweep = {"sweep.axes": {"risk.position_stop_loss": "0.1,0.2", "odd": "1"}}
    rows = [
        row | {"values": values, "metrics": {"sharpe_ratio": 0.5, "cagr": None}},
        row | {"values": {}, "metrics": {}, "preset": "of another version"},
        row | {"values": sweep, "metrics": {"runs": 2}, "origin": "sweep"},
    ]
    table = log_table(rows)
    assert tuple(table.columns) == COLUMNS
    assert table["changed"].tolist() == [
        "Position stop 10\u202f%, 20\u202f%, odd 1",
        "",
        "Position stop 12.345679\u202f%, Trailing stop off",
    ]
    assert table["runs"].tolist() == [2, 1, 1]
    assert table["tried"].iloc[0] == "2026-01-02 03:04"
    assert np.isnan(table["cagr"].iloc[-1])
    assert len(log_table(rows * 400)) == 500
    assert len(log_table([])) == 0
