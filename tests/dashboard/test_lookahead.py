"""The look-ahead test over a real pipeline: silent on the engine, an alarm where a rule peeks."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import sleeves
from core.errors import CancelledError
from core.factors import topology, turbulence
from core.market import Funds
from core.scenario import scenario_from_mapping, specs, with_values
from dashboard import lookahead
from dashboard import pipeline as pipeline_module
from dashboard.cli import main
from dashboard.lookahead import look_ahead_work, look_words
from dashboard.pipeline import Pipeline
from dashboard.studies import Pace
from tests.dashboard.pages import after, page_text, plain, started
from tests.markets import SHORT as TINY
from tests.markets import make_market

# One fit of Markov switching: each takes a second.
SHORT = scenario_from_mapping(
    {
        "period": {"start": "2023-01-03", "end": "2023-12-29"},
        "regimes": {
            "markov": {"history_days": 504, "refit_days": 2520},
            "leverage": {"calm": 1.3, "volatile": 0.8},
        },
        "risk": {"max_leverage": 1.5},
    }
)
GO = Pace(lambda: False, lambda _share: None)


@pytest.fixture(scope="module")
def pipeline(shared_demo_home: Path) -> Pipeline:
    return Pipeline(shared_demo_home)


def test_nothing_in_the_engine_knows_what_came_later(pipeline: Pipeline) -> None:
    found = look_ahead_work(pipeline.run(SHORT), pipeline, 2)(GO)
    assert found.passed
    assert len(found.cuts) == 2
    assert all(dt.date(2023, 1, 1) < cut < dt.date(2024, 1, 1) for cut in found.cuts)
    compared = {row.name: row.compared for row in found.rows}
    assert {"momentum", "value", "quality", "regime", "position_stop"} <= set(compared)
    # Labels of both detectors, whichever decides, and what they scale.
    for name in ("detector: rules", "detector: markov", "leverage"):
        assert compared[name] > 0, name
    assert "all are the same. On these dates no factor" in look_words(found)


ALL_ON = with_values(
    TINY,
    {
        "book.eafe.enabled": True,
        "book.eafe.set_by": "inverse_volatility",
        "book.eafe.highest": 0.5,
        "book.covariance_lookback_days": 60,
        "book.names_held": 6,
        "book.position_cap": 0.3,
        "regimes.turbulence.quantile": 0.5,
        "regimes.turbulence.window_days": 20,
        "regimes.leverage.volatile": 0.8,
        "regimes.stop_scale.volatile": 1.5,
        "regimes.markov.history_days": 252,
        "regimes.markov.refit_days": 2520,
        "period.start": "2020-02-03",
    },
)


@pytest.fixture
def tiny(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A pipeline with a made-up market of a year and a half and a fund."""
    market = make_market(sessions=360, gaps=0.0)
    market = dataclasses.replace(market, member=np.ones_like(market.member))
    rng = np.random.default_rng(9)
    close = 30.0 * np.cumprod(1.0 + rng.normal(0.0003, 0.01, (360, 1)), axis=0)
    market = dataclasses.replace(market, funds=Funds(("EFA",), close, close, 0.9 * close))
    monkeypatch.setattr(Pipeline, "market", lambda _self, _source: market)
    return Pipeline(demo_home)


