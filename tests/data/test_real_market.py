"""The market files beside the checkout, imported as they are; counts are those of SOURCES.md."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from data.catalog import Catalog
from data.imports import ImportPaths, ImportReport, import_market
from data.schema import TABLES

ROOT = Path(__file__).resolve().parents[2]
MARKET = ROOT / "../shared/market"
OVERRIDES = ROOT / "data/reference/overrides-us-2015-2024.toml"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not (MARKET / "prices.parquet").is_file(), reason="no ../shared/market beside the checkout"
    ),
]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportReport]:
    home = tmp_path_factory.mktemp("home")
    paths = ImportPaths(**{table: MARKET / f"{table}.parquet" for table in TABLES})
    return home, import_market(home, "us", paths, OVERRIDES, today=dt.date(2026, 11, 22))


def test_counts_are_those_of_the_sources(imported: tuple[Path, ImportReport]) -> None:
    _, report = imported
    snapshot = report.snapshot
    assert (snapshot.names, snapshot.sessions) == (634, 2500)
    assert (snapshot.first_date, snapshot.last_date) == (
        dt.date(2015, 1, 2), dt.date(2024, 12, 6),
    )  # fmt: skip
    prices = report.table("prices")
    assert prices.read == 1_477_568
    assert prices.quarantined == {}
    assert prices.stored == 1_477_568 - prices.excluded == 1_472_290
    assert prices.flagged["ohlc_disorder"] == 9
    assert report.table("membership").read == 1_231
    assert report.table("membership").out_of_scope == 524
    filings = report.table("fundamentals")
    assert filings.read == 78_552
    assert filings.out_of_scope == 44_263
    assert sum(filings.quarantined.values()) == 683
    assert report.table("indices").stored == 247_899
    assert report.table("rates").stored == 47_583
    assert report.unmatched_overrides == ()


def test_coverage_is_that_of_the_sources(imported: tuple[Path, ImportReport]) -> None:
    by_year = imported[1].snapshot.coverage_by_year
    assert 0.985 < np.mean([by_year[year] for year in ("2019", "2020", "2021")])
    assert min(by_year[year] for year in ("2022", "2023")) > 0.993
    assert 0.87 < by_year["2015"] < by_year["2018"]


def test_no_series_keeps_the_jump_of_a_wrong_basis(imported: tuple[Path, ImportReport]) -> None:
    panel = Catalog(imported[0]).price_panel("us", ["adj_close"])
    danaher = panel.arrays["adj_close"][:, panel.tickers.index("DHR")]
    danaher = danaher[np.isfinite(danaher)]
    assert np.abs(np.diff(danaher) / danaher[:-1]).max() < 0.15
    noble = panel.arrays["adj_close"][:, panel.tickers.index("NBL")]
    noble = noble[np.isfinite(noble)]
    assert noble[-1] == pytest.approx(8.46, abs=0.01)


def test_false_dividends_are_not_in_the_market(imported: tuple[Path, ImportReport]) -> None:
    # Amounts from before a split beside prices after it: only what follows the split is right.
    panel = Catalog(imported[0]).price_panel("us", ["adj_close"])
    for ticker, split in (("LRCX", "2024-10-03"), ("CTAS", "2024-09-12")):
        level = panel.arrays["adj_close"][:, panel.tickers.index(ticker)]
        first = panel.sessions[np.isfinite(level)][0]
        assert first == np.datetime64(split)


def test_ends_of_listings_are_told_apart(imported: tuple[Path, ImportReport]) -> None:
    securities = Catalog(imported[0]).securities("us").set_index("ticker")
    assert securities["delisting_return"][["SIVB", "SBNY", "FRC"]].max() <= -0.99
    assert str(securities["last_session"]["SIVB"].date()) == "2023-03-09"
    assert not securities["data_ended"]["TWTR"]
    assert securities["data_ended"][["ATVI", "XLNX", "KSU"]].all()
    assert securities["last_session"][["AAPL", "MSFT"]].isna().all()
    assert securities["sector"].isna().sum() == 2


def test_known_values_survive(imported: tuple[Path, ImportReport]) -> None:
    catalog = Catalog(imported[0])
    panel = catalog.price_panel("us", ["close", "adj_close"])
    apple = panel.arrays["close"][:, panel.tickers.index("AAPL")]
    place = int(np.searchsorted(panel.sessions, np.datetime64("2020-08-28")))
    np.testing.assert_allclose(apple[place : place + 2], [124.81, 129.04], atol=0.005)
    assert int((~panel.full_basis).sum()) == 7
    dates, vix = catalog.index_series("us", "^VIX", "close") or (np.empty(0), np.empty(0))
    assert vix[dates == np.datetime64("2020-03-16")] == pytest.approx(82.69)
    assert catalog.rate_series("us", "DGS3MO") is not None
