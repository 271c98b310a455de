"""Trials that could not be written yet: kept beside the journal, written with the next one.

A journal that another process holds, or a disk that is full, must not lose a setting that somebody
saw. A row that cannot go into the journal goes into a small file of its own; where that fails too,
it stays in memory for as long as the process lives. What is kept is counted like what is written.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from data.atomic import replace_file
from data.errors import DataError
from data.journal import Journal, TrialReturns, now

__all__ = ["catch_up", "kept_returns", "kept_trials", "record_or_keep"]

_LOCK: Final = threading.Lock()
_ENDING: Final = ".json"


def record_or_keep(journal: Journal, **row: Any) -> str:
    """Write a trial, and before it what was kept; return why it could only be kept, "" if written.

    Parameters
    ----------
    journal : Journal
    row : as of :meth:`data.journal.Journal.record_trial`
    """
    try:
        catch_up(journal)
        journal.record_trial(**row)
    except DataError as error:
        where = "beside it" if _keep(journal, row) else "in memory until this process ends"
        return f"{error} The trial is kept {where}, counted, and written with the next one."
    return ""


def catch_up(journal: Journal) -> int:
    """Write what was kept into the journal; return how many.

    Raises
    ------
    data.journal.JournalError
        It still cannot be written; nothing is dropped.
    """
    written = 0
    with _LOCK:
        while journal.unwritten:
            _write(journal, journal.unwritten[0])
            del journal.unwritten[0]
            written += 1
        for path, row in _files(journal):
            _write(journal, row)  # twice after a crash: the same setting is one trial
            path.unlink(missing_ok=True)
            written += 1
    return written


def kept_trials(journal: Journal, market: str) -> list[dict[str, Any]]:
    """Return the trials on `market` that are kept, as :meth:`Journal.tried` has its rows."""
    found = []
    for row in _kept(journal):
        if row["values"].get("universe.source") == market:
            one = {name: row[name] for name in ("at", "fingerprint", "preset", "origin")}
            found.append(
                one | {"id": 0, "hash": row["scenario_hash"], "values": row["values"],
                       "metrics": row["metrics"]}
            )  # fmt: skip
    return found


def kept_returns(journal: Journal, market: str) -> list[TrialReturns]:
    """Return what the kept trials on `market` earned."""
    return [
        one
        for row in _kept(journal)
        if row["values"].get("universe.source") == market
        for one in _returns(row)
    ]


def _kept(journal: Journal) -> list[dict[str, Any]]:
    with _LOCK:
        return [*journal.unwritten, *(row for _, row in _files(journal))]


def _write(journal: Journal, row: Mapping[str, Any]) -> None:
    given = {name: row[name] for name in ("scenario_hash", "fingerprint", "values", "preset",
                                          "origin", "metrics")}  # fmt: skip
    journal.record_trial(**given, returns=_returns(row), at=row["at"])


def _returns(row: Mapping[str, Any]) -> tuple[TrialReturns, ...]:
    return tuple(
        replace(TrialReturns.unpack(name, base64.b64decode(data)), trial=row["scenario_hash"])
        for name, data in row["returns"]
    )


def _keep(journal: Journal, row: Mapping[str, Any]) -> bool:
    returns: Sequence[TrialReturns] = row.get("returns", ())
    packed = [(one.hash, base64.b64encode(one.pack()).decode()) for one in returns]
    text = json.dumps({**row, "at": now(), "returns": packed}, default=str)
    folder, mine = _folder(journal), _name(row)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Of the setting: a page that tries again keeps it once.
        name = hashlib.sha256(mine.encode()).hexdigest()[:24]
        replace_file(folder / f"{name}{_ENDING}", text.encode())
    except OSError:
        with _LOCK:
            others = [one for one in journal.unwritten if _name(one) != mine]
            journal.unwritten[:] = [*others, json.loads(text)]
        return False
    return True


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['scenario_hash']}-{row['fingerprint']}"


def _files(journal: Journal) -> list[tuple[Path, dict[str, Any]]]:
    # What is no row of ours stays where it is.
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(_folder(journal).glob(f"*{_ENDING}")):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, zlib.error):
                row = json.loads(path.read_text(encoding="utf-8"))
                _returns(row)
                if isinstance(row["values"], dict) and isinstance(row["metrics"], dict):
                    found.append((path, row))
    return found


def _folder(journal: Journal) -> Path:
    return journal.path.with_name("journal.pending")
