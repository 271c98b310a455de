"""How a snapshot gets into the store: written aside, renamed whole, then pointed at."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import fsync_folder, replace_file, temporary
from data.snapshot import CURRENT, MANIFEST, Snapshot

__all__ = ["FINDINGS", "SLOT", "file_digest", "publish", "write_parquet"]

SLOT = "slot"
FINDINGS = "findings"
# DuckDB reads row groups in parallel; this is its own natural size.
_ROW_GROUP = 122_880


def publish(
    folder: Path, snapshot: Snapshot, files: Mapping[str, pa.Table], former: str | None
) -> Snapshot:
    """Write `files` and the manifest as the current snapshot of the market in `folder`.

    The caller holds the market's lock. Whatever fails, the pointer keeps naming a whole snapshot.

    Parameters
    ----------
    folder : Path
        Folder of the market.
    snapshot : Snapshot
        Manifest to be; its ``path`` and ``files`` are set here.
    files : mapping of str to Table
        Tables by file name without suffix.
    former : str or None
        Snapshot that was current until now; it is kept, older ones are removed. None = there was
        none, or nobody can tell which: nothing is removed before the new one is current.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep_unfinished(folder, former)
    final = folder / snapshot.snapshot_id
    scratch = temporary(final)
    try:
        scratch.mkdir()
        digests = {
            name: write_parquet(scratch / f"{name}.parquet", table) for name, table in files.items()
        }
        done = replace(snapshot, path=final, files=digests)
        replace_file(scratch / MANIFEST, done.manifest())
        fsync_folder(scratch)
        os.replace(scratch, final)
        fsync_folder(folder)
        replace_file(folder / CURRENT, f"{snapshot.snapshot_id}\n".encode())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _sweep_older(folder, {former, snapshot.snapshot_id})
    return done


def write_parquet(path: Path, table: pa.Table) -> str:
    """Write one parquet file through to the disk; return the digest of its bytes."""
    texts = [item.name for item in table.schema if pa.types.is_string(item.type)]
    with path.open("wb") as file:
        pq.write_table(
            table,
            file,
            compression="snappy",
            use_dictionary=texts,
            row_group_size=_ROW_GROUP,
            write_page_checksum=True,
        )
        file.flush()
        os.fsync(file.fileno())
    return file_digest(path)


def file_digest(path: Path) -> str:
    """Return the blake2b digest of a file's bytes, 32 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _sweep_unfinished(folder: Path, current: str | None) -> None:
    # What a crash left behind: scratch files, and whole snapshots that were never pointed at.
    # Identifiers start with their time, so those are the ones after the current one. Where nobody
    # knows which is current, any of them may be: none goes before a new one is in place.
    for entry in folder.iterdir():
        orphan = current is not None and entry.is_dir() and entry.name > current
        if entry.suffix == ".tmp" or orphan:
            _remove(entry)


def _sweep_older(folder: Path, keep: set[str | None]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in keep:
            _remove(entry)


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
