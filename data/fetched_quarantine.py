"""Files that are set aside: damaged or foreign ones, former series, scratch of killed writers."""

from __future__ import annotations

import datetime as dt
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.atomic import disk_errors, replace_file
from data.fetched_file import Fault
from data.fetched_tables import FILE_SUFFIX, decoded

__all__ = ["STRAY_SECONDS", "Quarantined", "keep_former", "quarantined", "set_aside", "sweep"]

STRAY_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file that was set aside; `refetch` is true while no other has taken its place.

    `reason` is damaged, foreign or version; `since` a UTC stamp.
    """

    table: str
    provider: str
    ticker: str
    reason: str
    since: str
    path: Path
    refetch: bool


def set_aside(root: Path, path: Path, fault: Fault) -> None:
    """Move a bad file into the quarantine below `root`; the caller holds its lock."""
    folder = root / "quarantine" / path.parent.parent.name / path.parent.name
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    with disk_errors(f"the quarantine of {path.name}", folder):
        folder.mkdir(parents=True, exist_ok=True)
        os.replace(
            path, folder / f"{path.name.removesuffix(FILE_SUFFIX)}~{now}~{fault}{FILE_SUFFIX}"
        )


def quarantined(root: Path) -> tuple[Quarantined, ...]:
    """Return every file set aside below `root`, oldest first for each name."""
    found = []
    for path in sorted((root / "quarantine").glob(f"*/*/*~*~*{FILE_SUFFIX}")):
        name, since, reason = path.name.removesuffix(FILE_SUFFIX).split("~")
        table, provider = path.parts[-3], path.parts[-2]
        stored = (root / table / provider / f"{name}{FILE_SUFFIX}").exists()
        ticker = decoded(name) or name
        found.append(Quarantined(table, provider, ticker, reason, since, path, not stored))
    return tuple(found)


def keep_former(root: Path, path: Path) -> None:
    """Copy a series that is about to be replaced to ``former``; one generation is kept."""
    if path.exists():
        folder = root / "former" / path.parent.parent.name / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / path.name, path.read_bytes())


def sweep(root: Path, older_than: float) -> int:
    """Remove scratch files below `root` not touched for so many seconds; return how many."""
    limit, count = time.time() - older_than, 0
    for path in root.rglob(".*.tmp"):
        try:
            if path.stat().st_mtime <= limit:
                path.unlink()
                count += 1
        except FileNotFoundError:
            continue
    return count
