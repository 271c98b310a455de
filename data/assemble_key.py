"""Whether a market must be made again: a key over everything that it is made of."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from data.assemble_choice import Choice
from data.assemble_overrides import overrides_path
from data.atomic import disk_errors, replace_file
from data.errors import DataError
from data.fetched import FetchedStore
from data.reference_sectors import sector_overrides, sector_rules
from data.snapshot import Snapshot, current_snapshot

__all__ = ["market_key", "remember", "unchanged"]

_VERSION: Final = 1  # of how a market is made of its tables; another one makes it again
_TABLES: Final = ("details", "changes", "listings", "filings", "refused")


def market_key(store: FetchedStore, choice: Choice, name: str, asked: tuple[object, ...]) -> str:
    """Return a hash that differs whenever the market may: of files, request, overrides, rules.

    `asked` are values whose text says all of them.
    """
    digest = hashlib.blake2b(f"{_VERSION}-{choice.state}".encode(), digest_size=16)
    digest.update(repr((asked, dict(choice.missing), sector_rules(), sector_overrides())).encode())
    providers = sorted({line.provider for line in choice.lines.values()})
    labels = {(t, p): store.labels(t, p) for t in _TABLES for p in providers}
    for line in choice.lines.values():
        for table in _TABLES:
            label = labels[table, line.provider].get(line.ticker)
            digest.update(b"-" if label is None else f"{label.fetched_at}{label.rows};".encode())
    path = overrides_path(store.home, name)
    if path.exists():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def unchanged(store: FetchedStore, name: str, key: str) -> Snapshot | None:
    """Return the market's current snapshot where it was made under `key`, else None."""
    try:
        said = json.loads((store.root / "adjusted" / name / "market.json").read_bytes())
        snapshot = current_snapshot(store.home, name)
        same = (said["key"], said["snapshot"]) == (key, snapshot.snapshot_id) and "prices" in said
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None  # it is made again
    return snapshot if same else None


def remember(store: FetchedStore, snapshot: Snapshot, key: str, prices: str) -> None:
    """Keep that `snapshot` was made under `key`, of the adjusted prices under the key `prices`.

    Raises
    ------
    StoreFullError, StoreWriteError
    """
    folder = store.root / "adjusted" / snapshot.name
    said = {"key": key, "snapshot": snapshot.snapshot_id, "prices": prices}
    with disk_errors("the key of the market", folder):
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / "market.json", json.dumps(said).encode())
