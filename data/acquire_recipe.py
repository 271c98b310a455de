"""What a fetched market was asked for, kept so that a refresh asks for the same."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.acquire_types import FetchRequest
from data.atomic import checked_name, disk_errors, replace_file
from data.errors import DataError

__all__ = ["recipe_path", "recipes", "save_request", "saved_request"]


def recipe_path(home: Path, name: str) -> Path:
    """Return where the request of a market is kept."""
    return home / "fetched" / "requests" / f"{checked_name(name, 'market')}.json"


def save_request(home: Path, request: FetchRequest) -> None:
    """Keep `request`; raises StoreFullError, StoreWriteError."""
    path = recipe_path(home, request.name)
    with disk_errors(f"the request of market {request.name!r}", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(asdict(request), default=str, indent=1).encode())


def saved_request(home: Path, name: str) -> FetchRequest | None:
    """Return what a market was fetched with; None where it never was, or nobody can tell."""
    try:
        values: dict[str, Any] = json.loads(recipe_path(home, name).read_bytes())
        for day in ("start", "end"):
            values[day] = dt.date.fromisoformat(values[day]) if values[day] else None
        if isinstance(values["universe"], list):
            values["universe"] = tuple(values["universe"])
        return FetchRequest(**values)
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None


def recipes(home: Path) -> tuple[str, ...]:
    """Names of the markets that were fetched, sorted."""
    folder = home / "fetched" / "requests"
    names = sorted(path.stem for path in folder.glob("*.json")) if folder.is_dir() else []
    return tuple(name for name in names if saved_request(home, name) is not None)