def test_a_factor_that_is_standardised_over_the_whole_sample_is_found(
    tiny: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, ends = lookahead.compute_signals, []

    def peeking(market: Any, *rest: Any, **options: Any) -> Any:
        signals = honest(market, *rest, **options)
        scale = np.nanstd(market.close[-20:])  # of the end of the data
        signals.panel.values[:, :, 1] *= 1.0 + 1e-3 * scale
        ends.append(market.sessions[-1])
        return signals

    monkeypatch.setattr(pipeline_module, "compute_signals", peeking)
    monkeypatch.setattr(lookahead, "compute_signals", peeking)
    plain = {"regimes.turbulence.quantile": None, "book.eafe.enabled": False}
    found = look_ahead_work(tiny.run(with_values(ALL_ON, plain)), tiny, 2)(GO)
    assert len(set(ends)) == len(ends) == 3, "the run on all data peeks as well"
    assert not found.passed
    by = {row.name: row for row in found.rows}
    assert by["value"].different > 0
    assert by["momentum"].different == 0
    assert by["value"].cut == found.cuts[0]
    assert "factor “value”" in look_words(found)


def test_sleeves_turbulence_and_what_regimes_bring_know_nothing_later(tiny: Pipeline) -> None:
    run = tiny.run(ALL_ON)
    assert run.book.target[:, run.market.tickers.index("EFA")].min() > 0.0
    assert run.book.leverage is not None
    calm = with_values(ALL_ON, {"regimes.turbulence.quantile": None})
    assert not np.array_equal(run.regime, tiny.run(calm).regime)
    found = look_ahead_work(run, tiny, 3)(GO)
    by = {row.name: row for row in found.rows}
    assert found.passed, [row for row in found.rows if row.different]
    names = {"detector: rules", "detector: markov", "leverage", "stop_scale", "target", "regime"}
    assert all(by[name].compared > 0 for name in names)


def test_a_sleeve_and_a_turbulence_that_peek_are_found(
    tiny: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = sleeves._inverse_volatility

    def peeking(book: Any, market: Any, places: Any, config: Any) -> Any:
        shares, known = honest(book, market, places, config)
        return shares * (1.0 + 1e-3 * np.nanstd(market.close[-20:, places], axis=0)), known

    lengths = []

    def over_all(series: Any) -> Any:
        lengths.append(len(series))
        known = np.isfinite(series)
        ranks = np.searchsorted(np.sort(series[known]), series, side="right")
        return np.where(known, ranks / known.sum(), np.nan)

    with monkeypatch.context() as spoilt:
        spoilt.setattr(sleeves, "_inverse_volatility", peeking)
        found = look_ahead_work(tiny.run(ALL_ON), tiny, 1)(GO)
    assert {row.name for row in found.rows if row.kind == "book" and row.different} == {"target"}
    monkeypatch.setattr(turbulence, "expanding_share", over_all)
    # Another quantile, whose honest labels are in no cache: the run on all data must peek as well,
    # or the test would only tell a run that peeks from one that does not.
    other = with_values(ALL_ON, {"regimes.turbulence.quantile": 0.55})
    found = look_ahead_work(tiny.run(other), tiny, 2)(GO)
    assert lengths[0] == 360
    assert len(set(lengths)) == len(lengths) == 3
    assert {"regime"} <= {row.name for row in found.rows if row.different}


def test_topology_knows_nothing_later_and_is_found_where_it_peeks(
    tiny: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = {"factors.topology.enabled": True, "factors.topology.window_days": 30}
    scored |= {"regimes.turbulence.quantile": None, "book.eafe.enabled": False}
    scenario = with_values(ALL_ON, scored)
    found = look_ahead_work(tiny.run(scenario), tiny, 2)(GO)
    by = {row.name: row for row in found.rows}
    assert found.passed, [row for row in found.rows if row.different]
    assert by["topology"].kind == "factor"
    assert by["topology"].compared > 0
    honest = topology.return_windows

    def peeking(returns: Any, rebalance: Any, *rest: Any) -> Any:
        return honest(returns, np.minimum(rebalance + 1, len(returns) - 1), *rest)

    monkeypatch.setattr(topology, "return_windows", peeking)
    # Another window, whose honest scores are in no cache.
    other = with_values(scenario, {"factors.topology.window_days": 31})
    found = look_ahead_work(tiny.run(other), tiny, 1)(GO)
    by = {row.name: row for row in found.rows}
    assert by["topology"].different > 0
    assert by["topology"].first == by["topology"].cut == found.cuts[0]
    assert by["momentum"].different == 0


def test_it_can_be_cancelled(pipeline: Pipeline) -> None:
    with pytest.raises(CancelledError):
        look_ahead_work(pipeline.run(SHORT), pipeline, 2)(Pace(lambda: True, lambda _share: None))


def test_the_command(
    demo_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    period = ("--start", "2023-01-03", "--end", "2023-12-29", "--dates", "1",
              "--set", "regimes.markov.refit_days=2520")  # fmt: skip
    assert main(["lookahead", *period, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True
    honest = lookahead.simulate

    def bold(inputs: Any, risk: Any, **options: Any) -> Any:
        return honest(inputs, risk.model_copy(update={"position_stop_loss": 0.02}), **options)

    monkeypatch.setattr(lookahead, "simulate", bold)
    assert main(["lookahead", *period]) == 1
    told = capsys.readouterr()
    assert "Something knew what came later" in told.err
    assert told.out.startswith("Phase 8 · demo · 2023-01-03 … 2023-12-29 · 250 sessions")
    assert main(["lookahead", "--start", "2023-01-04", "--end", "2023-01-20"]) == 2
    assert demo_home.is_dir()


def test_the_button(demo_home: Path) -> None:
    key = specs()["regimes.markov.refit_days"].url_key
    app = started("evidence", **{"from": "2023-01-03", "to": "2023-06-30", key: "2520"})
    assert "Runs this setting again" in plain(app)
    app.button(key="look-ahead").click().run()
    after(app, lambda now: "all are the same" in page_text(now), "the end of the test")
    assert not app.exception
    assert "6 dates" in plain(app)
    assert demo_home.is_dir()
