"""All series of a fetched table in one file, sorted by date and ticker: made for reading.

The small files stay the truth. The compact file is named after the digest of its bytes, a manifest
names it and the state of the small files it was made of; both are replaced in one step. So a reader
sees an old table or a new one, and a damaged one is noticed and made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import disk_errors, fsync_folder, replace_file, temporary, write_lock
from data.fetched import FetchedStore
from data.fetched_errors import FetchedBasisError, FetchedCorruptError
from data.fetched_file import FileFaultError, read_label
from data.fetched_tables import SUPERSEDED_AT, FetchedTable, fetched_table
from data.publish import file_digest, write_parquet

__all__ = ["Compacted", "compact", "one_provider", "read_compacted"]

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Compacted:
    """One compact table.

    Attributes
    ----------
    path : Path
        Parquet: columns of the table, ``fetched_at``, ``provider`` and ``base``; rows in force,
        sorted by date, ticker and provider. Several providers may have a ticker: choose one.
    digest : str
        Of the bytes of the file.
    state : str
        Hash of the small files it was made of.
    rows, series : int
    refetch : tuple of (provider, ticker)
        Series that were set aside as damaged or foreign, and are missing here.
    """

    path: Path
    digest: str
    state: str
    rows: int
    series: int
    refetch: tuple[tuple[str, str], ...]


def compact(store: FetchedStore, table: str) -> Compacted:
    """Return the compact file of a table, made again only where the small files have changed.

    Raises
    ------
    BadNameError, StoreBusyError, StoreFullError, StoreWriteError, FetchedReadError
    """
    spec = fetched_table(table)
    folder = store.root / "compact"
    lock = store.home / "fetched" / ".locks" / f"compact-{table}.lock"
    with write_lock(lock, f"the compact file of {table}"), disk_errors(table, folder):
        state = _state(store, table)
        made = _made(folder, table)
        if made is not None and made.state == state and _whole(made):
            return made
        return _compact(store, spec, folder, state)


def read_compacted(store: FetchedStore, table: str) -> pa.Table:
    """Return a table whole, as `compact` describes it, brought up to date and checked first."""
    for _ in range(_ATTEMPTS):
        found = compact(store, table)
        try:
            with found.path.open("rb") as file:
                content = file.read()
        except FileNotFoundError:
            continue  # another process put a newer one in its place
        if _digest(content) == found.digest:
            return pq.ParquetFile(pa.BufferReader(content)).read()
    raise FetchedCorruptError(table, "all providers", "all", "damaged", "it changes while read")


def one_provider(table: pa.Table, order: Sequence[str]) -> pa.Table:
    """Return the rows of the first provider of `order` that has the ticker, for each ticker.

    So that no series is made of two providers. Give bars first, and actions of the same choice.

    Raises
    ------
    FetchedBasisError
        A provider of the table is not in `order`.
    """
    tickers, providers = (
        table[name].combine_chunks().dictionary_encode() for name in ("ticker", "provider")
    )
    names = providers.dictionary.to_pylist()
    unknown = sorted(set(names) - set(order))
    if unknown:
        raise FetchedBasisError(
            f"order must name every provider of the table, {', '.join(unknown)} is not in "
            f"{', '.join(order) or 'an empty order'}. Add it where it belongs."
        )
    rank = np.array([order.index(name) for name in names], dtype=np.int64)
    place = tickers.indices.to_numpy()
    ranks = rank[providers.indices.to_numpy()] if names else np.zeros(0, dtype=np.int64)
    best = np.full(len(tickers.dictionary), len(order), dtype=np.int64)
    np.minimum.at(best, place, ranks)
    return table.filter(pa.array(ranks == best[place]))


def _compact(store: FetchedStore, spec: FetchedTable, folder: Path, state: str) -> Compacted:
    folder.mkdir(parents=True, exist_ok=True)
    parts = _parts(store, spec)
    bad = [item for item in store.quarantined() if item.table == spec.name and item.refetch]
    refetch = dict.fromkeys((item.provider, item.ticker) for item in bad)
    order = [spec.date, "ticker", "provider"] if spec.date else ["ticker", "provider"]
    schema = _schema(spec)
    whole = pa.concat_tables(parts) if parts else schema.empty_table()
    whole = whole.sort_by([(name, "ascending") for name in order])
    scratch = temporary(folder / f"{spec.name}.parquet")
    try:
        digest = write_parquet(scratch, whole)
        path = folder / f"{spec.name}-{digest}.parquet"
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    fsync_folder(folder)
    done = Compacted(path, digest, state, whole.num_rows, len(parts), tuple(refetch))
    text = json.dumps({**asdict(done), "path": path.name}, indent=1)
    replace_file(folder / f"{spec.name}.json", text.encode())
    for other in folder.glob(f"{spec.name}-*.parquet"):
        if other != path:
            other.unlink(missing_ok=True)
    return done


def _parts(store: FetchedStore, spec: FetchedTable) -> list[pa.Table]:
    parts = []
    for provider in store.providers(spec.name):
        for ticker, _ in store.files(spec.name, provider):
            try:
                series = store.read(spec.name, provider, ticker)
            except FetchedCorruptError:
                continue  # it is in quarantine now, and counted there
            if series is None or not series.rows.num_rows:
                continue
            rows = series.rows.drop_columns([SUPERSEDED_AT])
            for name, value in (("provider", provider), ("base", series.label.base)):
                rows = rows.append_column(name, pa.repeat(pa.scalar(value), rows.num_rows))
            parts.append(rows.cast(_schema(spec)))
    return parts


def _schema(spec: FetchedTable) -> pa.Schema:
    kept = [field for field in spec.stored if field.name != SUPERSEDED_AT]
    return pa.schema([*kept, ("provider", pa.string()), ("base", pa.string())])


def _state(store: FetchedStore, table: str) -> str:
    # Footers alone; a series that is damaged between its footers was read whole when it was made.
    digest = hashlib.blake2b(digest_size=16)
    for provider in store.providers(table):
        for ticker, path in store.files(table, provider):
            try:
                fingerprint = read_label(path)[1]
            except (FileFaultError, FileNotFoundError):
                fingerprint = "none"
            digest.update(f"{provider}/{ticker}={fingerprint};".encode())
    return digest.hexdigest()


def _made(folder: Path, table: str) -> Compacted | None:
    try:
        values: dict[str, Any] = json.loads((folder / f"{table}.json").read_bytes())
        values["path"] = folder / values["path"]
        values["refetch"] = tuple((provider, ticker) for provider, ticker in values["refetch"])
        return Compacted(**values)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # the small files are the truth: make it again


def _whole(made: Compacted) -> bool:
    try:
        return file_digest(made.path) == made.digest
    except OSError:
        return False


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
