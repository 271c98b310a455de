"""The figure of distances to the triggers: panels, levels, marks, a height that never changes."""

from __future__ import annotations

import pandas as pd
import pytest

from core.ledger import EventKind
from core.risk.config import RiskConfig
from dashboard.charts.triggers import TRIGGERS_HEIGHT_PX, triggers_figure
from dashboard.review_trades import triggers
from dashboard.theme import DARK, LIGHT, Theme
from tests.dashboard.fakes import fake_run

RUN = fake_run()
TABLE = triggers(RUN)
EVENTS = RUN.result.events
ACTS = {
    name: RUN.index[EVENTS.session[EVENTS.kind == kind]]
    for name, kind in (
        ("breaker", EventKind.BREAKER),
        ("stop", EventKind.STOP),
        ("trailing", EventKind.TRAILING),
        ("rescale", EventKind.RESCALE),
    )
}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("compact", [False, True])
def test_the_numbers_drawn_are_those_of_the_table(colours: Theme, compact: bool) -> None:
    figure = triggers_figure(TABLE, ACTS, RUN.scenario.risk, colours, compact=compact)
    assert figure.layout.height == TRIGGERS_HEIGHT_PX
    traces = {trace.name: trace for trace in figure.data}
    for name, column in (("Drawdown", "drawdown"), ("Volatility", "sigma"), ("Applied", "applied"),
                         ("Position stop", "position"), ("Trailing stop", "trailing")):  # fmt: skip
        drawn = pd.Series(traces[name].y, TABLE.index)
        pd.testing.assert_series_equal(
            drawn, TABLE[column].astype("float32"), check_names=False, check_freq=False
        )
    assert list(traces["Position stop"].customdata) == TABLE["position_name"].tolist()
    assert len(traces["Position stop sold"].x) == EVENTS.count(EventKind.STOP)


def test_both_levels_of_drawdown_are_always_in_sight() -> None:
    figure = triggers_figure(TABLE, ACTS, RUN.scenario.risk, LIGHT)
    assert figure.layout.yaxis.range[0] < -0.35
    levels = {shape.y0 for shape in figure.layout.shapes if shape.yref == "y"}
    assert levels == {-0.30, -0.35}


def test_rules_that_are_off_have_no_level() -> None:
    off = RiskConfig(max_allowed_drawdown=None, circuit_breaker_dd=None, target_annual_vol=None)
    figure = triggers_figure(TABLE, ACTS, off, LIGHT)
    assert not [shape for shape in figure.layout.shapes if shape.yref in ("y", "y2")]
    assert figure.layout.height == TRIGGERS_HEIGHT_PX


def test_the_day_looked_at_goes_through_every_panel() -> None:
    day = TABLE.index[100]
    figure = triggers_figure(TABLE, ACTS, RUN.scenario.risk, LIGHT, day=day)
    (line,) = [shape for shape in figure.layout.shapes if shape.yref == "paper"]
    assert pd.Timestamp(line.x0) == day
    assert (line.y0, line.y1) == (0, 1)
