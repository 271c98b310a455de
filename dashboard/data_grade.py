"""The grade of a market's data, kept beside the store: known at once after the first check."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from data.atomic import replace_file
from data.snapshot import Snapshot

__all__ = ["GRADE_TONES", "GRADE_WORDS", "keep_grade", "kept_grade"]

GRADE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "remarks only",
        "B": "single bars doubtful",
        "C": "returns doubtful",
        "D": "returns wrong unless overruled",
    }
)
GRADE_TONES: Final[Mapping[str, str]] = MappingProxyType(
    {"A": "", "B": "", "C": "warn", "D": "bad"}
)


def keep_grade(home: Path, market: Snapshot, grade: str) -> None:
    """Remember the grade of exactly these data; a disk that cannot is no reason to stop."""
    path = _path(home, market)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps({"of": _of(market), "grade": grade}).encode())


def kept_grade(home: Path, market: Snapshot) -> str | None:
    """Return the grade of exactly these data, None where they were not checked by this version."""
    try:
        found = json.loads(_path(home, market).read_text(encoding="utf-8"))
        grade = str(found["grade"])
        return grade if found["of"] == _of(market) and grade in GRADE_WORDS else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(home: Path, market: Snapshot) -> Path:
    return home / "grades" / f"{market.name}.json"


def _of(market: Snapshot) -> str:
    return f"1-{market.snapshot_id}-{market.fingerprint}"
