"""The chain of the journal: every row carries a hash over itself and the row before it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from data.journal_file import BLOBS, COLUMNS, JournalCorruptError
from data.journal_returns import digest_of

__all__ = ["append", "chained", "verify"]


def chained(before: str, row: Sequence[str]) -> str:
    """Return the hash of a row after one whose hash is `before` ("" for the first)."""
    return hashlib.sha256(json.dumps([before, *row]).encode()).hexdigest()


def append(
    connection: sqlite3.Connection, table: str, row: Sequence[str], blob: bytes | None = None
) -> int:
    """Add a row within a transaction of the caller's; return its number.

    Parameters
    ----------
    connection : sqlite3.Connection
    table : str
        Among ``COLUMNS``.
    row : sequence of str
        In the order of its columns.
    blob : bytes, optional
        What the table has in ``BLOBS``; its digest is in the row.
    """
    last = connection.execute(f"SELECT chain FROM {table} ORDER BY id DESC LIMIT 1").fetchone()
    chain = chained("" if last is None else last["chain"], row)
    columns, values = [*COLUMNS[table], "chain"], [*row, chain]
    if table in BLOBS:
        columns, values = [*columns, BLOBS[table]], [*values, blob]  # type: ignore[list-item]
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" * len(columns))
    cursor = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
    return int(cursor.lastrowid or 0)


def verify(connection: sqlite3.Connection, path: Path) -> None:
    """Check every row of every table; raises JournalCorruptError naming the first bad one.

    Rows cut off at the end show by the numbers that SQLite has given away.
    """
    for table, columns in COLUMNS.items():
        chain, last = "", 0
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY id"):
            last = int(row["id"])
            chain = chained(chain, [row[column] for column in columns])
            if row["chain"] != chain:
                raise _bad(
                    f"row {last} of {table} in {path} was changed after it was written, or one "
                    "before it is missing"
                )
            if table in BLOBS and digest_of(row[BLOBS[table]]) != row["digest"]:
                raise _bad(f"the returns in row {last} of {path} are not those that were written")
        given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        if (known := given.fetchone()) is not None and int(known["seq"]) != last:
            raise _bad(
                f"{table} in {path} ends with row {last}, but {int(known['seq'])} were written: "
                "rows are missing at its end"
            )


def _bad(fault: str) -> JournalCorruptError:
    return JournalCorruptError(f"{fault}. Restore the file from a copy.")
