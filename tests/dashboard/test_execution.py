"""Opens and lows on their way from the store to the engine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigError
from core.market import MarketPanel
from core.risk.config import RiskConfig
from core.scenario import preset, with_values
from core.simulation import SimulationInputs
from dashboard.assemble import _adjusted
from dashboard.execution import check_prices, stand_in_notes
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from tests.markets import make_market

AT_OPEN = {"risk.execution": "next_open"}
INSIDE = {"risk.stop_fill": "intraday"}
NAN = float("nan")


@pytest.fixture(scope="module")
def demo(shared_demo_home: Path) -> Pipeline:
    return Pipeline(shared_demo_home)


@pytest.fixture(scope="module")
def default(demo: Pipeline) -> Run:
    return demo.run(preset("Phase 8"))


def test_opens_and_lows_are_on_the_basis_of_the_close(demo: Pipeline) -> None:
    market = demo.market("demo")
    assert market.open is not None
    assert market.low is not None
    bars = np.isfinite(market.close)
    assert np.array_equal(np.isfinite(market.low), bars)
    assert np.all(market.low[bars] <= market.close[bars] * (1 + 1e-12))
    assert np.all(market.low[bars] <= market.open[bars] * (1 + 1e-12))
    # On another basis the open would be off by all dividends since, not by a night.
    night = np.abs(market.open[1:] / market.close[:-1] - 1.0)
    assert np.nanmedian(night) < 0.01


def test_adjustment_is_that_of_the_close() -> None:
    raw = np.array([[9.0, NAN], [10.0, 5.0]])
    price, close = np.array([[10.0, 4.0], [11.0, 5.0]]), np.array([[5.0, 4.0], [11.0, 4.0]])
    assert np.array_equal(_adjusted(raw, price, close), [[4.5, NAN], [10, 4]], equal_nan=True)
    assert _adjusted(np.full((2, 2), NAN), price, close) is None


@pytest.mark.parametrize("change", [AT_OPEN, INSIDE, AT_OPEN | INSIDE])
def test_every_execution_runs_on_the_demo_market(
    demo: Pipeline, default: Run, change: dict[str, str]
) -> None:
    run = demo.run(with_values(preset("Phase 8"), change))
    assert run.inputs is default.inputs  # the book and its prices are read once
    assert not np.array_equal(run.result.nav, default.result.nav)
    assert abs(run.result.books_residual) < 1e-9
    assert run.metrics.cost_bps == pytest.approx(10.0 * run.metrics.turnover, rel=1e-12)


@pytest.mark.parametrize(
    ("risk", "names"),
    [
        (RiskConfig(execution="next_open"), "reads the open of"),
        (RiskConfig(stop_fill="intraday"), "reads the open and the low of"),
    ],
)
def test_a_market_without_them_is_told_so_only_where_they_are_read(
    risk: RiskConfig, names: str
) -> None:
    market = make_market(sessions=30, names=3)
    check_prices(market, RiskConfig())
    with pytest.raises(ConfigError, match=f"{names}.*'made up'.*choose risk.execution=next_close"):
        check_prices(market, risk)
    whole = dataclasses.replace(market, open=market.close, low=market.close)
    check_prices(whole, risk)


def test_a_panel_keeps_them_in_its_file() -> None:
    market = make_market(sessions=30, names=3)
    whole = dataclasses.replace(market, open=market.close * 1.01, low=market.close * 0.99)
    again = MarketPanel.from_arrays(whole.to_arrays())
    np.testing.assert_array_equal(again.open, whole.open)
    np.testing.assert_array_equal(again.low, whole.low)
    assert MarketPanel.from_arrays(market.to_arrays()).open is None


def test_what_stood_in_is_said_where_it_was_read() -> None:
    close = np.array([[10.0, 20.0], [11.0, NAN], [12.0, 22.0]])
    opened = np.array([[NAN, 20.0], [11.0, NAN], [12.0, NAN]])
    inputs = SimulationInputs(close, np.array([0]), np.ones((1, 2)) / 2, open=opened, low=close)
    assert stand_in_notes(RiskConfig(), inputs) == ()
    (note,) = stand_in_notes(RiskConfig(stop_fill="intraday"), inputs)
    assert note == "no open on 2 of 5 bars: the close stands in for it"
