"""The SQLite file of the journal: opened safely, made once, never changed behind its back."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.errors import DataError

__all__ = [
    "BLOBS",
    "COLUMNS",
    "VERSION",
    "JournalBusyError",
    "JournalCorruptError",
    "JournalError",
    "JournalFile",
    "JournalFullError",
    "JournalVersionError",
    "one_look",
    "transaction",
]

VERSION: Final = 2
_OLDER: Final = frozenset({1})  # taken on: what they lack is added, what they hold stays as it is
_APPLICATION: Final = 0x504C4D53  # "PLMS": tells our file from any other SQLite file
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "trials": ("at", "hash", "fingerprint", "preset", "origin", "values", "metrics"),
    "scenarios": ("at", "name", "hash", "preset", "values"),
    "returns": ("at", "hash", "fingerprint", "trial", "digest"),
    "events": ("at", "kind", "subject", "detail"),
}
#: Columns that are too large for a chain: their digest is in it.
BLOBS: Final[Mapping[str, str]] = {"returns": "data"}
_TABLE: Final = """
CREATE TABLE {table} (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns}, chain TEXT NOT NULL);
CREATE TRIGGER {table}_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER {table}_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER {table}_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""
_INDICES: Final = (
    'CREATE INDEX IF NOT EXISTS trials_by_setting ON trials (fingerprint, "hash")',
    "CREATE INDEX IF NOT EXISTS trials_by_market ON trials "
    """(json_extract("values", '$."universe.source"'), "hash")""",
    "CREATE INDEX IF NOT EXISTS returns_by_trial ON returns (trial, fingerprint)",
)

#: Of writing, and of making room in the file, in its log and in its index.
_NO_ROOM: Final = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE,
                             sqlite3.SQLITE_IOERR_SHMSIZE})  # fmt: skip

_LEFT: Final[list[sqlite3.Connection]] = []


class JournalError(DataError):
    """The journal could not be read or written; what it holds is untouched."""


class JournalBusyError(JournalError):
    """Another process held the journal for longer than we wait."""


class JournalFullError(JournalError):
    """The disk is full."""


class JournalVersionError(JournalError):
    """The journal was written by another version of its schema."""


class JournalCorruptError(JournalError):
    """The file is no journal, or it is damaged."""


class JournalFile:
    """A connection to the journal at `path`, opened on first use, shared between threads.

    Parameters
    ----------
    path : Path
    timeout : float
        Seconds to wait for another process that is writing.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self._lock = threading.RLock()
        self._open: tuple[tuple[int, int, int], sqlite3.Connection] | None = None

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._open is not None:
                identity, connection = self._open
                self._open = None
                if identity[0] == os.getpid():
                    connection.close()
                else:  # a forked process must not touch its parent's connection
                    _LEFT.append(connection)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection for a block; SQLite's errors come out of it as typed ones."""
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.Error as error:
                self.close()
                raise _typed(error, self.path) from error
            except OSError as error:
                raise JournalError(
                    f"the journal {self.path} cannot be opened: {error.strerror or error}. "
                    "Check the folder, or set PLIMSOLL_HOME to another."
                ) from error

    def _opened(self) -> sqlite3.Connection:
        # A fork must not share a connection, and a file that was replaced is another journal.
        if self._open is not None and self._open[0] == _identity(self.path):
            return self._open[1]
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=self.timeout, isolation_level=None, check_same_thread=False
        )
        try:
            connection.row_factory = sqlite3.Row
            _prepare(connection, self.path, self.timeout)
        except BaseException:
            connection.close()
            raise
        self._open = (_identity(self.path), connection)
        return connection


def _prepare(connection: sqlite3.Connection, path: Path, timeout: float) -> None:
    with one_look(connection):  # first: a file that is not ours stays as it is
        known = _version(connection, path)
    _write_ahead(connection, timeout)
    connection.execute("PRAGMA synchronous = NORMAL")
    if known == VERSION:
        return
    with transaction(connection):  # another process may have made it since
        if _version(connection, path) == VERSION:
            return
        there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        for table in COLUMNS:
            if table not in there:
                _make_table(connection, table)
        for index in _INDICES:
            connection.execute(index)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _make_table(connection: sqlite3.Connection, table: str) -> None:
    columns = ", ".join(f'"{name}" TEXT NOT NULL' for name in COLUMNS[table])
    if table in BLOBS:
        columns += f', "{BLOBS[table]}" BLOB NOT NULL'
    for statement in _statements(_TABLE.format(table=table, columns=columns)):
        connection.execute(statement)


def _write_ahead(connection: sqlite3.Connection, timeout: float) -> None:
    # SQLite does not wait when two processes change the mode of a new file at once: we do.
    until = time.monotonic() + timeout
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return  # where the file system cannot do it, SQLite's own journal serves
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema's version, 0 for an empty file; raise for a file that is not ours."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0])
    if application == _APPLICATION and version not in {VERSION, *_OLDER}:
        raise JournalVersionError(
            f"the journal {path} must have schema version {VERSION}, had {version}. Update "
            "Plimsoll, or move the file away: a new one is then begun."
        )
    if application != _APPLICATION and (tables or version or application):
        raise JournalCorruptError(
            f"{path} is a database of another program. Move it away: a journal is then begun."
        )
    return version


@contextmanager
def one_look(connection: sqlite3.Connection) -> Iterator[None]:
    """See the file in a block as it was at one moment, whatever other processes write."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _statements(script: str) -> list[str]:
    statements, part = [], ""
    for line in script.splitlines():
        part += f"{line}\n"
        if part.strip() and sqlite3.complete_statement(part):
            statements.append(part)
            part = ""
    return statements


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of the block or nothing; waits for other writers before it reads."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _typed(error: sqlite3.Error, path: Path) -> JournalError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalBusyError(
            f"the journal {path} is held by another process. Wait for it to end and try again."
        )
    if code == sqlite3.SQLITE_FULL or getattr(error, "sqlite_errorcode", 0) in _NO_ROOM:
        return JournalFullError(
            f"the disk is full, or files may not grow: nothing could be written to the journal "
            f"{path}. Free some space."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return JournalCorruptError(
            f"the journal {path} is damaged or no database ({error}). Restore it from a copy, or "
            "move it away: a new one is then begun."
        )
    return JournalError(
        f"the journal {path} could not be used: {error}. Check the folder and its rights, or set "
        "PLIMSOLL_HOME to another."
    )


def _identity(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (os.getpid(), found.st_dev, found.st_ino)
