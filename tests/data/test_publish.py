"""What stands in the store when a write fails half way."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from data.catalog import Catalog
from data.errors import StoreFullError, StoreWriteError
from data.snapshot import Snapshot, store_folder
from data.store import MarketTables, write_market

Maker = Callable[[], MarketTables]


def write(home: Path, tables: MarketTables) -> Snapshot:
    return write_market(
        home, "us", tables, simulated=False, return_basis="total return", origin="a test"
    )


def with_close(tables: MarketTables, close: float) -> MarketTables:
    return replace(tables, prices=tables.prices.assign(close=close))


def closes(home: Path) -> set[float]:
    panel = Catalog(home).price_panel("us", ["close"]).arrays["close"]
    return set(panel[np.isfinite(panel)].tolist())


def snapshots(home: Path) -> list[str]:
    return sorted(path.name for path in (store_folder(home) / "us").iterdir() if path.is_dir())


def test_one_former_snapshot_is_kept_and_older_ones_go(tmp_path: Path, tables: Maker) -> None:
    ids = [write(tmp_path, with_close(tables(), float(close))).snapshot_id for close in (1, 2, 3)]
    assert snapshots(tmp_path) == ids[1:]
    assert closes(tmp_path) == {3.0}


@pytest.mark.parametrize("failing_call", [1, 2, 3])
def test_a_crash_at_any_rename_leaves_the_former_snapshot(
    tmp_path: Path, tables: Maker, monkeypatch: pytest.MonkeyPatch, failing_call: int
) -> None:
    write(tmp_path, with_close(tables(), 1.0))
    real, calls = os.replace, []

    def crash(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == failing_call:
            raise KeyboardInterrupt
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, with_close(tables(), 2.0))
    assert closes(tmp_path) == {1.0}
    write(tmp_path, with_close(tables(), 3.0))
    assert closes(tmp_path) == {3.0}
    assert len(snapshots(tmp_path)) == 2
    assert not list(store_folder(tmp_path).rglob("*.tmp"))


def test_leftovers_of_a_killed_writer_are_swept_by_the_next_write(
    tmp_path: Path, tables: Maker
) -> None:
    former = write(tmp_path, with_close(tables(), 1.0))
    stray = former.path.parent / ".20990101T000000-abc.1-2.tmp"
    stray.mkdir()
    (stray / "prices.parquet").write_bytes(b"half")
    orphan = former.path.parent / "29990101T000000000000-0123456789ab"
    orphan.mkdir()
    later = write(tmp_path, with_close(tables(), 2.0))
    assert snapshots(tmp_path) == [former.snapshot_id, later.snapshot_id]


@pytest.mark.parametrize("pointer", [None, "", "../../etc", "20010101T000000000000-000000000000"])
def test_with_an_unreadable_pointer_nothing_goes_before_the_new_snapshot_is_there(
    tmp_path: Path, tables: Maker, monkeypatch: pytest.MonkeyPatch, pointer: str | None
) -> None:
    kept = [write(tmp_path, with_close(tables(), close)).snapshot_id for close in (1.0, 2.0)]
    folder = store_folder(tmp_path) / "us"
    if pointer is None:
        (folder / "CURRENT").unlink()
    else:
        (folder / "CURRENT").write_text(pointer)
    stray = folder / ".20990101T000000-abc.1-2.tmp"
    stray.mkdir()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(StoreFullError):
            write(tmp_path, with_close(tables(), 3.0))
    assert snapshots(tmp_path) == kept
    (folder / "CURRENT").write_text(kept[1])  # what was stored can still be read
    assert closes(tmp_path) == {2.0}
    (folder / "CURRENT").unlink()
    last = write(tmp_path, with_close(tables(), 3.0))
    assert snapshots(tmp_path) == [last.snapshot_id]
    assert closes(tmp_path) == {3.0}


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.ENOSPC, StoreFullError, "the disk is full.*untouched.*PLIMSOLL_HOME"),
        (errno.EROFS, StoreWriteError, "could not be written.*untouched"),
    ],
)
def test_a_full_or_read_only_disk_loses_nothing(
    tmp_path: Path,
    tables: Maker,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
    message: str,
) -> None:
    write(tmp_path, with_close(tables(), 1.0))
    before = snapshots(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(kind, match=message):
            write(tmp_path, with_close(tables(), 2.0))
    assert closes(tmp_path) == {1.0}
    assert snapshots(tmp_path) == before
