from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.scenario import preset, with_values
from dashboard.benchmark import benchmark_of
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from data.catalog import Catalog, Source
from data.imports import ImportPaths, import_market


@pytest.fixture(scope="module")
def run(shared_demo_home: Path) -> Run:
    return Pipeline(shared_demo_home).run(preset("Phase 8"))


def same(a: Run, b: Run) -> bool:
    return bool(np.array_equal(a.result.nav, b.result.nav)) and a.metrics == b.metrics


def test_frames_describe_the_same_run(run: Run) -> None:
    equity, underwater = run.equity_frame(), run.underwater_frame()
    assert list(equity.index) == list(pd.DatetimeIndex(run.dates.astype("datetime64[s]")))
    assert equity["portfolio"].iloc[-1] - 1.0 == pytest.approx(run.metrics.total_return, rel=1e-12)
    assert equity["benchmark"].iloc[0] == 1.0
    assert underwater["portfolio"].min() == pytest.approx(run.metrics.max_drawdown, rel=1e-12)
    assert underwater["benchmark"].min() == pytest.approx(
        run.benchmark_metrics.max_drawdown, rel=1e-12
    )
    assert (underwater <= 0.0).all(axis=None)
    exposure = run.exposure_frame()
    np.testing.assert_allclose(
        run.sector_frame().sum(axis=1), exposure["invested"], rtol=0, atol=1e-12
    )
    assert exposure["invested"].mean() == pytest.approx(run.metrics.average_exposure, rel=1e-12)
    assert sum(run.sector_shares().values()) == pytest.approx(1.0)
    assert set(run.regime_series()) <= {
        "bull", "bear", "sideways", "volatile", "recovery", "default"
    }  # fmt: skip


def test_a_cached_run_equals_a_fresh_one(cold_home: Path, run: Run) -> None:
    fresh = Pipeline(cold_home).run(preset("Phase 8"))
    assert list((cold_home / "panels").glob("demo-*.npz"))
    assert list((cold_home / "signals").glob("*.npz"))
    assert same(fresh, run)
    assert same(Pipeline(cold_home).run(preset("Phase 8")), fresh)


@pytest.mark.parametrize("damage", [b"", b"no zip", None])
def test_a_damaged_cache_costs_time_and_nothing_else(
    cold_home: Path, run: Run, damage: bytes | None
) -> None:
    Pipeline(cold_home).run(preset("Phase 8"))
    files = [*(cold_home / "panels").glob("*.npz"), *(cold_home / "signals").glob("*.npz")]
    for file in files:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] if damage is None else damage)
    assert same(Pipeline(cold_home).run(preset("Phase 8")), run)


