from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from data.catalog import Catalog
from data.errors import (
    BadTableError,
    MissingColumnError,
    MixedMarketError,
    StoreBusyError,
    StoreCorruptError,
    StoreVersionError,
    StoreWriteError,
    UnknownSourceError,
)
from data.snapshot import CURRENT, Snapshot, current_snapshot, store_folder
from data.store import MarketTables, write_market

Maker = Callable[[], MarketTables]


def write(
    home: Path, tables: MarketTables, name: str = "us", *, simulated: bool = False
) -> Snapshot:
    return write_market(
        home, name, tables, simulated=simulated, return_basis="total return", origin="a test"
    )


def with_close(tables: MarketTables, close: float) -> MarketTables:
    return replace(tables, prices=tables.prices.assign(close=close))


def closes(home: Path) -> set[float]:
    panel = Catalog(home).price_panel("us", ["close"]).arrays["close"]
    return set(panel[np.isfinite(panel)].tolist())


def snapshots(home: Path) -> list[str]:
    return sorted(path.name for path in (store_folder(home) / "us").iterdir() if path.is_dir())


def test_the_manifest_says_what_is_stored(tmp_path: Path, tables: Maker) -> None:
    snapshot = write(tmp_path, tables())
    assert snapshot == current_snapshot(tmp_path, "us")
    assert (snapshot.names, snapshot.sessions) == (3, 6)
    assert (str(snapshot.first_date), str(snapshot.last_date)) == ("2024-01-02", "2024-01-09")
    assert snapshot.coverage == pytest.approx(15 / 16)
    assert snapshot.created_at.tzinfo is not None
    assert sorted(path.name for path in snapshot.path.iterdir()) == [
        "fundamentals.parquet", "indices.parquet", "manifest.json", "membership.parquet",
        "prices.parquet", "rates.parquet", "securities.parquet",
    ]  # fmt: skip


def test_prices_are_sorted_by_date_then_ticker_and_pages_carry_checksums(
    tmp_path: Path, tables: Maker
) -> None:
    snapshot = write(tmp_path, replace(tables(), prices=tables().prices.sample(frac=1.0)))
    file = pq.ParquetFile(snapshot.path / "prices.parquet", page_checksum_verification=True)
    frame = file.read().to_pandas()
    assert frame[["date", "ticker"]].equals(
        frame[["date", "ticker"]].sort_values(["date", "ticker"], ignore_index=True)
    )
    assert str(file.schema_arrow.field("date").type) == "date32[day]"


def test_the_fingerprint_hashes_contents_not_order_or_bytes(tmp_path: Path, tables: Maker) -> None:
    first = write(tmp_path, tables())
    shuffled = replace(tables(), prices=tables().prices.sample(frac=1.0, random_state=1))
    again = write(tmp_path, shuffled)
    other = write(tmp_path, with_close(tables(), 7.0))
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert first.snapshot_id != again.snapshot_id


def test_a_home_that_is_a_file_is_explained(tmp_path: Path, tables: Maker) -> None:
    home = tmp_path / "home"
    home.write_text("not a folder")
    with pytest.raises(StoreWriteError, match="set PLIMSOLL_HOME"):
        write(home, tables())


@pytest.mark.parametrize(
    ("version", "message"),
    [(0, "must be stored with schema version 1, was 0.*Import the files"), (99, "newer Plimsoll")],
)
def test_another_schema_version_is_refused_and_a_new_import_replaces_it(
    tmp_path: Path, tables: Maker, version: int, message: str
) -> None:
    snapshot = write(tmp_path, with_close(tables(), 1.0))
    manifest = snapshot.path / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "schema_version": version}))
    with pytest.raises(StoreVersionError, match=message):
        Catalog(tmp_path).price_panel("us", ["close"])
    write(tmp_path, with_close(tables(), 2.0))
    assert closes(tmp_path) == {2.0}
    assert snapshot.path.is_dir()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema_version": 1}', b"\xff\xfe"])
def test_a_damaged_manifest_is_a_typed_error_and_can_be_replaced(
    tmp_path: Path, tables: Maker, content: bytes
) -> None:
    snapshot = write(tmp_path, tables())
    (snapshot.path / "manifest.json").write_bytes(content)
    with pytest.raises((StoreCorruptError, StoreVersionError), match="Import the files again"):
        current_snapshot(tmp_path, "us")
    write(tmp_path, with_close(tables(), 2.0))
    assert closes(tmp_path) == {2.0}


@pytest.mark.parametrize("pointer", ["", "../../etc", "20010101T000000000000-000000000000"])
def test_a_damaged_pointer_is_a_typed_error(tmp_path: Path, tables: Maker, pointer: str) -> None:
    write(tmp_path, tables())
    (store_folder(tmp_path) / "us" / "CURRENT").write_text(pointer)
    with pytest.raises(StoreCorruptError, match=r"cannot be read.*Import the files again"):
        current_snapshot(tmp_path, "us")


