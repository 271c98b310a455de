"""What a stored market says of itself: the manifest, and which snapshot is the current one."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from data.errors import StoreCorruptError, StoreVersionError, UnknownSourceError
from data.schema import SCHEMA_VERSION

__all__ = [
    "CURRENT",
    "MANIFEST",
    "Snapshot",
    "current_pointer",
    "current_snapshot",
    "market_names",
    "store_folder",
]

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
_OF_READERS = {"path", "withheld_from", "stamp"}  # not in the file


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One immutable state of a market in the store.

    Attributes
    ----------
    name, snapshot_id : str
        Market, and the folder of this state below it.
    path : Path
        That folder.
    fingerprint : str
        Hash over the contents of the tables (not the bytes of the files).
    schema_version : int
    created_at : datetime
        Aware, UTC.
    simulated : bool
        True for a generated market; every face then says so.
    return_basis : str
        What returns are made of, in words.
    origin : str
        Where the tables came from, in words.
    first_date, last_date : date
        Of the bars in prices, both inclusive.
    names, sessions : int
        Distinct tickers and dates of prices.
    coverage : float or None
        Share of member-days, within the sessions, that have a bar; None without membership.
    coverage_by_year : dict of str to float
    tables : dict of str to int
        Rows by table.
    quarantined, flagged : dict of str to int
        Rows by ``table: reason``; quarantined rows are not in the tables, flagged ones are.
    excluded : dict of str to int
        Rows taken out by the overrides, by table.
    overrides, notes : tuple of str
        Overrides in force, and what else a reader must know, in words.
    files : dict of str to str
        blake2b digest of each file, by table.
    withheld_from : date or None
        Readers see nothing from this date on (data/holdout.py); not part of the manifest.
    stamp : str
        What every run on these data says of an opened holdout; not part of the manifest.
    """

    name: str
    snapshot_id: str
    path: Path
    fingerprint: str
    schema_version: int
    created_at: dt.datetime
    simulated: bool
    return_basis: str
    origin: str
    first_date: dt.date
    last_date: dt.date
    names: int
    sessions: int
    coverage: float | None
    coverage_by_year: dict[str, float] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    withheld_from: dt.date | None = None
    stamp: str = ""

    def manifest(self) -> bytes:
        """Return the manifest file's content."""
        values = asdict(self)
        for name in _OF_READERS:
            del values[name]
        values["created_at"] = self.created_at.isoformat()
        values["first_date"] = self.first_date.isoformat()
        values["last_date"] = self.last_date.isoformat()
        return json.dumps(values, indent=1, ensure_ascii=False).encode()


def store_folder(home: Path) -> Path:
    """Folder of all markets below PLIMSOLL_HOME."""
    return home / "store"


def market_names(home: Path) -> tuple[str, ...]:
    """Names of the markets that have a current snapshot, sorted."""
    folder = store_folder(home)
    try:
        inside = os.listdir(folder)  # pages ask several times a run, and a glob takes a millisecond
    except OSError:
        return ()
    return tuple(sorted(name for name in inside if os.path.lexists(folder / name / CURRENT)))


def current_pointer(home: Path, name: str) -> str:
    """Return what the pointer of market `name` names, "" when it cannot be read."""
    try:
        text = (store_folder(home) / name / CURRENT).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.strip()


def current_snapshot(home: Path, name: str) -> Snapshot:
    """Return the snapshot that readers of market `name` use now.

    Raises
    ------
    UnknownSourceError
        No such market.
    StoreVersionError
        Written by another schema version.
    StoreCorruptError
        The pointer or the manifest is damaged.
    """
    # Only names that are listed: paths are none, and a disk that ignores case would open any case.
    known = market_names(home)
    if name not in known:
        raise UnknownSourceError(name, known)
    folder = store_folder(home) / name
    snapshot_id = current_pointer(home, name)
    try:
        path = folder / snapshot_id
        if snapshot_id in ("", ".", "..") or Path(snapshot_id).name != snapshot_id:
            raise ValueError("the pointer names no snapshot")
        values = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("the manifest is no object")
        version = values.get("schema_version")
        if version != SCHEMA_VERSION:
            raise StoreVersionError(name, version, SCHEMA_VERSION)
        return _from_manifest(path, values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreCorruptError(
            f"market {name!r} cannot be read: the manifest of snapshot {snapshot_id!r} is damaged "
            f"({error}). Import the files again."
        ) from error


def _from_manifest(path: Path, values: Mapping[str, Any]) -> Snapshot:
    known = {item.name for item in fields(Snapshot)} - _OF_READERS
    parts = {name: values[name] for name in known}
    parts["created_at"] = dt.datetime.fromisoformat(parts["created_at"])
    parts["first_date"] = dt.date.fromisoformat(parts["first_date"])
    parts["last_date"] = dt.date.fromisoformat(parts["last_date"])
    parts["overrides"] = tuple(parts["overrides"])
    parts["notes"] = tuple(parts["notes"])
    return Snapshot(path=path, **parts)
