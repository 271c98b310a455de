"""From what providers answered to a market that the catalog reads: raw bars, actions, sectors."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from data.catalog import Catalog
from data.fetched import FetchedStore
from data.fetched_compact import one_provider, read_compacted
from data.fetched_tables import FETCHED_TABLES
from data.frames import to_frame
from data.reference_sectors import sector_of
from data.store import MarketTables, write_market
from tests.data.fetched_cases import bars, day, dividends, source

adjustment = pytest.importorskip("data.adjustment", reason="no adjustment here")


def test_fetched_rows_become_a_market_with_sectors_and_total_returns(tmp_path: Path) -> None:
    store, window = FetchedStore(tmp_path), (day(0), day(9))
    split = pa.Table.from_pylist(
        [{"ticker": "V", "execution_date": day(5), "split_from": 1.0, "split_to": 2.0,
          "ratio": 2.0}],
        schema=FETCHED_TABLES["splits"].columns,
    )  # fmt: skip
    before, after = bars(range(5), ticker="V", close=100.0), bars(range(5, 10), ticker="V")
    store.append("bars", "V", pa.concat_tables([before, after]), source(), window)
    store.append("bars", "AAA", bars(range(10)), source(provider="yahoo"), window)
    store.append("bars", "AAA", bars(range(10), close=30.0), source(), window)
    store.append("splits", "V", split, source(), window)
    store.append("dividends", "AAA", dividends((3, 1.0)), source(), window)
    order = ("polygon", "yahoo")
    done = adjustment.adjust(
        *(one_provider(read_compacted(store, name), order) for name in ("bars", "splits")),
        one_provider(read_compacted(store, "dividends"), order),
    )
    sectors = {
        ticker: sector_of(ticker, sic, day(9)).sector
        for ticker, sic in (("AAA", 1311), ("V", 7389))
    }
    securities = to_frame(pa.table({"ticker": list(sectors), "sector": list(sectors.values())}))
    prices = to_frame(done.bars)
    write_market(
        tmp_path,
        "us",
        MarketTables(prices, securities),
        simulated=False,
        return_basis="total return",
        origin="fetched",
    )
    catalog = Catalog(tmp_path)
    panel = catalog.price_panel("us", ["close", "adj_close"])
    assert panel.tickers == ("AAA", "V")
    aaa, visa = panel.arrays["adj_close"].T
    np.testing.assert_allclose(visa[:5], (100.0 + np.arange(5)) / 2)
    np.testing.assert_allclose(visa[5:], 10.0 + np.arange(5, 10))
    np.testing.assert_allclose(aaa[3] / aaa[2], 33.0 / (32.0 - 1.0))
    assert catalog.securities("us")["sector"].tolist() == ["Energy", "Financials"]
    assert panel.sessions[-1] == np.datetime64(dt.date(2024, 1, 10))
