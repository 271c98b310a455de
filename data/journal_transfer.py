"""The journal as a file that can be sent: every row with its hash, one line each.

What is imported is checked as a whole first. Then the trials that are not here are added with their
returns, and the import itself is an event: nobody loses trials by moving to another machine.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from data.atomic import disk_errors, replace_file
from data.errors import DataError
from data.journal import Journal, now
from data.journal_chain import append, chained
from data.journal_file import BLOBS, COLUMNS, one_look, transaction
from data.journal_returns import digest_of

__all__ = ["Imported", "JournalExportError", "export_journal", "import_journal"]

_HEAD: Final = {"plimsoll": "journal", "format": 1}
_LONGEST_LINE: Final = 4_000_000  # characters
_SAME: Final = {
    # What makes a row the same as one that is here.
    "trials": ("hash", "fingerprint"),
    "scenarios": ("name", "hash"),
    "returns": ("hash", "fingerprint"),
    "events": ("at", "kind", "subject", "detail"),
}

Row = dict[str, Any]


_IMPORTED: Final = "imported "


class JournalExportError(DataError, ValueError):
    """A file is no export of a journal, or it was changed since it was written."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Rows of the file, and those that were added, by table."""

    found: Mapping[str, int]
    added: Mapping[str, int]


def export_journal(journal: Journal, path: Path) -> dict[str, int]:
    """Write every row to `path`, compressed; return rows by table.

    Raises
    ------
    data.journal.JournalError
        The journal cannot be read, or its chain is broken.
    data.errors.StoreFullError, data.errors.StoreWriteError
        The file cannot be written; one that was there before is untouched.
    """
    journal.verify()
    lines, counts = [json.dumps(_HEAD)], {}
    ends = {}
    with journal.connected() as connection, one_look(connection):
        for table in COLUMNS:
            counts[table], chain = 0, ""
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY id"):
                plain = {name: row[name] for name in (*COLUMNS[table], "chain")}
                if table in BLOBS:
                    plain["data"] = base64.b64encode(row[BLOBS[table]]).decode()
                lines.append(json.dumps({"table": table, **plain}))
                counts[table] += 1
                chain = row["chain"]
            ends[table] = [counts[table], chain]
    lines.append(json.dumps({"end": ends}))
    with disk_errors("the export of the journal", path.parent):
        replace_file(path, gzip.compress("\n".join(lines).encode(), mtime=0))
    return counts


def import_journal(journal: Journal, path: Path) -> Imported:
    """Add what another journal has and this one has not, all of it or nothing.

    Raises
    ------
    JournalExportError
        The file is no export, or one of its rows is not as it was written.
    data.journal.JournalError, OSError
    """
    rows = _read(path)
    for event in rows["events"]:
        # What is sealed, opened or imported is a store's, and this one has other files and rows.
        if event["kind"].startswith("holdout ") or event["kind"] == "import":
            event["kind"] = _IMPORTED + event["kind"]
    added = dict.fromkeys(COLUMNS, 0)
    with journal.connected() as connection, transaction(connection):
        for table, found in rows.items():
            keys = _SAME[table]
            names = ", ".join(f'"{name}"' for name in keys)
            there = {
                _same(table, row) for row in connection.execute(f"SELECT {names} FROM {table}")
            }
            for row in found:
                same = _same(table, [row[name] for name in keys])
                if same in there:
                    continue
                there.add(same)
                values = [row[name] for name in COLUMNS[table]]
                append(connection, table, values, row.get("data"))
                added[table] += 1
        if any(added.values()):
            ends = {table: found[-1]["chain"] for table, found in rows.items() if found}
            last = connection.execute("SELECT MAX(id) FROM trials").fetchone()[0] or 0
            brought = [last - added["trials"] + 1, last]
            detail = json.dumps({"added": added, "ends": ends, "trials": brought})
            append(connection, "events", (now(), "import", path.name, detail))
    return Imported({table: len(found) for table, found in rows.items()}, added)


def _same(table: str, values: Iterable[str]) -> tuple[str, ...]:
    # An event of this store that comes back from another is here already.
    if table == "events":
        return tuple(value.removeprefix(_IMPORTED) for value in values)
    return tuple(values)


def _read(path: Path) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    chains = dict.fromkeys(COLUMNS, "")
    ended: Any = None
    for line in _lines(path):
        if "end" in line:
            ended = line["end"]
            continue
        table = str(line.get("table"))
        if ended is not None or table not in COLUMNS:
            raise _damaged(path, f"a line of {table!r} is not expected where it stands")
        row = _checked(path, table, line)
        chains[table] = chained(chains[table], [row[name] for name in COLUMNS[table]])
        if row["chain"] != chains[table]:
            raise _damaged(path, f"row {len(rows[table]) + 1} of {table} was changed")
        rows[table].append(row)
    if ended != {table: [len(found), chains[table]] for table, found in rows.items()}:
        raise _damaged(path, "rows are missing at its end")
    return rows


def _checked(path: Path, table: str, line: Row) -> Row:
    names = (*COLUMNS[table], "chain", *(["data"] if table in BLOBS else []))
    if any(not isinstance(line.get(name), str) for name in names):
        raise _damaged(path, f"a row of {table} must have {', '.join(names)} as texts")
    row: Row = {name: line[name] for name in names}
    if table in BLOBS:
        row["data"] = base64.b64decode(row["data"])
        if digest_of(row["data"]) != row["digest"]:
            raise _damaged(path, "the returns of a trial are not those that were written")
    return row


def _lines(path: Path) -> Iterator[Row]:
    first = True
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            while text := file.readline(_LONGEST_LINE):
                line = json.loads(text)
                if not isinstance(line, dict) or (first and line != _HEAD):
                    raise _damaged(path, "it does not begin as one")
                if not first:
                    yield line
                first = False
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        if isinstance(error, JournalExportError):
            raise
        raise _damaged(path, str(error)) from error
    if first:
        raise _damaged(path, "it is empty")


def _damaged(path: Path, fault: str) -> JournalExportError:
    return JournalExportError(
        f"{path} must be an export of a journal as `plimsoll evidence export` writes it, was not: "
        f"{fault}. Nothing was imported. Export it again where it was made."
    )
