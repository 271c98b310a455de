"""Funds beside the stocks, from the store through a run to its accounts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.attribution import rule_account
from core.contribution import by_name
from core.errors import InputsError
from core.market import FUND_SECTORS, Funds, MarketPanel
from core.presets import preset
from core.rule_health import rule_health
from core.rules import Rule, only
from core.scenario import with_values
from dashboard.explanation import explain_day
from dashboard.pipeline import Pipeline
from dashboard.report.explanation_standing import standing_words
from dashboard.review_exposure import largest_sector, sector_cap, sectors_table
from dashboard.views.exposure_words import sectors_words
from data.catalog import Catalog
from data.imports import ImportPaths, import_market

ON = {
    "period.start": "2023-01-03",
    "book.eafe.enabled": True,
    "book.small_value.enabled": True,
    "book.small_value.set_by": "inverse_volatility",
    "book.small_value.fund": "IWN",
    "book.sector_cap": 0.25,
}


def funds_of(market: MarketPanel) -> Funds:
    """Two funds that move as two names of the market do; one has only closes."""
    close = np.abs(np.nan_to_num(market.close[:, :2], nan=20.0)) + 1.0
    inside = close * np.array([1.0, np.nan])
    return Funds(("EFA", "IWN"), close, inside, 0.99 * inside)


@pytest.fixture
def funded(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The simulated market as if it had funds."""
    plain = Pipeline.market

    def market(self: Pipeline, source: str) -> MarketPanel:
        found = plain(self, source)
        return dataclasses.replace(found, funds=funds_of(found))

    monkeypatch.setattr(Pipeline, "market", market)
    return Pipeline(demo_home)


def test_sleeves_are_held_counted_and_explained(funded: Pipeline) -> None:
    scenario = with_values(preset("Phase 8"), ON)
    run = funded.run(scenario)
    assert {"EFA", "IWN"} <= set(run.tickers)
    assert abs(run.result.books_residual) <= 1e-9
    table = sectors_table(run)
    assert set(FUND_SECTORS) <= set(table.index)
    assert table.loc[list(FUND_SECTORS), "spells"].tolist() == [0, 0]
    assert table.at[FUND_SECTORS[0], "mean"] > 0.02
    gained = by_name(run.inputs, run.result, run.tickers)
    total = gained.pnl.sum()
    assert total == pytest.approx(float(run.result.nav[-1] - run.result.initial_nav), rel=1e-9)
    health = {one.rule: one for one in rule_health(run.inputs, scenario.risk, run.result)}
    assert all(one.status != "error" for one in health.values())
    assert set(largest_sector(run)["sector"]).isdisjoint(FUND_SECTORS)
    assert "Sleeves are under no cap" in sectors_words(run, sector_cap(run))
    few = only(scenario.risk, [Rule.COSTS, Rule.VOLATILITY_TARGET])
    account = rule_account(run.inputs, few, run.dates)
    assert np.isfinite(account.values).all()
    found = explain_day(run, run.index[30].date(), ticker="EFA")
    text = " ".join(standing_words(found))
    assert "EFA is held" in text
    assert "rank" not in text.casefold()  # a fund has no score and no place in the order
    assert "NaN" not in text


def test_without_them_the_same_market_gives_the_same_run(funded: Pipeline) -> None:
    scenario = with_values(preset("Phase 8"), {"period.start": "2023-01-03"})
    run = funded.run(scenario)
    assert run.market.tickers == funded.market("demo").tickers
    assert set(FUND_SECTORS).isdisjoint(run.sectors)


def test_a_market_without_funds_says_so(demo_home: Path) -> None:
    with pytest.raises(InputsError, match="its funds are: none"):
        Pipeline(demo_home).run(with_values(preset("Phase 8"), {"book.eafe.enabled": True}))


def test_funds_come_from_the_table_of_indices(shared_demo_home: Path, tmp_path: Path) -> None:
    panel = Catalog(shared_demo_home).price_panel("demo", ("adj_close", "close", "volume"))
    bars = pd.DataFrame({"date": panel.sessions, "ticker": "AAA"}).assign(
        **{name: values[:, 0] for name, values in panel.arrays.items()}
    )
    bars = bars.dropna().head(60)
    bars.to_csv(tmp_path / "prices.csv", index=False)
    half = bars.assign(ticker="EFA", open=bars["close"], high=bars["close"] * 1.01)
    half = half.assign(low=bars["close"] * 0.99, adj_close=bars["close"] * 0.5).iloc[5:]
    bare = bars.assign(ticker="VBR", close=bars["adj_close"], volume=np.nan)
    pd.concat([half, bare]).to_csv(tmp_path / "indices.csv", index=False)
    paths = ImportPaths(tmp_path / "prices.csv", indices=tmp_path / "indices.csv")
    import_market(tmp_path / "home", "us", paths)
    funds = Pipeline(tmp_path / "home").market("us").funds
    assert funds is not None
    assert funds.tickers == ("EFA", "VBR")
    assert np.isnan(funds.close[:5, 0]).all()
    np.testing.assert_allclose(funds.close[5:, 0], 0.5 * bars["close"].to_numpy()[5:], rtol=1e-6)
    np.testing.assert_allclose(funds.low[5:, 0], 0.99 * funds.close[5:, 0], rtol=1e-6)
    assert np.isnan(funds.open[:, 1]).all()
    assert np.isfinite(funds.close[:, 1]).all()
