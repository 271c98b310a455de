from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.catalog import Catalog
from data.errors import BadTableError, StoreCorruptError, UnknownBookError, UnknownSourceError
from data.store import MarketTables, Snapshot, write_market

Maker = Callable[[], MarketTables]


def write(home: Path, tables: MarketTables, name: str = "us") -> Snapshot:
    return write_market(home, name, tables, simulated=False, return_basis="x", origin="a test")


@st.composite
def sparse_bars(draw: st.DrawFn) -> pd.DataFrame:
    """Bars of a few tickers on a few days, any cell may be missing, rows in any order."""
    tickers = draw(
        st.lists(st.from_regex(r"[A-Z]{1,3}", fullmatch=True), min_size=1, max_size=5, unique=True)
    )
    days = draw(
        st.lists(
            st.dates(dt.date(2015, 1, 1), dt.date(2015, 3, 1)), min_size=1, max_size=8, unique=True
        )
    )
    cells = [(day, ticker) for day in days for ticker in tickers]
    kept = draw(st.lists(st.sampled_from(cells), min_size=1, unique=True))
    prices = st.floats(0.01, 1e6, allow_nan=False)
    frame = pd.DataFrame(kept, columns=["date", "ticker"])
    frame["date"] = pd.to_datetime(frame["date"])
    for column in ("close", "adj_close"):
        frame[column] = draw(st.lists(prices, min_size=len(kept), max_size=len(kept)))
    volumes = st.one_of(st.just(float("nan")), st.floats(0.0, 1e9, allow_nan=False))
    frame["volume"] = draw(st.lists(volumes, min_size=len(kept), max_size=len(kept)))
    return frame


