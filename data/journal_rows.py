"""Rows of the journal between Python and SQLite: times, JSON, plain dicts."""

from __future__ import annotations

import datetime as dt
import json
import math
import sqlite3
from collections.abc import Mapping
from typing import Any

__all__ = ["as_json", "now", "plain"]


def now() -> str:
    """Return the time as rows have it: UTC, to the millisecond."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def as_json(mapping: Mapping[str, Any]) -> str:
    """Return a mapping as JSON; a number that is not finite becomes null."""
    clean = {
        str(key): None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in mapping.items()
    }
    return json.dumps(clean, allow_nan=False, default=str, separators=(",", ":"))


def plain(row: sqlite3.Row) -> dict[str, Any]:
    """Return a row without its hash, its JSON read."""
    found = {key: row[key] for key in row.keys() if key != "chain"}
    for key in {"values", "metrics", "detail"} & set(found):
        found[key] = json.loads(found[key])
    return found
