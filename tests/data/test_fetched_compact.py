from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data.fetched import FetchedStore
from data.fetched_compact import compact, one_provider, read_compacted
from data.fetched_errors import FetchedBasisError
from tests.data.fetched_cases import bars, day, source


@pytest.fixture
def store(tmp_path: Path) -> FetchedStore:
    made = FetchedStore(tmp_path)
    window = (day(0), day(9))
    for ticker in ("BBB", "AAA", "KMPpL"):
        made.append("bars", ticker, bars(range(10), ticker=ticker), source(), window)
    made.append("bars", "AAA", bars([1], close=50.0), source(1), (day(1), day(1)))
    yahoo = source(provider="yahoo", base="split")
    made.append("bars", "AAA", bars(range(5)), yahoo, window)
    return made


def test_one_file_has_the_rows_in_force_by_date_and_ticker(store: FetchedStore) -> None:
    found = compact(store, "bars")
    assert (found.rows, found.series, found.refetch) == (35, 4, ())
    sql = "SELECT date, ticker, provider FROM read_parquet(?)"
    with duckdb.connect() as connection:
        rows = connection.execute(sql, [str(found.path)]).fetchall()
        close = connection.execute(
            "SELECT close FROM read_parquet(?) WHERE ticker = 'AAA' AND date = ? AND base = 'raw'",
            [str(found.path), day(1)],
        ).fetchall()
    assert rows == sorted(rows)
    assert close == [(51.0,)]
    assert read_compacted(store, "bars").num_rows == 35


def test_it_is_made_again_only_where_something_changed(store: FetchedStore) -> None:
    first = compact(store, "bars")
    stamp = first.path.stat().st_mtime_ns
    assert compact(store, "bars") == first
    assert first.path.stat().st_mtime_ns == stamp
    store.append("bars", "BBB", bars([9, 10], ticker="BBB"), source(2), (day(9), day(10)))
    second = compact(store, "bars")
    assert second.rows == 36
    assert second.path != first.path
    assert not first.path.exists()


def test_a_damaged_compact_file_is_made_again(store: FetchedStore) -> None:
    first = compact(store, "bars")
    content = bytearray(first.path.read_bytes())
    content[200] ^= 4
    first.path.write_bytes(bytes(content))
    assert read_compacted(store, "bars").num_rows == 35
    (store.root / "compact" / "bars.json").write_text("{")
    assert compact(store, "bars") == first


def test_a_damaged_series_is_left_out_and_named(store: FetchedStore) -> None:
    path = store.path("bars", "polygon", "BBB")
    path.write_bytes(path.read_bytes()[:-9])
    found = compact(store, "bars")
    assert (found.rows, found.refetch) == (25, (("polygon", "BBB"),))
    store.append("bars", "BBB", bars(range(10), ticker="BBB"), source(), (day(0), day(9)))
    assert compact(store, "bars").refetch == ()


def test_an_empty_table_is_a_file_without_rows(tmp_path: Path) -> None:
    found = compact(FetchedStore(tmp_path), "details")
    assert (found.rows, found.series) == (0, 0)
    assert read_compacted(FetchedStore(tmp_path), "details").num_rows == 0


def test_of_two_providers_each_ticker_has_the_first_that_knows_it(store: FetchedStore) -> None:
    store.append(
        "bars", "ONLY", bars([1], ticker="ONLY"), source(provider="yahoo"), (day(1), day(1))
    )
    whole = read_compacted(store, "bars")
    for order, rows in ((("polygon", "yahoo"), 31), (("yahoo", "polygon"), 26)):
        found = one_provider(whole, order)
        pairs = set(zip(found["ticker"].to_pylist(), found["provider"].to_pylist(), strict=True))
        assert {ticker for ticker, _ in pairs} == {"AAA", "BBB", "KMPpL", "ONLY"}
        assert len(pairs) == 4, "one provider a ticker"
        assert found.num_rows == rows
        assert ("AAA", order[0]) in pairs
    with pytest.raises(FetchedBasisError, match="yahoo is not in polygon"):
        one_provider(whole, ("polygon",))
    assert one_provider(whole.slice(0, 0), ("polygon",)).num_rows == 0