def test_simulated_and_real_data_never_share_a_name(tmp_path: Path, tables: Maker) -> None:
    write(tmp_path, tables(), "demo", simulated=True)
    write(tmp_path, tables(), "us")
    with pytest.raises(MixedMarketError, match="kept for the simulated market"):
        write(tmp_path, tables(), "demo")
    with pytest.raises(MixedMarketError, match="holds real data and must not be replaced"):
        write(tmp_path, tables(), "us", simulated=True)
    assert Catalog(tmp_path).snapshot("demo").simulated
    assert not Catalog(tmp_path).snapshot("us").simulated


def test_a_writer_that_waits_too_long_says_who_is_in_the_way(tmp_path: Path, tables: Maker) -> None:
    lock = store_folder(tmp_path) / ".locks" / "us.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock), pytest.raises(StoreBusyError, match="'us' is being written by another"):
        write_market(
            tmp_path, "us", tables(), simulated=False, return_basis="", origin="", lock_timeout=0.05
        )


def _write_often(
    home: Path,
    tables: MarketTables,
    closes_: list[float],
    turns: Sequence[Event],
) -> None:
    for close, turn in zip(closes_, turns, strict=True):
        assert turn.wait(60.0)
        write(home, with_close(tables, close))


def test_two_processes_write_in_turn_and_readers_never_see_half(
    tmp_path: Path, tables: Maker
) -> None:
    write(tmp_path, with_close(tables(), 1.0))
    context = multiprocessing.get_context("spawn")
    # A snapshot survives one later write, so that a reader has time; two writers may be faster.
    turns = [context.Event() for _ in range(2)]
    writers = [
        context.Process(target=_write_often, args=(tmp_path, tables(), [10.0 + n, 20.0 + n], turns))
        for n in range(2)
    ]
    for writer in writers:
        writer.start()
    seen = closes(tmp_path)
    assert seen == {1.0}
    turns[0].set()  # both write their first market, and no second one before it was read
    while any(writer.is_alive() for writer in writers):
        found = closes(tmp_path)
        assert len(found) == 1
        seen |= found
        if found <= {10.0, 11.0}:
            turns[1].set()
        time.sleep(0.01)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert closes(tmp_path) <= {20.0, 21.0}
    assert seen <= {1.0, 10.0, 11.0, 20.0, 21.0}
    assert len(seen) > 1
    assert len(snapshots(tmp_path)) == 2


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (lambda p: p.drop(columns="close"), MissingColumnError, "must have a column 'close'"),
        (lambda p: p.assign(clos=1.0), BadTableError, "no column 'clos'.*Did you mean 'close'"),
        (lambda p: p.assign(close=0.0), BadTableError, "prices.close must be finite and above 0"),
        (lambda p: p.assign(open=np.inf), BadTableError, "prices.open must be finite"),
        (lambda p: p.assign(close=np.nan), BadTableError, "15 of 15 are empty"),
        (lambda p: p.assign(close="x"), BadTableError, "prices.close must be number"),
        (lambda p: p.assign(date="2024-01-02"), BadTableError, "prices.date must be date"),
        (lambda p: p.assign(date=p.date + pd.Timedelta("1h")), BadTableError, "must be date"),
        (lambda p: p.assign(ticker=1), BadTableError, "prices.ticker must be text"),
        (lambda p: p.assign(basis="raw"), BadTableError, "basis must be one of"),
        (lambda p: pd.concat([p, p[:1]]), BadTableError, "one row for each date, ticker, has two"),
        (lambda p: p[:0], BadTableError, "prices must have bars"),
        (lambda p: p.assign(ticker=p.ticker + "X"), BadTableError, "securities must have a row"),
    ],
)
def test_tables_that_break_the_schema_are_refused(
    tmp_path: Path,
    tables: Maker,
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
    kind: type[Exception],
    message: str,
) -> None:
    good = tables()
    with pytest.raises(kind, match=message):
        write(tmp_path, replace(good, prices=spoil(good.prices)))
    assert not store_folder(tmp_path).exists()


@pytest.mark.parametrize("name", ["", ".", "..", "US", "us/", "../store/us"])
def test_only_a_name_that_is_listed_is_a_market(tmp_path: Path, tables: Maker, name: str) -> None:
    # A disk that ignores case would open US; a pointer beside the markets would open "." and "..".
    write(tmp_path, tables())
    for folder in (store_folder(tmp_path), tmp_path):
        (folder / CURRENT).write_text("elsewhere")
    with pytest.raises(UnknownSourceError):
        current_snapshot(tmp_path, name)


def test_a_market_that_is_not_there_says_both_ways_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownSourceError, match=r"plimsoll import .* or fetch it with `plimsoll"):
        current_snapshot(tmp_path, "elsewhere")