def test_a_home_that_cannot_be_written_still_runs(
    cold_home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_keywords: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dashboard.cache.np.savez", full)
    assert same(Pipeline(cold_home).run(preset("Phase 8")), run)


def test_a_risk_field_reuses_market_and_signals(demo_home: Path) -> None:
    pipeline = Pipeline(demo_home)
    first = pipeline.run(preset("Phase 8"))
    second = pipeline.run(with_values(preset("Phase 8"), {"risk.target_annual_vol": 0.10}))
    assert second.market is first.market
    assert second.signals is first.signals
    assert second.metrics.volatility < first.metrics.volatility


def test_only_names_with_a_target_are_simulated(run: Run) -> None:
    targets = run.book.target
    assert set(run.columns) == set(np.flatnonzero((targets > 0).any(axis=0)))
    np.testing.assert_array_equal(run.inputs.target, targets[:, run.columns])
    np.testing.assert_array_equal(run.inputs.rebalance, run.book.rebalance - run.first)


def test_benchmark_without_an_index_is_the_equal_weighted_universe(
    run: Run, monkeypatch: pytest.MonkeyPatch, shared_demo_home: Path
) -> None:
    monkeypatch.setattr("dashboard.assemble.BENCHMARKS", ())
    monkeypatch.setattr("dashboard.pipeline.reading_fingerprint", lambda: "without-index")
    other = Pipeline(shared_demo_home).run(preset("Phase 8"))
    assert other.benchmark_name == "Equal-weighted index members"
    assert other.benchmark[0] == 1.0
    assert not np.array_equal(other.benchmark, run.benchmark)
    np.testing.assert_array_equal(other.result.nav, run.result.nav)


def test_cash_earns_the_yield_known_before_the_session(run: Run, shared_demo_home: Path) -> None:
    series = Catalog(shared_demo_home).rate_series("demo", "DGS3MO")
    assert series is not None
    yields = pd.Series(series[1], index=series[0])
    for session in (300, 900, 1500):
        day = run.market.sessions[session]
        known = yields[yields.index < day].iloc[-1]
        assert run.market.cash_rate[session] == pytest.approx(known / 100 / 252, rel=1e-12)


def test_an_import_during_the_reading_is_never_mixed_in(
    shared_demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store(sector: str) -> None:
        catalog = Catalog(shared_demo_home)
        panel = catalog.price_panel("demo", ("adj_close", "close", "volume"))
        frame = pd.DataFrame({"date": panel.sessions, "ticker": "AAA"}).assign(
            **{name: values[:, 0] for name, values in panel.arrays.items()}
        )
        frame.dropna().to_csv(tmp_path / "prices.csv", index=False)
        (tmp_path / "securities.csv").write_text(f"ticker,sector\nAAA,{sector}\n")
        paths = ImportPaths(tmp_path / "prices.csv", tmp_path / "securities.csv")
        import_market(tmp_path / "home", "us", paths)

    real = Catalog.securities

    def replaced(self: Catalog, source: Source) -> pd.DataFrame:
        monkeypatch.setattr(Catalog, "securities", real)
        store("Energy")  # while the panel of the first import is being put together
        return real(self, source)

    store("Utilities")
    monkeypatch.setattr(Catalog, "securities", replaced)
    assert Pipeline(tmp_path / "home").market("us").sector == ("Utilities",)
    assert Pipeline(tmp_path / "home").market("us").sector == ("Energy",)
    store("Utilities")
    assert Pipeline(tmp_path / "home").market("us").sector == ("Utilities",)


def test_a_benchmark_with_a_hole_is_replaced_aloud(run: Run) -> None:
    assert run.market.benchmark is not None
    holed = run.market.benchmark.copy()
    holed[run.first + 10] = np.nan
    market = dataclasses.replace(run.market, benchmark=holed)
    level, name, (note,) = benchmark_of(market, slice(run.first, run.first + 50))
    assert name == "Equal-weighted index members"
    assert len(level) == 50
    assert f"no value on 1 of 50 sessions, first on {run.dates[10]}" in note


@pytest.mark.slow
@pytest.mark.real_data
def test_the_done_when_of_the_real_market(real_home: Path) -> None:
    scenario = with_values(
        preset("Phase 8"),
        {
            "universe.source": "us",
            "period.start": dt.date(2021, 6, 1),
            "period.end": dt.date(2024, 6, 1),
        },
    )
    run = Pipeline(real_home).run(scenario)
    assert run.signals is not None
    assert (run.signals.universe.sum(axis=1) == 200).all()
    assert abs(run.result.books_residual) <= 1e-9
    assert run.benchmark_name == "S&P 500 (SPY)"
    # adj_close of SPY in the source: 394.1965 on 2021-06-01, 517.7719 on 2024-05-31.
    assert run.benchmark_metrics.total_return == pytest.approx(517.7719 / 394.1965 - 1, abs=1e-6)
    assert run.metrics.rebalances == 35
    held = (run.book.target > 0).sum(axis=1)
    assert (held == 50).all()


def test_prices_alone_are_enough_and_what_is_missing_is_said(
    shared_demo_home: Path, tmp_path: Path
) -> None:
    panel = Catalog(shared_demo_home).price_panel("demo", ("adj_close", "close", "volume"))
    frames = [
        pd.DataFrame({"date": panel.sessions, "ticker": ticker}).assign(
            **{name: values[:, i] for name, values in panel.arrays.items()}
        )
        for i, ticker in enumerate(panel.tickers[:60])
    ]
    file = tmp_path / "prices.csv"
    pd.concat(frames).dropna().to_csv(file, index=False)
    import_market(tmp_path / "home", "bare", ImportPaths(prices=file))
    scenario = with_values(preset("Phase 8"), {"universe.source": "bare"})
    run = Pipeline(tmp_path / "home").run(scenario)
    assert run.metrics.rebalances > 60
    assert run.benchmark_name == "Equal-weighted index members"
    assert run.sector_shares() == {"Other": pytest.approx(1.0)}
    said = " ".join(run.notes)
    for words in ("survivorship bias", "no cash rate", "fewer than 200 names", "value: less than"):
        assert words in said