@settings(max_examples=25, deadline=None)
@given(sparse_bars())
def test_the_panel_is_what_pandas_pivots(bars: pd.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tickers = sorted(set(bars["ticker"]))
        write(Path(folder), MarketTables(bars, pd.DataFrame({"ticker": tickers})))
        panel = Catalog(Path(folder)).price_panel("us", ["close", "adj_close", "volume", "open"])
    assert panel.tickers == tuple(tickers)
    for column in ("close", "adj_close", "volume"):
        pivot = bars.pivot(index="date", columns="ticker", values=column)[tickers].sort_index()
        assert panel.sessions.tolist() == [day.date() for day in pivot.index]
        assert panel.arrays[column].dtype == np.float64
        assert panel.arrays[column].flags.c_contiguous
        np.testing.assert_array_equal(panel.arrays[column], pivot.to_numpy())
    assert np.isnan(panel.arrays["open"]).all()


def test_a_panel_without_holes_is_the_same_panel(tmp_path: Path, tables: Maker) -> None:
    whole = tables().prices.query("ticker == 'AAA'")
    write(tmp_path, MarketTables(whole, tables().securities))
    panel = Catalog(tmp_path).price_panel("us", ["close"])
    assert panel.arrays["close"].tolist() == [[10.5], [11.5], [12.5], [13.5], [14.5], [15.5]]


def test_basis_is_told_by_ticker(tmp_path: Path, tables: Maker) -> None:
    prices = tables().prices
    prices["basis"] = prices["ticker"].map({"AAA": "full", "BBB": "adj_only", "CCC": None})
    write(tmp_path, MarketTables(prices, tables().securities))
    assert Catalog(tmp_path).price_panel("us", ["close"]).full_basis.tolist() == [True, False, True]


def test_tables_come_back_typed_and_sorted(tmp_path: Path, tables: Maker) -> None:
    write(tmp_path, tables())
    catalog = Catalog(tmp_path)
    securities = catalog.securities("us")
    assert securities["ticker"].tolist() == ["AAA", "BBB", "CCC"]
    assert securities["sector"].isna().tolist() == [False, False, True]
    assert securities["data_ended"].dtype == bool
    membership = catalog.membership("us")
    assert membership["end_date"].dtype == "datetime64[s]"
    assert membership["end_date"].isna().tolist() == [True, False, True]
    assert list(catalog.fundamentals("us").columns)[:3] == [
        "ticker",
        "period_end",
        "available_date",
    ]
    assert len(catalog.findings("us")) == 0


def test_series_of_indices_and_rates(tmp_path: Path, tables: Maker) -> None:
    write(tmp_path, tables())
    catalog = Catalog(tmp_path)
    dates, values = catalog.index_series("us", "^VIX", "close") or (None, None)
    assert dates.dtype == "datetime64[D]"
    assert values.tolist() == [13.0, 14.0, 15.0]
    assert np.isnan((catalog.index_series("us", "^VIX", "volume") or ())[1]).all()
    assert catalog.index_series("us", "SPY", "close") is None
    assert catalog.index_tickers("us") == ("^VIX",)
    assert (catalog.rate_series("us", "DGS3MO") or ())[1].tolist() == [5.3, 5.4]
    assert catalog.rate_series("us", "DGS9YR") is None


@pytest.mark.parametrize("ticker", ["^VIX' OR '1'='1", "*", "^VIX'; DROP TABLE x; --"])
def test_values_are_bound_and_never_run(tmp_path: Path, tables: Maker, ticker: str) -> None:
    write(tmp_path, tables())
    assert Catalog(tmp_path).index_series("us", ticker, "close") is None


def test_an_unknown_column_is_refused_before_any_query(tmp_path: Path, tables: Maker) -> None:
    write(tmp_path, tables())
    with pytest.raises(BadTableError, match=r"was 'adjclose'. Did you mean 'adj_close'"):
        Catalog(tmp_path).price_panel("us", ["adjclose"])
    with pytest.raises(BadTableError, match="must be one of"):
        Catalog(tmp_path).index_series("us", "^VIX", "1; SELECT 1")


def test_unknown_names_list_what_there_is(tmp_path: Path, tables: Maker) -> None:
    catalog = Catalog(tmp_path)
    with pytest.raises(UnknownSourceError, match="was 'us'; the store is empty"):
        catalog.snapshot("us")
    write(tmp_path, tables(), "us")
    write(tmp_path, tables(), "europe")
    assert catalog.sources() == ("europe", "us")
    with pytest.raises(UnknownSourceError, match=r"has europe, us. Did you mean 'europe'"):
        catalog.price_panel("euorpe", ["close"])
    with pytest.raises(LookupError):
        catalog.securities("../us")
    with pytest.raises(UnknownBookError, match="there are none yet"):
        catalog.book("mine")


def _truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flip(content: bytes) -> bytes:
    middle = len(content) // 3
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("spoil", [_truncate, _flip, lambda _: b"", lambda _: b"<html>"])
@pytest.mark.parametrize("table", ["prices", "securities"])
def test_a_damaged_file_is_an_error_and_never_a_number(
    tmp_path: Path, tables: Maker, spoil: Callable[[bytes], bytes], table: str
) -> None:
    path = write(tmp_path, tables()).path / f"{table}.parquet"
    path.write_bytes(spoil(path.read_bytes()))
    catalog = Catalog(tmp_path)
    read = {
        "prices": lambda: catalog.price_panel("us", ["close"]),
        "securities": lambda: catalog.securities("us"),
    }
    with pytest.raises(StoreCorruptError, match=f"file of {table} is damaged.*Import the files"):
        read[table]()


def test_a_file_that_vanished_is_a_typed_error(tmp_path: Path, tables: Maker) -> None:
    (write(tmp_path, tables()).path / "rates.parquet").unlink()
    with pytest.raises(StoreCorruptError, match="file of rates is damaged"):
        Catalog(tmp_path).rate_series("us", "DGS3MO")


def test_a_new_snapshot_is_seen_by_a_catalog_that_is_open(tmp_path: Path, tables: Maker) -> None:
    write(tmp_path, tables())
    catalog = Catalog(tmp_path)
    assert catalog.price_panel("us", ["close"]).arrays["close"][0, 0] == 10.5
    prices = tables().prices
    prices["close"] += 1.0
    write(tmp_path, MarketTables(prices, tables().securities))
    assert catalog.price_panel("us", ["close"]).arrays["close"][0, 0] == 11.5


def test_many_threads_get_their_own_answers(tmp_path: Path, tables: Maker) -> None:
    write(tmp_path, tables())
    catalog = Catalog(tmp_path)

    def ask(number: int) -> list[float]:
        if number % 2:
            return (catalog.rate_series("us", "DGS3MO") or ())[1].tolist()
        return catalog.price_panel("us", ["close"]).arrays["close"][0].tolist()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(60)))
    assert answers == [[10.5, 10.5, 10.5], [5.3, 5.4]] * 30


@pytest.mark.parametrize("folder", ["plain", "with space", "br[0]cket", "st*r", "what?"])
def test_the_home_may_have_signs_that_mean_something_to_a_glob(
    tmp_path: Path, tables: Maker, folder: str
) -> None:
    write(tmp_path / folder, tables())
    write(
        tmp_path / "br0cket", MarketTables(tables().prices.assign(close=1.0), tables().securities)
    )
    panel = Catalog(tmp_path / folder).price_panel("us", ["close"])
    assert panel.arrays["close"][0, 0] == 10.5


def test_the_database_reads_nothing_outside_its_home(tmp_path: Path, tables: Maker) -> None:
    home = tmp_path / "home"
    write(home, tables())
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    catalog = Catalog(home)
    catalog.securities("us")
    cursor = catalog._connect().cursor()
    for sql in (
        f"SELECT * FROM read_csv('{outside}')",
        f"SELECT * FROM read_csv('{home}/../outside.csv')",
        "SET enable_external_access=true",
        f"COPY (SELECT 1) TO '{outside}'",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            cursor.execute(sql)
    leaked = tables().prices  # a local frame must not become a table by its name
    assert len(leaked)
    with pytest.raises(duckdb.Error):
        cursor.execute("SELECT * FROM leaked")
